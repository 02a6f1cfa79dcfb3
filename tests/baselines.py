"""Simpler methods, as they are commonly used: each gives every account the number of the cluster it is in.

They see what the records hold, not the timing that `behaviour` derives from it. Splink sees our links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import igraph as ig
import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold

from graphlink import weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Labels = NDArray[np.int64]

CAP = 10  # accounts on an item, for the methods that cut hubs
MORE = 2  # identifiers that two accounts must share beside the rare one, for the rule of thumb
IDENTIFIERS = ("payment", "ip", "device", "email", "phone", "address", "api_key")
SURE = 0.95  # the match probability from which Splink's users commonly cluster
_SWEEPS = 10


def components(built: AccountGraph, _: pd.DataFrame) -> Labels:
    """Return the connected components over all shared items."""
    return _components(built, built.items["accounts"].to_numpy() > 0)


def capped(built: AccountGraph, _: pd.DataFrame) -> Labels:
    """Return the connected components when items on more than CAP accounts are dropped."""
    return _components(built, _rare(built))


def thumb(built: AccountGraph, _: pd.DataFrame) -> Labels:
    """Return the components of pairs that share an identifier on at most CAP accounts, and two more on any number."""
    one = built.items["kind"].isin(IDENTIFIERS).to_numpy()
    pairs = _pairs(built, _rare(built) & one)
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    kept = one[built.item]
    touched = (np.ones(int(kept.sum()), np.int32), (built.account[kept], built.item[kept]))
    touches = csr_array(touched, shape=(len(built.accounts), len(built.items)))
    enough = np.asarray(touches[left].multiply(touches[right]).sum(axis=1)).ravel() > MORE
    return _joined(left[enough], right[enough], len(built.accounts))


def idf_leiden(built: AccountGraph, _: pd.DataFrame) -> Labels:
    """Return the communities that Leiden finds among accounts and all their items, weighted by inverse frequency."""
    accounts, degree = len(built.accounts), built.items["accounts"].to_numpy()[built.item]
    ends = np.stack([built.account, built.item + accounts], axis=1)
    both = ig.Graph(n=accounts + len(built.items), edges=ends.tolist())
    idf = np.log2(accounts / degree).tolist()
    found = both.community_leiden(objective_function="modularity", weights=idf, n_iterations=_SWEEPS)
    return np.array(found.membership[:accounts])


def louvain(built: AccountGraph, _: pd.DataFrame) -> Labels:
    """Return the communities that networkx's Louvain finds over pairs, by how many items of CAP accounts they share."""
    linked = nx.Graph()
    linked.add_nodes_from(range(len(built.accounts)))
    linked.add_weighted_edges_from(_pairs(built, _rare(built)).itertuples(index=False, name=None))
    label = np.empty(len(built.accounts), np.int64)
    for number, members in enumerate(nx.community.louvain_communities(linked, seed=0)):
        label[list(members)] = number
    return label


def splink(built: AccountGraph, links: pd.DataFrame) -> Labels:
    """Return Splink's clusters of our links.

    Their bits stand for its match weight (which they are not quite: they are evidence against chance), less log2 of all
    pairs as the prior.
    """
    ids = pd.DataFrame({"account": built.accounts["account_id"]})
    weight = links["bits"] - weights.all_pairs(len(ids))
    edges = pd.DataFrame(
        {"account_l": links["left"], "account_r": links["right"], "match_probability": 1 / (1 + 2.0**-weight)}
    )
    found = cluster_pairwise_predictions_at_threshold(
        ids,
        edges,
        DuckDBAPI(),
        node_id_column_name="account",
        threshold_match_probability=SURE,
    )
    table = found.as_pandas_dataframe().set_index("account")["cluster_id"]
    return pd.factorize(table.reindex(ids["account"]))[0]


METHODS: dict[str, Callable[[AccountGraph, pd.DataFrame], Labels]] = {
    "Splink on our links": splink,
    "rule of thumb": thumb,
    "IDF + Leiden": idf_leiden,
    "Louvain": louvain,
    "capped": capped,
    "components": components,
}
"""The graph, and the links of our case (left, right, bits) -> labels (accounts,), the strictest method first."""


def _rare(built: AccountGraph) -> NDArray[np.bool_]:
    rare: NDArray[np.bool_] = built.items["accounts"].to_numpy() <= CAP
    return rare


def _components(built: AccountGraph, kept: NDArray[np.bool_]) -> Labels:
    chosen, accounts = kept[built.item], len(built.accounts)
    item = built.item[chosen].astype(np.int64) + accounts
    return _joined(built.account[chosen], item, accounts + len(built.items))[:accounts]


def _joined(left: NDArray[np.integer], right: NDArray[np.integer], size: int) -> Labels:
    matrix = coo_array((np.ones(len(left)), (left, right)), shape=(size, size))
    _, piece = connected_components(matrix, directed=False)
    return np.asarray(piece, np.int64)


def _pairs(built: AccountGraph, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return left, right and shared (how many) of all pairs on the chosen items."""
    kept = chosen[built.item]
    touched = pd.DataFrame({"account": built.account[kept], "item": built.item[kept]})
    both = touched.merge(touched, on="item", suffixes=("", "_other"))
    both = both[both["account"] < both["account_other"]]
    counted = both.groupby(["account", "account_other"]).size().reset_index()
    return counted.set_axis(["left", "right", "shared"], axis=1)
