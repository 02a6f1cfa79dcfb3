"""What accounts did themselves is told from what was done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from graphlink import acts, records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

PAID = pd.DataFrame({"account_id": ["a", "b"], "timestamp": ["2026-05-01T00:00:00Z"] * 2, "card_id": ["x", "y"]})
USED = pd.DataFrame({"account_id": ["a"], "timestamp": ["2026-05-02T10:00:00Z"], "ip": ["8.8.8.8"]})
SIGNED = pd.DataFrame({"account_id": ["a"], "signup_time": ["2026-05-01T09:00:00Z"], "card_id": ["x"]})


def acted(folder: Path, **tables: pd.DataFrame) -> int:
    """Return how many acts the tables tell of."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    found = acts.of(records.read([folder], settings=Settings(threads=1)))
    return int(found.count().to_pyarrow().as_py())


def test_what_was_charged_is_no_act_where_other_tables_tell_of_acts(tmp_path: Path) -> None:
    assert acted(tmp_path, payments=PAID, usage=USED) == 1


def test_where_nothing_else_has_a_time_what_was_charged_is_the_act(tmp_path: Path) -> None:
    assert acted(tmp_path, payments=PAID, usage=USED.drop(columns="timestamp")) == 2


def test_to_sign_up_with_a_card_is_an_act(tmp_path: Path) -> None:
    assert acted(tmp_path, payments=PAID, signups=SIGNED) == 1
