"""Who stands beside an accused cluster and is not accused: named, so that nobody takes them for its members.

`one thing`: tied to the cluster by one item, or by items of one family. `victim`: something of its own (a card, a
device, the address it lives behind) was used by the cluster after it. `bystander`: it uses something that several
accounts of the cluster use, most often an address that serves as its exit, and agrees with it in nothing else; or it
is tied to a cluster that is accused because its accounts acted at once, and did not; or nothing that is the cluster's
own leads to it, alone or with those it belongs to: only what others have as well; or it is tied faintly to accounts
that are tied strongly to each other, and lives by nothing that is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import communities, conduct, sensitivity, sharing, weights
from graphlink import links as linking
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Links, Partition

ROLES = ("one thing", "victim", "bystander")
COLUMNS = ("account", "cluster", "role", "clause")
_OTHERS = 5  # an item of which fewer than one account in five is a member is everybody's, not the cluster's
_SHARED = 2  # members that use a thing before it is the cluster's
_NAMELESS = frozenset({"timing", "relation", "content"})  # of moments, words and other accounts nobody is a bystander
_LATE = "the cluster is accused because its accounts acted as soon as they were opened, and it did not"
_COMMON = "it has in common with the cluster only what others have, too"
_FAINT = "it is tied to the cluster by a tenth of what ties its members, and hardly uses what is theirs"
_TENTH = 10  # times as much as its strongest link has a typical member's, and chance will do for it
_LIKE = frozenset({"email_pattern", "user_agent", "ip_prefix", "asn"})  # what accounts are like, without the domain
_NAMED = 3  # items that a clause names
_TRAITS = frozenset({"email_pattern", "email_domain", "user_agent", "ip_prefix", "asn"})  # what accounts are like


def name(  # noqa: PLR0913 - who belongs together before and after, and of whom what is said
    graph: AccountGraph,
    links: Links,
    before: Partition,
    after: Partition,
    accused: NDArray[np.bool_],
    *,
    at_once: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return account and cluster (numbers), role and clause of those beside the accused clusters.

    Args:
        graph: accounts and items.
        links: between accounts.
        before: who belongs together.
        after: the same without those who hang on one thing.
        accused: whether each cluster is accused.
        at_once: whether it is because its accounts acted as soon as they were opened.

    """
    late = unlike(graph, before, at_once) if at_once is not None else np.zeros(len(before.cluster), bool)
    because = {
        _LATE: late,
        _FAINT: faint(graph, links, before, accused),
        _COMMON: aside(graph, before, accused),
    }
    hanging = _hanging(graph, links, before, after, because)
    touching = _touching(graph, after, accused)
    known = set(zip(hanging["account"], hanging["cluster"], strict=True))
    rest = [pair not in known for pair in zip(touching["account"], touching["cluster"], strict=True)]
    return pd.concat([hanging, touching[rest]]).sort_values(["cluster", "account"], ignore_index=True)


def unlike(graph: AccountGraph, partition: Partition, at_once: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the accounts that did not act at once, in clusters that are accused because accounts did."""
    cluster = partition.cluster
    there = np.flatnonzero(cluster >= 0)
    there = there[at_once[cluster[there]]]
    late = np.zeros(len(cluster), bool)
    if len(there):
        weight = conduct.soon(graph, cluster < 0)["weight"].to_numpy()[there]
        late[there] = ~(weight > 0)  # of whom it is not known, too
    return late


def aside(graph: AccountGraph, partition: Partition, accused: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the members of accused clusters that no thing of the cluster's own ties to its greater part.

    A family that has one popular app in common with one of a ring is a household beside it.
    """
    cluster = partition.cluster
    if not accused.any():
        return np.zeros(len(cluster), bool)
    used = _own(graph, cluster, accused)
    left, right = used["account"].to_numpy(), used.groupby(["cluster", "item"])["account"].transform("first").to_numpy()
    tied = communities.with_most(left, right, np.ones(len(used), bool), cluster)
    return np.asarray((cluster >= 0) & accused[cluster] & ~tied)


def faint(graph: AccountGraph, links: Links, partition: Partition, accused: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the members of accused clusters that are tied to it faintly, beside the others, and do not live by it.

    Accounts that are new, or were seen seldom, are tied faintly, too, but what they do they do with what is theirs.
    When one acts is none of the things to live by: whoever does little acts at few moments.
    """
    cluster = partition.cluster
    if not accused.any():
        return np.zeros(len(cluster), bool)
    there = (cluster >= 0) & accused[cluster]
    inside = linking.inside(links, cluster) & (links.stands == 0) & there[links.left]
    strongest = np.zeros(len(cluster))
    for end in (links.left, links.right):
        np.maximum.at(strongest, end[inside], links.bits[inside])
    typical = pd.Series(strongest[there]).groupby(cluster[there]).median()
    faintly = there & (_TENTH * strongest < typical.reindex(cluster).to_numpy())
    used = _own(graph, cluster, accused)
    used["kind"] = weights.kind_numbers(graph)[used["item"]]
    used["part"] = used["events"] / np.maximum(graph.uses[used["account"], used["kind"]], 1)
    moments = np.array([kind.family == "timing" for kind in graph.kinds], bool)[used["kind"]]
    lives = used[~moments].groupby(["cluster", "kind", "account"], as_index=False)["part"].sum()
    usual = lives.groupby(["cluster", "kind"])["part"].transform("median")
    by_it = lives.loc[sharing.VISIT * lives["part"] > usual, "account"]
    return faintly & ~np.isin(np.arange(len(cluster)), by_it)


def _own(graph: AccountGraph, cluster: NDArray[np.int32], accused: NDArray[np.bool_]) -> pd.DataFrame:
    """Return cluster, item, account and events where members of accused clusters use what is the cluster's own.

    A thing is its own when two members or more use it, and hardly more others than members. What accounts are like
    (an agent, a pattern of names) is nobody's own.
    """
    home = cluster[graph.account]
    like = np.array([kind.name in _LIKE for kind in graph.kinds], bool)[weights.kind_numbers(graph)[graph.item]]
    rows = np.flatnonzero((home >= 0) & ~like)
    rows = rows[accused[home[rows]]]
    used = pd.DataFrame({"cluster": home[rows], "item": graph.item[rows], "account": graph.account[rows]})
    used["events"] = graph.touched["events"].to_numpy()[rows]
    members = used.groupby(["cluster", "item"])["account"].transform("size").to_numpy()
    own = (members >= _SHARED) & (2 * members >= graph.items["accounts"].to_numpy()[used["item"]])
    return used[own].reset_index(drop=True)


def _hanging(
    graph: AccountGraph,
    links: Links,
    before: Partition,
    after: Partition,
    because: Mapping[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    out = np.flatnonzero((before.cluster >= 0) & (after.cluster < 0))
    hangs = sensitivity.hanging(links, before)
    things = [
        _item(graph, hangs.item[a]) if hangs.item[a] >= 0 else f"the {_family(links, hangs.family[a])} evidence"
        for a in out
    ]
    clauses = [f"all that ties it to the cluster is {thing}" for thing in things]
    table = pd.DataFrame({"account": out, "cluster": before.cluster[out], "role": ROLES[0], "clause": clauses})
    for clause, which in because.items():
        table.loc[which[out] & ~hangs.any[out], ["role", "clause"]] = ROLES[2], clause
    return table


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
