"""What a stage took is kept: its name told as it begins, its rows counted, its memory where that is asked for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graphlink.cli import app
from graphlink.stages import Stages

MIB = 1 << 20
RECORDS = "account_id,created_at,device_id\n" + "".join(
    f"a{i},2024-05-01T00:{i // 60:02}:{i % 60:02}Z,d{i % 40}\n" for i in range(120)
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a stretch of time")


def test_stages_are_told_as_they_begin_and_kept_in_their_order() -> None:
    told: list[str] = []
    stages = Stages(told.append)
    assert stages.run("first", lambda: list(told), len) == ["first"]
    stages.run("second", lambda: [1, 2], len)
    assert [(each["stage"], each["rows"]) for each in stages.done] == [("first", 1), ("second", 2)]
    assert all("peak_bytes" not in each for each in stages.done)


@linux
def test_the_peak_is_that_of_the_stage_and_not_of_one_before() -> None:
    stages = Stages(memory=True)
    stages.run("before", lambda: 0, int)
    stages.run("large", lambda: len(bytes(range(256)) * (MIB // 4)), int)
    stages.run("after", lambda: 0, int)
    before, large, after = (each["peak_bytes"] for each in stages.done)
    assert isinstance(before, int)
    assert isinstance(large, int)
    assert isinstance(after, int)
    assert large - before > 48 * MIB
    assert large - after > 48 * MIB


@linux
def test_profile_prints_every_stage_and_the_run_folder_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("records.csv").write_text(RECORDS, encoding="utf-8")
    done = CliRunner().invoke(app, ["clusters", "records.csv", "--profile", "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    kept = json.loads(Path("graphlink-run", "run.json").read_bytes())["stages"]
    names = [each["stage"] for each in kept]
    assert names[0] == "read"
    assert {"behaviour", "graph", "links", "communities", "scoring", "tables", "run folder", "report"} <= set(names)
    assert kept[0]["rows"] == 120
    assert all(each["peak_bytes"] > MIB for each in kept)
    printed = [line.split("  ")[0] for line in done.stderr.splitlines()]
    assert printed[-len(names) :] == names
    json.loads(done.stdout)


def test_without_profile_nothing_is_printed_of_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("records.csv").write_text(RECORDS, encoding="utf-8")
    done = CliRunner().invoke(app, ["clusters", "records.csv", "--no-report", "--quiet"])
    assert done.exit_code == 0, done.output
    kept = json.loads(Path("graphlink-run", "run.json").read_bytes())["stages"]
    assert kept[-1]["stage"] == "run folder"
    assert all(each.keys() == {"stage", "seconds", "rows"} for each in kept)
    assert "behaviour" not in done.stderr
