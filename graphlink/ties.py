"""The links inside a cluster as arrays: a large ring has millions, and Python would take a second for each of those."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink.behind import Behind
from graphlink.rows import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    Texts = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Item = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ties:
    """Links, the strongest first, then by the names of their ends; `place` tells the order of these names alone."""

    left: Texts
    right: Texts
    bits: NDArray[np.float64]
    families: Texts
    items: Behind
    place: Ints

    def __len__(self) -> int:
        """Return how many links there are."""
        return len(self.bits)

    def __iter__(self) -> Iterator[Link]:
        """Yield the links as rows of their table."""
        for (left, right, bits), families, items in zip(self.ends(), self.families, self.items, strict=True):
            yield Link(left, right, bits, families, items)

    def ends(self) -> Iterator[tuple[str, str, float]]:
        """Yield left, right and bits of each link."""
        return zip(self.left.tolist(), self.right.tolist(), self.bits.tolist(), strict=True)

    @property
    def agreed(self) -> int:
        """How many links two families or more agree on."""
        return sum(len(families) > 1 for families in self.families)

    def by_item(self) -> dict[Item, tuple[int, float]]:
        """Return of each item how many links it speaks for, and the bits that it gives them."""
        return {item: (links, bits) for item, links, bits in zip(*self.items.summed(), strict=True)}

    def by_family(self, family_of: Callable[[str], str]) -> dict[str, float]:
        """Return the bits that each family gives to all links."""
        total = defaultdict[str, float](float)
        for (kind, _), _, bits in zip(*self.items.summed(), strict=True):
            total[family_of(kind)] += bits
        return total

    def framing_cost(self, family_of: Callable[[str], str]) -> dict[str, int]:
        """Return for each account how many items, at least, are behind its links beyond their strongest family.

        So many would have to be false before no link of the account rested on two families. Links that have no item in
        common fall one by one, so their costs add up; taking the dearest first finds many such links, not always the
        most: the true cost is never below this one.
        """
        cost, size = self._costs(family_of), np.diff(self.items.start)
        dear = np.lexsort((self.place, size, -cost))
        used: defaultdict[str, set[int]] = defaultdict(set)
        total = Counter(dict.fromkeys((*self.left, *self.right), 0))
        for link in dear[: np.count_nonzero(cost)].tolist():  # what costs nothing adds nothing
            items = self.items.thing[self.items.start[link] : self.items.start[link + 1]].tolist()
            for account in (self.left[link], self.right[link]):
                if used[account].isdisjoint(items):
                    used[account].update(items)
                    total[account] += int(cost[link])
        return total

    def _costs(self, family_of: Callable[[str], str]) -> Ints:
        """Return how many of the items behind each link must go before one family is left."""
        family = pd.factorize(np.array([family_of(kind) for kind in self.items.things[0].tolist()], object))[0]
        families = int(family.max(initial=0)) + 1
        cost = [np.empty(0, np.int64)]
        for some in self.items.in_parts():
            cell = some.link * families + family[some.thing]
            number = np.bincount(cell, minlength=len(some) * families).reshape(len(some), families)
            cost.append(number.sum(axis=1) - number.max(axis=1))
        return np.concatenate(cost)


class TieShelf:
    """The links of each cluster by its place: those of which both ends are in it."""

    def __init__(self, table: pd.DataFrame, home: Mapping[str, str], places: Mapping[str, int]) -> None:
        """Args: the links of a case; the cluster of each account; the place of each cluster."""
        self.left, self.right, self.families = (table[n].to_numpy(object) for n in ("left", "right", "families"))
        self.bits, self.items = table["bits"].to_numpy(np.float64), Behind.column(table)
        left, right = (table[end].map(home).map(places).fillna(-1).to_numpy(np.int64) for end in ("left", "right"))
        inside = np.flatnonzero((left == right) & (left >= 0))
        ends = [pd.factorize(names[inside], sort=True)[0] for names in (self.right, self.left)]
        by_name = np.argsort(np.lexsort(ends))
        order = np.lexsort((by_name, -self.bits[inside], left[inside]))
        self.place, self.rows = by_name[order], inside[order]
        self.start = np.searchsorted(left[self.rows], np.arange(len(places) + 1))

    def of(self, place: int) -> Ties:
        """Return the links of the cluster at a place."""
        mine = slice(self.start[place], self.start[place + 1])
        rows = self.rows[mine]
        return Ties(
            left=self.left[rows],
            right=self.right[rows],
            bits=self.bits[rows],
            families=self.families[rows],
            items=self.items.take(rows).named(),
            place=self.place[mine],
        )
