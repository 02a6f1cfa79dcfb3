"""The interactive graph of one cluster: one offline HTML file. The only room that imports pyvis.

pyvis holds the nodes and edges, and brings vis-network, which shows them. The page around it is our own, because
every string in it was written by whoever signed up: text reaches the page as JSON and is shown as text, a policy allows
our own scripts by their hashes and nothing else, and nothing is asked of any network.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup
from pyvis.edge import Edge
from pyvis.network import Network

from graphlink import layout, outfile, scene
from graphlink.kinds import BUILT_IN, own_kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import CaseFile
    from graphlink.scene import Fold, Scene

MAX_EDGES = 6_000
"""The strongest edges are drawn: 6,000 take about 100 ms without a graphics card (measured)."""
MAX_ROWS = 20_000
"""Above, the page leaves out in which source rows an account touches an item."""
MAX_BYTES = 4_300_000
"""What the tables of a page may take, so that with vis-network (0.5 MB) it stays below 5 MB."""
WEAK_BITS = 3.32
"""Chance alone gives an item as much as this once in ten times: weaker edges are dashed."""

TIMES = ("first_seen", "last_seen", "signed_up", "banned")
"""Columns that hold instants."""

LOOKS = {
    "payment": ("square", "#E69F00"),
    "network": ("hexagon", "#0072B2"),
    "device": ("diamond", "#009E73"),
    "contact": ("triangle", "#CC79A7"),
    "content": ("star", "#D55E00"),
    "timing": ("triangleDown", "#56B4E9"),
    "relation": ("cross", "#F0E442"),
    "credential": ("pentagon", "#8C8C8C"),
}
"""Shape and colour of each family. Colours: Okabe and Ito, told apart by readers who are colour blind."""
OWN_LOOK = ("octagon", "#B0A898")
TONES = (0.0, 0.45, -0.35, 0.7, -0.6)
"""Kinds of one family share its shape and differ in tone: the colour itself, lighter, darker, and again."""

SCRIPTS = ("tables", "shown", "picture", "labels", "groups", "panel", "legend", "find", "time", "keep", "controls")
"""The parts of the page's script, in the order in which they stand in it."""

_TEMPLATES = Path(__file__).parent / "templates"
_VIS = "lib/vis-9.1.2/vis-network.min.js"


def page(case_file: CaseFile, cluster_id: str) -> str:
    """Return one HTML file that shows the cluster, needs no network and keeps to its policy.

    Raises:
        UsageError: the case has no such cluster.

    """
    shown = scene.build(case_file, cluster_id)
    seed = int(case_file.manifest.get("seed", 0))
    fold = scene.fold(shown, seed)
    content = _content(shown, *_network(shown, fold, seed), fold.rule)
    return _template("graph.html").render(
        title=cluster_id,
        content=content,
        # Ours and vis-network's, read from the packages: the only text that is not escaped.
        scripts=[Markup(each) for each in _scripts()],  # noqa: S704 - said above
        style=Markup(_asset("graph.css")),  # noqa: S704 - said above
        policy=policy(),
    )


def write(case_file: CaseFile, cluster_id: str, path: Path) -> Path:
    """Return the path of the page that was written there, whole or not at all."""
    outfile.write_text(path, page(case_file, cluster_id))
    return path


def fragment(case_file: CaseFile, cluster_id: str, *, height: int = 640) -> str:
    """Return the page as an iframe that carries it whole, for a notebook cell: no file is left behind.

    A page that embeds it must allow the scripts of `policy` in its own: a `srcdoc` frame inherits the policy around it.
    """
    inside = html.escape(page(case_file, cluster_id), quote=True)
    return (
        f'<iframe srcdoc="{inside}" sandbox="allow-scripts allow-downloads allow-modals" '
        f'title="Graph of {html.escape(cluster_id)}" width="100%" height="{height:d}" frameborder="0"></iframe>'
    )


@cache
def policy() -> str:
    """Return the Content-Security-Policy of the page: our scripts and our style by their hashes, nothing else."""
    scripts = " ".join(_hash(each) for each in _scripts())
    return (
        f"default-src 'none'; script-src {scripts}; style-src {_hash(_asset('graph.css'))}; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _network(shown: Scene, fold: Fold, seed: int) -> tuple[Network, int]:
    """Return pyvis's network, and how many edges it leaves out: the strongest nodes and edges, and where they stand."""
    kept = _strongest(shown, fold)
    edges = _edges(shown, fold, kept)
    drawn = edges.head(MAX_EDGES)
    ends = np.searchsorted(kept, drawn[["account", "item"]].to_numpy())
    members = scene.members(shown, fold)
    degree = np.bincount(ends.ravel(), minlength=len(kept))
    size = np.array([_size(*members[node], edges=count) for node, count in zip(kept.tolist(), degree, strict=True)])
    weight = 1 + drawn["total"].to_numpy() ** 2
    group = layout.groups(len(kept), ends, weight, seed=seed)
    place = layout.positions(ends, weight, size, group, seed=seed).round(1)
    network = Network(cdn_resources="in_line")
    for node, radius, (x, y) in zip(kept.tolist(), size.round(1).tolist(), place.tolist(), strict=True):
        kind, of = members[node]
        shape, colour = look(kind)
        network.add_node(node, shape=shape, color=colour, size=radius, x=x, y=y, items=kind != "", of=of)
    # add_edge looks through all edges for each new one: 30,000 took over a minute (measured).
    network.edges = [_edge(row) for row in drawn.to_dict("records")]
    return network, len(edges) - len(drawn)


def _strongest(shown: Scene, fold: Fold) -> NDArray[np.int64]:
    """Return the nodes that are drawn, ascending: all, or those with the most bits on their edges."""
    bits = shown.touches["bits"].to_numpy()
    weight = np.bincount(fold.account[shown.touches["account"]], bits, fold.nodes)
    weight += np.bincount(fold.item[shown.touches["item"]], bits, fold.nodes)
    return np.sort(np.argsort(-weight, kind="stable")[: scene.MAX_NODES])


def _edges(shown: Scene, fold: Fold, kept: NDArray[np.int64]) -> pd.DataFrame:
    """Return account and item (nodes), bits (most of any touch), total, touches, first, last; strongest first."""
    touches = shown.touches
    ends = touches.assign(
        account=fold.account[touches["account"]],
        item=fold.item[touches["item"]],
        first=_seconds(touches["first_seen"]),
        last=_seconds(touches["last_seen"]),
    )
    ends = ends[ends["account"].isin(kept) & ends["item"].isin(kept)]
    edges = ends.groupby(["account", "item"], as_index=False).agg(
        bits=("bits", "max"),
        total=("bits", "sum"),
        touches=("bits", "size"),
        first=("first", "min"),
        last=("last", "max"),
    )
    return edges.sort_values("total", ascending=False, kind="stable", ignore_index=True)


def _edge(row: dict[Any, Any]) -> dict[str, Any]:
    bits = row["bits"]
    times = {key: int(row[key]) for key in ("first", "last") if not np.isnan(row[key])}
    shown = Edge(
        row["account"],
        row["item"],
        width=round(1 + min(bits / 6 if row["touches"] == 1 else np.log2(row["touches"]) / 2, 4), 1),
        dashes=bits < WEAK_BITS,
        bits=round(bits, 1),
        touches=row["touches"],
        **times,
    )
    options: dict[str, Any] = shown.options
    return options


def _size(kind: str, of: list[int], *, edges: int) -> float:
    """Return the radius of a node in pixels: an item's grows with the accounts it binds, a group's with its members."""
    if len(of) > 1:
        return min(10 + 1.8 * math.sqrt(len(of)), 64)
    return min(8 + 1.6 * math.sqrt(max(edges - 2, 0)), 24) if kind else 7.0


def look(kind: str) -> tuple[str, str]:
    """Return the shape and colour in which items of that kind are drawn; accounts (no kind) are dark dots."""
    if not kind:
        return "dot", "#3A4149"
    family = own_kind(kind).family
    shape, colour = LOOKS.get(family, OWN_LOOK)
    alike = [each.name for each in BUILT_IN.values() if each.family == family]
    return shape, _toned(colour, TONES[alike.index(kind) % len(TONES)] if kind in alike else 0.0)


def _toned(colour: str, tone: float) -> str:
    """Return the colour moved towards white (tone above 0) or black."""
    target = 255 if tone > 0 else 0
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (target - part) * abs(tone)):02X}" for part in parts)


def _seconds(times: pd.Series[str]) -> pd.Series[float]:
    """Return seconds since 1970, NaN where there is no time, or a text that is none: a run can be tampered with."""
    instants = pd.to_datetime(times.where(times != ""), format="ISO8601", utc=True, errors="coerce")
    return (instants.dt.as_unit("us") - pd.Timestamp(0, tz="UTC").as_unit("us")).dt.total_seconds()  # any year


def _content(shown: Scene, network: Network, edges_left_out: int, rule: str) -> dict[str, Any]:
    """Return all that the page shows, as JSON takes it."""
    kinds = sorted(set(shown.items["kind"]))
    content = {
        "cluster": shown.cluster,
        "kinds": [_kind(name) for name in kinds],
        "accounts": _columns(shown.accounts.drop(columns="cluster_id")),
        "items": _columns(shown.items.assign(kind=shown.items["kind"].map(kinds.index))),
        "nodes": network.nodes,
        "edges": network.edges,
        "edges_left_out": edges_left_out,
        "days": _days(shown.days),
        "rule": rule,
        "limits": {"weak_bits": WEAK_BITS, "edges": MAX_EDGES, "group": scene.MAX_GROUP},
    }
    return content | _told(shown, MAX_BYTES - len(json.dumps(content, separators=(",", ":"))))


def _days(days: pd.DataFrame) -> list[list[int]]:
    """Return the seconds at which each day begins, and how many events it has."""
    begun = days.assign(day=_seconds(days["day"])).dropna(subset=["day"])
    return begun[["day", "events"]].astype(int).to_numpy().tolist()


def _kind(name: str) -> dict[str, str]:
    kind = own_kind(name)
    shape, colour = look(name)
    return {"name": name, "family": kind.family, "meaning": kind.meaning, "shape": shape, "colour": colour}


def _told(shown: Scene, room: int) -> dict[str, Any]:
    """Return the touches as rows of compressed columns: those of account i are start[i] to start[i + 1].

    Where there are too many, only which item each account touches is told, and as many as there is room for.
    """
    touches = shown.touches
    full = len(touches) <= MAX_ROWS
    fitting = touches.nlargest(max(room // (150 if full else 1 + len(str(len(shown.items)))), 0), "bits").sort_index()
    counts = np.bincount(fitting["account"], minlength=len(shown.accounts))
    files, file = np.unique(fitting["file"].astype(str), return_inverse=True)
    more = ("bits", "first_seen", "last_seen", "events", "file", "row") if full else ()
    told = fitting.assign(file=file, bits=fitting["bits"].round(1))[["item", *more]]
    return {
        "touches": _columns(told) | {"start": [0, *np.cumsum(counts).tolist()]},
        "files": files.tolist() if full else [],
        "touches_left_out": len(touches) - len(fitting),
    }


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {name: _times(table[name]) if name in TIMES else _plain(table[name]) for name in map(str, table.columns)}


def _plain(column: pd.Series[Any]) -> list[Any]:
    return [None if pd.isna(value) else value for value in column.tolist()]


def _times(column: pd.Series[str]) -> list[Any]:
    """Return whole seconds since 1970, which take half the room of text; the text itself where it says more."""
    if not column.str.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?").all():
        return _plain(column)
    return [None if np.isnan(second) else int(second) for second in _seconds(column)]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _scripts() -> tuple[str, ...]:
    return (_vis(), *(_asset(f"graph_{name}.js") for name in SCRIPTS))


@cache
def _vis() -> str:
    """vis-network as pyvis brings it, without the line that points a debugger at a file that is not there."""
    script = (files("pyvis") / _VIS).read_text(encoding="utf-8")
    return "\n".join(line for line in script.split("\n") if not line.startswith("//# sourceMappingURL"))


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment.get_template(name)
