"""The column of items behind links: lists to whoever asks, a few bytes for each item to the machine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from graphlink import behind
from graphlink.behind import Behind

LISTS = [
    [{"kind": "ip", "value": "10.0.0.1", "bits": 3.125}, {"kind": "payment", "value": "card", "bits": 9.0}],
    [],
    [{"kind": "ip", "value": "10.0.0.1", "bits": 0.001}],
    [{"kind": "payment", "value": "card", "bits": 9.0}, {"kind": "ip", "value": "10.0.0.2", "bits": 1.5}],
]
STORED = pa.list_(pa.struct([("kind", pa.string()), ("value", pa.string()), ("bits", pa.float64())]))


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"link": range(4), "items": Behind.of(LISTS)})


def test_each_cell_is_the_list_that_was_given(table: pd.DataFrame) -> None:
    assert table["items"].tolist() == LISTS
    assert table["items"].iloc[-1] == LISTS[3]


def test_rows_are_chosen_as_of_any_column(table: pd.DataFrame) -> None:
    assert table.iloc[1:3]["items"].tolist() == LISTS[1:3]
    assert table[table["link"] != 1]["items"].tolist() == [LISTS[0], LISTS[2], LISTS[3]]
    assert table.sort_values("link", ascending=False)["items"].tolist() == LISTS[::-1]
    assert table.iloc[:0]["items"].tolist() == []


def test_as_objects_they_are_lists_of_equal_length_too(table: pd.DataFrame) -> None:
    alike = table.iloc[[0, 3]].astype({"items": object})
    assert alike["items"].tolist() == [LISTS[0], LISTS[3]]


def test_arrow_has_what_it_would_make_of_the_lists(table: pd.DataFrame) -> None:
    made = pa.array(table["items"], STORED)
    assert made.equals(pa.array(LISTS, STORED))
    assert Behind.from_arrow([made.slice(0, 1), made.slice(1, 3)]).__array__().tolist() == LISTS


def test_what_is_said_of_items_is_the_same_for_each_link(table: pd.DataFrame) -> None:
    said = table["items"].array.said("{} {}".format, " {:.1f}".format)
    assert list(said) == [[f"{i['kind']} {i['value']} {i['bits']:.1f}" for i in items] for items in LISTS]


def test_items_are_summed_over_links_exactly() -> None:
    column = Behind.of([[{"kind": "ip", "value": "10.0.0.1", "bits": 0.1}]] * 30)
    assert column.summed() == ([("ip", "10.0.0.1")], [30], [3.0])
    assert column.bits.tolist() == [0.1] * 30
    assert column.take(np.array([0, 5])).named().summed() == ([("ip", "10.0.0.1")], [2], [0.2])


def test_only_what_is_behind_a_link_is_named_whether_little_of_it_or_most() -> None:
    few, most = Behind.of(LISTS).take(np.array([2])), Behind.of(LISTS).take(np.array([0, 3, 0]))
    assert few.named().things[1].tolist() == ["10.0.0.1"]
    assert sorted(most.named().things[1]) == ["10.0.0.1", "10.0.0.2", "card"]
    assert [list(each.named()) for each in (few, most)] == [list(few), list(most)]


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_the_strongest_items_of_each_link_stay_in_their_order(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "_ITEMS", at_once)
    bits = [[3.0, 9.0, 9.0, 1.0], [2.0], [5.0, 6.0, 7.0]]
    lists = [[{"kind": "ip", "value": f"{i}", "bits": b} for i, b in enumerate(of)] for of in bits]
    kept = Behind.of(lists).strongest(2)
    assert [[(each["value"], each["bits"]) for each in of] for of in kept] == [
        [("1", 9.0), ("2", 9.0)],
        [("0", 2.0)],
        [("1", 6.0), ("2", 7.0)],
    ]


def test_an_item_behind_a_link_takes_eight_bytes() -> None:
    column = Behind.of([LISTS[0]] * 1000)
    assert column.nbytes <= 2000 * 8 + 1001 * 8
