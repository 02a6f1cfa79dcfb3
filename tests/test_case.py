"""What a notebook holds: tables, pages and graphs of a case, with every string escaped."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sample_case import HOME, RING, RING_ID, case_file, interested

import graphlink
from graphlink.case import Case
from graphlink.errors import FolderInTheWay, UsageError

if TYPE_CHECKING:
    from pathlib import Path

PAYLOAD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def case() -> Case:
    return Case(case_file())


def test_importing_the_package_loads_no_library() -> None:
    code = (
        "import sys, graphlink; print([m for m in ('pandas', 'ibis', 'pyarrow', 'rich', 'typer') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"


@pytest.mark.parametrize("name", graphlink.__all__)
def test_whatever_the_package_names_is_there(name: str) -> None:
    assert getattr(graphlink, name).__name__ == name


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        graphlink.nothing  # noqa: B018 - looking it up is the test


def test_files_are_read_one_by_one_or_in_a_list(tmp_path: Path) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_text(f"account_id,device_id\n{file.stem},d\n")
    assert repr(graphlink.read(*files)) == repr(graphlink.read(files)) == repr(graphlink.read(map(str, files)))


def test_a_case_that_was_saved_is_opened_again(case: Case, tmp_path: Path) -> None:
    folder = case.save(tmp_path / "run")
    opened = Case.open(folder)
    assert repr(opened) == repr(case) == "Case of 2 clusters: 1 coordinated, 1 explained"
    assert opened.case_file.manifest["command"] == "graphlink clusters records"
    assert (folder / "report" / "index.html").is_file()
    with pytest.raises(FolderInTheWay):
        case.save(folder)


def test_a_case_is_saved_without_a_report_if_asked(case: Case, tmp_path: Path) -> None:
    assert not (case.save(tmp_path / "run", report=False) / "report").exists()


def test_a_cluster_has_its_members_findings_items_and_links(case: Case) -> None:
    ring = case.cluster(RING_ID)
    assert list(ring.members["account_id"]) == RING
    assert list(ring.findings["side"]) == ["for", "against"]
    assert list(ring.items["value"]) == ["dev_5", "203.0.113.7", "card_9"]
    assert len(ring.links) == 6


def test_a_cluster_is_found_by_rank(case: Case) -> None:
    assert list(case.cluster(2).members["account_id"]) == HOME
    with pytest.raises(UsageError, match="no cluster '3'"):
        case.cluster(3)


def test_a_cluster_is_drawn_and_reported_into_files(case: Case, tmp_path: Path) -> None:
    ring = case.cluster(1)
    assert ring.view(tmp_path / "ring.html") == tmp_path / "ring.html"
    assert ring.report(tmp_path / "ring-report.html") == tmp_path / "ring-report.html"
    assert all(RING_ID in path.read_text(encoding="utf-8") for path in tmp_path.iterdir())


def test_a_graph_in_a_notebook_is_a_frame_of_its_own(case: Case) -> None:
    assert case.cluster(1).view()._repr_html_().startswith("<iframe srcdoc=")


def test_a_case_shows_the_graph_of_a_cluster_the_first_if_none_is_named(case: Case, tmp_path: Path) -> None:
    first, second = case.clusters["cluster_id"].iloc[:2]
    assert f'title="Graph of {first}"' in case.view()._repr_html_()
    assert second in case.view(2, tmp_path / "second.html").read_text(encoding="utf-8")


def test_a_notebook_names_a_common_interest_and_the_table_keeps_to_the_contract(case: Case) -> None:
    case = Case(interested(case.case_file))
    assert "<td>common interest</td>" in case._repr_html_()
    assert list(case.clusters["explanation"]) == ["", ""]


def test_tables_in_a_notebook_show_hostile_text_as_text(case: Case) -> None:
    full = case.case_file
    hostile = dataclasses.replace(
        full, clusters=full.clusters.assign(evidence=PAYLOAD), findings=full.findings.assign(sentence=PAYLOAD)
    )
    for shown in (Case(hostile)._repr_html_(), Case(hostile).cluster(1)._repr_html_()):
        assert "<img" not in shown
        assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_a_case_becomes_a_graph_of_networkx_and_of_igraph(case: Case) -> None:
    assert len(case.to_networkx()) == case.to_igraph().vcount() == 10
