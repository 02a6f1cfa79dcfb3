"""A case in the forms of other programs: tables for people, graphs for graph tools.

In every graph accounts and items are nodes; `touches` edges say who touches what, `linked` edges carry the evidence
between two accounts. Node names bear their kind, so that an account and an item of the same text stay two nodes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphlink import outfile, sheets, stix, workbook
from graphlink.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import igraph
    import networkx as nx
    import pandas as pd

    from graphlink.model import CaseFile

_OF_CLUSTER = ("rank", "cluster_id", "tier", "score", "explanation")
_OF_MEMBER = ("account_id", "role", "confidence")
_OF_ACCOUNT = ("events", "first_seen", "last_seen", "signed_up", "banned", "label")


def write(case_file: CaseFile, path: Path, form: str) -> None:
    """Write the case to one file in that form.

    Raises:
        UsageError: the form is not one of `FORMS`.
        GraphlinkError: the file cannot be written.

    """
    if form not in FORMS:
        raise UsageError(f"no format is called {form}", then=f"it takes {', '.join(FORMS)}")
    FORMS[form](case_file, path)


def members(case_file: CaseFile) -> pd.DataFrame:
    """Return one row a member, with what is said of its cluster and of the account, by rank, role and account."""
    clusters = case_file.clusters[list(_OF_CLUSTER)]
    facts = case_file.facts[["account_id", *_OF_ACCOUNT]]
    joined = case_file.members.merge(clusters, on="cluster_id").merge(facts, on="account_id", how="left")
    ordered = joined.sort_values(["rank", "role", "account_id"], kind="stable", ignore_index=True)
    return ordered[[*_OF_CLUSTER, *_OF_MEMBER, *_OF_ACCOUNT]]


def networkx_graph(case_file: CaseFile, cluster: str | None = None) -> nx.Graph:
    """Return the accounts of all clusters, or of one, with the items they touch, as an undirected networkx graph.

    Nodes have `node` (`account` or `item`) and what is known of them; edges have `relation`: `touches` or `linked`.

    Raises:
        UsageError: no cluster has that name.

    """
    import networkx as nx  # noqa: PLC0415 - heavy, and few commands need it

    of_cluster = _only(case_file, cluster)
    graph = nx.Graph()
    graph.add_nodes_from(_account_nodes(of_cluster))
    graph.add_nodes_from(_item_nodes(of_cluster))
    graph.add_edges_from(_edges(of_cluster))
    return graph


def igraph_graph(case_file: CaseFile, cluster: str | None = None) -> igraph.Graph:
    """Return the same graph for igraph; the vertex attribute `name` is the node's name.

    Raises:
        UsageError: no cluster has that name.

    """
    import igraph  # noqa: PLC0415 - heavy, and few commands need it

    source = networkx_graph(case_file, cluster)
    nodes, edges = list(source.nodes(data=True)), list(source.edges(data=True))
    number = {name: position for position, (name, _) in enumerate(nodes)}
    graph = igraph.Graph(len(nodes), [(number[left], number[right]) for left, right, _ in edges])
    graph.vs["name"] = list(number)
    for elements, known in ((graph.vs, [k for _, k in nodes]), (graph.es, [k for *_, k in edges])):
        for attribute in dict.fromkeys(name for each in known for name in each):
            elements[attribute] = [each.get(attribute) for each in known]
    return graph


def account_node(account_id: str) -> str:
    """Return the name of an account's node."""
    return f"account:{account_id}"


def item_node(kind: str, value: str) -> str:
    """Return the name of an item's node; a colon in the kind is escaped, so that no two items share a name."""
    return f"item:{kind.replace('%', '%25').replace(':', '%3A')}:{value}"


def _only(case_file: CaseFile, cluster: str | None) -> CaseFile:
    """Return the members of one cluster, or of all, with their links and sightings."""
    if cluster is not None and cluster not in set(case_file.clusters["cluster_id"]):
        raise UsageError(f"no cluster is called {cluster}", then="clusters.csv lists them")
    kept = case_file.members if cluster is None else case_file.members[case_file.members["cluster_id"] == cluster]
    accounts = set(kept["account_id"])
    links, sightings = case_file.links, case_file.sightings
    return replace(
        case_file,
        members=kept,
        links=links[links["left"].isin(accounts) & links["right"].isin(accounts)],
        sightings=sightings[sightings["account_id"].isin(accounts)],
    )


def _account_nodes(case_file: CaseFile) -> Iterable[tuple[str, dict[str, Any]]]:
    for row in _rows(members(case_file)):
        yield account_node(row["account_id"]), {"node": "account", **row}


def _item_nodes(case_file: CaseFile) -> Iterable[tuple[str, dict[str, Any]]]:
    touched = case_file.sightings[["kind", "value"]].drop_duplicates()
    known = touched.merge(case_file.items[["kind", "value", "accounts", "use"]], on=["kind", "value"], how="left")
    for row in _rows(known.sort_values(["kind", "value"])):
        yield item_node(row["kind"], row["value"]), {"node": "item", **row}


def _edges(case_file: CaseFile) -> Iterable[tuple[str, str, dict[str, Any]]]:
    for row in _rows(case_file.sightings[["account_id", "kind", "value", "first_seen", "last_seen", "events"]]):
        ends = account_node(row.pop("account_id")), item_node(row.pop("kind"), row.pop("value"))
        yield *ends, {"relation": "touches", **row}
    for left, right, bits, families in zip(
        *(case_file.links[name].tolist() for name in ("left", "right", "bits", "families")), strict=True
    ):
        known = {"relation": "linked", "bits": bits, "families": ", ".join(families)}
        yield account_node(left), account_node(right), known


def _rows(table: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """Yield rows as plain values; what is not known is left out, as graph formats have no NULL."""
    for row in table.to_dict("records"):
        yield {str(name): value for name, value in row.items() if value is not None and value == value}  # noqa: PLR0124 - NaN


# XML 1.0 has no place for these; a carriage return it would read as a line feed.
_NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\\(?=u[0-9a-f]{6})")


def xml_text(text: str) -> str:
    r"""Return the text as XML can carry it: what it cannot as `\u` and six hex digits, so that no two texts collide."""
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):06x}", text)


def plain_text(text: str) -> str:
    """Return the text that `xml_text` was given."""
    return re.sub(r"\\u([0-9a-f]{6})", lambda found: chr(int(found[1], 16)), text)


def _for_xml(graph: nx.Graph) -> nx.Graph:
    import networkx as nx  # noqa: PLC0415 - heavy, and few commands need it

    def safe(known: dict[str, Any]) -> dict[str, Any]:
        return {name: xml_text(value) if isinstance(value, str) else value for name, value in known.items()}

    copy = nx.Graph()
    copy.add_nodes_from((xml_text(name), safe(known)) for name, known in graph.nodes(data=True))
    copy.add_edges_from((xml_text(a), xml_text(b), safe(known)) for a, b, known in graph.edges(data=True))
    return copy


def _csv(case_file: CaseFile, path: Path) -> None:
    table = members(case_file)
    columns = (table[name].astype(object).where(table[name].notna(), "").tolist() for name in table.columns)
    sheets.write(path, list(table.columns), zip(*columns, strict=True))


def _parquet(case_file: CaseFile, path: Path) -> None:
    with outfile.writing(path) as part:
        members(case_file).to_parquet(part, index=False, compression="zstd")


def _xlsx(case_file: CaseFile, path: Path) -> None:
    links = case_file.links
    told = {
        "clusters": case_file.clusters,
        "members": members(case_file),
        "findings": case_file.findings,
        "items": case_file.items,
        "links": links.assign(
            families=[", ".join(each) for each in links["families"]],
            items=["; ".join(f"{i['kind']} {i['value']}" for i in each) for each in links["items"]],
        ),
    }
    workbook.write(
        path, {name: table.map(lambda v: xml_text(v) if isinstance(v, str) else v) for name, table in told.items()}
    )


def _stix(case_file: CaseFile, path: Path) -> None:
    outfile.write_text(path, stix.bundle(case_file))


def _graphml(case_file: CaseFile, path: Path) -> None:
    import networkx as nx  # noqa: PLC0415 - heavy, and few commands need it

    with outfile.writing(path) as part:
        nx.write_graphml(_for_xml(networkx_graph(case_file)), part)


def _gexf(case_file: CaseFile, path: Path) -> None:
    import networkx as nx  # noqa: PLC0415 - heavy, and few commands need it

    graph = _captioned(_for_xml(networkx_graph(case_file)), "label")
    written = io.BytesIO()
    nx.write_gexf(graph, written)
    with outfile.writing(path) as part:
        # networkx writes today's date: the same case is to give the same bytes.
        part.write_bytes(re.sub(rb' lastmodifieddate="[0-9-]*"', b"", written.getvalue(), count=1))


def _captioned(graph: nx.Graph, *taken: str) -> nx.Graph:
    """Return the graph, each node with a caption as the first name that the format has `taken` for itself.

    What we know by such a name is kept as `own_...`.
    """
    for name, known in graph.nodes(data=True):
        known.update({f"own_{each}": known.pop(each) for each in taken if each in known})
        known[taken[0]] = known.get("account_id") or known.get("own_value", known.get("value")) or name
    return graph


def _networkx_json(case_file: CaseFile, path: Path) -> None:
    import networkx as nx  # noqa: PLC0415 - heavy, and few commands need it

    outfile.write_text(path, json.dumps(nx.node_link_data(networkx_graph(case_file), edges="edges")))


def _cytoscape(case_file: CaseFile, path: Path) -> None:
    import networkx as nx  # noqa: PLC0415 - heavy, and few commands need it

    graph = _captioned(networkx_graph(case_file), "name", "value")
    outfile.write_text(path, json.dumps(nx.cytoscape_data(graph)))


def _neo4j(case_file: CaseFile, path: Path) -> None:
    """Write a zip of the two files that `neo4j-admin database import` takes; values verbatim."""
    graph = networkx_graph(case_file)
    nodes = ((name, known["node"].capitalize(), known) for name, known in graph.nodes(data=True))
    edges = ((a, b, known["relation"].upper(), known) for a, b, known in graph.edges(data=True))
    with outfile.writing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            "nodes.csv": _neo4j_csv((":ID", ":LABEL"), nodes),
            "relationships.csv": _neo4j_csv((":START_ID", ":END_ID", ":TYPE"), edges),
        }.items():
            # A fixed time: the same case is to give the same bytes.
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode(errors="backslashreplace"))


_NEO4J_TYPES = {int: ":long", float: ":double"}


def _neo4j_csv(ids: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """Return the CSV text: the ids, then a typed column for each thing known of any row."""
    complete = list(rows)
    columns = {name: type(value) for *_, known in complete for name, value in known.items()}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*ids, *(name + _NEO4J_TYPES.get(of, "") for name, of in columns.items())])
    writer.writerows([*row[:-1], *(row[-1].get(name, "") for name in columns)] for row in complete)
    return text.getvalue()


FORMS: dict[str, Callable[[CaseFile, Path], None]] = {
    "csv": _csv,
    "parquet": _parquet,
    "xlsx": _xlsx,
    "graphml": _graphml,
    "gexf": _gexf,
    "cytoscape": _cytoscape,
    "neo4j": _neo4j,
    "stix": _stix,
    "networkx-json": _networkx_json,
}
"""The forms, by the names that `--format` takes."""
