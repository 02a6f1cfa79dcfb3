"""What chance alone makes of the same data: rewired worlds, and evidence that was held back.

Decoys test chance, not innocence: in a rewired world nobody is an operator, and nobody lives with anybody either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import dependence, lookup, sharing, spans, weights
from graphlink.model import FAMILIES, NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Partition

    Ints = NDArray[np.int64]
    Find = Callable[[AccountGraph], Partition]
    Rerun = Callable[[AccountGraph], tuple[NDArray[np.str_], int]]

SAMPLE = 20_000
"""Accounts of a decoy at most; of a larger world it is a sample."""
ROUNDS = 10  # of swaps; by then most sightings were moved several times
OWN = 100
"""Things of its own that an account swaps of each kind, at most: of thousands of prompts, more would change nothing."""
STRATUM = 500
"""Accounts at least that are opened one after the other and swap among themselves: fewer have nothing to swap."""
_POISSON = 3.0  # events that may have been expected at most, at 95 %, where none was seen
DISCOVERED, PROVED = FAMILIES[::2], FAMILIES[1::2]
"""The families that a cluster is found by, and those that it is then proved on: told apart before the data are seen."""


@dataclass(frozen=True, slots=True)
class Decoys:
    """How many links and clusters of each tier there were in how many rewired worlds of how many accounts."""

    worlds: int
    accounts: int
    links: int
    clusters: int
    coordinated: int
    review: int


@dataclass(frozen=True, slots=True)
class Chance:
    """What speaks against chance: `proofs` (cluster, clause) of clusters, and what the decoys held."""

    proofs: pd.DataFrame
    decoys: Decoys


def decoys(graph: AccountGraph, rerun: Rerun, worlds: int, *, seed: int = 0) -> Decoys:
    """Return what is found in rewired worlds.

    Args:
        graph: the world.
        rerun: returns the tiers of the clusters in a graph, found as in the world itself, and the number of links.
        worlds: how many decoys.
        seed: where random steps start.

    """
    tiers: list[str] = []
    links, sample = 0, sampled(graph, SAMPLE, seed=seed)
    for number in range(worlds):
        found, linked = rerun(rewired(sample, seed=seed + number))
        tiers, links = tiers + found.tolist(), links + linked
    return Decoys(worlds, len(sample.accounts), links, len(tiers), tiers.count("coordinated"), tiers.count("review"))


def stated(found: Decoys, accounts: int, accused: int, links: float) -> dict[str, float | int]:
    """Return the share of accused clusters that chance alone made: `fdr`, and `fdr_high`, its bound at 95 %.

    Args:
        found: the decoys; of a sample, their clusters are scaled to the world.
        accounts: the number of accounts in the world.
        accused: the number of coordinated clusters in it.
        links: the share of links that chance made at most, below which no decoy can tell.

    """
    per_world = accounts / max(found.accounts, 1) / max(found.worlds, 1)
    high = found.coordinated + _POISSON * np.sqrt(found.coordinated + 1)
    figures = {
        name: round(float(min(max(hits * per_world / max(accused, 1), links), 1.0)), 6)
        for name, hits in (("fdr", found.coordinated), ("fdr_high", high))
    }
    names = ("worlds", "accounts", "links", "clusters", "coordinated", "review")
    counts = {name: getattr(found, name) for name in names}
    return {**counts, **figures} if found.worlds else {}


def sampled(graph: AccountGraph, accounts: int, *, seed: int) -> AccountGraph:
    """Return the graph among so many accounts, drawn at random; items that only one of them touches are none."""
    if len(graph.accounts) <= accounts:
        return graph
    drawn = np.zeros(len(graph.accounts), bool)
    drawn[np.random.default_rng(seed).choice(len(drawn), accounts, replace=False)] = True
    degree = np.bincount(graph.item[drawn[graph.account]], minlength=len(graph.items))
    shared = degree > 1
    kept = drawn[graph.account] & shared[graph.item]
    return replace(
        graph,
        accounts=graph.accounts[drawn].reset_index(drop=True),
        items=graph.items.assign(accounts=degree)[shared].reset_index(drop=True),
        account=(np.cumsum(drawn) - 1)[graph.account[kept]].astype(np.int32),
        item=(np.cumsum(shared) - 1)[graph.item[kept]].astype(np.int32),
        touched=graph.touched[kept].reset_index(drop=True),
        breadth=graph.breadth[drawn],
        uses=graph.uses[drawn],
        volume=graph.breadth[drawn].sum(axis=0).astype(np.int64),
    )


def rewired(graph: AccountGraph, *, seed: int) -> AccountGraph:
    """Return a world of chance: pairs of sightings of one kind swap their items, among accounts opened about one time.

    Every account touches as many items of each kind as before, and every item as many accounts. Swaps that would make
    an account touch an item twice are not made (curveball by pairs; Strona et al. 2014). Items that one account alone
    touches swap too: else those who share a kind of thing (a crew its slots) could swap with nobody but each other.
    """
    rng, (account, item, kind, events) = np.random.default_rng(seed), _with_alone(graph)
    seen = np.arange(len(item))  # when an item was touched goes with it
    layer = kind * (len(account) + 1) + _strata(graph)[account]
    for _ in range(ROUNDS):
        order = np.lexsort((rng.random(len(item)), layer))
        one, other = order[: len(order) // 2 * 2].reshape(-1, 2).T
        fits = (layer[one] == layer[other]) & _new(account, item, one, other)
        for each in (item, seen):
            each[one[fits]], each[other[fits]] = each[other[fits]], each[one[fits]]
    shared = np.flatnonzero(item < len(graph.items))
    order = shared[np.lexsort((item[shared], account[shared]))]
    return replace(
        graph,
        account=account[order].astype(np.int32),
        item=item[order].astype(np.int32),
        touched=graph.touched.iloc[seen[order]].reset_index(drop=True).assign(events=events[order]),
    )


def _with_alone(graph: AccountGraph) -> tuple[Ints, Ints, Ints, Ints]:
    """Return account, item, kind and events of all sightings: behind those of the graph the items of one account each.

    Of these it is known how many there are, of which `OWN` are enough; the events are the average over what is left of
    each account's uses.
    """
    kinds, kind = len(graph.kinds), weights.kind_numbers(graph)[graph.item]
    events = graph.touched["events"].to_numpy(np.int64)
    cell = graph.account.astype(np.int64) * kinds + kind
    alone = graph.breadth.ravel() - np.bincount(cell, minlength=graph.breadth.size)
    left = graph.uses.ravel() - np.bincount(cell, events, graph.breadth.size)
    each = np.maximum(left // np.maximum(alone, 1), 1).astype(np.int64)
    own = np.repeat(np.arange(len(alone)), np.clip(alone, 0, OWN))
    return (
        np.concatenate([graph.account, own // kinds]).astype(np.int64),
        np.concatenate([graph.item, len(graph.items) + np.arange(len(own))]).astype(np.int64),
        np.concatenate([kind, own % kinds]),
        np.concatenate([events, each[own]]),
    )


def _strata(graph: AccountGraph) -> Ints:
    """Return the number of the stratum of each account: those opened, or first seen, about the same time."""
    opened, seen = (graph.accounts[name].to_numpy(np.int64) for name in ("signed_up", "first_seen"))
    since = np.where(opened != NO_TIME, opened, seen)
    rank = np.argsort(np.argsort(since, kind="stable"), kind="stable")
    return rank * max(1, len(rank) // STRATUM) // max(1, len(rank))


def _new(account: Ints, item: Ints, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Return which swaps make two sightings that are there neither yet nor twice."""
    items = int(item.max(initial=0)) + 1
    swapped = np.stack([account[one] * items + item[other], account[other] * items + item[one]])
    _, place, times = np.unique(swapped, return_inverse=True, return_counts=True)
    new = (times[place.reshape(swapped.shape)] == 1) & ~spans.among(swapped, np.sort(account * items + item))
    both: NDArray[np.bool_] = new.all(axis=0)
    return both


def proofs(graph: AccountGraph, partition: Partition, find: Find) -> pd.DataFrame:
    """Return cluster, clause: what evidence that was held back says of the groups that other evidence finds alone.

    Groups are found in the families `DISCOVERED`. Their accounts, two by two in the order of their ids, are then held
    against each other in the families `PROVED`. Bits of pairs that have no account in common are bounds on p-values of
    independent tests, so they add up as those do (Fisher 1932). Where the data lack either half there is no proof.

    Args:
        graph: the world.
        partition: its clusters; a proof is told of the one that holds most of a group.
        find: returns the clusters of a graph.

    """
    found, proving = of_families(graph, DISCOVERED), of_families(graph, PROVED)
    if not len(found.items) or not len(proving.items):
        return pd.DataFrame(columns=["cluster", "clause"])
    group = find(found).cluster
    left, right = _two_by_two(group)
    layout = lookup.lay_out(proving, weights.null(proving), lookup.parts(proving))
    bits = weights.combined(sharing.agreement(layout, left, right)[0])
    told = pd.DataFrame({"group": group, "cluster": partition.cluster})
    told = told[(told["group"] >= 0) & (told["cluster"] >= 0)].value_counts().reset_index().drop_duplicates("cluster")
    size, begin = np.bincount(group + 1)[1:], np.searchsorted(group[left], np.arange(group.max(initial=-1) + 2))
    rows = []
    for number, cluster, members in told[["group", "cluster", "count"]].to_numpy(int).tolist():
        own = bits[begin[number] : begin[number + 1]]
        rows.append((cluster, _clause(members, int(size[number]), float(weights.combined(own[None, :])[0]))))
    return pd.DataFrame(rows, columns=["cluster", "clause"])


def of_families(graph: AccountGraph, families: tuple[str, ...]) -> AccountGraph:
    """Return the graph of the items of these families; those that move together are where the first of them is."""
    told = dependence.witnesses(graph.kinds, graph.moving)
    first = {name: min(k.family for k, n in zip(graph.kinds, told, strict=True) if n == name) for name in told}
    kinds = [i for i, name in enumerate(told) if first[name] in families]
    chosen = np.isin(weights.kind_numbers(graph), kinds)
    kept = chosen[graph.item]
    return replace(
        graph,
        kinds=tuple(graph.kinds[i] for i in kinds),
        items=graph.items[chosen].reset_index(drop=True),
        account=graph.account[kept],
        item=(np.cumsum(chosen) - 1)[graph.item[kept]].astype(np.int32),
        touched=graph.touched[kept].reset_index(drop=True),
        breadth=graph.breadth[:, kinds],
        uses=graph.uses[:, kinds],
        volume=graph.volume[kinds],
        fade=tuple(graph.fade[i] for i in kinds) if graph.fade else (),
    )


def _two_by_two(group: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return pairs of accounts of one group, no account in two of them."""
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    first = np.searchsorted(group[order], group[order])
    odd = (np.arange(len(order)) - first) % 2 == 1
    right = np.flatnonzero(odd)
    return order[right - 1].astype(np.int32), order[right].astype(np.int32)


_THOUSANDS = ("", "thousand", "million", "billion", "trillion")
_COUNTED = 12  # orders of magnitude; what is rarer is not said more finely


def _clause(members: int, size: int, bits: float) -> str:
    found, held = (f"{', '.join(half[:-1])} and {half[-1]}" for half in (DISCOVERED, PROVED))
    orders = int(bits * weights.LN2 / np.log(10) + 1e-9)
    agree = f"as chance has it {rarity(orders)} worlds" if orders >= 1 else "no more than by chance"
    all_here = members == size
    here = f"{'both' if size == 2 else 'all'} of them here" if all_here else f"{members:,} of them here"  # noqa: PLR2004 - a pair
    return (
        f"evidence of {found} alone finds a group of {size:,} accounts, {here}; compared two by two by evidence of "
        f"{held}, which had no part in that, they agree {agree}"
    )


def rarity(orders: int) -> str:
    """Return how rare is what chance has once in 10 to the `orders`, as people say it."""
    if orders > _COUNTED:
        return f"less than {rarity(_COUNTED)}"
    thousands, rest = divmod(orders, 3)
    return f"once in {' '.join(filter(None, (('a', 'ten', 'a hundred')[rest], _THOUSANDS[thousands])))}"
