"""The rows of a table in parts, one for each cluster.

A case may have thousands of clusters and millions of rows: what Python holds of them is a row's worth of some clusters
at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

Row = TypeVar("Row", bound=tuple[Any, ...])

_AT_ONCE = 200  # clusters whose rows Python holds


class Shelf(Generic[Row]):
    """The rows of a table, in its order, for each cluster by its place."""

    def __init__(self, table: pd.DataFrame, of: pd.Series, places: Mapping[str, int], row: type[Row]) -> None:
        """Args: the table; the cluster of each row, or none; the place of each cluster; what a row is."""
        place = of.map(places).fillna(-1).to_numpy(np.int64)
        order = np.argsort(place, kind="stable")
        self.start = np.searchsorted(place[order], np.arange(len(places) + 1))
        self.order, self.table, self.row = order, texts_filled(table), row
        self.first, self.rows = 0, list[Row]()

    def of(self, place: int) -> list[Row]:
        """Return the rows of the cluster at a place; those of the next ones are read with them."""
        begin, end = self.start[place], self.start[place + 1]
        if not self.first <= begin <= end <= self.first + len(self.rows):
            last = self.start[min(place + _AT_ONCE, len(self.start) - 1)]
            self.first, self.rows = begin, read(self.table.iloc[self.order[begin:last]], self.row)
        return self.rows[begin - self.first : end - self.first]


def read(table: pd.DataFrame, row: type[Row]) -> list[Row]:
    """Return the table's rows; the columns are taken by name."""
    names: Iterable[str] = row._fields  # type: ignore[attr-defined] # mypy has no bound for named tuples
    return [row(*cells) for cells in zip(*(table[name].tolist() for name in names), strict=True)]


def texts_filled(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with empty text where a text column has NULL."""
    gaps = {name: "" for name in table.columns if table[name].dtype.kind not in "iufb" and table[name].isna().any()}
    return table.fillna(gaps) if gaps else table
