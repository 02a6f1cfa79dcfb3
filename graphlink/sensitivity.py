"""What a cluster rests on, tried out: who hangs on one thing, and who stays accused when one thing is left out.

Whoever is tied to the rest by one item, or by items of one family, is at the edge, and is never accused on it alone:
one thing may be false, borrowed, stolen or shared by chance. Hardly any member of a ring hangs on one thing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import communities, scoring
from graphlink import links as linking
from graphlink.behind import STEPS
from graphlink.links import LEAST
from graphlink.model import TIERS
from graphlink.weights import WITNESS, WITNESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Links, Partition
    from graphlink.scoring import Judged

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.int32]
    Row = tuple[int, str, str, int, list[str]]


@dataclass(frozen=True, slots=True)
class Hanging:
    """For each account the item and the family (numbers) that all its links inside its cluster need, or -1."""

    item: Numbers
    family: Numbers

    @property
    def any(self) -> Flags:
        """Which accounts hang on one thing."""
        return (self.item >= 0) | (self.family >= 0)


def hanging(links: Links, partition: Partition) -> Hanging:
    """Return who hangs on what. Where all links are of one family (one kind of item, say), nobody hangs on that."""
    inside = linking.inside(links, partition.cluster)
    ends = np.concatenate([links.left[inside], links.right[inside]])
    number = np.bincount(ends, minlength=len(partition.cluster))
    family = np.full(len(number), -1, np.int32)
    if (links.by_family[inside] > 0).any(axis=0).sum() >= WITNESSES:
        together = _staying(links, inside, links.bits, partition.cluster)
        for f in range(len(links.families)):
            falls = inside & (links.bits - links.by_family[:, f] < LEAST)
            fallen = np.bincount(np.concatenate([links.left[falls], links.right[falls]]), minlength=len(number))
            family[(number > 0) & (fallen == number)] = f
            family[together & _apart_without(links, inside, f, partition.cluster)] = f
    return Hanging(_items(links, inside, number), family)


def _staying(links: Links, inside: Flags, bits: NDArray[np.float64], cluster: Numbers) -> Flags:
    """Return which accounts are still with the greater part of their cluster when links have these bits."""
    return communities.with_most(links.left[inside], links.right[inside], (bits >= LEAST)[inside], cluster)


def _apart_without(links: Links, inside: Flags, family: int, cluster: Numbers) -> Flags:
    """Return who is not with the rest of the cluster any more without one family, where more than half of it is.

    Strangers who are tied to a ring by one program, and to each other by a little more, hang on it together. Who has a
    link left that is worth a witness does not: what falls apart then are parts of one ring.
    """
    without = links.bits - links.by_family[:, family]
    stay = _staying(links, inside, without, cluster)
    most = 2 * np.bincount(cluster[stay], minlength=int(cluster.max(initial=-1)) + 2)
    held = most > np.bincount(cluster[cluster >= 0], minlength=len(most))
    witness = inside & (without >= WITNESS)
    tied = np.zeros(len(cluster), np.bool_)
    tied[np.concatenate([links.left[witness], links.right[witness]])] = True
    apart: Flags = ~stay & held[cluster] & ~tied
    return apart


def _items(links: Links, inside: Flags, number: NDArray[np.int64]) -> Numbers:
    """Return for each account the item without which none of its links holds, or -1."""
    items, found = int(links.item.max(initial=-1)) + 1, [np.empty(0, np.int64)]
    for some in linking.behind(links, np.flatnonzero(inside)):
        link = some.links[some.place]
        falls = links.bits[link] - some.bits < LEAST
        found += [end[link[falls]] * np.int64(items) + some.item[falls] for end in (links.left, links.right)]
    keys, fallen = np.unique(np.concatenate(found), return_counts=True)
    needs = keys[fallen == number[keys // items]] if len(keys) else keys
    item = np.full(len(number), -1, np.int32)
    item[needs // items] = needs % items
    return item


def at_the_edge(partition: Partition, hangs: Hanging) -> Partition:
    """Return the partition in which nobody who hangs on one thing is core."""
    return replace(partition, core=partition.core & ~hangs.any)


def unaccused(
    links: Links, partition: Partition, accused: Flags, fewest: NDArray[np.int64], unlike: Flags | None = None
) -> tuple[Partition, Flags]:
    """Return the partition without those who would be accused on one thing, and which clusters have too few others.

    `fewest` accounts must be left of each cluster, or nobody in it is accused. `unlike` are accounts that do not do
    what their cluster is accused of: they are taken out alike.

    Whoever is taken out may have been what somebody else hung on, so it is asked again until nobody is left to take.
    """
    frail = np.zeros(len(accused), bool)
    while True:
        cluster = partition.cluster
        out = (hanging(links, partition).any | (False if unlike is None else unlike)) & (cluster >= 0)
        out[out] = (accused & ~frail)[cluster[out]]
        if not out.any():
            return partition, frail
        frail |= np.bincount(cluster[(cluster >= 0) & ~out], minlength=len(accused)) < fewest
        out[out] = ~frail[cluster[out]]
        if out.any():
            kept = np.where(out, -1, cluster).astype(np.int32)
            partition = replace(partition, cluster=kept, core=partition.core & ~out)


def table(graph: AccountGraph, links: Links, partition: Partition, judged: Judged) -> pd.DataFrame:
    """Return cluster (number), left_out, tier, kept, lost of all clusters that are not explained.

    Left out is each family that the links of a cluster use, and its strongest item. `tier` is what the findings come to
    without those that rest on the family; `kept` accounts still hold together, in no lower a tier than now; `lost` are
    the ids of the others.
    """
    trial = _Trial(graph, links, partition, judged, linking.inside(links, partition.cluster))
    rows = sorted([*trial.families(), *trial.strongest_items()], key=itemgetter(0))
    return pd.DataFrame(rows, columns=["cluster", "left_out", "tier", "kept", "lost"])


def _summed(key: NDArray[np.int64], number: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the distinct keys and the sum of the numbers of each."""
    keys, place = np.unique(key, return_inverse=True)
    return keys, np.bincount(place, number, len(keys)).astype(np.float64)


class _Trial:
    """The clusters that are tried, with one thing left out after another."""

    def __init__(self, graph: AccountGraph, links: Links, partition: Partition, judged: Judged, inside: Flags) -> None:
        self.graph, self.links, self.judged, self.inside = graph, links, judged, inside
        self.cluster = partition.cluster
        self.by_cluster = np.argsort(partition.cluster, kind="stable")
        self.of_link = np.where(inside, partition.cluster[links.left], -1)
        self.tried = np.flatnonzero(judged.table["tier"] != "explained")

    def families(self) -> Iterator[Row]:
        """Yield a row for each cluster and family that its links use."""
        for f, family in enumerate(self.links.families):
            used = np.bincount(
                self.of_link[(self.links.by_family[:, f] > 0) & self.inside], minlength=len(self.judged.table)
            )
            using = self.tried[used[self.tried] > 0]
            stay = _staying(self.links, self.inside, self.links.bits - self.links.by_family[:, f], self.cluster)
            for c in using:
                yield self.row(int(c), family, scoring.tier_without(self.judged, int(c), family), stay)

    def strongest_items(self) -> Iterator[Row]:
        """Yield a row for each cluster, without the item that gives its links most bits."""
        strongest, tried = self.strongest(), np.isin(self.of_link, self.tried)
        left_over = self.links.bits.copy()
        for some in linking.behind(self.links, np.flatnonzero(tried)):
            without = some.item == strongest[self.of_link[some.links]][some.place]
            left_over[some.links] -= np.bincount(some.place[without], some.bits[without], len(some.links))
        stay = _staying(self.links, self.inside, left_over, self.cluster)
        for c in np.flatnonzero(strongest >= 0):
            kind, value = self.graph.items.loc[strongest[c], ["kind", "value"]]
            yield self.row(int(c), f"{kind} {value}", str(self.judged.table["tier"][c]), stay)

    def strongest(self) -> Numbers:
        """Return the item that gives the links of each cluster that is tried most bits, of equals the last, or -1."""
        items, steps = len(self.graph.items), [(np.empty(0, np.int64), np.empty(0))]
        for some in linking.behind(self.links, np.flatnonzero(np.isin(self.of_link, self.tried))):
            key = self.of_link[some.links][some.place] * np.int64(items) + some.item
            steps.append(_summed(key, np.rint(some.bits * STEPS)))  # whole numbers: exact, in whatever order
        key, total = _summed(*(np.concatenate(column) for column in zip(*steps, strict=True)))
        order = np.lexsort((key, total, key // items))
        last = order[np.flatnonzero(np.diff(key[order] // items, append=-1))]
        strongest = np.full(len(self.judged.table), -1, np.int32)
        strongest[key[last] // items] = key[last] % items
        return strongest

    def row(self, c: int, left_out: str, tier: str, stay: Flags) -> Row:
        """Return what stays of a cluster."""
        bounds = np.searchsorted(self.cluster, [c, c + 1], sorter=self.by_cluster)
        members = np.sort(self.by_cluster[slice(*bounds)])
        lower = TIERS.index(tier) > TIERS.index(self.judged.table["tier"][c])
        gone = members if lower else members[~stay[members]]
        lost = self.graph.accounts["account_id"].to_numpy(object)[gone].tolist()
        return c, left_out, tier, len(members) - len(lost), lost
