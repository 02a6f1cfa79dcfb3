"""Links -> Partition: which accounts belong together; the only room that searches communities with igraph.

Leiden (Traag, Waltman and van Eck 2019) maximises modularity on one connected piece at a time, again inside each part
it finds: over a whole case modularity joins whatever a few links join, because its scale is the size of the whole
(the resolution limit, Fortunato and Barthélemy 2007). Parts that are tied about as well as if they were one are put
together again, so a ring stays one that shares several devices, or whose accounts were banned and replaced. No piece
changes what another one becomes.
"""

from __future__ import annotations

import heapq
import itertools
import random
from functools import partial
from typing import TYPE_CHECKING

import ibis
import igraph as ig
import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from graphlink import components, engine
from graphlink import links as linking
from graphlink.links import LEAST
from graphlink.model import Partition

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibis.backends.sql import SQLBackend as Backend
    from numpy.typing import NDArray

    from graphlink.model import Links
    from graphlink.settings import Settings

    Across = dict[int, dict[int, NDArray[np.float64]]]
    Groups = list[list[int]]
    """Accounts by their `node` in the graph that the links make."""

ACROSS = 0.2  # parts are one that are tied a fifth as well, or better, than if nothing parted them
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
    """Return left, right, bits, found and by_family of each link; what was drawn counts for all it stands for."""
    stands = np.maximum(links.stands, 1)
    return pd.DataFrame(
        {
            "left": links.left.astype(np.int64),
            "right": links.right.astype(np.int64),
            "bits": links.bits * stands,
            "found": links.stands == 0,
            "by_family": list(links.by_family * stands[:, None]),
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
        parts = _parts(piece, seed)
        if len(parts) > 1:
            pieces.extend(piece.induced_subgraph(part) for part in parts)
        else:
            groups.extend(_well_tied(piece))
    return groups


def _parts(piece: ig.Graph, seed: int) -> Groups:
    """Return the vertices of each part of a connected piece; one part if it holds together."""
    if piece.vcount() < 3:  # noqa: PLR2004 - a pair has no parts
        return [list(range(piece.vcount()))]
    _seed(seed)
    found = piece.community_leiden(objective_function="modularity", weights="bits", n_iterations=SWEEPS)
    return _joined(piece, list(found))


def _joined(piece: ig.Graph, parts: Groups) -> Groups:
    """Return the parts after those that agree across well enough are put together, the closest ones first."""
    across, tie = _bits_across(piece, parts), _ties(piece)
    alive = dict(enumerate(parts))
    heap = [(-_likeness(across, a, b), a, b) for a in across for b in across[a] if a < b]
    heapq.heapify(heap)
    number = itertools.count(len(parts))
    while heap and -heap[0][0] >= ACROSS:
        _, a, b = heapq.heappop(heap)
        if a not in alive or b not in alive:
            continue
        within = (2 * float(across[a][a].sum()), 2 * float(across[b][b].sum()))
        if not _hangs_on_one(tie, within, alive[a], alive[b]):
            new = next(number)
            _join(alive, across, a, b, new)
            for other in across[new].keys() - {new}:
                heapq.heappush(heap, (-_likeness(across, other, new), other, new))
    return list(alive.values())


def _ties(piece: ig.Graph) -> csr_array:
    """Return the bits between each two accounts of a piece, both ways."""
    left, right = np.array(piece.get_edgelist()).T
    one_way = csr_array((piece.es["bits"], (left, right)), shape=(piece.vcount(), piece.vcount()))
    return csr_array(one_way + one_way.T)


def _hangs_on_one(tie: csr_array, within: tuple[float, float], one: list[int], other: list[int]) -> bool:
    """Return whether two parts agree well enough only while one account is there, of either part.

    A household is no part of a ring because one who lives there is tied to it, nor are two rings one by their
    go-between. Who is tied more to the other part than to its own is none: it is a member there.
    """
    between = tie[one][:, other] if len(one) <= len(other) else csr_array(tie[other][:, one].T)
    given, taken = (np.asarray(between.sum(axis=axis), np.float64) for axis in (1, 0))
    return _hangs(tie, within, one, given) or _hangs(tie, within[::-1], other, taken)


def _hangs(tie: csr_array, within: tuple[float, float], own: list[int], across: NDArray[np.float64]) -> bool:
    first = across.argmax()
    home = float(tie[[own[first]]][:, own].sum())
    if across[first] > home:
        return False
    rest = float(across.sum() - across[first])
    return _share_of(rest, within[0] - 2 * home, within[1]) < ACROSS


def _bits_across(piece: ig.Graph, parts: Groups) -> Across:
    """Return the bits of each family between each part and those it is linked to; under its own number those within."""
    part_of = {vertex: part for part, members in enumerate(parts) for vertex in members}
    none = np.zeros_like(piece.es["by_family"][0])
    across: Across = {part: {part: none} for part in range(len(parts))}
    for (one, other), bits in zip(piece.get_edgelist(), piece.es["by_family"], strict=True):
        a, b = part_of[one], part_of[other]
        across[a][b] = across[a].get(b, none) + bits
        if a != b:
            across[b][a] = across[a][b]
    return across


def _likeness(across: Across, a: int, b: int) -> float:
    """Return the bits across as a share of those to expect there if the two parts were one, each account as busy.

    In one ring without parts a part gives the other its share of all that the two have: so an account that is tied
    weakly to everybody is at home, and a ring with more tie to its newest members than these have among themselves is
    one. They agree so in all, and so they must without the family in which they agree most: a ring on a campus shares
    its addresses with the students, but nothing else.
    """
    between = across[a][b]
    rest = np.arange(len(between)) != between.argmax()
    own = across[a][a] + across[b][b]
    shares = (_share(across, a, b, kept) for kept in (np.ones_like(rest), rest) if own[kept].any())
    return min(shares, default=0.0)


def _share(across: Across, a: int, b: int, kept: NDArray[np.bool_]) -> float:
    between, one, other = (float(each[kept].sum()) for each in (across[a][b], across[a][a], across[b][b]))
    return _share_of(between, 2 * one, 2 * other)


def _share_of(between: float, one: float, other: float) -> float:
    """Return the bits across over those to expect, given what the accounts of either part have within, twice."""
    one, other = one + between, other + between
    return between * (one + other) / (one * other) if between else 0.0


def _join(alive: dict[int, list[int]], across: Across, a: int, b: int, new: int) -> None:
    """Replace two parts by a new one."""
    alive[new] = alive.pop(a) + alive.pop(b)
    one, other = across.pop(a), across.pop(b)
    across[new] = {new: one.pop(a) + other.pop(b) + one.pop(b)}
    other.pop(a)
    for part in one.keys() | other.keys():
        joined = [across[part].pop(old) for old in (a, b) if old in across[part]]
        across[new][part] = across[part][new] = sum(joined[1:], start=joined[0])


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
