"""An account leaves a run folder everywhere; what is left adds up, and says what it no longer knows."""

# ruff: noqa: SLF001 - what mentions an account has many spellings: they are tried one by one

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sample_case import HOME, HOME_ID, RING, RING_ID, case_file

from graphlink import cli, keyfile, purge, quarantine, run
from graphlink.case import Case
from graphlink.errors import GraphlinkError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphlink.model import CaseFile

GONE = RING[1]


@pytest.fixture(autouse=True)
def key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> keyfile.Key:
    """Return the key of everybody in these tests."""
    monkeypatch.delenv(keyfile.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    return keyfile.find()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a run folder with a report, and records in quarantine, two of which are the account's."""
    raws = [b"account_id,time", f'{GONE},"not a time"'.encode(), b"acct-20,no", f'"{GONE}"'.encode("utf-16-le")]
    rejected = [
        quarantine.Rejected(row, None, "the header" if not row else "not a time", raw) for row, raw in enumerate(raws)
    ]
    return run.write(
        case_file(),
        tmp_path / "run",
        quarantine=lambda into: quarantine.write(rejected, "usage.csv", into / "000-usage.csv.jsonl"),
        report=Case(case_file()).report,
    )


def decoded(folder: Path) -> str:
    """Return every byte of every file, and what Parquet and base64 have packed."""
    parts = []
    for path in filter(Path.is_file, folder.rglob("*")):
        parts.append(path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            parts.append(str(pq.read_table(path).to_pydict()))
        if path.suffix == ".jsonl":
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            parts += [base64.b64decode(x["raw"]).decode("utf-16-le") for x in lines if x["encoding"] == "base64"]
    return "\n".join(parts)


def named(ids: Iterable[str]) -> str:
    lines = "".join(each + "\n" for each in sorted(ids))
    return f"c-{hashlib.sha256(lines.encode()).hexdigest()[:10]}"


def test_the_account_is_in_no_byte_of_the_folder(made: Path) -> None:
    assert GONE in decoded(made)
    assert cli.main(["purge", GONE, "--run", str(made)]) == 0
    assert GONE not in decoded(made)
    assert run.verify(made) == ()


def test_what_was_removed_is_said_and_written_under_a_pseudonym(
    made: Path, key: keyfile.Key, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["purge", GONE, "--run", str(made)]) == 0
    said = capsys.readouterr().out
    assert said.endswith("run: 1 of members, 3 of links, 3 of sightings, 1 of facts, 2 of quarantine\n")
    (entry,) = run.read_manifest(made)["purged"]
    assert entry["account"] == key.pseudonym("acct", GONE)
    removed = {
        "members": 1,
        "links": 3,
        "items": 0,
        "sightings": 3,
        "facts": 1,
        "outsiders": 0,
        "candidates": 0,
        "quarantine": 2,
    }
    assert entry["removed"] == removed
    assert entry["kept"].startswith("scores, tiers, findings")


def test_an_account_that_is_not_there_changes_nothing(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (made / "run.json").read_bytes()
    assert cli.main(["purge", "acct-0", "--run", str(made)]) == 0
    assert capsys.readouterr().out.endswith("run: nothing of that account\n")
    assert (made / "run.json").read_bytes() == before


def test_records_in_quarantine_of_other_accounts_stay_byte_for_byte(made: Path) -> None:
    path = made / "quarantine" / "000-usage.csv.jsonl"
    header, _, other, _ = path.read_bytes().splitlines(keepends=True)
    assert cli.main(["purge", GONE, "--run", str(made)]) == 0
    assert path.read_bytes() == header + other


def test_a_quarantine_file_of_which_only_the_header_is_left_is_gone(made: Path) -> None:
    for account in (GONE, "acct-20"):
        assert cli.main(["purge", account, "--run", str(made)]) == 0
    assert not list((made / "quarantine").iterdir())
    assert len(run.read_manifest(made)["purged"]) == 2


@pytest.mark.parametrize(
    ("account", "raw"),
    [
        ("acct_1", b'{"account_id": "acct_1"}'),
        ("acct_1", b'{"n": {"by": ["acct_1"'),
        ('a"b', b'"a""b",1'),
        ('a"b', rb'{"id": "a\"b"}'),
        ("é", rb'{"id": "\u00e9"}'),
        ("é", "é;1".encode("latin-1")),
        ("\U0001f600", rb'{"id": "\ud83d\ude00"}'),
        ("a.b", b"1\ta.b\t2\n"),
        ("7", b"7,1\r\n"),
    ],
)
def test_a_record_mentions_an_account_however_it_is_written(account: str, raw: bytes) -> None:
    assert purge._mentions(line(raw), account)


@pytest.mark.parametrize(
    ("account", "raw"),
    [("acct_1", b"acct_10,1"), ("acct_1", b"xacct_1,1"), ("a.b", b"axb"), ("7", b"2026-05-07 17:27,70")],
)
def test_a_record_that_only_looks_alike_is_kept(account: str, raw: bytes) -> None:
    assert not purge._mentions(line(raw), account)


def line(raw: bytes) -> bytes:
    return quarantine._line("usage.csv", quarantine.Rejected(1, 0, "a reason", raw)).encode()


def test_a_cluster_is_counted_and_named_anew_from_the_accounts_that_are_left() -> None:
    after = purge.without(case_file(), GONE)
    row = after.clusters.iloc[0]
    assert (row["accounts"], row["core_accounts"], row["events"]) == (3, 3, 63)
    assert row["cluster_id"] == named(set(RING) - {GONE})
    assert set(after.members["cluster_id"]) == set(after.findings["cluster_id"]) == {row["cluster_id"], HOME_ID}


def test_what_only_the_records_could_tell_is_kept_and_said() -> None:
    before, after = case_file(), purge.without(purge.without(case_file(), GONE), RING[2])
    assert list(after.clusters["score"]) == list(before.clusters["score"])
    assert list(after.clusters["tier"]) == list(before.clusters["tier"])
    assert after.clusters["evidence"][0] == before.clusters["evidence"][0] + purge.NOTE
    assert after.clusters["evidence"][1] == before.clusters["evidence"][1]


def test_a_cluster_of_which_one_account_is_left_is_gone_with_all_that_was_kept_for_it() -> None:
    after = purge.without(case_file(), HOME[0])
    assert list(after.clusters["cluster_id"]) == [RING_ID]
    for table in (after.members, after.sightings, after.facts):
        assert set(table["account_id"]) == set(RING)
    assert "198.51.100.4" not in set(after.items["value"])


def test_clusters_are_ranked_anew() -> None:
    case = case_file()
    swapped = case.clusters.assign(tier="review", score=[2.0, 1.0])
    after = purge.without(purge.without(dataclasses.replace(case, clusters=swapped), RING[0]), RING[1])
    assert list(after.clusters["rank"]) == [1, 2]
    for account in RING[2:]:
        after = purge.without(after, account)
    assert after.clusters[["rank", "cluster_id"]].to_numpy().tolist() == [[1, HOME_ID]]


def test_items_are_counted_anew() -> None:
    after = purge.without(case_file(), GONE).items.set_index("value")
    assert after.loc["card_9", ["accounts", "corroboration"]].tolist() == [3, 1.0]
    assert after.loc["203.0.113.200", "accounts"] == 4120


def test_an_item_that_is_the_account_goes_too_and_weakens_the_links_that_rest_on_it() -> None:
    before = invited(case_file())
    after = purge.without(before, "acct-00")
    assert "acct-00" not in set(after.items["value"]) | set(after.sightings["value"])
    left = after.links.set_index(["left", "right"])
    assert left.loc[tuple(RING[:2]), "families"] == ["device", "network", "payment"]
    assert left.loc[tuple(RING[:2]), "bits"] == pytest.approx(40.75)


def invited(case: CaseFile) -> CaseFile:
    """Return the case in which somebody outside invited the ring, which all its links rest on too."""
    by = {"kind": "referrer", "value": "acct-00"}
    links = case.links.copy()
    links["items"] = pd.Series([[*items, {**by, "bits": 5.0}] for items in links["items"]], dtype=object)
    links["families"] = pd.Series([[*families, "relation"] for families in links["families"]], dtype=object)
    listed = {**by, "accounts": 4, "corroboration": 1.0, "use": "private", "reason": "on 4 accounts"}
    seen = case.sightings.iloc[:4].assign(**by)
    return dataclasses.replace(
        case,
        links=links.assign(bits=links["bits"] + 5),
        items=pd.concat([case.items, pd.DataFrame([listed])], ignore_index=True),
        sightings=pd.concat([case.sightings, seen], ignore_index=True),
    )


def test_a_folder_that_was_changed_is_refused_lest_it_be_made_genuine(made: Path) -> None:
    (made / "report" / "index.html").write_text("forged")
    with pytest.raises(IntegrityError, match="is not as it was written"):
        purge.purge(made, GONE, pseudonym="{}_{}".format, report=lambda *_: None)


def test_a_purge_that_fails_leaves_the_folder_as_it_was(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(GraphlinkError, match="No space left on device"):
        purge.purge(made, GONE, pseudonym="{}_{}".format, report=full)
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_a_run_without_report_and_quarantine_gets_none(tmp_path: Path) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    assert cli.main(["purge", GONE, "--run", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {*run.TABLES, "run.json"}


def test_tables_that_the_account_was_not_in_keep_their_bytes(tmp_path: Path) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    links = (folder / "links.parquet").read_bytes()
    rejected = [quarantine.Rejected(1, 0, "a reason", b"stranger,1")]
    run.write(
        case_file(), folder, force=True, quarantine=lambda into: quarantine.write(rejected, "f", into / "f.jsonl")
    )
    assert cli.main(["purge", "stranger", "--run", str(folder)]) == 0
    assert (folder / "links.parquet").read_bytes() == links
