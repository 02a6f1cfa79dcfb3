"""The rows of each cluster, in their order, whatever was asked for before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlink import shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES = {"a": 0, "b": 1, "c": 2, "d": 3}


class Row(NamedTuple):
    """A row of the table below."""

    number: int
    text: str


@given(st.lists(st.sampled_from([*PLACES, "elsewhere", None])), st.lists(st.integers(0, 3)))
@settings(max_examples=50, deadline=None)
def test_each_cluster_has_its_rows_in_their_order(of: Sequence[str | None], asked: Sequence[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "_AT_ONCE", 2)
        table = pd.DataFrame({"number": range(len(of)), "text": [None] * len(of), "more": 0}).astype({"text": "str"})
        found = shelf.Shelf(table, pd.Series(of, dtype="str"), PLACES, Row)
        names = list(PLACES)
        for place in asked:
            assert found.of(place) == [Row(i, "") for i, name in enumerate(of) if name == names[place]]
