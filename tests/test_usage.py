"""What was taken is what the rows say, by cluster, day and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tiny_world import at, read

from graphlink import usage
from graphlink.model import TAKEN

if TYPE_CHECKING:
    from pathlib import Path

    from graphlink.model import Records


def call(account: str, day: int, model: str, tokens: float, minute: float = 0) -> dict[str, Any]:
    return {"account_id": account, "timestamp": at(minute, day=day), "model": model, "tokens_out": tokens}


CALLS = [
    call("a", 1, "large", 100),
    call("a", 1, "large", 50, 1),
    call("b", 2, "small", 7),
    call("c", 1, "large", 1000),
]
BILLS = [{"account_id": "a", "timestamp": at(0, day=1), "payment_id": "card-1", "amount": 20}]


def members(**clusters: str) -> pd.DataFrame:
    rows = [(account, cluster) for cluster, accounts in clusters.items() for account in accounts]
    return pd.DataFrame(rows, columns=["account_id", "cluster_id"])


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return read(tmp_path_factory.mktemp("calls"), calls=CALLS, bills=BILLS)


def test_what_was_taken_is_told_by_cluster_day_and_model(records: Records) -> None:
    table = usage.taken(records, members(ring="ab"))
    assert table[list(TAKEN)].to_numpy().tolist() == [
        ["ring", "2026-05-01", "", 0],
        ["ring", "2026-05-01", "large", 2],
        ["ring", "2026-05-02", "small", 1],
    ]
    assert table["tokens_out"].tolist() == [0, 150, 7]


def test_a_payment_is_money_and_no_exchange(records: Records) -> None:
    table = usage.taken(records, members(ring="ab"))
    assert table.loc[table["model"] == "", ["events", "amount"]].to_numpy().tolist() == [[0, 20]]
    assert usage.totals(records) == {
        "noun": "exchanges",
        "events": 4,
        "measures": {"amount": 20.0, "tokens_out": 1157.0},
    }


def test_where_no_table_tells_of_use_every_event_is_a_record(tmp_path: Path) -> None:
    found = read(tmp_path, bills=BILLS, signups=[{"account_id": "b", "created_at": at(3), "device_id": "d"}])
    assert usage.totals(found) == {"noun": "records", "events": 2, "measures": {"amount": 20.0}}
    assert usage.taken(found, members(ring="ab"))["events"].tolist() == [2]


def test_without_a_model_tokens_tell_of_use(tmp_path: Path) -> None:
    calls = [{key: cell for key, cell in row.items() if key != "model"} for row in CALLS]
    found = read(tmp_path, calls=calls, bills=BILLS)
    assert usage.totals(found)["events"] == 4
    assert set(usage.taken(found, members(ring="ab"))["model"]) == {""}


def test_an_event_without_a_time_has_no_day(tmp_path: Path) -> None:
    found = read(tmp_path, calls=[{"account_id": "a", "model": "large", "tokens_out": 3, "device_id": "d"}])
    assert usage.taken(found, members(ring="a"))[["day", "events"]].to_numpy().tolist() == [["", 1]]


def test_without_clusters_nothing_was_taken(records: Records) -> None:
    table = usage.taken(records, members())
    assert table.empty
    assert list(table) == [*TAKEN, "amount", "tokens_out"]


def test_hours_of_the_week_are_counted_from_monday(records: Records) -> None:
    found = usage.hours(records, members(ring="ab"))
    weekday = pd.Timestamp(at(0, day=1)).weekday()
    hour = pd.Timestamp(at(0, day=1)).hour
    assert found.to_numpy().tolist() == [["ring", weekday, hour, 2], ["ring", weekday + 1, hour, 1]]
