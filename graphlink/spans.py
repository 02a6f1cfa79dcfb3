"""Spans of long arrays: ranges that cost about so much together, and the positions of many spans at once."""

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


def positions(first: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each span its first position and those that follow it, so many."""
    return np.arange(number.sum()) + np.repeat(first - np.cumsum(number) + number, number)
