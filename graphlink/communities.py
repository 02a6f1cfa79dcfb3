"""Links -> Partition: which accounts belong together; the only room that searches communities with igraph.

Leiden (Traag, Waltman and van Eck 2019) maximises modularity on one connected piece at a time, again inside each part it
finds: over a whole case modularity joins whatever a few links join, because its scale is the size of the whole
(the resolution limit, Fortunato and Barthélemy 2007). Parts that agree across nearly as well as within are put
together again, so a ring that shares several devices stays one ring.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import igraph as ig
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graphlink.model import Partition

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from graphlink.model import Links
    from graphlink.settings import Settings

    Groups = list[list[int]]

ACROSS = 0.2  # parts whose accounts agree across a fifth as well as within are one
SWEEPS = 10  # of Leiden; until nothing moves may be for ever, when weights are not whole numbers
RUNS = 20  # of the bootstrap
HOLDS = 0.9  # the share of runs in which a core account holds


def find(links: Links, accounts: int, settings: Settings) -> Partition:
    """Return the clusters among so many accounts, found by `settings.method`."""
    nodes, ends = np.unique(np.concatenate([links.left, links.right]), return_inverse=True)
    left, right = ends[: len(links.left)], ends[len(links.left) :]
    graph = ig.Graph(n=len(nodes), edges=list(zip(left.tolist(), right.tolist(), strict=True)))
    graph.es["bits"] = links.bits.tolist()
    ig.set_random_number_generator(random.Random(settings.seed))  # noqa: S311 - communities, not secrets
    groups = METHODS[settings.method](graph)
    cluster = np.full(accounts, -1, np.int32)
    listed = sorted(sorted(group) for group in groups if len(group) >= settings.min_accounts)
    for number, group in enumerate(listed):
        cluster[nodes[group]] = number
    confidence = _confidence(links, cluster, settings.seed)
    return Partition(cluster=cluster, core=confidence >= HOLDS, confidence=confidence)


def _leiden(graph: ig.Graph) -> Groups:
    groups: Groups = []
    pieces: Groups = list(graph.connected_components())
    while pieces:
        piece = pieces.pop()
        parts = _split(graph, piece)
        if len(parts) == 1:
            groups.extend(_well_tied(graph, piece))
        else:
            pieces.extend(parts)
    return groups


def _split(graph: ig.Graph, piece: list[int]) -> Groups:
    """Return the parts of one piece, in the numbers of the whole graph; one part if it holds together."""
    if len(piece) < 3:  # noqa: PLR2004 - a pair has no parts
        return [piece]
    inner = graph.induced_subgraph(piece)
    found = inner.community_leiden(objective_function="modularity", weights="bits", n_iterations=SWEEPS)
    label = _joined(inner, np.array(found.membership))
    return [[piece[i] for i in np.flatnonzero(label == part)] for part in np.unique(label)]


def _joined(graph: ig.Graph, label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels after parts that agree across well enough are put together, the closest ones first."""
    while (parts := int(label.max()) + 1) > 1:
        size = np.bincount(label).astype(float)
        ends = np.array(graph.get_edgelist())
        one, other = label[ends[:, 0]], label[ends[:, 1]]
        bits = coo_array((graph.es["bits"], (one, other)), shape=(parts, parts)).toarray()
        bits = bits + bits.T - np.diag(np.diag(bits))
        pairs = np.outer(size, size)
        np.fill_diagonal(pairs, np.maximum(size * (size - 1) / 2, 1))
        density = bits / pairs
        within = np.diag(density).copy()
        np.fill_diagonal(density, 0)
        likeness = density / np.maximum(np.minimum.outer(within, within), 1e-12)
        a, b = np.unravel_index(int(likeness.argmax()), likeness.shape)
        if likeness[a, b] < ACROSS:
            break
        label = np.unique(np.where(label == b, a, label), return_inverse=True)[1]
    return label


def _well_tied(graph: ig.Graph, piece: list[int]) -> Groups:
    """Return what is left of a piece when accounts tied by log10 of its size links or fewer are taken off.

    The bound is that of well-connected communities (Park et al. 2024); below ten accounts it asks nothing.
    """
    inner = graph.induced_subgraph(piece)
    tied = np.array(inner.coreness()) > np.floor(np.log10(len(piece)))
    kept = [piece[i] for i in np.flatnonzero(tied)]
    parts = graph.induced_subgraph(kept).connected_components()
    return [[kept[i] for i in part] for part in parts]


def _members(search: Callable[[ig.Graph], ig.VertexClustering]) -> Callable[[ig.Graph], Groups]:
    return lambda graph: list(search(graph))


METHODS: dict[str, Callable[[ig.Graph], Groups]] = {
    "leiden": _leiden,
    "louvain": _members(lambda graph: graph.community_multilevel(weights="bits")),
    "components": _members(lambda graph: graph.connected_components()),
    "label-propagation": _members(lambda graph: graph.community_label_propagation(weights="bits")),
    "infomap": _members(lambda graph: graph.community_infomap(edge_weights="bits")),
}


def _confidence(links: Links, cluster: NDArray[np.int32], seed: int) -> NDArray[np.float64]:
    """Return in what share of the runs each account stays with the greater part of its cluster.

    Each run draws the items anew with replacement, so about 37 % of them are missing; a link holds while what is left
    of it is as strong as the weakest link of the case.
    """
    inside = (cluster[links.left] == cluster[links.right]) & (cluster[links.left] >= 0)
    left, right = links.left[inside], links.right[inside]
    pair = np.repeat(np.arange(len(links.left)), np.diff(links.start))
    weakest = links.bits.min(initial=np.inf)
    held = np.zeros(len(cluster))
    generator = np.random.default_rng(seed)
    for _ in range(RUNS):
        drawn = generator.poisson(1.0, int(links.item.max(initial=-1)) + 1) > 0
        left_over = np.bincount(pair, np.where(drawn[links.item], links.item_bits, 0), len(links.left))
        held += _with_most(left, right, (left_over >= weakest)[inside], cluster)
    return np.round(np.where(cluster >= 0, held / RUNS, 0), 3)


def _with_most(
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
