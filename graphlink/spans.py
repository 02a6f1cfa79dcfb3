"""Long arrays: ranges that cost about so much together, the positions of many spans, ranks, and what is distinct."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def ranges(cost: NDArray[np.number], most: float) -> Iterator[tuple[int, int]]:
    """Yield ranges, first and after the last, that cost about so much together, and one each at least."""
    edges = np.searchsorted(np.cumsum(cost), np.arange(most, cost.sum(), most), "right")
    yield from pairwise(np.unique([0, *edges.tolist(), len(cost)]).tolist())


def distinct(numbers: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the numbers in rising order, each once: `np.unique` of numpy 2.4 hashes them first, and takes 15 times."""
    ordered = np.sort(numbers)
    once: NDArray[np.int64] = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return once


def ranks(group: NDArray[np.integer], *by: NDArray[np.number]) -> NDArray[np.int64]:
    """Return the place of each in its group, from 0: by the first key, of equals by the next, at last as given."""
    order = np.lexsort((*reversed(by), group))
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(group[order], group[order])
    return rank


def among(numbers: NDArray[np.int64], ordered: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which numbers are among others that are in rising order."""
    if not len(ordered):
        return np.zeros(len(numbers), np.bool_)
    found: NDArray[np.bool_] = ordered[np.minimum(np.searchsorted(ordered, numbers), len(ordered) - 1)] == numbers
    return found


def positions(first: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each span its first position and those that follow it, so many."""
    return np.arange(number.sum()) + np.repeat(first - np.cumsum(number) + number, number)
