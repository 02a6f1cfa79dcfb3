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

from graphlink import bursts, dependence, weights

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
_BLOCK = 2_000_000  # sightings looked up at a time
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
    account: Accounts
    item: Accounts
    degree: Ints
    kind: Ints
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
    return Layout(
        families=families,
        family=family,
        had=np.array([each.family in HAD for each in graph.kinds], np.bool_),
        breadth=graph.breadth,
        odds=odds,
        start=np.searchsorted(account, np.arange(len(graph.accounts) + 1)),
        key=account * len(graph.items) + graph.item,
        items=len(graph.items),
        account=graph.account,
        item=graph.item,
        degree=degree,
        kind=kind,
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
    """Yield ranges of pairs whose look-ups fit into one block."""
    size = np.diff(layout.start)
    cost = np.cumsum(np.minimum(size[left], size[right]))
    begin = 0
    while begin < len(left):
        spent = cost[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(cost, spent + _BLOCK, side="right")))
        yield begin, end
        begin = end


def _block(layout: Layout, left: Accounts, right: Accounts, *, in_two: bool = False) -> Shared:
    pair, of_left, of_right = _meet(layout, left, right)
    if in_two and len(pair):
        kept = _in_two(pair, layout.family[layout.kind[of_left]])
        pair, of_left, of_right = pair[kept], of_left[kept], of_right[kept]
    kind = layout.kind[of_left]
    narrow = (layout.breadth[left] <= layout.breadth[right])[pair, kind]  # who has fewer items chooses
    chooser, other = np.where(narrow, of_left, of_right), np.where(narrow, of_right, of_left)
    order = np.lexsort((layout.place[chooser], kind, pair))
    pair, kind, chooser, other = pair[order], kind[order], chooser[order], other[order]
    group = pair * len(layout.had) + kind
    bits = _best_prefix(group, _raw_bits(layout, other, kind), layout.place[chooser], layout.many[chooser])
    visits = _visits(
        group, bits, (layout.part[chooser], layout.most[chooser]), (layout.part[other], layout.most[other])
    )
    bits[layout.had[kind] & visits] = 0
    by_family, bits = _one_kind_a_family(layout, pair, kind, bits, len(left))
    given = np.flatnonzero(bits > 0)
    order = given[np.lexsort((layout.item[chooser[given]], pair[given]))]
    return Shared(layout.families, by_family, pair[order], layout.item[chooser[order]], bits[order])


def _in_two(pair: Ints, family: Ints) -> Bools:
    """Return which meetings, in the order of their pairs, are of pairs that meet in two families or more."""
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    several = np.minimum.reduceat(family, first) < np.maximum.reduceat(family, first)
    return np.repeat(several, np.diff(np.append(first, len(pair))))


def _meet(layout: Layout, left: Accounts, right: Accounts) -> tuple[Ints, Ints, Ints]:
    """Return pair and the sighting of either side for each item that both touch.

    The items of the account that touches fewer are looked up at the other: whoever touches everything costs nothing.
    """
    size = np.diff(layout.start)
    turned = size[left] > size[right]
    few, many = np.where(turned, right, left), np.where(turned, left, right)
    pair = np.repeat(np.arange(len(left)), size[few])
    ours = np.arange(len(pair)) + np.repeat(layout.start[few] - np.cumsum(size[few]) + size[few], size[few])
    wanted = many[pair].astype(np.int64) * layout.items + layout.item[ours]
    theirs = np.minimum(np.searchsorted(layout.key, wanted), max(len(layout.key) - 1, 0))
    both = np.flatnonzero(layout.key[theirs] == wanted)
    pair, ours, theirs = pair[both], ours[both], theirs[both]
    if layout.near:
        kept = _within(layout.near, layout.degree, pair, ours, theirs)
        pair, ours, theirs = pair[kept], ours[kept], theirs[kept]
    return pair, np.where(turned[pair], theirs, ours), np.where(turned[pair], ours, theirs)


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


def _raw_bits(layout: Layout, sighting: Ints, kind: Ints) -> Bits:
    """Return what it says that the account of each sighting touches its item too."""
    raw = np.empty(len(sighting))
    for i, odds in enumerate(layout.odds):
        chosen = kind == i
        breadth = layout.breadth[layout.account[sighting[chosen]], i]
        raw[chosen] = weights.touch_bits(odds, breadth, layout.degree[sighting[chosen]])
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
    """Return which entries are of groups that one account lives by and the other only visits.

    What is compared is the part of its life that either gives to the items, each item weighed by what it says: the most
    that one may be said to give with the least of the other.
    """
    _, number = np.unique(group, return_inverse=True)
    here, there = ([np.bincount(number, bits * part) for part in side] for side in (one, other))
    visited: Bools = (here[1] * VISIT <= there[0] * _EVEN) | (there[1] * VISIT <= here[0] * _EVEN)
    return visited[number]


def _one_kind_a_family(layout: Layout, pair: Ints, kind: Ints, bits: Bits, pairs: int) -> tuple[Bits, Bits]:
    """Return the bits of each family, and those of each item: of kinds of one family only the best one counts."""
    kinds = len(layout.had)
    by_kind: Bits = np.bincount(pair * kinds + kind, bits, pairs * kinds).astype(np.float64).reshape(pairs, kinds)
    rivals = np.bincount(layout.family)[layout.family]
    value = np.maximum(by_kind - np.log2(rivals), 0)
    by_family = np.zeros((pairs, len(layout.families)))
    kept = np.zeros_like(value)
    for family in range(len(layout.families)):
        of = np.flatnonzero(layout.family == family)
        best = (np.arange(pairs), of[value[:, of].argmax(axis=1)])  # of equals, the first
        by_family[:, family] = value[best]
        kept[best] = _over(value[best], by_kind[best])
    return by_family, bits * kept[pair, kind]


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
