"""Every number and sentence of the sample's report is borne out by its raw records, read by other means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rederive

import graphlink as gl

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.mark.parametrize(
    ("noun", "change"),
    [
        ("members", lambda text: text.replace("2026-03", "2026-04", 1)),
        ("sightings", lambda text: text.replace("usage.parquet,", "usage.parquet,1", 1)),
        ("findings", lambda text: text.replace("they share (", "they share (1", 1)),
        ("taken", lambda text: text.replace(",1,", ",2,", 1)),
        ("hours", lambda text: text.rstrip() + "0"),
        ("links", lambda text: text.replace(" bits)", "1 bits)", 1).replace("(", "(9", 1)),
    ],
)
def test_a_number_that_was_changed_is_told(
    report: Path, raw: rederive.Raw, tmp_path: Path, noun: str, change: Callable[[str], str]
) -> None:
    first = min((report / "clusters").glob("*-graph.html"))
    stem = first.name.removesuffix("-graph.html")
    (tmp_path / "clusters").mkdir()
    for path in (report / "clusters").glob(f"{stem}*"):
        text = path.read_bytes().decode()
        changed = change(text) if path.name == f"{stem}-{noun}.csv" else text
        assert path.name != f"{stem}-{noun}.csv" or changed != text
        (tmp_path / "clusters" / path.name).write_bytes(changed.encode())
    assert rederive.differences(tmp_path, raw)
