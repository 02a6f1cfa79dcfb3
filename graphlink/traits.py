"""What each cluster looks like, measured: the columns on which it is judged.

Nothing here weighs anything. One row a cluster; a trait that the data cannot tell is NaN, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import weights
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Partition

_HOUR = 3_600_000_000
_SHARED = 2


def measure(graph: AccountGraph, partition: Partition) -> pd.DataFrame:
    """Return the traits of all clusters, by cluster number.

    Columns: `accounts`; `evenness` (of events a member: 1 all alike, near 0 one does all); `signup_close` (share of members
    opened within an hour of another member), `signup_close_all` (the same among all accounts); and for each kind k:
    `k.items` (items that two members or more touch), `k.covered` (share of members that touch one of those), `k.each` (how
    many of those a member touches, of the ones that touch any), `k.largest` (share of members on the commonest one),
    `k.inside` (share of the accounts on those items that are members), `k.own` (items that a member has to itself,
    a member).
    """
    cluster = partition.cluster
    number = int(cluster.max(initial=-1)) + 1
    size = np.bincount(cluster[cluster >= 0], minlength=number)
    traits = pd.DataFrame({"accounts": size, "evenness": _evenness(graph, cluster, size)})
    traits = traits.join(_signups(graph, cluster, size))
    held = _held(graph, cluster)
    for i, kind in enumerate(graph.kinds):
        traits = traits.join(_of_kind(graph, cluster, size, held[held["kind"] == i], i).add_prefix(f"{kind.name}."))
    return traits


def _held(graph: AccountGraph, cluster: NDArray[np.int32]) -> pd.DataFrame:
    """Return kind, cluster, item, members for each item that a cluster's members touch."""
    inside = cluster[graph.account] >= 0
    table = pd.DataFrame({"cluster": cluster[graph.account[inside]], "item": graph.item[inside]})
    held = table.groupby(["cluster", "item"]).size().rename("members").reset_index()
    held["kind"] = weights.kind_numbers(graph)[held["item"]]
    held["accounts"] = graph.items["accounts"].to_numpy()[held["item"]]
    return held


def _of_kind(
    graph: AccountGraph, cluster: NDArray[np.int32], size: NDArray[np.int64], held: pd.DataFrame, kind: int
) -> pd.DataFrame:
    shared = held[held["members"] >= _SHARED]
    per = shared.groupby("cluster").agg(
        items=("item", "size"), touches=("members", "sum"), largest=("members", "max"), accounts=("accounts", "sum")
    )
    per = per.reindex(range(len(size)), fill_value=0)
    covered = _covered(graph, cluster, shared, len(size))
    breadth = np.bincount(cluster[cluster >= 0], graph.breadth[cluster >= 0, kind], len(size))
    has = np.bincount(cluster[cluster >= 0], graph.breadth[cluster >= 0, kind] > 0, len(size))
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "items": per["items"],
                "covered": covered / size,
                "each": per["touches"] / np.maximum(covered, 1),
                "largest": per["largest"] / size,
                "inside": per["touches"] / per["accounts"],
                "own": (breadth - per["touches"]) / size,
            }
        )
    table.loc[has == 0] = np.nan  # the data do not say
    return table


def _covered(graph: AccountGraph, cluster: NDArray[np.int32], shared: pd.DataFrame, number: int) -> NDArray[np.int64]:
    wanted = shared["cluster"].to_numpy(np.int64) * len(graph.items) + shared["item"].to_numpy(np.int64)
    mine = cluster[graph.account].astype(np.int64) * len(graph.items) + graph.item
    accounts = np.unique(graph.account[np.isin(mine, wanted)])
    return np.bincount(cluster[accounts], minlength=number)


def _evenness(graph: AccountGraph, cluster: NDArray[np.int32], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the effective number of equally busy members (inverse Simpson) over their number."""
    events = graph.accounts["events"].to_numpy(float)[cluster >= 0]
    total = np.bincount(cluster[cluster >= 0], events, len(size))
    squares = np.bincount(cluster[cluster >= 0], events**2, len(size))
    return total**2 / np.maximum(squares, 1) / size


def _signups(graph: AccountGraph, cluster: NDArray[np.int32], size: NDArray[np.int64]) -> pd.DataFrame:
    opened = graph.accounts["signed_up"].to_numpy(np.int64)
    inside = (cluster >= 0) & (opened != NO_TIME)
    table = pd.DataFrame({"cluster": cluster[inside], "opened": opened[inside]}).sort_values(["cluster", "opened"])
    before = table.groupby("cluster")["opened"].diff()
    after = -table.groupby("cluster")["opened"].diff(-1)
    close = (np.fmin(before, after) <= _HOUR).groupby(table["cluster"]).sum().reindex(range(len(size)), fill_value=0)
    known = np.bincount(cluster[inside], minlength=len(size))
    with np.errstate(invalid="ignore"):
        return pd.DataFrame({"signup_close": np.where(known > 0, close / known, np.nan)})
