"""Items of two families that the same accounts touch: how the smallest rings are found.

Three accounts that share a card and a device are, pair by pair, no more than some coincidences among the millions of
pairs there are. But they are the *same three* on both, and the card and the device are two of a few thousand that
anybody shares. So the test here is of two items rather than of two accounts: of the accounts on item x, n also touch
item y; were the families independent, that has a chance of at most C(d_x, n) times the product of theirs to touch y,
and as many such pairs of items were tried as there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from graphlink import spans, weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Ints = NDArray[np.int64]
    Bits = NDArray[np.float64]

_BLOCK = 20_000  # items taken at a time
_CREW = 12  # of a larger crew each account is paired with this many next ones only


def crews(  # noqa: PLR0913 - what is looked at, against what, and how strictly
    graph: AccountGraph,
    odds: tuple[weights.Odds, ...],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    rate: float,
    *,
    alike: float = 0.0,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the left and right accounts of the pairs that touch two coinciding items, left < right, sorted.

    Args:
        graph: the accounts and items.
        odds: the null of each kind.
        first: which sightings have the items whose accounts are looked at.
        second: which sightings these accounts may have in common; of each account what it costs is the product of both.
        rate: the share of false coincidences that is allowed.
        alike: what part of the accounts on the more common item must be on both.

    """
    ours, theirs = _incidence(graph, first), _incidence(graph, second)
    family = np.array([kind.family for kind in graph.kinds])[weights.kind_numbers(graph)]
    one, other, together, bits = _overlaps(ours, theirs, _surprise(graph, odds, theirs), family)
    degree = graph.items["accounts"].to_numpy(np.int64)
    tried = _tried(*(family[np.bincount(graph.item[some], minlength=len(family)) > 0] for some in (first, second)))
    margin = bits - weights.choice_bits(degree[one], together) - np.log2(max(tried, 1))
    same = together >= alike * np.maximum(degree[one], degree[other])
    kept = weights.discovered(np.where(same, margin, -np.inf), rate)
    return _pairs(ours.T.tocsr(), theirs.T.tocsr(), one[kept], other[kept], len(graph.accounts))


def _incidence(graph: AccountGraph, chosen: NDArray[np.bool_]) -> csr_array:
    """Return accounts x items with a 1 for each chosen sighting."""
    shape = (len(graph.accounts), len(graph.items))
    return csr_array((np.ones(int(chosen.sum())), (graph.account[chosen], graph.item[chosen])), shape=shape)


def _surprise(graph: AccountGraph, odds: tuple[weights.Odds, ...], touches: csr_array) -> csr_array:
    """Return the same matrix with the bits of each touch, given the account's breadth and the item's degree."""
    account = np.repeat(np.arange(touches.shape[0]), np.diff(touches.indptr))
    kind, degree = weights.kind_numbers(graph), graph.items["accounts"].to_numpy(np.int64)
    bits = np.empty(touches.nnz)
    for i in range(len(graph.kinds)):
        of_kind = kind[touches.indices] == i
        breadth = graph.breadth[account[of_kind], i]
        bits[of_kind] = weights.touch_bits(odds[i], breadth, degree[touches.indices[of_kind]] + 1)
    return csr_array((bits, touches.indices, touches.indptr), shape=touches.shape)


def _overlaps(
    ours: csr_array, theirs: csr_array, surprise: csr_array, family: NDArray[np.str_]
) -> tuple[Ints, Ints, Ints, Bits]:
    """Return the ordered pairs of items of two families with two accounts or more in common: number and bits."""
    by_item = ours.T.tocsr()
    none = np.empty(0, np.int64)
    found: list[tuple[Ints, Ints, Ints, Bits]] = [(none, none, none, np.empty(0))]
    for begin in range(0, by_item.shape[0], _BLOCK):
        block = by_item[begin : begin + _BLOCK]
        number = (block @ theirs).tocoo()
        several = number.data > 1
        first, second = number.row[several].astype(np.int64), number.col[several].astype(np.int64)
        two = family[first + begin] != family[second]
        bits = (block @ surprise).tocoo()
        found.append(
            (first[two] + begin, second[two], number.data[several][two].astype(np.int64), bits.data[several][two])
        )
    one, other, together, total = (np.concatenate(column) for column in zip(*found, strict=True))
    return one, other, together, total


def _tried(first: NDArray[np.str_], second: NDArray[np.str_]) -> float:
    """Return the number of ordered pairs of items that are of two families."""
    same = sum(float((first == family).sum()) * float((second == family).sum()) for family in np.unique(first))
    return float(len(first)) * float(len(second)) - same


def _pairs(
    ours: csr_array, theirs: csr_array, one: Ints, other: Ints, accounts: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    common = ours[one].multiply(theirs[other]).tocsr()
    common.sort_indices()
    account, crew = common.indices.astype(np.int64), np.repeat(np.arange(len(one)), np.diff(common.indptr))
    keys = [np.empty(0, np.int64)]
    for step in range(1, _CREW):
        same = crew[step:] == crew[:-step]
        keys.append(account[:-step][same] * accounts + account[step:][same])
    unique = spans.distinct(np.concatenate(keys))
    return (unique // accounts).astype(np.int32), (unique % accounts).astype(np.int32)
