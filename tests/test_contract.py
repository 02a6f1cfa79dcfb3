"""What `graphlink clusters` leaves behind, to the letter: other people's scripts rely on it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphlink import cli

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "records"

TIERS = ["coordinated", "review", "explained"]
EXPLANATIONS = {"household", "organisation", "shared egress", "agency", "test accounts", ""}
CLUSTERS = [
    "rank",
    "cluster_id",
    "tier",
    "score",
    "explanation",
    "accounts",
    "core_accounts",
    "events",
    "first_seen",
    "last_seen",
    "evidence",
]
MEMBERS = ["account_id", "cluster_id", "role", "confidence"]
ITEM = pa.struct([("kind", pa.string()), ("value", pa.string()), ("bits", pa.float64())])
LINKS = {
    "left": pa.string(),
    "right": pa.string(),
    "bits": pa.float64(),
    "families": pa.list_(pa.string()),
    "items": pa.list_(ITEM),
}
ITEMS = {
    "kind": pa.string(),
    "value": pa.string(),
    "accounts": pa.int64(),
    "corroboration": pa.float64(),
    "use": pa.string(),
    "reason": pa.string(),
}
FAMILIES = {"payment", "network", "device", "contact", "content", "timing", "relation", "credential"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")

RING = ["a,1", 'a"2', "=a3"]
"""Three accounts on one device and one card, among others who share an address with them."""


def _tiny() -> str:
    ring = [
        f'"{name.replace(chr(34), chr(34) * 2)}",2026-05-01T08:0{i}:00Z,203.0.113.7,x,card_x'
        for i, name in enumerate(RING)
    ]
    others = [f"{i:03},2026-05-01T09:{i % 60:02}:00Z,203.0.113.7,d{i},card_{i}" for i in range(100)]
    bad = [f"{name},in the morning,203.0.113.7,x,card_x" for name in ("late", "later")]
    bad += [",2026-05-01T12:00:00Z,203.0.113.7,x,card_x"]
    return "\n".join(["account_id,timestamp,ip,device_id,payment_id", *ring, *others, *bad]) + "\n"


TINY = _tiny()


@dataclass(frozen=True)
class Done:
    """A command that has run: exit code, what it printed, and the folder it ran in."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def run(self) -> Path:
        """Return the run folder."""
        return self.folder / "graphlink-run"

    def csv(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV table."""
        with (self.run / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def parquet(self, name: str) -> pa.Table:
        """Return a Parquet table."""
        return pq.read_table(self.run / name)

    def manifest(self) -> dict[str, Any]:
        """Return what run.json says."""
        return json.loads((self.run / "run.json").read_bytes())  # type: ignore[no-any-return]


def typed(folder: Path, *args: str) -> Done:
    """Return what came of `graphlink clusters`, typed in this folder."""
    command = [sys.executable, "-m", "graphlink", "clusters", *args]
    said = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "80"}
    )
    return Done(said.returncode, said.stdout, said.stderr, folder)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return typed(tmp_path_factory.mktemp("sample"), str(SAMPLE), "--no-report")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.csv").write_text(TINY, encoding="utf-8")
    return typed(folder, "tiny.csv")


@pytest.fixture(params=["sample", "tiny"])
def done(request: pytest.FixtureRequest) -> Done:
    """Return each of the two runs."""
    found: Done = request.getfixturevalue(request.param)
    return found


# The folder


def test_the_job_is_done(done: Done) -> None:
    assert (done.code, done.err.count("Traceback")) == (0, 0)


def test_the_run_folder_holds_what_the_contract_names(done: Done) -> None:
    tables = {"clusters.csv", "members.csv", "links.parquet", "items.parquet"}
    assert {path.name for path in done.run.iterdir()} >= {*tables, "quarantine", "run.json"}


def test_the_report_has_an_index_and_a_page_for_each_cluster(tiny: Done) -> None:
    pages = {path.stem for path in (tiny.run / "report" / "clusters").glob("*.html")}
    assert pages >= {row["cluster_id"] for row in tiny.csv("clusters.csv")}
    assert (tiny.run / "report" / "index.html").is_file()


def test_there_is_no_report_where_none_is_wanted(sample: Done) -> None:
    assert not (sample.run / "report").exists()


def test_nothing_but_the_run_folder_is_left(sample: Done, tiny: Done) -> None:
    assert [path.name for path in sample.folder.iterdir()] == ["graphlink-run"]
    assert sorted(path.name for path in tiny.folder.iterdir()) == ["graphlink-run", "tiny.csv"]


def test_the_ranked_table_goes_to_stdout_and_all_else_to_stderr(sample: Done) -> None:
    first = sample.csv("clusters.csv")[0]
    assert sample.out.splitlines()[0].split()[:2] == ["rank", "tier"]
    assert first["cluster_id"] in sample.out
    assert "graphlink-run" in sample.err
    assert "graphlink-run" not in sample.out


# clusters.csv and members.csv


def test_csv_tables_are_utf_8_with_a_header_and_lf(done: Done) -> None:
    for name, columns in (("clusters.csv", CLUSTERS), ("members.csv", MEMBERS)):
        text = (done.run / name).read_bytes().decode("utf-8")
        assert text.splitlines()[0] == ",".join(columns)
        assert text.endswith("\n")
        assert "\r" not in text


def test_ranks_count_from_1_by_tier_then_score_then_id(done: Done) -> None:
    rows = done.csv("clusters.csv")
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    order = [(TIERS.index(row["tier"]), -float(row["score"]), row["cluster_id"]) for row in rows]
    assert order == sorted(order)


def test_scores_have_three_decimals_and_the_tier_follows_them(done: Done) -> None:
    for row in done.csv("clusters.csv"):
        assert re.fullmatch(r"-?\d+\.\d{3}", row["score"])
        assert row["tier"] != "coordinated" or float(row["score"]) >= 3


def test_explanations_are_those_of_the_contract(done: Done) -> None:
    assert {row["explanation"] for row in done.csv("clusters.csv")} <= EXPLANATIONS


def test_times_are_utc_with_z_and_in_order(sample: Done) -> None:
    for row in sample.csv("clusters.csv"):
        assert INSTANT.fullmatch(row["first_seen"])
        assert INSTANT.fullmatch(row["last_seen"])
        assert row["first_seen"] <= row["last_seen"]


def test_evidence_is_one_sentence(done: Done) -> None:
    for row in done.csv("clusters.csv"):
        assert re.fullmatch(r"[\d,]+ accounts: .+\.", row["evidence"])
        assert "nan" not in row["evidence"]


def test_a_cluster_is_named_by_the_hash_of_its_members(done: Done) -> None:
    members: dict[str, list[bytes]] = {}
    for row in done.csv("members.csv"):
        members.setdefault(row["cluster_id"], []).append(row["account_id"].encode())
    assert members
    for name, ids in members.items():
        assert name == "c-" + hashlib.sha256(b"".join(each + b"\n" for each in sorted(ids))).hexdigest()[:10]


def test_clusters_count_their_members(done: Done) -> None:
    rows = done.csv("members.csv")
    for cluster in done.csv("clusters.csv"):
        roles = [row["role"] for row in rows if row["cluster_id"] == cluster["cluster_id"]]
        assert int(cluster["accounts"]) == len(roles) >= 2
        assert int(cluster["core_accounts"]) == roles.count("core")
        assert int(cluster["events"]) >= len(roles)


def test_an_account_is_in_at_most_one_cluster_and_that_one_is_listed(done: Done) -> None:
    rows = done.csv("members.csv")
    assert len({row["account_id"] for row in rows}) == len(rows)
    assert {row["cluster_id"] for row in rows} == {row["cluster_id"] for row in done.csv("clusters.csv")}


def test_members_are_core_or_edge_with_a_confidence(done: Done) -> None:
    for row in done.csv("members.csv"):
        assert row["role"] in {"core", "edge"}
        assert 0 <= float(row["confidence"]) <= 1


def test_ids_stand_verbatim(tiny: Done) -> None:
    assert {row["account_id"] for row in tiny.csv("members.csv")} == set(RING)


# links.parquet and items.parquet


def test_links_and_items_have_their_columns_and_types(done: Done) -> None:
    for name, columns in (("links.parquet", LINKS), ("items.parquet", ITEMS)):
        schema = pq.read_schema(done.run / name)
        assert schema.names == list(columns)
        for column, kind in columns.items():
            assert schema.field(column).type.equals(pa.schema([(column, kind)]).field(0).type), column


def test_links_go_from_left_to_right_once(done: Done) -> None:
    table = done.parquet("links.parquet")
    pairs = list(zip(table["left"].to_pylist(), table["right"].to_pylist(), strict=True))
    assert pairs
    assert all(left < right for left, right in pairs)
    assert pairs == sorted(set(pairs), key=lambda pair: (pair[0].encode(), pair[1].encode()))


def test_a_link_rests_on_families_and_items_that_add_up(done: Done) -> None:
    for link in done.parquet("links.parquet").to_pylist():
        assert link["bits"] > 0
        assert set(link["families"]) <= FAMILIES
        assert link["families"]
        assert sum(item["bits"] for item in link["items"]) == pytest.approx(link["bits"], abs=1e-6)


def test_every_link_item_is_listed(done: Done) -> None:
    items = done.parquet("items.parquet")
    listed = set(zip(items["kind"].to_pylist(), items["value"].to_pylist(), strict=True))
    behind = {
        (item["kind"], item["value"]) for items in done.parquet("links.parquet")["items"].to_pylist() for item in items
    }
    assert behind <= listed
    assert len(listed) == len(items)


def test_items_have_a_use_and_a_reason(done: Done) -> None:
    for item in done.parquet("items.parquet").to_pylist():
        assert item["use"] in {"private", "shared", "public", "ignored"}
        assert item["accounts"] >= 2
        assert item["reason"]
        assert 0 <= item["corroboration"] <= 1


# run.json


def test_the_manifest_tells_version_command_settings_and_seed(sample: Done) -> None:
    manifest = sample.manifest()
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["command"].startswith("graphlink clusters ")
    assert manifest["seed"] == manifest["settings"]["seed"] == 0
    assert manifest["settings"]["method"] == "leiden"


def test_the_manifest_accounts_for_every_input(tiny: Done) -> None:
    (entry,) = tiny.manifest()["inputs"]
    assert entry["path"] == "tiny.csv"
    assert entry["sha256"] == hashlib.sha256(TINY.encode()).hexdigest()
    assert entry["bytes"] == len(TINY.encode())
    assert (entry["rows_read"], entry["rows_accepted"], entry["rows_quarantined"]) == (106, 103, 3)


def test_the_manifest_tells_what_each_stage_took_and_gave(sample: Done) -> None:
    stages = sample.manifest()["stages"]
    assert len(stages) >= 4
    for stage in stages:
        assert stage["seconds"] >= 0
        assert stage["rows"] > 0


def test_the_manifest_has_the_sha_256_of_every_output(done: Done) -> None:
    files = {path.relative_to(done.run).as_posix(): path for path in done.run.rglob("*") if path.is_file()}
    del files["run.json"]
    assert done.manifest()["outputs"] == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }


# Quarantine


def test_a_record_that_was_not_accepted_is_kept_byte_for_byte_with_its_place(tiny: Done) -> None:
    (path,) = (tiny.run / "quarantine").glob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {tuple(line) for line in lines} == {("file", "row", "byte_offset", "reason", "encoding", "raw")}
    bad = {line["row"]: line for line in lines if line["row"]}
    assert sorted(bad) == [104, 105, 106]
    for row, line in bad.items():
        raw = TINY.splitlines(keepends=True)[row]
        assert (line["file"], line["encoding"], line["raw"].rstrip("\n")) == ("tiny.csv", "utf-8", raw.rstrip("\n"))
        assert TINY.encode()[line["byte_offset"] :].startswith(raw.encode())
        assert line["reason"]


def test_what_was_quarantined_is_said(tiny: Done) -> None:
    assert "3 in quarantine" in tiny.err


def test_a_quarantine_file_that_was_mended_is_read_back(tiny: Done, tmp_path: Path) -> None:
    (path,) = (tiny.run / "quarantine").glob("*.jsonl")
    mended = path.read_text(encoding="utf-8").replace("in the morning", "2026-05-01T08:03:00Z")
    (tmp_path / "mended.jsonl").write_text(mended, encoding="utf-8")
    done = typed(tmp_path, "mended.jsonl", "--no-report")
    assert done.code == 0
    assert [each["rows_accepted"] for each in done.manifest()["inputs"]] == [2]


# Exit codes


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("192.0.2.1", id="one address"),
        pytest.param("192.0.2.2", id="one network"),
        pytest.param("198.51.100.1", id="nothing"),
    ],
)
def test_two_accounts_that_share_too_little_make_a_run_without_clusters(
    tmp_path: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.csv").write_text(f"account_id,ip\na,192.0.2.1\nb,{other}\n")
    assert cli.main(["clusters", "two.csv", "--quiet"]) == 0
    done = Done(0, "", "", tmp_path)
    assert done.csv("clusters.csv") == done.csv("members.csv") == []
    assert pq.read_schema(done.run / "links.parquet").names == list(LINKS)
    assert pq.read_schema(done.run / "items.parquet").names == list(ITEMS)


WRONG = {
    "a missing file": (["nowhere.csv"], 2, "nowhere.csv"),
    "a folder without records": (["hollow"], 1, "hollow"),
    "an empty file": (["empty.csv"], 1, "empty.csv"),
    "a header and no record": (["header.csv"], 1, "header.csv"),
    "a table without an account column": (["nobody.csv"], 2, "nobody.csv"),
    "an unknown column in --item": (["fine.csv", "--item", "colour=device"], 2, "colour"),
    "an unknown column in --account": (["fine.csv", "--account", "name"], 2, "name"),
    "an unknown option": (["fine.csv", "--colour"], 2, "--colour"),
    "a setting out of its range": (["fine.csv", "--min-accounts", "1"], 2, "min_accounts"),
    "a truncated Parquet": (["cut.parquet"], 1, "cut.parquet"),
    "nothing usable": (["unusable.csv"], 1, "unusable.csv"),
    "a run folder in the way": (["fine.csv", "--run", "taken"], 2, "taken"),
    "a folder in the way that holds no run": (["fine.csv", "--run", "mine", "--force"], 2, "mine"),
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, full of things that are wrong."""
    for name in ("hollow", "mine", "taken"):
        (tmp_path / name).mkdir()
    for name, text in {
        "mine/thesis.txt": "years of work",
        "taken/run.json": '{"format": 1, "outputs": {}}',
        "empty.csv": "",
        "header.csv": "account_id,ip\n",
        "nobody.csv": "colour,ip\nred,192.0.2.1\n",
        "fine.csv": "account_id,ip\na,192.0.2.1\n",
        "unusable.csv": "account_id,timestamp,ip\n,2026-05-01,192.0.2.1\n,2026-05-02,192.0.2.1\n",
    }.items():
        (tmp_path / name).write_text(text)
    pq.write_table(pa.table({"account_id": ["a", "b"], "ip": ["192.0.2.1"] * 2}), tmp_path / "whole.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-40])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("args", "code", "named"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_told_in_one_line_that_names_it_and_nothing_is_written(
    desk: Path, args: list[str], code: int, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(desk)
    assert cli.main(["clusters", *args]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(f"graphlink: .*{re.escape(named)}.*\n", err)
    assert tree(desk) == before


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with what it holds."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_is_replaced_with_force(tmp_path: Path) -> None:
    (tmp_path / "fine.csv").write_text("account_id,ip\na,192.0.2.1\nb,192.0.2.1\n")
    (tmp_path / "graphlink-run").mkdir()
    (tmp_path / "graphlink-run" / "run.json").write_text('{"format": 1, "outputs": {}}')
    done = typed(tmp_path, "fine.csv", "--force", "--quiet", "--no-report")
    assert (done.code, done.err) == (0, "")
    assert done.manifest()["inputs"][0]["rows_accepted"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fine.csv", "graphlink-run"]
