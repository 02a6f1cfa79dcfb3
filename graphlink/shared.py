"""What the members of a cluster touch and share, as arrays: those of a large ring have millions of sightings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np
import pandas as pd

from graphlink.rows import Listed, Touch
from graphlink.shelf import read, texts_filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from graphlink.model import CaseFile

    Ints = NDArray[np.int64]
    Item = tuple[str, str]

HUBS = ("public", "ignored")
"""The uses of an item that many accounts touch for reasons of their own."""
_AT_ONCE = 1 << 14  # rows that Python holds
_ITEM = ["kind", "value"]


@dataclass(frozen=True, slots=True, eq=False)
class Touches(Sequence[Touch]):
    """Some rows of the table of sightings, made when they are asked for."""

    table: pd.DataFrame
    rows: Ints

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    @overload
    def __getitem__(self, key: int) -> Touch: ...
    @overload
    def __getitem__(self, key: slice) -> Touches: ...
    def __getitem__(self, key: int | slice) -> Touch | Touches:
        """Return one row, or some."""
        if isinstance(key, slice):
            return Touches(self.table, self.rows[key])
        return read(self.table.iloc[[self.rows[key]]], Touch)[0]

    def __iter__(self) -> Iterator[Touch]:
        """Yield the rows."""
        for begin in range(0, len(self), _AT_ONCE):
            yield from read(self.table.iloc[self.rows[begin : begin + _AT_ONCE]], Touch)

    @property
    def accounts(self) -> list[str]:
        """Who touches, row by row."""
        names: list[str] = self.table["account_id"].iloc[self.rows].tolist()
        return names


@dataclass(frozen=True, slots=True)
class SharedItem:
    """An item and the members that touch it; `bits` is its evidence, summed over the `links` pairs it speaks for."""

    kind: str
    family: str
    value: str
    accounts: int
    use: str
    reason: str
    touches: Touches
    bits: float
    links: int

    @property
    def others(self) -> int:
        """How many accounts outside the cluster touch it."""
        return max(0, self.accounts - len(self.touches))

    @property
    def is_unused_hub(self) -> bool:
        """Whether it was set aside: a hub with some bits left still speaks, and is shown as evidence."""
        return self.use in HUBS and not self.links


class TouchShelf:
    """What each cluster touches, by its place."""

    def __init__(self, case_file: CaseFile, home: Mapping[str, str], places: Mapping[str, int]) -> None:
        """Args: a case; the cluster of each account; the place of each cluster."""
        self.table = texts_filled(case_file.sightings)
        place = self.table["account_id"].map(home).map(places).fillna(-1).to_numpy(np.int64)
        account = pd.factorize(self.table["account_id"], sort=True)[0]
        self.item = self.table.groupby(_ITEM, sort=True).ngroup().to_numpy()
        self.rows = np.lexsort((self.item, account, place))
        self.start = np.searchsorted(place[self.rows], np.arange(len(places) + 1))
        self.items = _items(self.table[_ITEM].iloc[np.unique(self.item, return_index=True)[1]], case_file.items)
        self.hub = self.items["use"].isin(HUBS).to_numpy()

    def of(self, place: int) -> Touches:
        """Return what the cluster at a place touches, by account, kind and value."""
        return Touches(self.table, self.rows[self.start[place] : self.start[place + 1]])

    def shared(
        self, place: int, spoken: Mapping[Item, tuple[int, float]], family_of: Callable[[str], str]
    ) -> list[SharedItem]:
        """Return the items that two members of that cluster share, and hubs, the strongest first.

        Args:
            place: which cluster.
            spoken: of items that links rest on, how many links and the bits they get from it.
            family_of: the family of a kind.

        """
        mine = self.of(place).rows
        rows = mine[np.argsort(self.item[mine], kind="stable")]
        item, start = np.unique(self.item[rows], return_index=True)
        end = np.append(start, len(rows))[1:]
        told = np.flatnonzero((end - start > 1) | self.hub[item])
        found = [
            SharedItem(
                kind=known.kind,
                family=family_of(known.kind),
                value=known.value,
                accounts=known.accounts or last - first,  # what a purge took off the list is on members still
                use=known.use,
                reason=known.reason,
                touches=Touches(self.table, rows[first:last]),
                bits=bits,
                links=links,
            )
            for known, first, last in zip(
                read(self.items.iloc[item[told]], Listed), start[told].tolist(), end[told].tolist(), strict=True
            )
            for links, bits in (spoken.get((known.kind, known.value), (0, 0.0)),)
        ]
        return sorted(found, key=lambda item: (-item.bits, -len(item.touches), item.kind, item.value))


def _items(touched: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each item that is touched."""
    known = touched.merge(texts_filled(listed), "left", on=_ITEM)
    return known.assign(accounts=known["accounts"].fillna(0).astype(np.int64))[list(Listed._fields)].fillna("")
