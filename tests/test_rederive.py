"""Every number and sentence of the sample's report is borne out by its raw records, read by other means."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import page_text
import pages
import pytest
import rederive

import graphlink as gl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECORDS = Path(__file__).parents[1] / "data" / "sample" / "records"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sample's report."""
    folder = tmp_path_factory.mktemp("report")
    gl.investigate(gl.read(RECORDS)).report(folder)
    return folder


@pytest.fixture(scope="module")
def raw() -> rederive.Raw:
    """Return the raw records of the sample."""
    return rederive.Raw(RECORDS)


def test_the_raw_records_bear_out_every_statement_of_the_report(report: Path, raw: rederive.Raw) -> None:
    assert rederive.differences(report, raw) == []


def test_who_is_said_to_be_late_or_to_share_only_what_others_have_is_looked_up(report: Path, raw: rederive.Raw) -> None:
    told = rederive.Report(report)
    usual = rederive.Usual(raw, list(told.members.values()), told.seed)
    name = next(name for name, row in told.index.items() if row["tier"] == "coordinated")
    soonest, latest = (pick(raw.delay, key=raw.delay.__getitem__) for pick in (min, max))
    late = "The cluster is accused because its accounts acted as soon as they were opened, and it did not."
    stranger = next(a for a in sorted(raw.of) if not any(a in members for members in told.members.values()))
    common = "It has in common with the cluster only what others have, too."
    member = min(told.members[name])

    def wrong(account: str, sentence: str) -> list[str]:
        row = {"account_id": account, "role": "bystander", "sentence": sentence}
        return list(rederive.beside(raw, told, usual, name, [row]))

    assert wrong(latest, late) == wrong(stranger, common) == []
    assert wrong(soonest, late) == [f"{soonest}: it acted at once, too"]
    assert len(wrong(member, common)) == 1


def _changed(text: str) -> Iterator[str]:
    """Yield the text with one of its numbers changed, each in its first digit and in its last."""
    for at in sorted({place for number in re.finditer(r"\d+", text) for place in (number.start(), number.end() - 1)}):
        yield text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]


def test_no_number_of_a_page_can_be_changed_unnoticed(report: Path, raw: rederive.Raw) -> None:
    """Where one lies between two digits (3.35 bits), either is taken: that may be one in ten thousand."""
    told = rederive.Report(report)
    of = {
        told.folder / f"{name}.html": pages.page(raw, row, told.tables(name), told.told)
        for name, row in told.index.items()
        if row["tier"] != "explained" or int(row["rank"]) % 20 == 0
    } | {report / "index.html": pages.index(told.told, list(told.index.values()))}
    tried, unnoticed = 0, []
    for path, expected in of.items():
        said, may = page_text.figures(path), Counter(expected)
        for text in said:
            for changed in _changed(text):
                tried += 1
                if said[changed] < may[changed]:
                    unnoticed.append((path.name, text, changed))
    assert tried > 10_000
    assert len(unnoticed) <= tried / 10_000, unnoticed


@pytest.mark.parametrize(
    "name", ["inputs.2.sha256", "inputs.3.rows_read", "libraries.numpy", "usage.events", "accounts"]
)
def test_what_is_said_of_the_run_is_held_against_inputs_and_libraries(
    report: Path, raw: rederive.Raw, tmp_path: Path, name: str
) -> None:
    shutil.copytree(report, tmp_path / "report", copy_function=os.link)
    table = tmp_path / "report" / pages.PROVENANCE
    text = table.read_text(encoding="utf-8")
    table.unlink()  # it is one file with the report's
    table.write_text(re.sub(rf"(?m)^{name},\w", f"{name},x", text), encoding="utf-8")
    told = rederive.Report(tmp_path / "report")
    assert any(each.startswith(f"{name}: said x") for each in rederive.whole(tmp_path / "report", raw, told))


def _first(pattern: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text, count=1)


@pytest.mark.parametrize(
    ("noun", "change"),
    [
        ("members", _first("2026-03", "2026-05")),
        ("members", _first(r"(,core,[0-9.]+,)(\d+)", r"\g<1>9\2")),
        ("sightings", _first(r"usage\.parquet,", "usage.parquet,1")),
        ("findings", _first(r"they share \(", "they share (1")),
        ("findings", _first(r"accounts have (\d+)", r"accounts have 1\1")),
        ("findings", _first(r"varies (\d+)%", r"varies 1\1%")),
        ("findings", _first(r"they use (\d)", r"they use 1\1")),
        ("findings", _first(r"pairs have in (\d)", r"pairs have in 1\1")),
        ("taken", _first(",1,", ",2,")),
        ("hours", _first(r"(,\d+)(\r?\n)\Z", r"\g<1>0\2")),
        ("links", _first(r"\(([0-9.]+ bits\))", r"(9\1")),
        ("items", _first(r",(\d+),([0-9.]+),shared", r",1\1,\2,shared")),
        ("sensitivity", _first(r",coordinated,(\d+),", ",coordinated,1,")),
        ("sensitivity", _first(",coordinated,", ",explained,")),
        ("outsiders", _first(r"(It use[sd] \S+ \d)", r"\g<1>9")),
    ],
)
def test_a_number_that_was_changed_is_told(
    report: Path, raw: rederive.Raw, tmp_path: Path, noun: str, change: Callable[[str], str]
) -> None:
    shutil.copytree(report, tmp_path / "report", copy_function=os.link)
    names = sorted(page.name.removesuffix("-graph.html") for page in (report / "clusters").glob("*-graph.html"))
    tables = [(tmp_path / "report" / "clusters" / f"{name}-{noun}.csv", name) for name in names]
    texts = [(table, name, table.read_bytes().decode()) for table, name in tables if table.exists()]
    table, first, changed = next((t, name, new) for t, name, text in texts if (new := change(text)) != text)
    table.unlink()  # it is one file with the report's
    table.write_bytes(changed.encode())
    assert rederive.differences(tmp_path / "report", raw, only=first)
