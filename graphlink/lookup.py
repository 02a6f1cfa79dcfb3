"""AccountGraph -> Layout: the graph laid out so that what two accounts both touch is found for millions of pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from graphlink import bursts, dependence, pools, spans, weights
from graphlink.kinds import HAD
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Accounts = NDArray[np.int32]
    Ints = NDArray[np.int64]
    Bits = NDArray[np.float64]
    Bools = NDArray[np.bool_]

_BLOCK = 2_000_000  # sightings looked at, at a time
_HUB = 4  # who touches that many times more than the other is not read through: it is looked up
_STEPS = 2.0**20  # to a bit: sums of whole steps are exact, so what a pair shares does not depend on its block
_EVER = 2**61  # microseconds


@dataclass(frozen=True, slots=True)
class Layout:
    """The graph laid out for looking up: sightings by account, each account's items of a kind from rare to common."""

    families: tuple[str, ...]
    family: Ints
    """The position of each kind's family in `families`."""
    had: Bools
    """Whether items of each kind are things that people have."""
    breadth: NDArray[np.int32]
    odds: tuple[weights.Odds, ...]
    start: Ints
    """Where each account's sightings begin, and where the last one's end."""
    key: Ints
    """Account and item of each sighting as one number, in rising order."""
    items: int
    touches: csr_array
    """Accounts x items: the position of each sighting, from 1."""
    account: Accounts
    item: Accounts
    degree: Ints
    kind: Ints
    raw: Bits
    """What it says that the account of each sighting touches its item too: reckoned once, for pairs are many."""
    again: Bits
    """What it says of an account that is in the pool of the item anyway (see `pools`)."""
    pool: Accounts
    """The pool of the item of each sighting, or -1."""
    part: Bits
    """What part of the account's use of things of this kind the sighting is."""
    most: Bits
    """The same of a group: that of all its members together. Of an account it is its part."""
    place: Ints
    """The position of the item among the account's shared items of its kind, rarest first, from 1."""
    many: Ints
    """How many shared items of that kind the account has."""
    first: Ints
    """When each sighting begins, and when it ends; any time where it is not known."""
    last: Ints
    fade: Bits
    """How many bits an item of each kind loses with each microsecond between two sightings of it."""
    near: Near | None = None
    """With a window: how close in time an item has to be touched to be shared."""


@dataclass(frozen=True, slots=True)
class Near:
    """Whether the item of each sighting is a stretch of a whole one (see `bursts`), and of which."""

    window: int
    stretch: Bools
    whole: Ints


def lay_out(graph: AccountGraph, odds: tuple[weights.Odds, ...], part: Bits, most: Bits | None = None) -> Layout:
    """Return the graph as pairs are looked up in it; `part` is that of `parts`, one for each sighting."""
    number = weights.kind_numbers(graph)
    degree, kind = graph.items["accounts"].to_numpy(np.int64)[graph.item], number[graph.item]
    account = graph.account.astype(np.int64)
    place, many = _places(account, kind, degree, graph.item, len(graph.kinds))
    families, family = _numbered(dependence.witnesses(graph.kinds, graph.moving))
    start = np.searchsorted(account, np.arange(len(graph.accounts) + 1))
    shape = (len(graph.accounts), len(graph.items))
    first, last = (graph.touched[end].to_numpy(np.int64) for end in ("first_seen", "last_seen"))
    ever = first == NO_TIME
    return Layout(
        families=families,
        family=family,
        had=np.array([each.family in HAD for each in graph.kinds], np.bool_),
        breadth=graph.breadth,
        odds=odds,
        start=start,
        key=account * len(graph.items) + graph.item,
        items=len(graph.items),
        touches=csr_array((np.arange(1, len(account) + 1, dtype=np.int32), graph.item, start), shape=shape),
        account=graph.account,
        item=graph.item,
        degree=degree,
        kind=kind,
        raw=_raw_bits(odds, graph.breadth[account, kind], kind, degree),
        **_pooled(graph, graph.items["pool"].to_numpy(np.int32)),
        part=part,
        most=part if most is None else most,
        place=place,
        many=many,
        first=np.where(ever, -_EVER, first),
        last=np.where(ever, _EVER, last),
        fade=np.array(graph.fade or np.zeros(len(graph.kinds))),
        near=_near(graph) if graph.window else None,
    )


def in_families(layout: Layout, graph: AccountGraph) -> Layout:
    """Return the layout with each family by itself, also where families move together."""
    families, family = _numbered([kind.family for kind in graph.kinds])
    return replace(layout, families=families, family=family)


def by_program(layout: Layout, graph: AccountGraph) -> Layout | None:
    """Return the layout with the templates of each program as one thing; none where no program is known."""
    program, pool = pools.programs(graph), graph.items["pool"].to_numpy(np.int32)
    known = program >= 0
    if not known.any():
        return None
    return replace(layout, **_pooled(graph, np.where(known, pool.max(initial=-1) + 1 + program, pool)))


def at_degrees(layout: Layout, degree: Ints) -> Layout:
    """Return the layout with items on so many accounts, as each sighting has it; places stay what they are."""
    raw, other = layout.raw.copy(), np.flatnonzero(degree != layout.degree)
    kind = layout.kind[other]
    raw[other] = _raw_bits(layout.odds, layout.breadth[layout.account[other], kind], kind, degree[other])
    return replace(layout, degree=degree, raw=raw)


def parts(graph: AccountGraph) -> Bits:
    """Return for each sighting what part of the account's use of things of that kind it is (0..1)."""
    uses = graph.uses[graph.account, weights.kind_numbers(graph)[graph.item]]
    part: Bits = graph.touched["events"].to_numpy(np.float64) / np.maximum(uses, 1)
    return part


def meetings(layout: Layout, left: Accounts, right: Accounts) -> Ints:
    """Return how many items each of these pairs shares."""
    found = [np.empty(0, np.int64)]
    for begin, end in blocks(layout, left, right):
        pair, _, _ = meet(layout, left[begin:end], right[begin:end])
        found.append(np.bincount(pair, minlength=end - begin))
    return np.concatenate(found)


def blocks(layout: Layout, left: Accounts, right: Accounts) -> Iterator[tuple[int, int]]:
    """Return ranges of pairs whose sightings fit into one block."""
    size = np.diff(layout.start)
    few, many = np.minimum(size[left], size[right]), np.maximum(size[left], size[right])
    return spans.ranges(few + np.minimum(many, _HUB * few), _BLOCK)


def meet(layout: Layout, left: Accounts, right: Accounts, *, in_two: bool = False) -> tuple[Ints, Ints, Ints]:
    """Return pair and the sighting of either side for each item that both touch, by pair and item.

    Whoever touches everything costs nothing: the items of the other are looked up there. With `in_two`, pairs that
    meet in one family only may be left out.
    """
    size = np.diff(layout.start)
    hub = np.maximum(size[left], size[right]) > _HUB * np.minimum(size[left], size[right])
    pair, ours, theirs = _read_through(layout, left, right, np.flatnonzero(~hub), in_two=in_two)
    if hub.any():
        looked = _looked_up(layout, left, right, np.flatnonzero(hub))
        pair, ours, theirs = (np.concatenate(each) for each in zip((pair, ours, theirs), looked, strict=True))
        order = np.argsort(pair, kind="stable")
        pair, ours, theirs = pair[order], ours[order], theirs[order]
    if layout.near:
        kept = _within(layout.near, layout.degree, pair, ours, apart(layout, ours, theirs))
        pair, ours, theirs = pair[kept], ours[kept], theirs[kept]
    return pair, ours, theirs


def _read_through(
    layout: Layout, left: Accounts, right: Accounts, pairs: Ints, *, in_two: bool
) -> tuple[Ints, Ints, Ints]:
    """Return where both touch an item, of these pairs: the sightings of both are read side by side."""
    other = layout.touches[right[pairs]]
    other.data[:] = 1
    both = layout.touches[left[pairs]].multiply(other)
    pair, ours = np.repeat(pairs, np.diff(both.indptr)), both.data.astype(np.int64) - 1
    if in_two and len(pair):
        kept = in_two_families(pair, layout.family[layout.kind[ours]])
        pair, ours = pair[kept], ours[kept]
    theirs = np.searchsorted(layout.key, right[pair].astype(np.int64) * layout.items + layout.item[ours])
    return pair, ours, theirs


def _looked_up(layout: Layout, left: Accounts, right: Accounts, pairs: Ints) -> tuple[Ints, Ints, Ints]:
    """Return where both touch an item, of these pairs: the items of who has fewer are looked up at the other."""
    size = np.diff(layout.start)
    turned = size[left[pairs]] > size[right[pairs]]
    few, many = np.where(turned, right[pairs], left[pairs]), np.where(turned, left[pairs], right[pairs])
    place = np.repeat(np.arange(len(pairs)), size[few])
    ours = spans.positions(layout.start[few], size[few])
    wanted = many[place].astype(np.int64) * layout.items + layout.item[ours]
    theirs = np.minimum(np.searchsorted(layout.key, wanted), max(len(layout.key) - 1, 0))
    both = np.flatnonzero(layout.key[theirs] == wanted)
    place, ours, theirs = place[both], ours[both], theirs[both]
    return pairs[place], np.where(turned[place], theirs, ours), np.where(turned[place], ours, theirs)


def apart(layout: Layout, ours: Ints, theirs: Ints) -> Ints:
    """Return the microseconds between two sightings of one item, below 0 where they overlap."""
    apart: Ints = np.maximum(layout.first[ours] - layout.last[theirs], layout.first[theirs] - layout.last[ours])
    return apart


def _within(near: Near, degree: Ints, pair: Ints, ours: Ints, apart: Ints) -> Ints:
    """Return the meetings within the window; of those on one whole item only the one that fewest accounts share."""
    met = np.flatnonzero(~near.stretch[ours] | (apart <= near.window))
    whole = near.whole[ours[met]]
    order = np.lexsort((met, degree[ours[met]], whole, pair[met]))
    again = (np.diff(pair[met][order]) == 0) & (np.diff(whole[order]) == 0)
    return np.sort(met[order][np.concatenate([[True], ~again])[: len(met)]])


def in_two_families(pair: Ints, family: Ints) -> Bools:
    """Return which meetings, in the order of their pairs, are of pairs that meet in two families or more."""
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    several = np.minimum.reduceat(family, first) < np.maximum.reduceat(family, first)
    return np.repeat(several, np.diff(np.append(first, len(pair))))


def _numbered(named: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Return the families in their order, and the number of each kind's."""
    families = tuple(sorted(set(named)))
    return families, np.array([families.index(name) for name in named], np.int64)


def _pooled(graph: AccountGraph, pool: Accounts) -> dict[str, Any]:
    return {"again": rounded(pools.again(graph, pool)), "pool": pool[graph.item]}


def _near(graph: AccountGraph) -> Near:
    whole, stretch = bursts.wholes(graph)
    return Near(graph.window, stretch[graph.item], whole[graph.item])


def _raw_bits(odds: tuple[weights.Odds, ...], breadth: NDArray[np.int32], kind: Ints, degree: Ints) -> Bits:
    """Return the bits of touches by accounts of these breadths, of items of these kinds and degrees."""
    raw = np.empty(len(kind))
    for i, fitted in enumerate(odds):
        chosen = np.flatnonzero(kind == i)
        raw[chosen] = weights.touch_bits(fitted, breadth[chosen], degree[chosen])
    return rounded(raw)


def rounded(bits: Bits) -> Bits:
    """Return bits in whole steps."""
    rounded: Bits = np.rint(bits * _STEPS) / _STEPS
    return rounded


def _places(account: Ints, kind: Ints, degree: Ints, item: Accounts, kinds: int) -> tuple[Ints, Ints]:
    """Return the place of each sighting among its account's of that kind, the rarest first, and how many these are."""
    order = np.lexsort((item, degree, kind, account))
    group = (account * kinds + kind)[order]
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(group) else np.empty(0, np.int64)
    size = np.diff(np.append(first, len(group)))
    place, many = np.empty(len(group), np.int64), np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.repeat(first, size) + 1
    many[order] = np.repeat(size, size)
    return place, many
