"""Kinds that move together in these data: where that is so, they are one witness and not two.

The address of a device that never moves says what the device says. So it is measured how many items of one kind, of
those on three accounts or more, are on exactly the accounts of an item of another kind. Where it is most of them, both
ways and beyond doubt, the two families are one, wherever families are counted. A ring that has a card and a device
makes some such items; that most items are so is how the data are made. (Of two accounts it would be no sign: two who
share one thing share the other as well, be they a household or an operator.)
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from graphlink import pieces, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Kind, Moving

MOST, SURE = 0.5, 1.96
"""More than half of the items must coincide, by the lower end of the interval of 95 % (Wilson 1927)."""
FEW = 3  # accounts of an item that is looked at


def measured(graph: AccountGraph) -> tuple[Moving, ...]:
    """Return the pairs of kinds that move together, with the share of the items of either that does."""
    kind, mark = weights.kind_numbers(graph), _marks(graph)
    looked_at = graph.items["accounts"].to_numpy(np.int64) >= FEW
    marks = [mark[looked_at & (kind == i)] for i in range(len(graph.kinds))]
    found = []
    for i, j in combinations(range(len(graph.kinds)), 2):
        one, other = np.isin(marks[i], marks[j]), np.isin(marks[j], marks[i])
        if graph.kinds[i].family != graph.kinds[j].family and min(_at_least(one), _at_least(other)) > MOST:
            names = graph.kinds[i].name, graph.kinds[j].name
            found.append((*names, round(float(one.mean()), 3), round(float(other.mean()), 3)))
    return tuple(found)


def witnesses(kinds: Sequence[Kind], moving: Sequence[Moving]) -> tuple[str, ...]:
    """Return the witness that each kind is of: its family, with those that move together under one name."""
    families = sorted({kind.family for kind in kinds})
    number = {kind.name: families.index(kind.family) for kind in kinds}
    ties = [(number[a], number[b]) for a, b, *_ in moving if a in number and b in number]
    left, right = np.array(ties, np.int64).reshape(-1, 2).T
    piece = pieces.hanging(left, right, len(families))
    names = [" and ".join(f for f, other in zip(families, piece, strict=True) if other == own) for own in piece]
    return tuple(names[number[kind.name]] for kind in kinds)


def _marks(graph: AccountGraph) -> NDArray[np.uint64]:
    """Return a number for each item that items on the same accounts have in common: the sum of theirs, drawn once."""
    drawn = np.random.default_rng(0).integers(0, 2**63, len(graph.accounts), np.uint64)
    mark = np.zeros(len(graph.items), np.uint64)
    np.add.at(mark, graph.item, drawn[graph.account])
    return mark


def _at_least(coincides: NDArray[np.bool_]) -> float:
    """Return the lower end of the interval for a share, 0 where nothing is to be looked at."""
    n = len(coincides)
    if not n:
        return 0.0
    share, doubt = float(coincides.mean()), SURE**2 / n
    return (share + doubt / 2 - float(np.sqrt(doubt * (share * (1 - share) + doubt / 4)))) / (1 + doubt)
