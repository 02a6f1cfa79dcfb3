"""Which pairs of accounts are worth weighing, at a cost that stays linear in the sightings.

An item on few accounts proposes all its pairs. An item on many (an address of a carrier, a template of a ring of
20,000) proposes for each account only some partners: the neighbours when its accounts are sorted by what else they
touch, so that accounts which also agree elsewhere stand side by side. Of the larger items of an account only the
rarest propose. Pairs that are proposed twice are weighed: one shared item never links two accounts. In a group of
thousands that are each other's partners, those that most items propose are weighed, and no more than so many of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphlink import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]

PAIRS_A_SIGHTING = 4  # all pairs are made for the rarest items while they come to no more than this
SORTS, NEIGHBOURS = 2, 2  # larger items: this many orders, this many next ones in each
COMMON = 0.25  # what every fourth account touches says some two bits: it is weighed, but proposes nobody
LARGE = 32  # larger items of an account that propose
PARTNERS = 64  # of an account that are weighed, of those numbered after it: more do not tie a large group closer
_BATCH = 4_000_000  # pairs that are looked at together
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def batches(graph: AccountGraph, *, seed: int = 0) -> Iterator[Pairs]:
    """Yield the left and right accounts of all pairs to weigh, left < right, sorted, those of some left ones at a time.

    All that are proposed would not fit into memory.
    """
    order = np.lexsort((graph.account, graph.item))
    account, item, accounts = graph.account[order], graph.item[order], len(graph.accounts)
    rare = rare_items(graph)
    beside = _beside(graph, account, item, ~(rare | common_items(graph)), seed)
    place = np.argsort(order)
    behind = np.where(rare[graph.item], np.searchsorted(item, graph.item, "right") - place - 1, 0)
    larger = np.bincount(beside // max(accounts, 1), minlength=accounts)
    for begin, end in spans.ranges(np.bincount(graph.account, behind, accounts) + larger, _BATCH):
        mine = slice(*np.searchsorted(graph.account, (begin, end)))
        one = np.repeat(graph.account[mine].astype(np.int64), behind[mine])
        other = account[spans.positions(place[mine] + 1, behind[mine])]
        near = beside[slice(*np.searchsorted(beside, (begin * accounts, end * accounts)))]
        pairs = np.sort(np.concatenate([one * accounts + other, near]))
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        times = np.diff(first, append=len(pairs))
        left, right = np.divmod(pairs[first[times > 1]], max(accounts, 1))
        # within a window all are told
        kept = slice(None) if graph.window else _most_often(left, right, times[times > 1])
        yield left[kept].astype(np.int32), right[kept].astype(np.int32)


def _most_often(left: NDArray[np.int64], right: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs are weighed: PARTNERS of each left account, those that were proposed most often."""
    kept = np.ones(len(left), np.bool_)
    many = np.flatnonzero(np.bincount(left)[left] > PARTNERS)  # such accounts are few, and in large groups
    kept[many] = spans.ranks(left[many], -times[many], _hash(right[many], 0)) < PARTNERS
    return kept


def whole(some: Iterable[Pairs]) -> Pairs:
    """Return all of the pairs, of which there may be none."""
    none = np.empty(0, np.int32)
    left, right = (np.concatenate(side) for side in zip((none, none), *some, strict=True))
    return left, right


def _beside(
    graph: AccountGraph, account: NDArray[np.int32], item: NDArray[np.int32], larger: NDArray[np.bool_], seed: int
) -> NDArray[np.int64]:
    """Return the pairs that the larger items propose, sorted; of sightings by item, of each account the rarest."""
    large = np.flatnonzero(larger[item])
    degree = graph.items["accounts"].to_numpy(np.int64)[item[large]]
    large = large[spans.ranks(account[large], degree) < LARGE]
    pairs = _neighbours(account[large], item[large], len(graph.accounts), seed)
    return np.sort(np.concatenate([np.empty(0, np.int64), *pairs]))


def rare_items(graph: AccountGraph) -> NDArray[np.bool_]:
    """Return which items are on so few accounts that all their pairs are made."""
    degree = graph.items["accounts"].to_numpy(np.int64)
    sizes, counts = np.unique(degree, return_counts=True)
    pairs = np.cumsum(counts * sizes * (sizes - 1) // 2)
    within = sizes[pairs <= PAIRS_A_SIGHTING * graph.volume.sum()]
    rare: NDArray[np.bool_] = degree <= (within[-1] if len(within) else 0)
    return rare


def common_items(graph: AccountGraph) -> NDArray[np.bool_]:
    """Return which items are on so many accounts that they propose nobody."""
    common: NDArray[np.bool_] = graph.items["accounts"].to_numpy(np.int64) >= COMMON * len(graph.accounts)
    return common


def _neighbours(
    account: NDArray[np.int32], item: NDArray[np.int32], accounts: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Yield pairs of accounts that stand side by side on an item, in several sorted orders."""
    for sort in range(SORTS):
        mark = _signature(account, item, accounts, seed * SORTS + sort)
        # those of one signature in random order: a ring that shares everything would else be a chain, and be cut
        order = np.lexsort((_hash(account, seed * SORTS + sort), mark[account], item))
        a, x = account[order].astype(np.int64), item[order]
        for step in range(1, NEIGHBOURS + 1):
            same = x[step:] == x[:-step]
            one, other = a[step:][same], a[:-step][same]
            yield np.minimum(one, other) * accounts + np.maximum(one, other)


def _signature(account: NDArray[np.int32], item: NDArray[np.int32], accounts: int, seed: int) -> NDArray[np.uint64]:
    """Return for each account the smallest hash over its larger items (MinHash, Broder 1997)."""
    mark = np.full(accounts, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(mark, account, _hash(item, seed))
    return mark


def _hash(numbers: NDArray[np.integer], seed: int) -> NDArray[np.uint64]:
    """Return 64 mixed bits for each number (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + _GOLDEN * np.uint64(seed + 1)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
