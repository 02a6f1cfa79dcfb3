"""What pairs of accounts share, in bits: for each family, and for each item behind it.

Within a family the rarest items are chosen first, so that traffic mixed in on purpose does not drown a link; kinds of one
family (an address and the /24 it lies in) are one witness, and only the better one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from graphlink import weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Ints = NDArray[np.int64]
    Bits = NDArray[np.float64]

_BLOCK = 4_000_000  # sightings looked up at a time


@dataclass(frozen=True, slots=True)
class Shared:
    """What each of some pairs shares.

    `by_family[i, f]` are bits. Entries (pair, item, bits) are sorted by pair and item; an item whose family has a better
    kind, or that is no part of the best choice, has 0 bits.
    """

    families: tuple[str, ...]
    by_family: Bits
    pair: Ints
    item: NDArray[np.int32]
    bits: Bits


def weigh(
    graph: AccountGraph, odds: tuple[weights.Odds, ...], left: NDArray[np.int32], right: NDArray[np.int32]
) -> Shared:
    """Return what these pairs share, in bits for each family and item."""
    table = _Table.of(graph, odds)
    families = tuple(sorted({kind.family for kind in graph.kinds}))
    by_family = np.zeros((len(left), len(families)))
    entries = []
    for begin, end in table.blocks(left, right):
        pair, item, bits = table.entries(left[begin:end], right[begin:end], by_family[begin:end], families)
        entries.append((pair + begin, item, bits))
    pair, item, bits = (np.concatenate(column) for column in zip(*entries, strict=True)) if entries else _NOTHING
    return Shared(families, by_family, pair, item, bits)


_NOTHING = (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))


@dataclass(frozen=True, slots=True)
class _Table:
    """The graph laid out for looking up: sightings by account, each account's items of a kind from rare to common."""

    graph: AccountGraph
    start: Ints
    numbered: csr_array
    """Accounts x items: the number of the sighting, from 1."""
    marked: csr_array
    """Accounts x items: 1 for each sighting."""
    degree: Ints
    kind: Ints
    place: Ints
    """The position of the item among the account's shared items of its kind, rarest first, from 1."""
    many: Ints
    """How many shared items of that kind the account has."""
    odds: tuple[weights.Odds, ...]

    @classmethod
    def of(cls, graph: AccountGraph, odds: tuple[weights.Odds, ...]) -> _Table:
        degree_of = graph.items["accounts"].to_numpy(np.int64)
        degree, kind = degree_of[graph.item], weights.kind_numbers(graph)[graph.item]
        account = graph.account.astype(np.int64)
        start = np.searchsorted(account, np.arange(len(graph.accounts) + 1))
        shape = (len(graph.accounts), len(graph.items))
        place, many = _places(account, kind, degree, graph.item, len(graph.kinds))
        return cls(
            graph=graph,
            start=start,
            numbered=csr_array((np.arange(1.0, len(account) + 1), graph.item, start), shape=shape),
            marked=csr_array((np.ones(len(account)), graph.item, start), shape=shape),
            degree=degree,
            kind=kind,
            place=place,
            many=many,
            odds=odds,
        )

    def blocks(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
        """Yield ranges of pairs whose look-ups fit into one block."""
        size = np.diff(self.start)
        cost = np.cumsum(size[left] + size[right])
        begin = 0
        while begin < len(left):
            spent = cost[begin - 1] if begin else 0
            end = max(begin + 1, int(np.searchsorted(cost, spent + _BLOCK, side="right")))
            yield begin, end
            begin = end

    def entries(
        self, left: NDArray[np.int32], right: NDArray[np.int32], by_family: Bits, families: tuple[str, ...]
    ) -> tuple[Ints, NDArray[np.int32], Bits]:
        """Return pair, item and bits of everything the pairs share; fill `by_family`."""
        pair, of_left, of_right = self._meet(left, right)
        kind = self.kind[of_left]
        narrow = self._narrow(left, right)[pair, kind]
        chooser, other = np.where(narrow, of_left, of_right), np.where(narrow, of_right, of_left)
        raw = self._raw_bits(other, kind)
        order = np.lexsort((self.place[chooser], kind, pair))
        pair, kind, chooser, raw = pair[order], kind[order], chooser[order], raw[order]
        group = pair * len(self.graph.kinds) + kind
        kind_bits, bits = _best_prefix(group, raw, self.place[chooser], self.many[chooser])
        bits = self._one_kind_a_family(pair, kind, group, kind_bits, bits, by_family, families)
        item = self.graph.item[chooser]
        order = np.lexsort((item, pair))
        return pair[order], item[order], bits[order]

    def _meet(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> tuple[Ints, Ints, Ints]:
        """Return pair and the sighting of either side for each item that both touch."""
        of_left = self.numbered[left].multiply(self.marked[right]).tocsr()
        of_right = self.marked[left].multiply(self.numbered[right]).tocsr()
        pair = np.repeat(np.arange(len(left)), np.diff(of_left.indptr))
        return pair, of_left.data.astype(np.int64) - 1, of_right.data.astype(np.int64) - 1

    def _narrow(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return for each pair and kind whether the left account is the one with fewer items: it chooses."""
        breadth = self.graph.breadth
        narrower: NDArray[np.bool_] = breadth[left] <= breadth[right]
        return narrower

    def _raw_bits(self, other: Ints, kind: Ints) -> Bits:
        raw = np.empty(len(other))
        for i, odds in enumerate(self.odds):
            chosen = kind == i
            breadth = self.graph.breadth[self.graph.account[other[chosen]], i]
            raw[chosen] = weights.touch_bits(odds, breadth, self.degree[other[chosen]])
        return raw

    def _one_kind_a_family(  # noqa: PLR0913 - the columns of one table
        self,
        pair: Ints,
        kind: Ints,
        group: Ints,
        kind_bits: Bits,
        bits: Bits,
        by_family: Bits,
        families: tuple[str, ...],
    ) -> Bits:
        """Count the best kind of each family only: kinds of one family are one witness."""
        family_of = np.array([families.index(each.family) for each in self.graph.kinds])
        rivals = np.bincount(family_of)[family_of]
        value = np.maximum(kind_bits - np.log2(rivals)[kind], 0)
        first = np.concatenate([[True], group[1:] != group[:-1]]) if len(group) else np.empty(0, bool)
        best = np.zeros((len(by_family), len(families)))
        np.maximum.at(best, (pair[first], family_of[kind[first]]), value[first])
        by_family[:] = best
        wins = (value > 0) & (value == best[pair, family_of[kind]])
        return np.where(wins, bits * np.divide(value, kind_bits, out=np.zeros_like(value), where=kind_bits > 0), 0)


def _places(account: Ints, kind: Ints, degree: Ints, item: NDArray[np.int32], kinds: int) -> tuple[Ints, Ints]:
    order = np.lexsort((item, degree, kind, account))
    group = (account * kinds + kind)[order]
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(group) else np.empty(0, np.int64)
    size = np.diff(np.append(first, len(group)))
    place, many = np.empty(len(group), np.int64), np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.repeat(first, size) + 1
    many[order] = np.repeat(size, size)
    return place, many


def _best_prefix(group: Ints, raw: Bits, place: Ints, many: Ints) -> tuple[Bits, Bits]:
    """Return the bits of the best choice of a group's rarest items, and what each item gives to it.

    With n items shared among the rarest m of the account that chooses, the chance is at most C(m, n) times the product
    of theirs; the best of `many` prefixes is taken, which costs log2 of their number.
    """
    if not len(group):
        return raw, raw
    first = np.concatenate([[True], group[1:] != group[:-1]])
    number = np.cumsum(first) - 1
    begin = np.flatnonzero(first)
    total = np.cumsum(raw)
    upto = total - np.repeat(total[begin] - raw[begin], np.diff(np.append(begin, len(group))))
    nth = np.arange(len(group)) - begin[number] + 1
    net = upto - weights.choice_bits(place, nth) - np.log2(many)
    best = np.maximum.reduceat(net, begin)
    last = np.minimum.reduceat(np.where(net == best[number], nth, len(group) + 1), begin)
    used = nth <= last[number]
    gross = np.add.reduceat(np.where(used, raw, 0), begin)
    gained = np.maximum(best, 0)
    scale = np.divide(gained, gross, out=np.zeros_like(gross), where=gross > 0)
    return gained[number], np.where(used, raw * scale[number], 0)
