"""Exports are read back by the programs they are for, with every value as it was."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import igraph
import networkx as nx
import openpyxl
import pandas as pd
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from sample_case import RING, RING_ID, case_file

from graphlink import export, sheets
from graphlink.errors import UsageError

if TYPE_CHECKING:
    from graphlink.model import CaseFile

CSV_PAYLOADS = Path(__file__).parents[2] / "shared/hostile/csv-injection-payloadbox/Intruder/csv-payload.txt"
STARTS = {*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"}
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1", "\uff20A", "'=1", "''", "007", "=\u202e1"]
ODD = [
    "a\x00b",
    "\x0b",
    "\r\n",
    " x ",
    "<b>&amp;",
    "\u2028",
    "\x85",
    "\\u000000",
    "\ufffe",
    "🂡",
    "item:ip:203.0.113.7",
    "NaN",
]


def renamed(names: list[str]) -> CaseFile:
    """Return the sample with the ring's accounts, and then its items, called by these names."""
    case = case_file()
    items = dict(zip(["card_9", "dev_5", "203.0.113.7"], names[4:], strict=False))
    new = dict(zip(RING, names, strict=False)) | items
    return replace(
        case,
        members=case.members.replace(new),
        facts=case.facts.replace(new),
        items=case.items.replace(new),
        sightings=case.sightings.replace(new),
        links=case.links.assign(
            left=case.links["left"].replace(new),
            right=case.links["right"].replace(new),
            items=[[{**i, "value": new.get(i["value"], i["value"])} for i in items] for items in case.links["items"]],
        ),
    )


def accounts_of(graph: nx.Graph) -> list[str]:
    return sorted(known["account_id"] for _, known in graph.nodes(data=True) if known["node"] == "account")


def test_a_csv_has_one_row_a_member_with_its_cluster(tmp_path: Path) -> None:
    export.write(case_file(), tmp_path / "case.csv", "csv")
    with (tmp_path / "case.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["account_id"] for row in rows if row["tier"] == "coordinated"] == RING
    assert rows[0]["score"] == "5.125"
    assert rows[-1]["score"] == "-1.5"


@pytest.mark.parametrize("start", range(0, len(FORMULAS), 4))
def test_no_name_in_a_csv_is_a_formula_and_each_is_recoverable(tmp_path: Path, start: int) -> None:
    names = FORMULAS[start : start + 4]
    export.write(renamed(names), tmp_path / "case.csv", "csv")
    with (tmp_path / "case.csv").open(encoding="utf-8", newline="") as file:
        written = [row["account_id"] for row in csv.DictReader(file)]
    assert not [name for name in written if name[0] in STARTS]
    assert sorted(map(sheets.verbatim, written)) == sorted([*names, "acct-07", "acct-08"])


@given(st.text())
def test_a_neutralised_value_starts_no_formula_and_gives_the_value_back(value: str) -> None:
    assert sheets.neutral(value)[:1] not in STARTS
    assert sheets.verbatim(sheets.neutral(value)) == value


@pytest.mark.skipif(not CSV_PAYLOADS.exists(), reason="the public payload lists are not on this machine")
def test_no_known_formula_payload_survives() -> None:
    for payload in CSV_PAYLOADS.read_text(encoding="utf-8").splitlines():
        assert sheets.neutral(payload)[:1] not in STARTS


def test_parquet_keeps_names_verbatim(tmp_path: Path) -> None:
    export.write(renamed(FORMULAS[:4]), tmp_path / "case.parquet", "parquet")
    assert set(pd.read_parquet(tmp_path / "case.parquet")["account_id"]) == {*FORMULAS[:4], "acct-07", "acct-08"}


@pytest.mark.parametrize("names", [ODD[:7], ODD[5:12]])
@pytest.mark.parametrize("form", ["graphml", "gexf", "networkx-json", "cytoscape"])
def test_networkx_reads_back_the_graph_that_was_written(tmp_path: Path, form: str, names: list[str]) -> None:
    path = tmp_path / f"case.{form}"
    case = renamed(names)
    export.write(case, path, form)
    readers = {
        "graphml": lambda: nx.read_graphml(path),
        "gexf": lambda: nx.read_gexf(path),
        "networkx-json": lambda: nx.node_link_graph(json.loads(path.read_text()), edges="edges"),
        "cytoscape": lambda: nx.cytoscape_graph(json.loads(path.read_text())),
    }
    read, written = readers[form](), export.networkx_graph(case)
    plain = export.plain_text if form in {"graphml", "gexf"} else str
    assert sorted(map(plain, read)) == sorted(written)
    assert read.number_of_edges() == written.number_of_edges()
    assert sorted(map(plain, accounts_of(read))) == accounts_of(written)
    assert sum(known.get("bits", 0) for *_, known in read.edges(data=True)) == pytest.approx(6 * 40.75 + 17)


def test_igraph_reads_the_graphml(tmp_path: Path) -> None:
    export.write(case_file(), tmp_path / "case.graphml", "graphml")
    read = igraph.Graph.Read_GraphML(str(tmp_path / "case.graphml"))
    assert (read.vcount(), read.ecount()) == (10, 21)
    assert "account:acct-01" in read.vs["id"]


def test_igraph_and_networkx_get_the_same_graph() -> None:
    ours, theirs = export.igraph_graph(case_file()), export.networkx_graph(case_file())
    assert ours.vs["name"] == list(theirs)
    assert [tuple(ours.vs[v]["name"] for v in edge.tuple) for edge in ours.es] == list(theirs.edges)
    assert ours.vs.find("account:acct-01")["tier"] == "coordinated"


def test_one_cluster_is_exported_without_the_others() -> None:
    assert accounts_of(export.networkx_graph(case_file(), RING_ID)) == RING


def test_an_account_and_an_item_of_the_same_text_are_two_nodes() -> None:
    assert len(export.networkx_graph(renamed(["x", "b", "c", "d", "x", "y", "x"]))) == 10


def test_no_two_items_share_a_node_name() -> None:
    names = {export.item_node(*item) for item in [("a:b", "c"), ("a", "b:c"), ("a%3Ab", "c"), ("a", "c")]}
    assert len(names) == 4


@given(st.text())
def test_text_for_xml_gives_the_text_back(text: str) -> None:
    assert export.plain_text(export.xml_text(text)) == text
    assert export.plain_text(export.xml_text(export.xml_text(text))) == export.xml_text(text)


def test_neo4j_gets_nodes_and_relationships_that_name_them(tmp_path: Path) -> None:
    export.write(case_file(), tmp_path / "case.zip", "neo4j")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        nodes, edges = (
            list(csv.DictReader(archive.read(name).decode().splitlines()))
            for name in ("nodes.csv", "relationships.csv")
        )
    assert {edge[end] for edge in edges for end in (":START_ID", ":END_ID")} == {node[":ID"] for node in nodes}
    assert {edge[":TYPE"] for edge in edges} == {"TOUCHES", "LINKED"}


@pytest.mark.parametrize("form", export.FORMS)
def test_the_same_case_gives_the_same_bytes(tmp_path: Path, form: str) -> None:
    for name in ("one", "two"):
        export.write(case_file(), tmp_path / name, form)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_an_unknown_format_or_cluster_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format is called doc; it takes csv"):
        export.write(case_file(), tmp_path / "case.doc", "doc")
    with pytest.raises(UsageError, match="no cluster is called c-0"):
        export.networkx_graph(case_file(), "c-0")


def sheets_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path)
    assert [cell.data_type for sheet in book for row in sheet for cell in row if cell.data_type == "f"] == []
    return {sheet.title: list(sheet.values) for sheet in book}


def test_a_workbook_has_a_sheet_for_each_table_and_no_formula(tmp_path: Path) -> None:
    export.write(renamed(FORMULAS), tmp_path / "case.xlsx", "xlsx")
    found = sheets_of(tmp_path / "case.xlsx")
    assert list(found) == ["clusters", "members", "findings", "items", "links"]
    header, *rows = found["members"]
    accounts = [str(row[header.index("account_id")]) for row in rows]
    assert not [name for name in accounts if name[:1] in STARTS]
    assert {export.plain_text(sheets.verbatim(name)) for name in accounts} == {*FORMULAS[:4], "acct-07", "acct-08"}


def test_a_workbook_keeps_values_that_look_like_something_else(tmp_path: Path) -> None:
    names = ["007", "1e5", "https://example.invalid/", "9007199254740993", *ODD[:3]]
    export.write(renamed(names), tmp_path / "case.xlsx", "xlsx")
    header, *rows = sheets_of(tmp_path / "case.xlsx")["members"]
    accounts = [row[header.index("account_id")] for row in rows]
    assert {sheets.verbatim(str(name)) for name in accounts} == {*names[:4], "acct-07", "acct-08"}


@pytest.mark.skipif(not shutil.which("soffice"), reason="no LibreOffice on this machine to open it with")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_libreoffice_finds_no_formula(tmp_path: Path, form: str) -> None:
    export.write(renamed(FORMULAS), tmp_path / f"case.{form}", form)
    command = ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    command += ["--convert-to", "fods", "--outdir", str(tmp_path), str(tmp_path / f"case.{form}")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert "table:formula" not in (tmp_path / "case.fods").read_text(encoding="utf-8")


def test_stix2_reads_a_bundle_of_the_coordinated_clusters_alone(tmp_path: Path) -> None:
    export.write(case_file(), tmp_path / "case.json", "stix")
    bundle = stix2.parse((tmp_path / "case.json").read_text(), allow_custom=True)
    kinds = Counter(each["type"] for each in bundle.objects)
    assert [each["user_id"] for each in bundle.objects if each["type"] == "user-account"] == RING
    assert (kinds["ipv4-addr"], kinds["x-graphlink-item"], kinds["grouping"], kinds["note"]) == (1, 2, 1, 1)
    (grouping,) = (each for each in bundle.objects if each["type"] == "grouping")
    assert set(grouping["object_refs"]) <= {each["id"] for each in bundle.objects}


def test_a_pseudonym_is_shared_as_no_address(tmp_path: Path) -> None:
    export.write(renamed([*RING, "payment_1f", "device_2e", "ip_3d"]), tmp_path / "case.json", "stix")
    objects = json.loads((tmp_path / "case.json").read_text())["objects"]
    assert sorted(each["value"] for each in objects if "value" in each) == ["device_2e", "ip_3d", "payment_1f"]


def test_a_case_that_accuses_nobody_names_nobody(tmp_path: Path) -> None:
    case = case_file()
    export.write(replace(case, clusters=case.clusters.assign(tier="review")), tmp_path / "case.json", "stix")
    kinds = {each["type"] for each in json.loads((tmp_path / "case.json").read_text())["objects"]}
    assert kinds == {"identity", "extension-definition"}


@pytest.mark.parametrize(("form", "library"), [("xlsx", "xlsxwriter"), ("stix", "stix2")])
def test_a_library_that_is_not_there_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=r"pip install 'graphlink\[export\]'"):
        export.write(case_file(), tmp_path / "case", form)
