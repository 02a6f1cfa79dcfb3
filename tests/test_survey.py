"""The survey shows how records are understood, and writes it down so that it reads the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphlink import engine, records, survey
from graphlink.errors import UsageError
from graphlink.model import NO_TIME
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

ONE = Settings(threads=1)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    lines = ["Account ID,ts,ip,device_id,tokens_out,note"]
    lines += [f"a{i},2026-05-0{1 + i % 3},203.0.113.{i % 2},dev-{i},5,x" for i in range(9)]
    path = tmp_path / 'us"age.csv'
    path.write_text("\n".join([*lines, "a1,soon,8.8.8.8,dev-1,5,x", ""]))
    return path


def test_the_top_values_of_each_kind_are_counted_by_accounts(table: Path) -> None:
    found = survey.survey(records.read([table], settings=ONE))
    kinds = {kind.kind: kind for kind in found.kinds}
    assert [tuple(top) for top in kinds["ip"].top] == [("203.0.113.0", 5), ("203.0.113.1", 4)]
    assert (kinds["ip"].values, kinds["ip"].shared, kinds["ip"].accounts) == (2, 2, 9)
    assert (kinds["device"].values, kinds["device"].shared) == (9, 0)
    assert (found.accounts, found.events) == (9, 9)
    assert NO_TIME < found.first_seen < found.last_seen


def test_the_mapping_says_what_is_used_and_what_is_not(table: Path) -> None:
    roles = {role.column: role.role for role in survey.survey(records.read([table], settings=ONE)).roles}
    assert roles == {
        "Account ID": "account",
        "ts": "time",
        "ip": "item: ip",
        "device_id": "item: device",
        "tokens_out": "measure: tokens_out",
        "note": "",
    }


def test_refused_records_are_shown_with_their_reason(table: Path) -> None:
    (refused,) = survey.survey(records.read([table], settings=ONE)).refused
    assert (refused.row, refused.raw) == (10, "a1,soon,8.8.8.8,dev-1,5,x\n")
    assert refused.reason.startswith("ts: ")


def test_the_written_case_reads_the_same(table: Path, tmp_path: Path) -> None:
    plain = records.read([table], settings=ONE)
    case = tmp_path / "elsewhere" / "case.toml"
    case.parent.mkdir()
    case.write_text(survey.to_case_toml(plain, name='May "campaign"'), "utf-8")
    again = records.read(case=case, settings=ONE)
    order = ["account", "kind", "value"]
    assert engine.fetch(again.sightings.order_by(order)) == engine.fetch(plain.sightings.order_by(order))
    assert again.inputs == plain.inputs


def test_the_written_case_keeps_encoding_form_of_time_and_partitions(tmp_path: Path) -> None:
    path = tmp_path / "ip=8.8.8.8" / "x.csv"
    path.parent.mkdir()
    path.write_bytes("account_id,ts,device_id\n\xe4,01/02/2026,d\n".encode("latin-1"))
    told = Settings(threads=1, encoding="latin-1", time_format="d/m/Y")
    plain = records.read([tmp_path], settings=told)
    case = tmp_path / "case.toml"
    case.write_text(survey.to_case_toml(plain, time_format=told.time_format), "utf-8")
    again = records.read(case=case, settings=ONE)
    order = ["account", "kind", "value"]
    assert engine.fetch(again.sightings.order_by(order)) == engine.fetch(plain.sightings.order_by(order))
    assert again.inputs == plain.inputs


def test_the_written_case_keeps_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("account_id|ip;device_id\na|8.8.8.8;d\n", "utf-8")  # a semicolon is what would be found
    plain = records.read([path], settings=Settings(threads=1, delimiter="|"), items=["ip;device_id=device"])
    case = tmp_path / "case.toml"
    case.write_text(survey.to_case_toml(plain), "utf-8")
    again = records.read(case=case, settings=ONE)
    assert again.inputs == plain.inputs
    assert engine.fetch(again.sightings)["value"].to_pylist() == ["8.8.8.8;d"]


@pytest.mark.parametrize("key", ["file", "encoding", "delimiter", "time_format"])
def test_a_case_that_says_how_to_read_in_no_text_is_refused(tmp_path: Path, key: str) -> None:
    case = tmp_path / "case.toml"
    case.write_text("[[table]]\n" + ("" if key == "file" else 'file = "x.csv"\n') + f"{key} = 5\n", "utf-8")
    with pytest.raises(UsageError, match=f"{key} is 5"):
        records.read(case=case, settings=ONE)
