"""A world by a fourth hand, in small: it is what it says, and graphlink reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fourth_hand
import measured
import pandas as pd
from fourth_rings import KINDS

from graphlink import records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_world_is_made_again_alike_and_its_tables_are_read_whole(tmp_path: Path) -> None:
    made, again = (fourth_hand.make("mixed", 3, 450) for _ in range(2))
    for one, other in zip(made, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    ids = set(made.truth["account_id"])
    assert len(ids) == len(made.truth) >= 400
    assert set(made.signups["account_id"]) == ids
    for table in (made.usage, made.payments, made.logins):
        assert set(table["account_id"]) <= ids
    measured.write(made, tmp_path)
    read = records.read([str(tmp_path / "records")], settings=Settings())
    rows = {of.path.rsplit("/", 1)[-1]: of.rows_accepted for of in read.inputs}
    tables = {name: getattr(made, name) for name in ("signups", "usage", "payments", "logins")}
    assert rows == {f"{name}.parquet": len(table) for name, table in tables.items() if len(table)}


def test_the_truth_names_unit_and_kind_of_everybody() -> None:
    truth = fourth_hand.make("framing", 4, 450).truth
    assert (truth[["unit", "kind", "role"]] != "").all(axis=None)
    assert truth[["unit", "kind"]].drop_duplicates()["unit"].is_unique
    assert (truth["kind"].str.startswith("ring ") == (truth["ring"] != "")).all()
    kinds = truth.loc[truth["ring"] != "", "kind"].str.removeprefix("ring ")
    assert len(kinds)
    assert set(kinds) <= set(KINDS)
    assert (fourth_hand.make("norings", 4, 450).truth["ring"] == "").all()
