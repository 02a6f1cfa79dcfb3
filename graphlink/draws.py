"""Pairs drawn evenly among the accounts that links connect: what a group has in common, not what was looked for.

Where thousands are connected, of a ring among them hardly two would be drawn. So a piece is searched for
neighbourhoods first, and as many others are drawn for each account in its own as in the whole piece: every pair that is
drawn stands for those like it, near or far.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import igraph as ig
import numpy as np

from graphlink import pieces, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Accounts = NDArray[np.int32]
    Ints = NDArray[np.int64]

PARTNERS = 64
"""How many others each account is compared with in a group; in a group no larger, with all."""
SWEEPS = 10  # of Leiden; until nothing moves may be for ever


def draw(
    left: Accounts, right: Accounts, accounts: int, *, seed: int = 0
) -> tuple[Accounts, Accounts, NDArray[np.float64]]:
    """Return the left and right accounts of further pairs inside each connected piece, and how many each stands for.

    Args:
        left: one account of each pair that is known, left < right.
        right: the other one.
        accounts: how many there are.
        seed: where drawing starts.

    """
    piece = pieces.hanging(left, right, accounts)
    near = _neighbourhoods(left, right, piece, seed)
    known = left.astype(np.int64) * accounts + right
    far = _pairs(piece, seed)
    far = far[near[far // accounts] != near[far % accounts]]
    apart = near[left] != near[right]
    inside = _all_pairs(near)
    all_near = inside - np.bincount(near[left[~apart]], minlength=len(inside))
    all_far = _all_pairs(piece) - np.bincount(piece[left[apart]], minlength=int(piece.max(initial=-1)) + 1)
    np.subtract.at(all_far, piece[np.unique(near, return_index=True)[1]], inside)
    found = (_standing(known, _pairs(near, seed), near, all_near), _standing(known, far, piece, all_far))
    drawn, stands = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.argsort(drawn)
    return (drawn[order] // accounts).astype(np.int32), (drawn[order] % accounts).astype(np.int32), stands[order]


def _standing(known: Ints, drawn: Ints, group: NDArray[np.int32], unknown: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """Return the drawn pairs that are not known, and how many of the unknown ones of its group each stands for."""
    fresh = drawn[~spans.among(drawn, np.sort(known))]
    of = group[fresh // len(group)]
    return fresh, unknown[of] / np.bincount(of, minlength=len(unknown))[of]


def _all_pairs(group: NDArray[np.int32]) -> Ints:
    """Return how many pairs of accounts each group has."""
    size = np.bincount(group)
    return size * (size - 1) // 2


def _neighbourhoods(left: Accounts, right: Accounts, piece: NDArray[np.int32], seed: int) -> NDArray[np.int32]:
    """Return the number of each account's neighbourhood: its piece, or a part of it where that is large."""
    part, order = np.zeros(len(piece), np.int64), np.argsort(piece[left], kind="stable")
    begin = np.searchsorted(piece[left][order], np.arange(int(piece.max(initial=-1)) + 2))
    for large in np.flatnonzero(np.bincount(piece) > PARTNERS):
        ends = order[begin[large] : begin[large + 1]]
        nodes, place = np.unique(np.concatenate([left[ends], right[ends]]), return_inverse=True)
        graph = ig.Graph(n=len(nodes), edges=pieces.ends(*place.reshape(2, -1)))
        ig.set_random_number_generator(random.Random(seed))  # noqa: S311 - neighbourhoods, not secrets
        part[nodes] = graph.community_leiden(objective_function="modularity", n_iterations=SWEEPS).membership
    _, number = np.unique(piece * (part.max(initial=0) + 1) + part, return_inverse=True)
    return number.astype(np.int32)


def _pairs(piece: NDArray[np.int32], seed: int) -> Ints:
    """Return pairs of accounts of one piece as numbers: left times all accounts plus right."""
    size = np.bincount(piece)
    member = np.argsort(piece, kind="stable")
    member = member[size[piece[member]] > 2]  # noqa: PLR2004 - of a pair the one pair is known
    _, begin, which = np.unique(piece[member], return_index=True, return_inverse=True)
    begin, many = begin[which], size[piece[member]]
    place, rng = np.arange(len(member)) - begin, np.random.default_rng(seed)
    found = [np.empty(0, np.int64)]
    for step in range(1, PARTNERS // 2 + 1):
        # the next ones round a circle are all pairs of a small piece; in a large one it is anybody
        other = np.where(many <= PARTNERS, (place + step) % many, rng.integers(0, many))
        another = member[begin + other]
        low, high = np.minimum(member, another), np.maximum(member, another)
        found.append((low * len(piece) + high)[low < high])
    return spans.distinct(np.concatenate(found))
