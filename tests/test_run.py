"""The run folder appears whole, holds what was put in, and is not replaced unasked."""

from __future__ import annotations

import csv
import dataclasses
import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_case import case_file

from graphlink import run
from graphlink.errors import FolderInTheWay, GraphlinkError, IntegrityError, MissingInput

HOSTILE = ["0017", "9007199254740993", "1e5", "NaN", "null", "", '"', "a,b", "a\rb", "a\r\nb", " x ", "é", "e\u0301"]


def _tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _with_ids(ids: list[str]) -> run.CaseFile:
    members = pd.DataFrame({"account_id": ids, "cluster_id": "c-0", "role": "edge", "confidence": 0.5})
    return dataclasses.replace(case_file(), members=members)


def test_a_case_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run.write(case_file(), tmp_path / "run")
    back = run.load(tmp_path / "run")
    for name in ("clusters", "members", "links", "items", "sightings", "facts", "findings"):
        table = getattr(back, name)
        if name == "links":
            table = table.astype({"items": object})
        pd.testing.assert_frame_equal(table, getattr(case_file(), name))
    assert {**case_file().manifest}.items() <= {**back.manifest}.items()


def test_nobody_else_may_look_into_a_run(tmp_path: Path) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_empty_case_comes_back_empty(tmp_path: Path) -> None:
    full = case_file()
    empty = dataclasses.replace(
        full, **{f.name: getattr(full, f.name).iloc[:0] for f in dataclasses.fields(full) if f.name != "manifest"}
    )
    run.write(empty, tmp_path / "run")
    back = run.load(tmp_path / "run")
    assert back.clusters.empty
    assert list(back.links.columns) == ["left", "right", "bits", "families", "items"]


def test_the_tables_have_the_columns_of_the_contract(tmp_path: Path) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    assert (folder / "clusters.csv").read_text().splitlines()[0] == (
        "rank,cluster_id,tier,score,explanation,accounts,core_accounts,events,first_seen,last_seen,evidence"
    )
    assert (folder / "members.csv").read_text().splitlines()[:2] == [
        "account_id,cluster_id,role,confidence",
        "acct-01,c-1a2b3c4d5e,core,1.000",
    ]
    assert pq.read_schema(folder / "links.parquet").names == ["left", "right", "bits", "families", "items"]
    assert pq.read_schema(folder / "items.parquet").names == [
        *("kind", "value", "accounts", "corroboration", "use", "reason")
    ]


def test_equal_cases_are_equal_bytes(tmp_path: Path) -> None:
    one, two = (_tree(run.write(case_file(), tmp_path / name)) for name in ("one", "two"))
    assert one == two


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_are_verbatim_for_us_and_for_every_csv_reader(tmp_path: Path, ids: list[str]) -> None:
    ids = [*ids, *HOSTILE]
    folder = run.write(_with_ids(ids), tmp_path / "run", force=True)
    assert list(run.load(folder).members["account_id"]) == ids
    with (folder / "members.csv").open(encoding="utf-8", newline="") as file:
        assert [row["account_id"] for row in csv.DictReader(file)] == ids


def test_the_manifest_names_the_sha_256_of_every_other_file(tmp_path: Path) -> None:
    folder = run.write(
        case_file(),
        tmp_path / "run",
        quarantine=lambda into: (into / "usage.csv.jsonl").write_text("{}\n"),
        report=lambda into: (into / "index.html").write_text("<p>"),
    )
    files = _tree(folder)
    manifest = json.loads(files.pop("run.json"))
    assert manifest["outputs"] == {name: hashlib.sha256(held).hexdigest() for name, held in files.items()}
    assert {"quarantine/usage.csv.jsonl", "report/index.html"} <= files.keys()


def test_a_run_is_replaced_only_with_force(tmp_path: Path) -> None:
    folder = run.write(_with_ids(["old"]), tmp_path / "run")
    with pytest.raises(FolderInTheWay, match="holds a run already; replace it with --force"):
        run.check_free(folder)
    run.write(_with_ids(["new"]), folder, force=True)
    assert list(run.load(folder).members["account_id"]) == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["thesis.txt", "run.json"])
def test_a_folder_that_holds_no_run_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text('{"name": "not ours"}')
    with pytest.raises(FolderInTheWay, match="is not empty and holds no run"):
        run.write(case_file(), tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / name).exists()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(FolderInTheWay, match="is a file"):
        run.check_free(tmp_path / "run", force=True)


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GraphlinkError, match="Not a directory; name another folder"):
        run.check_free(tmp_path / "file" / "run")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(GraphlinkError, match="Permission denied; name another folder"):
        run.check_free(tmp_path / "run")


def test_an_empty_folder_and_a_missing_parent_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run.write(case_file(), tmp_path / "empty")
    run.write(case_file(), tmp_path / "a" / "b")
    assert run.verify(tmp_path / "empty") == run.verify(tmp_path / "a" / "b") == ()


def test_a_run_behind_a_symbolic_link_is_replaced_where_it_lies(tmp_path: Path) -> None:
    run.write(_with_ids(["old"]), tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    run.write(_with_ids(["new"]), tmp_path / "link", force=True)
    assert (tmp_path / "link").is_symlink()
    assert list(run.load(tmp_path / "real").members["account_id"]) == ["new"]


def _full_disk(_: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_line_and_leaves_the_old_run(tmp_path: Path) -> None:
    run.write(_with_ids(["old"]), tmp_path / "run")
    with pytest.raises(GraphlinkError, match="No space left on device; free some space") as raised:
        run.write(_with_ids(["new"]), tmp_path / "run", report=_full_disk, force=True)
    assert "\n" not in str(raised.value)
    assert list(run.load(tmp_path / "run").members["account_id"]) == ["old"]
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


KILLED = """
import os, shutil, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from sample_case import case_file
from graphlink import run

calls = 0
def fatal(real):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call

Path.rename, Path.mkdir, os.fsync, run._write_csv, run._sha256, shutil.rmtree = map(
    fatal, (Path.rename, Path.mkdir, os.fsync, run._write_csv, run._sha256, shutil.rmtree)
)
run.write(case_file(), {folder!r}, force=True)
"""


def _run_killed(folder: Path, at: int) -> int:
    code = KILLED.format(tests=str(Path(__file__).parent), folder=str(folder), at=at)
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


@pytest.mark.parametrize("at", [4, 21, 22, 24])  # 21 moves the old run aside, 22 the new one in, 24 removes
def test_kill_9_leaves_the_old_run_or_the_new_and_no_litter(tmp_path: Path, at: int) -> None:
    folder = run.write(_with_ids(["old"]), tmp_path / "run")
    assert _run_killed(folder, at) == -signal.SIGKILL
    run.check_free(folder, force=True)
    assert run.verify(folder) == ()
    assert run.load(folder).members["account_id"][0] in {"old", "acct-01"}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_what_a_living_run_writes_beside_is_left_alone(tmp_path: Path) -> None:
    seen = []
    run.write(
        case_file(),
        tmp_path / "run",
        report=lambda _: (run.check_free(tmp_path / "run"), seen.extend(tmp_path.iterdir())),
    )
    assert [p.suffix for p in seen] == [".new"]


@pytest.mark.parametrize(
    ("said", "changed"), [('"seed": 0', '"seed": 1'), ("graphlink clusters", "graphlink Clusters"), ("\n  ", "\n\t ")]
)
def test_verify_notices_a_changed_word_of_the_manifest_itself(tmp_path: Path, said: str, changed: str) -> None:
    manifest = run.write(case_file(), tmp_path / "run") / "run.json"
    text = manifest.read_text("utf-8")
    assert said in text
    manifest.write_text(text.replace(said, changed, 1), "utf-8")
    assert run.verify(tmp_path / "run") == ("run.json: was changed",)


def test_verify_names_what_changed_what_is_gone_and_what_was_added(tmp_path: Path) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    (folder / "members.csv").write_text("account_id\n")
    (folder / "links.parquet").unlink()
    (folder / "note.txt").write_text("")
    assert run.verify(folder) == ("links.parquet: is missing", "members.csv: was changed", "note.txt: was added")


def test_a_table_that_was_changed_is_not_loaded(tmp_path: Path) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    (folder / "members.csv").write_text("account_id\n")
    with pytest.raises(IntegrityError, match=r"members\.csv: is not what was written"):
        run.load(folder)


@pytest.mark.parametrize("name", sorted(run.TABLES))
def test_a_table_forged_together_with_its_hash_is_one_line(tmp_path: Path, name: str) -> None:
    folder = run.write(case_file(), tmp_path / "run")
    (folder / name).write_bytes(b"a,b\n\xff,2\n")
    manifest = json.loads((folder / "run.json").read_text())
    manifest["outputs"][name] = hashlib.sha256(b"a,b\n\xff,2\n").hexdigest()
    (folder / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(IntegrityError, match="is not a table of a run"):
        run.load(folder)


def test_no_run_a_newer_one_and_a_broken_manifest_are_each_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"no run.json here; make a run with `graphlink clusters`"):
        run.load(tmp_path)
    manifest = run.write(case_file(), tmp_path / "run") / "run.json"
    manifest.write_text('{"format": 99, "version": "7.0", "outputs": {}}')
    with pytest.raises(GraphlinkError, match=r"written by graphlink 7.0, which is newer; upgrade"):
        run.load(tmp_path / "run")
    manifest.write_text("[" * 100_000)
    with pytest.raises(IntegrityError, match="is not the manifest of a run"):
        run.verify(tmp_path / "run")
