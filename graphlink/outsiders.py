"""Who stands beside an accused cluster and is not accused: named, so that nobody takes them for its members.

`one thing`: tied to the cluster by one item, or by items of one family. `victim`: something of its own (a card, a
device, the address it lives behind) was used by the cluster after it. `bystander`: it uses something that several
accounts of the cluster use, most often an address that serves as its exit, and agrees with it in nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import sensitivity, weights
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Links, Partition

ROLES = ("one thing", "victim", "bystander")
COLUMNS = ("account", "cluster", "role", "clause")
_OTHERS = 5  # an item of which fewer than one account in five is a member is everybody's, not the cluster's
_SHARED = 2  # members that use a thing before it is the cluster's
_NAMELESS = frozenset({"timing", "relation", "content"})  # of moments, words and other accounts nobody is a bystander
_NAMED = 3  # items that a clause names
_TRAITS = frozenset({"email_pattern", "email_domain", "user_agent", "ip_prefix", "asn"})  # what accounts are like


def name(
    graph: AccountGraph, links: Links, before: Partition, after: Partition, accused: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return account and cluster (numbers), role and clause of those beside the accused clusters.

    Args:
        graph: accounts and items.
        links: between accounts.
        before: who belongs together.
        after: the same without those who hang on one thing.
        accused: whether each cluster is accused.

    """
    hanging = _hanging(graph, links, before, after)
    touching = _touching(graph, after, accused)
    known = set(zip(hanging["account"], hanging["cluster"], strict=True))
    rest = [pair not in known for pair in zip(touching["account"], touching["cluster"], strict=True)]
    return pd.concat([hanging, touching[rest]]).sort_values(["cluster", "account"], ignore_index=True)


def _hanging(graph: AccountGraph, links: Links, before: Partition, after: Partition) -> pd.DataFrame:
    out = np.flatnonzero((before.cluster >= 0) & (after.cluster < 0))
    hangs = sensitivity.hanging(links, before)
    things = [
        _item(graph, hangs.item[a]) if hangs.item[a] >= 0 else f"the {_family(links, hangs.family[a])} evidence"
        for a in out
    ]
    clauses = [f"all that ties it to the cluster is {thing}" for thing in things]
    return pd.DataFrame({"account": out, "cluster": before.cluster[out], "role": ROLES[0], "clause": clauses})


def _family(links: Links, family: int) -> str:
    return links.families[family] if family >= 0 else "same"


def _item(graph: AccountGraph, item: int) -> str:
    kind, value = graph.items.loc[item, ["kind", "value"]]
    return f"{kind} {value}"


def _touching(graph: AccountGraph, after: Partition, accused: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the accounts that touch things of accused clusters, and whether these were theirs first."""
    seen = pd.DataFrame({"account": graph.account, "item": graph.item, **graph.touched[["first_seen", "events"]]})
    seen = seen.merge(_things(graph, after, accused), on="item")
    home = after.cluster[seen["account"]]
    member = home == seen["cluster"].to_numpy()
    within = seen[member].groupby(["cluster", "item"])
    inside = within.agg(first=("first_seen", "min"), used=("events", "sum"), members=("account", "size"))
    outside = seen[~member & ~((home >= 0) & accused[home])].join(inside, on=["cluster", "item"])
    outside["stolen"] = _stolen(graph, outside)
    outside = outside[outside["stolen"] | (outside["members"] >= _SHARED)]
    rows = [
        (account, cluster, *_told(graph, group))
        for (cluster, account), group in outside.groupby(["cluster", "account"])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _stolen(graph: AccountGraph, outside: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which things were the outsider's own before the cluster used them; an address, if it also used it more."""
    family = np.array([kind.family for kind in graph.kinds])[weights.kind_numbers(graph)[outside["item"]]]
    earlier = (outside["first_seen"] < outside["first"]) & (outside["first_seen"] != NO_TIME)
    more = (family != "network") | (outside["events"] > outside["used"])
    stolen: NDArray[np.bool_] = earlier.to_numpy() & np.asarray(more)
    return stolen


def _things(graph: AccountGraph, after: Partition, accused: NDArray[np.bool_]) -> pd.DataFrame:
    """Return cluster and item of what the accused clusters use: no small part of the accounts there is theirs."""
    cluster = after.cluster[graph.account]
    inside = np.flatnonzero(cluster >= 0)
    inside = inside[accused[cluster[inside]]]
    touches = pd.DataFrame({"cluster": cluster[inside], "item": graph.item[inside]})
    members = touches.groupby(["cluster", "item"], as_index=False).size()
    named = np.array([k.family not in _NAMELESS and k.name not in _TRAITS for k in graph.kinds], bool)
    on_item = graph.items["accounts"].to_numpy()[members["item"]]
    some = (members["size"] < on_item) & (members["size"] * _OTHERS >= on_item)
    return members.loc[some & named[weights.kind_numbers(graph)[members["item"]]], ["cluster", "item"]]


def _told(graph: AccountGraph, group: pd.DataFrame) -> tuple[str, str]:
    stolen = group[group["stolen"]]
    if len(stolen):
        return ROLES[1], f"it used {_items(graph, stolen)} before the cluster did"
    return ROLES[2], f"it uses {_items(graph, group)} as the cluster does, and no other evidence ties it to the cluster"


def _items(graph: AccountGraph, group: pd.DataFrame) -> str:
    named = [_item(graph, item) for item in group["item"].sort_values().head(_NAMED)]
    more = len(group) - _NAMED
    return ", ".join(named) + (f" and {more:,} more" if more > 0 else "")
