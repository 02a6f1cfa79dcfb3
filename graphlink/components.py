"""Which nodes hang together, found where relational work runs: no machine has to hold all edges.

Alternating large-star and small-star (Kiveris et al. 2014, Connected Components in MapReduce and Beyond). Each round
hangs a node's neighbours on the least of them; it takes about log2 of the longest way's length many rounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from graphlink import engine

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend


def find(edges: ir.Table, backend: Backend) -> ir.Table:
    """Return node and component, the least node of those it hangs together with, of all nodes that have an edge.

    Args:
        edges: left, right; whole numbers, in any order; told twice or from a node to itself, they change nothing.
        backend: the engine.

    """
    nodes = engine.keep(_both_ways(edges).select(node="node").distinct(), backend)
    hung = engine.keep(edges.filter(edges.left != edges.right).select(**_hung(edges)).distinct(), backend)
    while True:
        again = engine.keep(_small_star(engine.keep(_large_star(hung), backend)), backend)
        if _same(hung, again):
            break
        hung = again
    found = nodes.left_join(hung, "node")
    return engine.keep(found.select("node", component=ibis.coalesce(found.least, found.node)), backend)


def _hung(edges: ir.Table) -> dict[str, ir.Column]:
    """Return each edge from its greater node to its lesser one."""
    return {"node": ibis.greatest(edges.left, edges.right), "least": ibis.least(edges.left, edges.right)}


def _both_ways(edges: ir.Table) -> ir.Table:
    one, other = edges.columns[:2]
    there = edges.select(node=edges[one], beside=edges[other])
    return there.union(edges.select(node=edges[other], beside=edges[one]), distinct=False)


def _large_star(hung: ir.Table) -> ir.Table:
    """Hang each node's greater neighbours on the least of all its neighbours and itself."""
    ways = _both_ways(hung)
    least = ways.group_by("node").aggregate(lowest=ways.beside.min())
    star = ways.filter(ways.beside > ways.node).join(least, "node")
    return star.select(node=star.beside, least=ibis.least(star.lowest, star.node)).distinct()


def _small_star(hung: ir.Table) -> ir.Table:
    """Hang each node and its lesser neighbours on the least of them."""
    least = hung.group_by("node").aggregate(lowest=hung.least.min())
    star = hung.join(least, "node")
    others = star.filter(star.least != star.lowest).select(node=star.least, least=star.lowest)
    return others.union(least.select("node", least=least.lowest), distinct=True)


def _same(some: ir.Table, others: ir.Table) -> bool:
    """Return whether two tables of distinct rows are equal."""
    return engine.count(some) == engine.count(others) and engine.is_empty(others.anti_join(some, ["node", "least"]))
