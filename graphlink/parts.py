"""Parts of one piece -> wholes: which parts that a search found belong to one group after all.

A search for communities cuts every large group somewhere, because its things are spread unevenly over its accounts; so
a ring comes out in as many parts as it has devices, or in dozens that each leave half of their tie to all others. Parts
are one where no cut between them leaves too little across. Two rings that a bridge ties have such a cut, and so has a
household whose one member a ring is tied to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

from graphlink import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.int64]
    Bits = NDArray[np.float64]
    Groups = list[list[int]]

ACROSS = 0.2  # a cut leaves enough that leaves a fifth, or more, of what is expected where nothing parts the two sides
_FEW = 4  # parts; among fewer, every cut takes off one part
_DENSE = 200  # parts, up to which all eigenvectors are found as soon as two


class Between(NamedTuple):
    """The bits between each two parts: rows of two numbers of parts and bits x families; within a part where equal."""

    one: Numbers
    other: Numbers
    bits: Bits

    def among(self, some: Numbers, parts: int) -> Between:
        """Return the rows among some of the parts, numbered anew in their order."""
        number = np.full(parts, -1)
        number[some] = np.arange(len(some))
        one, other = number[self.one], number[self.other]
        kept = (one >= 0) & (other >= 0)
        return Between(one[kept], other[kept], self.bits[kept])


def joined(left: Numbers, right: Numbers, by_family: NDArray[np.float32], parts: Groups) -> Groups:
    """Return the parts after those that no cut parts are put together.

    Args:
        left: one end of each link in the piece, as its number there.
        right: the other end.
        by_family: the bits of each link, links x families.
        parts: the numbers in each part; each number is in one.

    """
    if len(parts) == 1:
        return parts
    tie = _ties(left, right, by_family.sum(axis=1, dtype=np.float64), sum(len(part) for part in parts))
    between = _between(left, right, by_family, parts)
    whole: Groups = []
    to_do = [np.arange(len(parts))]
    while to_do:
        some = to_do.pop()
        members = np.concatenate([parts[number] for number in some])
        part = np.repeat(np.arange(len(some)), [len(parts[number]) for number in some])
        sides = _sides(between.among(some, len(parts)), tie[members][:, members], part)
        if len(sides) == 1:
            whole.append(members.tolist())
        else:
            to_do.extend(some[side] for side in sides)
    return whole


def _sides(between: Between, tie: csr_array, part: Numbers) -> list[Numbers]:
    """Return what a cut leaves of these parts: all of them on one side if no cut is weak.

    Parts that are not at home among all others are taken off together, and tried among themselves.
    """
    everyone = np.arange(int(part.max()) + 1)
    if len(everyone) == 1:
        return [everyone]
    loose = _left_of_each(between, len(everyone)) < ACROSS
    degree = np.asarray(tie.sum(axis=1), np.float64)
    if not loose.any():
        loose = np.array([_hangs_on_one(tie, degree, part == alone) for alone in everyone])
    if loose.any() and not loose.all():
        return [everyone[~loose], *_pieces(between, everyone[loose], len(everyone))]
    cut, least = _weakest(between, len(everyone))
    if loose.any() or least < ACROSS or _hangs_on_one(tie, degree, cut[part]):
        return [everyone[cut], everyone[~cut]]
    return [everyone]


def _pieces(between: Between, some: Numbers, parts: int) -> list[Numbers]:
    """Return these parts in pieces that hang together."""
    rows = between.among(some, parts)
    piece = pieces.hanging(rows.one, rows.other, len(some))
    return [some[piece == each] for each in range(piece.max(initial=-1) + 1)]


def _left_of_each(between: Between, parts: int) -> Bits:
    """Return for each part the bits across the cut that takes it off, over those to expect."""
    within = between.one == between.other
    has = np.zeros((parts, between.bits.shape[1]))
    for ends in (between.one, between.other):
        np.add.at(has, ends, between.bits)
    across = has.copy()
    across[between.one[within]] -= 2 * between.bits[within]
    return _over_expected(across, has, has.sum(axis=0))


def _over_expected(across: Bits, one: Bits, both: Bits) -> Bits:
    """Return for each cut (a row, by family) the bits across, over those to expect.

    Where nothing parts two sides, each gives to the other in proportion to all that it has, each account as busy (the
    null of modularity, over these two sides alone): so one that is tied weakly to everybody is at home, and a ring with
    more tie to its newest members than these have among themselves is one. So it must be in all, and without the family
    in which most is across: a ring on a campus shares its addresses with the students, but nothing else. `one` is all
    that the one side has, `both` what both have.
    """
    rest = np.arange(across.shape[1]) != across.argmax(axis=1)[:, None]
    told = (both * rest).sum(axis=1)
    everything = _share(across.sum(axis=1), one.sum(axis=1), np.full(len(one), both.sum()))
    without = _share((across * rest).sum(axis=1), (one * rest).sum(axis=1), told)
    return np.where(told > 0, np.minimum(everything, without), everything)


def _share(across: Bits, one: Bits, both: Bits) -> Bits:
    expected = one * (both - one)
    return np.divide(across * both, expected, out=np.zeros_like(across), where=expected > 0)


def _weakest(between: Between, parts: int) -> tuple[Flags, float]:
    """Return which parts are on the one side of the cut with least across over what is to expect, and how much it is.

    Parts are put in the order of the second eigenvector of all bits, and of those without a family each, and cut at
    every place (spectral partitioning by sweep: Shi and Malik 2000). It need not be the weakest of all cuts, but one
    that is weak enough is not far off (Cheeger's inequality).
    """
    best, least = np.zeros(parts, bool), np.inf
    for order in _orders(between, parts):
        place = np.empty(parts, np.int64)
        place[order] = np.arange(parts)
        left = _swept(between, place, parts)
        at = int(left.argmin())
        if left[at] < least:
            best, least = place <= at, float(left[at])
    return best, least


def _swept(between: Between, place: Numbers, parts: int) -> Bits:
    """Return the bits across, over those to expect, of the cut behind each place but the last."""
    first, last = (pick(place[between.one], place[between.other]) for pick in (np.minimum, np.maximum))
    across, one = np.zeros((2, parts, between.bits.shape[1]))
    np.add.at(across, first, between.bits)
    np.subtract.at(across, last, between.bits)
    np.add.at(one, first, between.bits)
    np.add.at(one, last, between.bits)
    rising = np.maximum(across.cumsum(axis=0)[:-1], 0), one.cumsum(axis=0)[:-1]
    return _over_expected(*rising, 2 * between.bits.sum(axis=0))


def _orders(between: Between, parts: int) -> Iterator[Numbers]:
    """Yield orders of the parts in which those that hang together are near each other."""
    if parts < _FEW:
        yield from (np.roll(np.arange(parts), shift) for shift in range(parts))
        return
    families = np.flatnonzero(between.bits.any(axis=0))
    for left_out in (-1, *families) if len(families) > 1 else (-1,):
        bits = between.bits[:, families[families != left_out]].sum(axis=1)
        one_way = coo_array((bits, (between.one, between.other)), shape=(parts, parts))
        matrix = csr_array(one_way + one_way.T)
        number, piece = connected_components(matrix, directed=False)
        yield np.argsort(piece if number > 1 else _second(matrix), kind="stable")


def _second(matrix: csr_array) -> Bits:
    """Return the second eigenvector of a connected graph, each part as busy, to ten digits."""
    scale = 1 / np.sqrt(matrix.sum(axis=1))
    alike = matrix.multiply(scale[:, None]).multiply(scale[None, :])
    if len(scale) <= _DENSE:
        vector = np.linalg.eigh(alike.toarray())[1][:, -2]
    else:
        values, vectors = eigsh(csr_array(alike), k=2, which="LA", v0=np.ones(len(scale)))
        vector = vectors[:, values.argmin()]
    told: Bits = (vector * scale / np.abs(vector * scale).max()).round(10)
    return told


def _ties(left: Numbers, right: Numbers, bits: Bits, size: int) -> csr_array:
    """Return the bits between each two accounts of a piece, both ways."""
    one_way = csr_array((bits, (left, right)), shape=(size, size))
    return csr_array(one_way + one_way.T)


def _between(left: Numbers, right: Numbers, by_family: NDArray[np.float32], parts: Groups) -> Between:
    part = np.empty(sum(len(each) for each in parts), np.int64)
    for number, members in enumerate(parts):
        part[members] = number
    ends = np.sort(np.stack([part[left], part[right]]), axis=0)
    keys, row = np.unique(ends[0] * len(parts) + ends[1], return_inverse=True)
    bits = np.zeros((len(keys), by_family.shape[1]))
    np.add.at(bits, row, by_family)
    return Between(keys // len(parts), keys % len(parts), bits)


def _hangs_on_one(tie: csr_array, degree: Bits, side: Flags) -> bool:
    """Return whether enough is across a cut only while one account is there, on either side.

    A household is no part of a ring because one who lives there is tied to it, nor are two rings one by their
    go-between. Who is tied more to the other side than to its own is none: it is a member there. `degree` is the bits
    of each account.
    """
    side = side if 2 * np.count_nonzero(side) <= len(side) else ~side
    rows = tie[side]
    own, given = (np.asarray(rows @ of.astype(float), np.float64) for of in (side, ~side))
    taken = np.asarray(rows.sum(axis=0), np.float64)[~side]
    others = degree[~side] - taken
    return _hangs(given, own, others.sum()) or _hangs(taken, others, own.sum())


def _hangs(across: Bits, home: Bits, others: float) -> bool:
    first = across.argmax()
    if across[first] > home[first]:
        return False
    rest = across.sum() - across[first]
    one, other = home.sum() - 2 * home[first] + rest, others + rest
    return bool(rest * (one + other) < ACROSS * one * other)
