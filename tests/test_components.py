"""Components found in tables are those that igraph finds, whatever the numbers of the nodes."""

from __future__ import annotations

import ibis
import igraph as ig
import numpy as np
import pytest

from graphlink import components, engine
from graphlink.settings import Settings

Edges = list[tuple[int, int]]


def by_igraph(edges: Edges) -> dict[int, int]:
    nodes = sorted({node for edge in edges for node in edge})
    place = {node: i for i, node in enumerate(nodes)}
    found = ig.Graph(n=len(nodes), edges=[(place[a], place[b]) for a, b in edges]).connected_components()
    return {nodes[member]: nodes[min(piece)] for piece in found for member in piece}


def by_tables(edges: Edges, settings: Settings) -> dict[int, int]:
    backend = engine.connect(settings)
    table = {"left": [a for a, _ in edges], "right": [b for _, b in edges]}
    schema = {"left": "int64", "right": "int64"}
    found = engine.fetch(components.find(ibis.memtable(table, schema=schema), backend))
    return dict(zip(found["node"].to_pylist(), found["component"].to_pylist(), strict=True))


def sparse(seed: int) -> Edges:
    return [(int(a), int(b)) for a, b in np.random.default_rng(seed).integers(0, 400, (250, 2))]


SHAPES = {
    "nothing": [],
    "one edge": [(5, 3)],
    "a node tied to itself": [(7, 7), (1, 2)],
    "an edge told both ways": [(1, 2), (2, 1)],
    "a long way, numbered along": [(i, i + 1) for i in range(60)],
    "a long way, numbered at random": [(i * 37 % 61, (i + 1) * 37 % 61) for i in range(60)],
    "a star around the greatest": [(99, i) for i in range(30)],
    "two triangles": [(0, 1), (1, 2), (0, 2), (7, 8), (8, 9), (7, 9)],
    **{f"a sparse world, seed {seed}": sparse(seed) for seed in range(3)},
}


@pytest.mark.parametrize("name", SHAPES)
def test_components_are_those_of_igraph(name: str) -> None:
    assert by_tables(SHAPES[name], Settings(threads=1)) == by_igraph(SHAPES[name])
