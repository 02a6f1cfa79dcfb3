"""What pairs of accounts share, in bits: for each family, and for each item behind it.

Within a family the rarest items are chosen first, so that traffic mixed in on purpose does not drown a link; kinds of
one family (an address and the /24 it lies in) are one witness, and only the better one counts.

Being visited frames nobody. Where two accounts share things that one of them lives by and the other hardly uses (a home
that was visited, a card that was stolen), that says nothing about the one who lives there, so the two are not tied
by it. Those who visited the same home are tied to each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from graphlink import bursts, dependence, spans, weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Accounts = NDArray[np.int32]
    Ints = NDArray[np.int64]
    Bits = NDArray[np.float64]
    Bools = NDArray[np.bool_]

VISIT = 3.0
"""Who gives a third of the part of its life to a thing that another gives, or less, visits what is the other's."""
HAD = ("payment", "network", "device", "contact", "credential")
"""Families of things that people have, and so can be robbed of; what people do has no owner."""
_BLOCK = 2_000_000  # sightings looked at, at a time
_HUB = 4  # who touches that many times more than the other is not read through: it is looked up
_STEPS = 2.0**20  # to a bit: sums of whole steps are exact, so what a pair shares does not depend on its block
_EVEN = 1 + 2.0**-20  # an account that gives an item exactly a third of what the other gives it visits


@dataclass(frozen=True, slots=True)
class Shared:
    """What each of some pairs shares.

    `by_family[i, f]` are bits. Entries (pair, item, bits) are sorted by pair and item; an item whose family has a
    better kind, that is no part of the best choice, or that one account only visits, has no bits and no entry.
    """

    families: tuple[str, ...]
    by_family: Bits
    pair: Ints
    item: Accounts
    bits: Bits

    @property
    def items(self) -> Ints:
        """How many items give bits to each pair."""
        return np.bincount(self.pair, minlength=len(self.by_family))


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
    part: Bits
    """What part of the account's use of things of this kind the sighting is."""
    most: Bits
    """The same of a group: that of all its members together. Of an account it is its part."""
    place: Ints
    """The position of the item among the account's shared items of its kind, rarest first, from 1."""
    many: Ints
    """How many shared items of that kind the account has."""
    near: Near | None = None
    """With a window: how close in time an item has to be touched to be shared."""


@dataclass(frozen=True, slots=True)
class Near:
    """When each sighting begins and ends, whether its item is a stretch of a whole one (see `bursts`), and of which."""

    window: int
    first: Ints
    last: Ints
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
        part=part,
        most=part if most is None else most,
        place=place,
        many=many,
        near=_near(graph) if graph.window else None,
    )


def in_families(layout: Layout, graph: AccountGraph) -> Layout:
    """Return the layout with each family by itself, also where families move together."""
    families, family = _numbered([kind.family for kind in graph.kinds])
    return replace(layout, families=families, family=family)


def at_degrees(layout: Layout, degree: Ints) -> Layout:
    """Return the layout with items on so many accounts, as each sighting has it; places stay what they are."""
    raw, other = layout.raw.copy(), np.flatnonzero(degree != layout.degree)
    kind = layout.kind[other]
    raw[other] = _raw_bits(layout.odds, layout.breadth[layout.account[other], kind], kind, degree[other])
    return replace(layout, degree=degree, raw=raw)


def _numbered(named: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Return the families in their order, and the number of each kind's."""
    families = tuple(sorted(set(named)))
    return families, np.array([families.index(name) for name in named], np.int64)


def _near(graph: AccountGraph) -> Near:
    whole, stretch = bursts.wholes(graph)
    first, last = (graph.touched[end].to_numpy(np.int64) for end in ("first_seen", "last_seen"))
    return Near(graph.window, first, last, stretch[graph.item], whole[graph.item])


def parts(graph: AccountGraph) -> Bits:
    """Return for each sighting what part of the account's use of things of that kind it is (0..1)."""
    uses = graph.uses[graph.account, weights.kind_numbers(graph)[graph.item]]
    part: Bits = graph.touched["events"].to_numpy(np.float64) / np.maximum(uses, 1)
    return part


def agreement(layout: Layout, left: Accounts, right: Accounts, *, in_two: bool = False) -> tuple[Bits, Ints]:
    """Return the bits (pairs, families) and the number of items that give them; what they are is not kept.

    `in_two`: what shares things of one family only is not weighed, and has no bits. Most pairs are such where addresses
    propose them.
    """
    by_family, items = np.zeros((len(left), len(layout.families))), np.zeros(len(left), np.int64)
    for begin, end in _blocks(layout, left, right):
        shared = _block(layout, left[begin:end], right[begin:end], in_two=in_two)
        by_family[begin:end], items[begin:end] = shared.by_family, shared.items
    return by_family, items


def weigh(layout: Layout, left: Accounts, right: Accounts) -> Shared:
    """Return what these pairs share, in bits for each family and item."""
    blocks = list(_blocks(layout, left, right)) or [(0, 0)]
    found = [_block(layout, left[begin:end], right[begin:end]) for begin, end in blocks]
    return Shared(
        families=layout.families,
        by_family=np.concatenate([each.by_family for each in found]),
        pair=np.concatenate([each.pair + begin for each, (begin, _) in zip(found, blocks, strict=True)]),
        item=np.concatenate([each.item for each in found]),
        bits=np.concatenate([each.bits for each in found]),
    )


def _blocks(layout: Layout, left: Accounts, right: Accounts) -> Iterator[tuple[int, int]]:
    """Return ranges of pairs whose sightings fit into one block."""
    size = np.diff(layout.start)
    few, many = np.minimum(size[left], size[right]), np.maximum(size[left], size[right])
    return spans.ranges(few + np.minimum(many, _HUB * few), _BLOCK)


def _block(layout: Layout, left: Accounts, right: Accounts, *, in_two: bool = False) -> Shared:
    pair, of_left, of_right = _meet(layout, left, right, in_two=in_two)
    if in_two and len(pair):
        kept = _in_two(pair, layout.family[layout.kind[of_left]])
        pair, of_left, of_right = pair[kept], of_left[kept], of_right[kept]
    kind = layout.kind[of_left]
    narrow = layout.breadth[left[pair], kind] <= layout.breadth[right[pair], kind]  # who has fewer items chooses
    chooser, other = np.where(narrow, of_left, of_right), np.where(narrow, of_right, of_left)
    group = pair * len(layout.had) + kind
    place = layout.place[chooser]
    order = np.argsort(group * (place.max(initial=0) + 1) + place, kind="stable")
    pair, kind, chooser, other, group = (each[order] for each in (pair, kind, chooser, other, group))
    bits = _best_prefix(group, layout.raw[other], layout.place[chooser], layout.many[chooser])
    visits = _visits(
        group, bits, (layout.part[chooser], layout.most[chooser]), (layout.part[other], layout.most[other])
    )
    bits[layout.had[kind] & visits] = 0
    by_family, bits = _one_kind_a_family(layout, pair, kind, bits, len(left))
    given = np.flatnonzero(bits > 0)
    order = given[np.argsort(pair[given] * layout.items + layout.item[chooser[given]], kind="stable")]
    return Shared(layout.families, by_family, pair[order], layout.item[chooser[order]], bits[order])


def _in_two(pair: Ints, family: Ints) -> Bools:
    """Return which meetings, in the order of their pairs, are of pairs that meet in two families or more."""
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    several = np.minimum.reduceat(family, first) < np.maximum.reduceat(family, first)
    return np.repeat(several, np.diff(np.append(first, len(pair))))


def _meet(layout: Layout, left: Accounts, right: Accounts, *, in_two: bool = False) -> tuple[Ints, Ints, Ints]:
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
        kept = _within(layout.near, layout.degree, pair, ours, theirs)
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
        kept = _in_two(pair, layout.family[layout.kind[ours]])
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


def _within(near: Near, degree: Ints, pair: Ints, ours: Ints, theirs: Ints) -> Ints:
    """Return the meetings within the window; of those on one whole item only the one that fewest accounts share."""
    apart = np.maximum(near.first[ours] - near.last[theirs], near.first[theirs] - near.last[ours])
    met = np.flatnonzero(~near.stretch[ours] | (apart <= near.window))
    whole = near.whole[ours[met]]
    order = np.lexsort((met, degree[ours[met]], whole, pair[met]))
    again = (np.diff(pair[met][order]) == 0) & (np.diff(whole[order]) == 0)
    return np.sort(met[order][np.concatenate([[True], ~again])[: len(met)]])


def meetings(layout: Layout, left: Accounts, right: Accounts) -> Ints:
    """Return how many items each of these pairs shares."""
    found = [np.empty(0, np.int64)]
    for begin, end in _blocks(layout, left, right):
        pair, _, _ = _meet(layout, left[begin:end], right[begin:end])
        found.append(np.bincount(pair, minlength=end - begin))
    return np.concatenate(found)


def _raw_bits(odds: tuple[weights.Odds, ...], breadth: NDArray[np.int32], kind: Ints, degree: Ints) -> Bits:
    """Return the bits of touches by accounts of these breadths, of items of these kinds and degrees."""
    raw = np.empty(len(kind))
    for i, fitted in enumerate(odds):
        chosen = np.flatnonzero(kind == i)
        raw[chosen] = weights.touch_bits(fitted, breadth[chosen], degree[chosen])
    rounded: Bits = np.rint(raw * _STEPS) / _STEPS
    return rounded


def _best_prefix(group: Ints, raw: Bits, place: Ints, many: Ints) -> Bits:
    """Return what each item gives to the best choice of its group's rarest items.

    With n items shared among the rarest m of the account that chooses, the chance is at most C(m, n) times the product
    of theirs; the best of `many` prefixes is taken, which costs log2 of their number. What the search costs is taken
    from each item in proportion.
    """
    if not len(group):
        return raw
    first = np.concatenate([[True], group[1:] != group[:-1]])
    number, begin = np.cumsum(first) - 1, np.flatnonzero(first)
    total = np.cumsum(raw)
    upto = total - (total[begin] - raw[begin])[number]
    nth = np.arange(len(group)) - begin[number] + 1
    net = upto - weights.choice_bits(place, nth) - np.log2(many)
    best = np.maximum.reduceat(net, begin)
    last = np.minimum.reduceat(np.where(net == best[number], nth, len(group) + 1), begin)
    used = np.where(nth <= last[number], raw, 0)
    scale = _over(np.maximum(best, 0), np.add.reduceat(used, begin))
    bits: Bits = used * scale[number]
    return bits


def _visits(group: Ints, bits: Bits, one: tuple[Bits, Bits], other: tuple[Bits, Bits]) -> Bools:
    """Return which entries, sorted by group, are of groups that one account lives by and the other only visits.

    What is compared is the part of its life that either gives to the items, each item weighed by what it says: the most
    that one may be said to give with the least of the other.
    """
    number = np.cumsum(np.diff(group, prepend=-1) > 0) - 1
    here, there = ([np.bincount(number, bits * part) for part in side] for side in (one, other))
    visited: Bools = (here[1] * VISIT <= there[0] * _EVEN) | (there[1] * VISIT <= here[0] * _EVEN)
    kept: Bools = visited[number]
    return kept


def _one_kind_a_family(layout: Layout, pair: Ints, kind: Ints, bits: Bits, pairs: int) -> tuple[Bits, Bits]:
    """Return the bits of each family, and those of each item: of kinds of one family only the best one counts."""
    there = np.diff(pair, prepend=-1) > 0  # of most pairs nothing is left
    number, told, kinds = np.cumsum(there) - 1, int(there.sum()), len(layout.had)
    by_kind: Bits = np.bincount(number * kinds + kind, bits, told * kinds).astype(np.float64).reshape(told, kinds)
    rivals = np.bincount(layout.family)[layout.family]
    value = np.maximum(by_kind - np.log2(rivals), 0)
    by_family = np.zeros((pairs, len(layout.families)))
    kept = np.zeros_like(value)
    for family in range(len(layout.families)):
        of = np.flatnonzero(layout.family == family)
        best = (np.arange(told), of[value[:, of].argmax(axis=1)])  # of equals, the first
        by_family[pair[there], family] = value[best]
        kept[best] = _over(value[best], by_kind[best])
    return by_family, bits * kept[number, kind]


def _over(part: Bits, whole: Bits) -> Bits:
    share: Bits = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return share


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
