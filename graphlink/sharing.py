"""What pairs of accounts share, in bits: for each family, and for each item behind it.

Within a family the rarest items are chosen first, so that traffic mixed in on purpose does not drown a link; kinds of
one family (an address and the /24 it lies in) are one witness, and only the better one counts.

Being visited frames nobody. Where two accounts share things that one of them lives by and the other hardly uses (a home
that was visited, a card that was stolen), that says nothing about the one who lives there, so the two are not tied
by it. Those who visited the same home are tied to each other.

Who touches a thing that another touched long before shares a bit less for each half-life between them (see `decay`);
and of the addresses of one carrier or office only the first that two share says all it could (see `pools`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graphlink import lookup, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Accounts = NDArray[np.int32]
    Ints = NDArray[np.int64]
    Bits = NDArray[np.float64]
    Bools = NDArray[np.bool_]

VISIT = 3.0
"""Who gives a third of the part of its life to a thing that another gives, or less, visits what is the other's."""
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


def agreement(layout: lookup.Layout, left: Accounts, right: Accounts, *, in_two: bool = False) -> tuple[Bits, Ints]:
    """Return the bits (pairs, families) and the number of items that give them; what they are is not kept.

    `in_two`: what shares things of one family only is not weighed, and has no bits. Most pairs are such where addresses
    propose them.
    """
    by_family, items = np.zeros((len(left), len(layout.families))), np.zeros(len(left), np.int64)
    for begin, end in lookup.blocks(layout, left, right):
        (shared,) = _blocks((layout,), left[begin:end], right[begin:end], in_two=in_two)
        by_family[begin:end], items[begin:end] = shared.by_family, shared.items
    return by_family, items


def weigh(layout: lookup.Layout, left: Accounts, right: Accounts) -> Shared:
    """Return what these pairs share, in bits for each family and item."""
    return weigh_in((layout,), left, right)[0]


def weigh_in(layouts: Sequence[lookup.Layout], left: Accounts, right: Accounts) -> list[Shared]:
    """Return what these pairs share in each of some layouts, which differ in their pools only: they are met once."""
    blocks = list(lookup.blocks(layouts[0], left, right)) or [(0, 0)]
    found = [_blocks(layouts, left[begin:end], right[begin:end]) for begin, end in blocks]
    return [_whole(each, blocks) for each in zip(*found, strict=True)]


def _whole(found: Sequence[Shared], blocks: Sequence[tuple[int, int]]) -> Shared:
    return Shared(
        families=found[0].families,
        by_family=np.concatenate([each.by_family for each in found]),
        pair=np.concatenate([each.pair + begin for each, (begin, _) in zip(found, blocks, strict=True)]),
        item=np.concatenate([each.item for each in found]),
        bits=np.concatenate([each.bits for each in found]),
    )


def _blocks(layouts: Sequence[lookup.Layout], left: Accounts, right: Accounts, *, in_two: bool = False) -> list[Shared]:
    layout = layouts[0]
    pair, of_left, of_right = lookup.meet(layout, left, right, in_two=in_two)
    if in_two and len(pair):
        kept = lookup.in_two_families(pair, layout.family[layout.kind[of_left]])
        pair, of_left, of_right = pair[kept], of_left[kept], of_right[kept]
    kind = layout.kind[of_left]
    narrow = layout.breadth[left[pair], kind] <= layout.breadth[right[pair], kind]  # who has fewer items chooses
    chooser, other = np.where(narrow, of_left, of_right), np.where(narrow, of_right, of_left)
    group = pair * len(layout.had) + kind
    place = layout.place[chooser]
    order = np.argsort(group * (place.max(initial=0) + 1) + place, kind="stable")
    pair, kind, chooser, other = (each[order] for each in (pair, kind, chooser, other))
    return [_valued(each, pair, kind, (chooser, other), len(left)) for each in layouts]


def _valued(layout: lookup.Layout, pair: Ints, kind: Ints, sides: tuple[Ints, Ints], pairs: int) -> Shared:
    """Return what meetings say, in order: `sides` are the sightings of who chooses, and of the other."""
    (chooser, other), group = sides, pair * len(layout.had) + kind
    raw = _of_pools(layout, pair, other)
    raw = _faded(layout, kind, raw, lookup.apart(layout, chooser, other))
    bits = _best_prefix(group, raw, layout.place[chooser], layout.many[chooser])
    visits = _visits(
        group, bits, (layout.part[chooser], layout.most[chooser]), (layout.part[other], layout.most[other])
    )
    bits[layout.had[kind] & visits] = 0
    by_family, bits = _one_kind_a_family(layout, pair, kind, bits, pairs)
    given = np.flatnonzero(bits > 0)
    order = given[np.argsort(pair[given] * layout.items + layout.item[chooser[given]], kind="stable")]
    return Shared(layout.families, by_family, pair[order], layout.item[chooser[order]], bits[order])


def _of_pools(layout: lookup.Layout, pair: Ints, other: Ints) -> Bits:
    """Return what each meeting says, those of a pair from rare to common: only the first of a pool says all."""
    raw, again, pool = layout.raw[other], layout.again[other], layout.pool[other]
    told = np.flatnonzero(pool >= 0)
    _, first = np.unique(pair[told] * (int(pool.max(initial=0)) + 1) + pool[told], return_index=True)
    less = np.delete(told, first)
    raw[less] = np.minimum(raw[less], again[less])
    return raw


def _faded(layout: lookup.Layout, kind: Ints, raw: Bits, apart: Ints) -> Bits:
    """Return what is left of the bits of items whose two sightings are so far apart."""
    return np.maximum(raw - lookup.rounded(layout.fade[kind] * np.maximum(apart, 0)), 0)


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


def _one_kind_a_family(layout: lookup.Layout, pair: Ints, kind: Ints, bits: Bits, pairs: int) -> tuple[Bits, Bits]:
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
