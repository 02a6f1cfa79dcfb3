"""Links -> Partition: which accounts belong together; the only room that searches communities with igraph.

Leiden (Traag, Waltman and van Eck 2019) maximises modularity on one connected piece at a time, again inside each part
it finds: over a whole case modularity joins whatever a few links join, because its scale is the size of the whole
(the resolution limit, Fortunato and Barthélemy 2007). What no cut parts is put together again (see `parts`), so a ring
stays one that shares several devices, or whose accounts were banned and replaced. No piece changes what another one
becomes.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import ibis
import igraph as ig
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graphlink import components, engine, parts
from graphlink import links as linking
from graphlink.links import LEAST
from graphlink.model import Partition

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibis.backends.sql import SQLBackend as Backend
    from numpy.typing import NDArray

    from graphlink.model import Links
    from graphlink.settings import Settings

    Groups = list[list[int]]
    """Accounts by their `node` in the graph that the links make."""

SWEEPS = 10  # of Leiden; until nothing moves may be for ever, when weights are not whole numbers
MANY = 1_000_000  # links; fewer are searched here in a few seconds, which is what it takes to send them out
_EDGES = {"left": "int64", "right": "int64", "bits": "float64", "found": "boolean", "by_family": "array<float64>"}
RUNS = 20  # of the bootstrap
HOLDS = 0.9  # the share of runs in which a core account holds


def find(links: Links, accounts: int, settings: Settings, backend: Backend | None = None) -> Partition:
    """Return the clusters among so many accounts, found by `settings.method`.

    Where the engine has other machines, they search the pieces that hang together, each by itself, if links are MANY.
    """
    edges = _edges(links)
    if backend is not None and engine.spreads(backend) and settings.method == "leiden" and len(edges) >= MANY:
        groups = _by_the_engine(edges, settings.seed, backend)
    else:
        groups = _named(edges, METHODS[settings.method], settings.seed)
    cluster = np.full(accounts, -1, np.int32)
    listed = sorted(sorted(group) for group in groups if len(group) >= settings.min_accounts)
    for number, group in enumerate(listed):
        cluster[group] = number
    confidence = _confidence(links, cluster, settings.seed)
    return Partition(cluster=cluster, core=confidence >= HOLDS, confidence=confidence)


def _edges(links: Links) -> pd.DataFrame:
    """Return left, right, bits, found and by_family of each link, as it ties; a drawn one counts for all it is for."""
    stands = np.maximum(links.stands, 1)
    tied = links.tied.astype(np.float64)
    return pd.DataFrame(
        {
            "left": links.left.astype(np.int64),
            "right": links.right.astype(np.int64),
            "bits": np.maximum(tied.sum(axis=1), LEAST) * stands,
            "found": links.stands == 0,
            "by_family": list(tied * stands[:, None]),
        }
    )


def _named(edges: pd.DataFrame, method: Callable[[ig.Graph, int], Groups], seed: int) -> Groups:
    """Return the groups that a method finds, as numbers of accounts."""
    nodes, ends = np.unique(np.concatenate([edges["left"], edges["right"]]), return_inverse=True)
    left, right = ends[: len(edges)], ends[len(edges) :]
    graph = ig.Graph(n=len(nodes), edges=list(zip(left.tolist(), right.tolist(), strict=True)))
    graph.vs["node"] = range(len(nodes))
    for name in ("bits", "found", "by_family"):
        graph.es[name] = edges[name].tolist()
    return [nodes[group].tolist() for group in method(graph, seed)]


def _by_the_engine(edges: pd.DataFrame, seed: int, backend: Backend) -> Groups:
    """Return the groups of all pieces; each piece is on one machine, and comes back as who is in which group."""
    typed = ibis.memtable(edges, schema=_EDGES)
    kept = engine.keep(typed, backend)
    pieces = components.find(kept.select("left", "right"), backend)
    told = kept.join(pieces, kept.left == pieces.node).select("component", *_EDGES)
    found = engine.apart(told, "component", partial(_of_piece, seed=seed), "node long, number long", backend)
    members = engine.fetch(found).to_pandas()
    return [group.tolist() for _, group in members.groupby("number")["node"]]


def _of_piece(edges: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return node and number, the least node of its group, of one piece."""
    ordered = edges.sort_values(["left", "right"], ignore_index=True)
    groups = _named(ordered, _leiden, seed)
    rows = [(node, min(group)) for group in groups for node in group]
    return pd.DataFrame(rows, columns=["node", "number"]).astype(np.int64)


def _leiden(graph: ig.Graph, seed: int) -> Groups:
    groups: Groups = []
    pieces = list(graph.decompose())
    while pieces:
        piece = pieces.pop()
        found = _parts(piece, seed)
        if len(found) > 1:
            pieces.extend(piece.induced_subgraph(part) for part in found)
        else:
            groups.extend(_well_tied(piece))
    return groups


def _parts(piece: ig.Graph, seed: int) -> Groups:
    """Return the vertices of each part of a connected piece; one part if it holds together."""
    if piece.vcount() < 3:  # noqa: PLR2004 - a pair has no parts
        return [list(range(piece.vcount()))]
    _seed(seed)
    found = piece.community_leiden(objective_function="modularity", weights="bits", n_iterations=SWEEPS)
    left, right = np.array(piece.get_edgelist()).T
    return parts.joined(left, right, np.array(piece.es["by_family"]), list(found))


def _well_tied(piece: ig.Graph) -> Groups:
    """Return what is left of a piece when accounts tied by log10 of its size links or fewer are taken off.

    The bound is that of well-connected communities (Park et al. 2024); below ten accounts it asks nothing. Links that
    were drawn tie nobody: they only tell what is one.
    """
    found = piece.subgraph_edges(piece.es.select(found=True), delete_vertices=False)
    tied = np.array(found.coreness()) > np.floor(np.log10(piece.vcount()))
    return [part.vs["node"] for part in piece.induced_subgraph(np.flatnonzero(tied).tolist()).decompose()]


def _seed(seed: int) -> None:
    ig.set_random_number_generator(random.Random(seed))  # noqa: S311 - communities, not secrets


def _whole(search: Callable[[ig.Graph], ig.VertexClustering]) -> Callable[[ig.Graph, int], Groups]:
    """Return a method that is the search over the whole case at once, as it is commonly used."""

    def method(graph: ig.Graph, seed: int) -> Groups:
        _seed(seed)
        return list(search(graph))

    return method


METHODS: dict[str, Callable[[ig.Graph, int], Groups]] = {
    "leiden": _leiden,
    "louvain": _whole(lambda graph: graph.community_multilevel(weights="bits")),
    "components": _whole(lambda graph: graph.connected_components()),
    "label-propagation": _whole(lambda graph: graph.community_label_propagation(weights="bits")),
    "infomap": _whole(lambda graph: graph.community_infomap(edge_weights="bits")),
}


def _confidence(links: Links, cluster: NDArray[np.int32], seed: int) -> NDArray[np.float64]:
    """Return in what share of the runs each account stays with the greater part of its cluster.

    Each run draws the items anew with replacement, so about 37 % of them are missing; a link holds while enough for a
    link is left of it.
    """
    inside = np.flatnonzero(linking.inside(links, cluster))
    left, right = links.left[inside], links.right[inside]
    generator, items = np.random.default_rng(seed), int(links.item.max(initial=-1)) + 1
    drawn = np.stack([generator.poisson(1.0, items) > 0 for _ in range(RUNS)])
    holds = [np.empty((RUNS, 0), np.bool_)]
    for some in linking.behind(links, inside):
        left_over = (np.where(kept[some.item], some.bits, 0) for kept in drawn)
        holds.append(np.stack([np.bincount(some.place, bits, len(some.links)) >= LEAST for bits in left_over]))
    runs = np.concatenate(holds, axis=1)
    held = np.sum([with_most(left, right, run, cluster) for run in runs], axis=0, dtype=np.float64)
    confidence = np.where(cluster >= 0, held / RUNS, 0.0)
    return confidence.round(3)


def with_most(
    left: NDArray[np.int32], right: NDArray[np.int32], holds: NDArray[np.bool_], cluster: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return which accounts are in the largest piece of their cluster, when only some links hold."""
    size = len(cluster)
    matrix = coo_array((np.ones(int(holds.sum())), (left[holds], right[holds])), shape=(size, size))
    _, piece = connected_components(matrix, directed=False)
    count = np.bincount(piece)[piece]
    largest = np.zeros(int(cluster.max(initial=-1)) + 2, np.int64)
    np.maximum.at(largest, cluster, count)
    together: NDArray[np.bool_] = (count > 1) & (count == largest[cluster]) & (cluster >= 0)
    return together
