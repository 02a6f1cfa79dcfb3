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
from typing import TYPE_CHECKING, Any

import ibis
import igraph as ig
import numpy as np
import pandas as pd

from graphlink import components, engine, parts, pieces, spans
from graphlink import links as linking
from graphlink.links import LEAST
from graphlink.model import Partition
from graphlink.pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibis.backends.sql import SQLBackend as Backend
    from numpy.typing import NDArray

    from graphlink.model import Links
    from graphlink.settings import Settings

    Numbers = NDArray[np.int64]
    Groups = list[Numbers]
    """The accounts of each group, in rising order."""

SWEEPS = 10  # of Leiden; until nothing moves may be for ever, when weights are not whole numbers
MANY = 1_000_000  # links; fewer are searched here in a few seconds, which is what it takes to send them out
_EDGES = {"left": "int64", "right": "int64", "bits": "float64", "found": "boolean", "by_family": "array<float64>"}
RUNS = 20  # of the bootstrap
HOLDS = 0.9  # the share of runs in which a core account holds


def find(links: Links, accounts: int, settings: Settings, backend: Backend | None = None) -> Partition:
    """Return the clusters among so many accounts, found by `settings.method`.

    Where the engine has other machines, they search the pieces that hang together, each by itself, if links are MANY.
    """
    whole = _whole(links)
    if backend is not None and engine.spreads(backend) and settings.method == "leiden" and len(whole.left) >= MANY:
        groups = _by_the_engine(whole, settings.seed, backend)
    else:
        groups = METHODS[settings.method](whole, settings.seed)
    cluster = np.full(accounts, -1, np.int32)
    large = (group for group in groups if len(group) >= settings.min_accounts)
    for number, group in enumerate(sorted(large, key=min)):
        cluster[group] = number
    confidence = _confidence(links, cluster, settings.seed)
    return Partition(cluster=cluster, core=confidence >= HOLDS, confidence=confidence)


def _whole(links: Links) -> Piece:
    """Return all links as they tie: one that was drawn counts for all that it stands for."""
    stands = np.maximum(links.stands, 1)
    ends = [end.astype(np.int64) for end in (links.left, links.right)]
    return _among(
        *ends,
        bits=np.maximum(links.tied.sum(axis=1, dtype=np.float64), LEAST) * stands,
        found=links.stands == 0,
        by_family=(links.tied * stands[:, None]).astype(np.float32),
    )


def _among(left: Numbers, right: Numbers, **told: Any) -> Piece:
    """Return links between accounts as a piece of those."""
    nodes = spans.distinct(np.concatenate([left, right]))
    return Piece(nodes, left=np.searchsorted(nodes, left), right=np.searchsorted(nodes, right), **told)


def _by_the_engine(whole: Piece, seed: int, backend: Backend) -> Groups:
    """Return the groups of all pieces; each piece is on one machine, and comes back as who is in which group."""
    ends = {"left": whole.nodes[whole.left], "right": whole.nodes[whole.right]}
    edges = pd.DataFrame(ends | {"bits": whole.bits, "found": whole.found, "by_family": list(whole.by_family)})
    kept = engine.keep(ibis.memtable(edges, schema=_EDGES), backend)
    named = components.find(kept.select("left", "right"), backend)
    told = kept.join(named, kept.left == named.node).select("component", *_EDGES)
    found = engine.apart(told, "component", partial(_of_piece, seed=seed), "node long, number long", backend)
    members = engine.fetch(found).to_pandas()
    return [group.to_numpy() for _, group in members.groupby("number")["node"]]


def _of_piece(edges: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return node and number, the least node of its group, of one piece."""
    ordered = edges.sort_values(["left", "right"])
    left, right, bits, found = (ordered[name].to_numpy() for name in list(_EDGES)[:4])
    by_family = np.array(ordered["by_family"].tolist(), np.float32)
    piece = _among(left, right, bits=bits, found=found, by_family=by_family)
    groups = _leiden(piece, seed)
    none = np.empty(0, np.int64)
    nodes, numbers = np.concatenate([none, *groups]), [np.full(len(group), group.min()) for group in groups]
    return pd.DataFrame({"node": nodes, "number": np.concatenate([none, *numbers])})


def _leiden(whole: Piece, seed: int) -> Groups:
    groups: Groups = []
    to_do = list(whole.connected())
    while to_do:
        piece = to_do.pop()
        found = _parts(piece, seed)
        if len(found) > 1:
            to_do.extend(piece.of(found))
        else:
            groups.extend(_well_tied(piece))
    return groups


def _parts(piece: Piece, seed: int) -> list[list[int]]:
    """Return the places of each part of a connected piece; one part if it holds together."""
    if len(piece) < 3:  # noqa: PLR2004 - a pair has no parts
        return [list(range(len(piece)))]
    _seed(seed)
    graph = ig.Graph(n=len(piece), edges=piece.ends)
    found = graph.community_leiden(objective_function="modularity", weights=piece.bits, n_iterations=SWEEPS)
    return parts.joined(piece.left, piece.right, piece.by_family, list(found))


def _well_tied(piece: Piece) -> Groups:
    """Return what is left of a piece when accounts tied by log10 of its size links or fewer are taken off.

    The bound is that of well-connected communities (Park et al. 2024); below ten accounts it asks nothing. Links that
    were drawn tie nobody: they only tell what is one.
    """
    links = ig.Graph(n=len(piece), edges=piece.only(piece.found).ends)
    tied = np.array(links.coreness()) > np.floor(np.log10(len(piece)))
    return [part.nodes for left in piece.split(tied - 1) for part in left.connected()]


def _seed(seed: int) -> None:
    ig.set_random_number_generator(random.Random(seed))  # noqa: S311 - communities, not secrets


def _at_once(search: Callable[[ig.Graph, Any], ig.VertexClustering]) -> Callable[[Piece, int], Groups]:
    """Return a method that is the search over the whole case at once, as it is commonly used."""

    def method(whole: Piece, seed: int) -> Groups:
        _seed(seed)
        return [whole.nodes[group] for group in search(ig.Graph(n=len(whole), edges=whole.ends), whole.bits)]

    return method


METHODS: dict[str, Callable[[Piece, int], Groups]] = {
    "leiden": _leiden,
    "louvain": _at_once(lambda graph, bits: graph.community_multilevel(weights=bits)),
    "components": _at_once(lambda graph, _: graph.connected_components()),
    "label-propagation": _at_once(lambda graph, bits: graph.community_label_propagation(weights=bits)),
    "infomap": _at_once(lambda graph, bits: graph.community_infomap(edge_weights=bits)),
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
    piece = pieces.hanging(left[holds], right[holds], len(cluster))
    count = np.bincount(piece)[piece]
    largest = np.zeros(int(cluster.max(initial=-1)) + 2, np.int64)
    np.maximum.at(largest, cluster, count)
    together: NDArray[np.bool_] = (count > 1) & (count == largest[cluster]) & (cluster >= 0)
    return together
