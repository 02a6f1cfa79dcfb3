"""Timing becomes items: signup batches, and the slots that a crew keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from graphlink import behaviour, records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from graphlink.model import Records

START = pd.Timestamp("2026-03-02", tz="UTC")
SETTINGS = Settings(threads=1)


def usage(seed: int = 0) -> pd.DataFrame:
    """Return when 300 people are active as they like, and 12 accounts of a ring on half of one schedule."""
    rng = np.random.default_rng(seed)
    minutes = 28 * 24 * 60
    people = pd.DataFrame({"account": np.repeat(np.arange(300), 20), "minute": rng.uniform(0, minutes, 6000)})
    schedule = rng.integers(0, minutes // 5, 60) * 5
    who, which = np.nonzero(rng.random((12, 60)) < 0.5)
    ring = pd.DataFrame({"account": 300 + who, "minute": schedule[which] + rng.uniform(0, 5, len(who))})
    table = pd.concat([people, ring])
    time = START + pd.to_timedelta(table["minute"], unit="min")
    return pd.DataFrame({"account_id": "a" + table["account"].astype(str), "time": time, "ip": "8.8.8.8"})


def read(folder: Path, **tables: pd.DataFrame) -> Records:
    """Return the records of tables, with timing added."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return behaviour.add(records.read([folder], settings=SETTINGS), SETTINGS)


def of_kind(read: Records, kind: str) -> pd.DataFrame:
    """Return the sightings of a kind, in order."""
    seen = read.sightings.filter(read.sightings.kind == kind).to_pandas()
    return seen.sort_values(["value", "account"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Return the records of the world with a ring."""
    return read(tmp_path_factory.mktemp("ring"), usage=usage())


def test_only_members_of_a_ring_share_slots_and_people_who_are_up_as_well_do_not(ring: Records) -> None:
    slots = of_kind(ring, "slot")
    shared = slots[slots.duplicated("value", keep=False)]
    assert set(shared["account"]) == {f"a{number}" for number in range(300, 312)}
    assert shared["value"].nunique() > 40


def test_a_slot_is_named_by_the_five_minutes_it_begins(ring: Records) -> None:
    slots = of_kind(ring, "slot")
    shared = slots[slots.duplicated("value", keep=False)]
    begun = pd.to_datetime(shared["value"].str.split(" crew ").str[0]).astype("datetime64[us, UTC]").astype("int64")
    assert (shared["first_seen"] - begun).between(0, 300_000_000 - 1).all()
    assert (shared["last_seen"] >= shared["first_seen"]).all()


def test_every_slot_cites_a_row_of_its_account_at_that_time(ring: Records) -> None:
    rows = ring.events.select("account", "time", "file", "row").to_pandas()
    slots = of_kind(ring, "slot").merge(rows, on=["account", "file", "row"])
    assert len(slots) == len(of_kind(ring, "slot"))
    assert slots["time"].between(slots["first_seen"], slots["last_seen"]).all()


def test_the_null_knows_how_often_accounts_start(ring: Records) -> None:
    slots = of_kind(ring, "slot")
    breadth = slots.groupby("account").size()
    assert breadth[[f"a{number}" for number in range(300, 312)]].between(15, 45).all()
    assert breadth.drop([f"a{number}" for number in range(300, 312)]).between(15, 20).all()


def test_the_order_of_rows_changes_nothing(ring: Records, tmp_path: Path) -> None:
    again = read(tmp_path, usage=usage().sample(frac=1, random_state=3))
    columns = ["account", "value", "first_seen", "last_seen", "events"]
    assert of_kind(again, "slot")[columns].equals(of_kind(ring, "slot")[columns])


def test_without_a_ring_there_is_no_slot(tmp_path: Path) -> None:
    added = read(tmp_path, usage=usage()[:6000])
    assert of_kind(added, "slot").empty
    assert [kind.name for kind in added.kinds] == ["ip", "ip_prefix"]


def test_accounts_opened_within_five_minutes_share_a_signup_batch(tmp_path: Path) -> None:
    times = ["2026-05-01T10:00:10Z", "2026-05-01T10:04:00Z", "2026-05-01T10:05:00Z"]
    signups = pd.DataFrame({"account_id": ["a", "b", "c"], "signup_time": times, "ip": "8.8.8.8"})
    added = read(tmp_path, signups=signups)
    batches = of_kind(added, "signup_batch")
    assert list(batches["value"]) == ["2026-05-01T10:00Z", "2026-05-01T10:00Z", "2026-05-01T10:05Z"]
    assert list(batches["row"]) == [1, 2, 3]
    assert added.notes == ("synchronised slots are not measurable: no column tells when accounts were active",)


def test_without_times_timing_is_not_measurable(tmp_path: Path) -> None:
    added = read(tmp_path, usage=usage().drop(columns="time"))
    assert [note.partition(":")[0] for note in added.notes] == [
        "signup batches are not measurable",
        "synchronised slots are not measurable",
    ]
    assert {kind.family for kind in added.kinds} == {"network"}


def test_whole_hours_tell_no_slots(tmp_path: Path) -> None:
    table = usage()
    table["time"] = table["time"].dt.floor("h")
    assert "synchronised slots are not measurable: all times are whole hours" in read(tmp_path, usage=table).notes


def test_who_keeps_a_schedule_touches_it_as_one_item_and_everybody_else_one_of_their_own(ring: Records) -> None:
    kept = of_kind(ring, "schedule")
    together = kept[kept.duplicated("value", keep=False)]
    assert set(together["account"]) == {f"a{number}" for number in range(300, 312)}
    assert set(together["value"]) == {"crew 1"}
    assert len(kept) == kept["account"].nunique() == 312
