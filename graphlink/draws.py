"""Pairs drawn evenly among the accounts that links connect: what a group has in common, not what was looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graphlink import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Accounts = NDArray[np.int32]
    Ints = NDArray[np.int64]

PARTNERS = 64
"""How many others each account is compared with in a group; in a group no larger, with all."""


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
    matrix = coo_array((np.ones(len(left)), (left, right)), shape=(accounts, accounts))
    _, piece = connected_components(matrix, directed=False)
    size = np.bincount(piece)
    known = left.astype(np.int64) * accounts + right
    drawn = _pairs(piece, size, seed)
    drawn = drawn[~spans.among(drawn, np.sort(known))]
    of = piece[drawn // accounts]
    unknown = size * (size - 1) // 2 - np.bincount(piece[left], minlength=len(size))
    stands = unknown[of] / np.bincount(of, minlength=len(size))[of]
    return (drawn // accounts).astype(np.int32), (drawn % accounts).astype(np.int32), stands


def _pairs(piece: NDArray[np.int32], size: Ints, seed: int) -> Ints:
    """Return pairs of accounts of one piece as numbers: left times all accounts plus right."""
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
