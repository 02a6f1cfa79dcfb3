"""Accounts and the links among them as arrays, cut into pieces: a large ring has millions of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Flags = NDArray[np.bool_]


def hanging(left: NDArray[np.integer], right: NDArray[np.integer], nodes: int) -> NDArray[np.int32]:
    """Return for each of so many nodes the number of the connected piece that it is in; each pair ties two of them."""
    ties = coo_array((np.ones(len(left)), (left, right)), shape=(nodes, nodes))
    piece: NDArray[np.int32] = connected_components(ties, directed=False)[1]
    return piece


def ends(left: Numbers, right: Numbers) -> memoryview:
    """Return left and right of each link as igraph takes them without an object for each."""
    return np.stack([left, right], axis=1).data


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some accounts, and the links among them.

    `nodes` are the accounts, in rising order, and `left` and `right` places there, left < right. Each link has its
    `bits`, which it ties by; whether it was `found`, or drawn; and its bits `by_family` (links x families).
    """

    nodes: Numbers
    left: Numbers
    right: Numbers
    bits: NDArray[np.float64]
    found: Flags
    by_family: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of accounts."""
        return len(self.nodes)

    @property
    def ends(self) -> memoryview:
        """Left and right of each link, for igraph."""
        return ends(self.left, self.right)

    def only(self, links: Flags) -> Piece:
        """Return the accounts with some of the links."""
        return Piece(
            self.nodes, self.left[links], self.right[links], self.bits[links], self.found[links], self.by_family[links]
        )

    def connected(self) -> Iterator[Piece]:
        """Yield the pieces that hang together, by their first account."""
        yield from self.split(hanging(self.left, self.right, len(self)))

    def of(self, groups: Iterable[Iterable[int]]) -> Iterator[Piece]:
        """Yield the piece that each group of places is, with the links inside it."""
        label = np.full(len(self), -1, np.int64)
        for number, group in enumerate(groups):
            label[list(group)] = number
        yield from self.split(label)

    def split(self, label: NDArray[np.integer]) -> Iterator[Piece]:
        """Yield the piece of each label, in their order, with the links inside it; those of -1 are left out."""
        numbers = np.arange(int(label.max(initial=-1)) + 2)
        member = np.argsort(label, kind="stable")
        first = np.searchsorted(label[member], numbers)
        place = np.empty(len(self), np.int64)
        place[member] = np.arange(len(self)) - np.append(first, 0)[label[member]]
        inside = np.flatnonzero((label[self.left] == label[self.right]) & (label[self.left] >= 0))
        inside = inside[np.argsort(label[self.left[inside]], kind="stable")]
        begin = np.searchsorted(label[self.left[inside]], numbers)
        for number in numbers[:-1]:
            links = inside[begin[number] : begin[number + 1]]
            yield Piece(
                nodes=self.nodes[member[first[number] : first[number + 1]]],
                left=place[self.left[links]],
                right=place[self.right[links]],
                bits=self.bits[links],
                found=self.found[links],
                by_family=self.by_family[links],
            )
