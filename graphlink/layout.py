"""Where the nodes of a drawing stand, and which of them stand together.

Positions are computed here, seeded, and never by the page: the same case gives the same picture, and a page opens at
once. Distance is not evidence: strength is in the lines.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import igraph as ig
import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

APART = 0.15
"""How much less an edge between two groups pulls than one inside: groups stand apart, and the page says so."""
FAINT = 0.06
"""The least an edge pulls, as a share of the strongest: what hangs by weak edges alone stays in sight."""
GAP = 14.0
"""Least space between two nodes in a large drawing, in pixels at scale 1; small ones have room for their labels."""
EVEN = 0.7
"""How much of the way to an even density the middle of a drawing is spread."""
WIDE = (1.25, 1.0)
"""A screen is wider than high."""
_ROUNDS = 60


def groups(
    nodes: int, edges: NDArray[np.int64], weight: NDArray[np.float64], *, seed: int, resolution: float = 1.0
) -> NDArray[np.int64]:
    """Return the group of each node, numbered from 0: Leiden communities by modularity.

    Args:
        nodes: how many there are.
        edges: positions of both ends, shape (edges, 2).
        weight: how much each edge binds, shape (edges,), above 0.
        seed: where the random steps start.
        resolution: the higher, the smaller the groups.

    Traag, Waltman, van Eck: From Louvain to Leiden (2019).

    """
    if not len(edges):
        return np.arange(nodes)
    with _seeded(seed):
        found = _graph(nodes, edges).community_leiden(
            "modularity", weights=weight.tolist(), resolution=resolution, n_iterations=4
        )
    return np.asarray(found.membership, dtype=np.int64)


def positions(
    edges: NDArray[np.int64],
    weight: NDArray[np.float64],
    radius: NDArray[np.float64],
    group: NDArray[np.int64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Return x and y of each node in pixels, shape (nodes, 2): no two overlap, the centre is (0, 0).

    Args:
        edges: positions of both ends, shape (edges, 2).
        weight: how much each edge pulls, shape (edges,), above 0.
        radius: the size each node is drawn in, in pixels, shape (nodes,).
        group: the group of each node, shape (nodes,).
        seed: where the random steps start.

    Fruchterman, Reingold: Graph drawing by force-directed placement (1991), from a start in which each group has
    its own place on a spiral.

    """
    nodes = len(radius)
    if nodes < 2:  # noqa: PLR2004 - one node has no neighbour to keep away from
        return np.zeros((nodes, 2))
    inside = group[edges[:, 0]] == group[edges[:, 1]]
    pull = np.maximum(weight / weight.max(initial=1e-9), FAINT) * np.where(inside, 1.0, APART)
    with _seeded(seed):
        found = _graph(nodes, edges).layout_fruchterman_reingold(
            weights=pull.tolist(),
            seed=_start(group, seed).tolist(),
            niter=int(min(400, 240_000 / nodes)),
            grid="nogrid",
        )
    place = _evened(np.asarray(found.coords, dtype=np.float64))
    gap = GAP + 120 / nodes**0.5
    return _spread(_scaled(place, radius, gap), radius, gap)


def _graph(nodes: int, edges: NDArray[np.int64]) -> Any:
    return ig.Graph(nodes, list(zip(edges[:, 0].tolist(), edges[:, 1].tolist(), strict=True)))


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Lend igraph a seeded generator: it draws from one global generator, which is given back."""
    ig.set_random_number_generator(random.Random(seed))  # noqa: S311 - a drawing, no secret
    try:
        yield
    finally:
        ig.set_random_number_generator(random)


def _start(group: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    golden = np.pi * (3 - np.sqrt(5))
    rank = group.astype(np.float64)
    centre = np.stack([np.cos(rank * golden), np.sin(rank * golden)], axis=1) * np.sqrt(rank)[:, None]
    return 3 * centre + np.random.default_rng(seed).normal(size=centre.shape)


def _evened(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places about their centre, the crowded middle spread out: half way to an even density.

    Accounts that share everything are drawn into a heap in which nobody can tell them apart.
    """
    centred = place - np.median(place, axis=0)
    far = np.maximum(np.hypot(centred[:, 0], centred[:, 1]), 1e-9)
    even = np.empty(len(far))
    even[np.argsort(far, kind="stable")] = np.sqrt((np.arange(len(far)) + 0.5) / len(far)) * far.max()
    return centred * (EVEN * even / far + (1 - EVEN))[:, None] * WIDE


def _scaled(place: NDArray[np.float64], radius: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Scale so that half of all nodes have room to their nearest neighbour."""
    nearest = np.asarray(cKDTree(place).query(place, k=2)[0])[:, 1]
    factor = float(2 * radius.mean() + gap) / max(float(np.median(nearest)), 1e-9)
    return place * factor


def _spread(place: NDArray[np.float64], radius: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Push nodes that overlap apart, each by half of what is missing."""
    for _ in range(_ROUNDS):
        pairs = cKDTree(place).query_pairs(2 * radius.max() + gap, output_type="ndarray")
        left, right = pairs[:, 0], pairs[:, 1]
        away = place[right] - place[left]
        far = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)
        missing = np.maximum(radius[left] + radius[right] + gap - far, 0)
        if not missing.any():
            break
        step = away / far[:, None] * (missing / 2)[:, None]
        np.add.at(place, right, step)
        np.subtract.at(place, left, step)
    return place
