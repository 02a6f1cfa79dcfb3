"""What each cluster looks like, measured: the columns on which it is judged.

Nothing here weighs anything. One row a cluster; a trait that the data cannot tell is NaN, never 0. Beside the clusters
stand *ordinary groups*: accounts in no cluster, put together at random. They go through the same measurement, so that
what is usual is learnt from the data at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import acts, conduct, weights
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Partition, Records

    Group = NDArray[np.int32]
    Numbers = NDArray[np.float64]

_HOUR = 3_600_000_000
_SHARED = 2  # members that touch an item before it is shared
_OTHERS = 5  # an item of which fewer than one account in five is a member is everybody's, not the cluster's
ORDINARY, ORDINARY_SIZE = 200, 12  # groups of ordinary accounts, and accounts in each


def measure(
    records: Records, graph: AccountGraph, partition: Partition, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the traits of all clusters, by cluster number, and those of the ordinary groups.

    `accounts`; `volume` and `volume_spread` (mean and variance of the logarithm of a member's events); `signup_close`
    (share of members opened within an hour of another); `banned` and `banned_all` (banned members, and the share of all
    accounts that were banned); `bad` and `bad_all` (the same of those labelled bad); `slots.met` and `slots.expected`
    and `starts.known`, `.delay`, `.rank`, `.typical`, `.weight`, `.apart`, `.beyond` and `.groups` (see `conduct`);
    `bought` (1 if what is known of their acts are purchases); `prompt.unlike`, `prompt.unlike_df` and `prompt.depth`
    (see `_unlike`); `numbered` and `tagged` (share of members with digits in their mailbox name, or with a tag, as in
    name+tag), `named_alike` (see there) and
    `email_domain.alone` (share of those on a mail domain that no other account has); and for each kind k

    - `k.items`: the cluster's items: two members or more touch them, and they are a fifth of all who do;
    - `k.covered`: share of members that touch one of those;
    - `k.each`: how many of those such a member touches;
    - `k.largest`: share of members on the commonest one;
    - `k.inside`: share of the accounts on those items that are members;
    - `k.met`: share of members that touch any item that another member touches, be it everybody's;
    - `k.known`: share of members that touch any item;
    - `k.own`: share of members that touch an item that no other member touches;
    - `k.life`: share of the members' events with the kind that are on those;
    - `k.fresh`: items beside the cluster's, over what ordinary accounts touch in as many events;
    - `k.alike`: the chance that two members touch the same item, choosing one of theirs at random.
    """
    clusters = int(partition.cluster.max(initial=-1)) + 1
    group = _with_ordinary(graph, partition.cluster, clusters, seed)
    size = np.bincount(group[group >= 0], minlength=clusters)
    table = pd.DataFrame({"accounts": size})
    table = (
        table.join(_volumes(graph, group, len(size))).join(_signups(graph, group, size)).join(_bans(graph, group, size))
    )
    table = table.join(_labelled(graph, group, size))
    table = table.join(conduct.together(records, graph, group))
    table = table.join(conduct.starts(graph, group, partition.cluster < 0))
    table["bought"] = np.where(table["starts.known"] > 0, float(acts.purchases(records)), np.nan)
    held = _held(graph, group)
    for i, kind in enumerate(graph.kinds):
        table = table.join(_of_kind(graph, group, size, held[held["kind"] == i], i).add_prefix(f"{kind.name}."))
    if "email_domain.items" in table:
        table["email_domain.alone"] = _alone(graph, group, size, _number(graph, "email_domain"))
    if "email_pattern.items" in table:
        table["named_alike"] = _named_alike(graph, group, held, len(size))
        patterns = held[held["kind"] == _number(graph, "email_pattern")]
        table["numbered"], table["tagged"] = (_named_with(graph, patterns, mark, size) for mark in "9+")
    if "prompt.items" in table:
        table = table.join(_unlike(held[held["kind"] == _number(graph, "prompt")], len(size)).add_prefix("prompt."))
    return table.iloc[:clusters].copy(), table.iloc[clusters:].copy()


def _number(graph: AccountGraph, name: str) -> int:
    return [kind.name for kind in graph.kinds].index(name)


def _with_ordinary(graph: AccountGraph, cluster: Group, clusters: int, seed: int) -> Group:
    """Return the group of each account: its cluster, or for some others a group of ordinary ones behind them."""
    # a row that tells of an opening and of an act is one moment
    used = (graph.accounts["moments"].to_numpy() > 1) | (graph.accounts["acted"].to_numpy() != NO_TIME)
    alone = np.flatnonzero((cluster < 0) & used)
    drawn = np.random.default_rng(seed).permutation(alone)[: ORDINARY * ORDINARY_SIZE]
    drawn = drawn[: len(drawn) // ORDINARY_SIZE * ORDINARY_SIZE]
    group = cluster.copy()
    group[drawn] = clusters + np.arange(len(drawn)) // ORDINARY_SIZE
    return group


def _held(graph: AccountGraph, group: Group) -> pd.DataFrame:
    """Return group, account, item, events, kind and members (of the group on the item) for each sighting in a group."""
    inside = group[graph.account] >= 0
    held = pd.DataFrame(
        {
            "group": group[graph.account[inside]],
            "account": graph.account[inside],
            "item": graph.item[inside],
            "events": graph.touched["events"].to_numpy(float)[inside],
        }
    )
    held["kind"] = weights.kind_numbers(graph)[held["item"]]
    held["on_item"] = graph.items["accounts"].to_numpy()[held["item"]]
    held["members"] = held.groupby(["group", "item"])["account"].transform("size")
    return held


def _of_kind(graph: AccountGraph, group: Group, size: NDArray[np.int64], held: pd.DataFrame, kind: int) -> pd.DataFrame:
    number = len(size)
    shared = held[(held["members"] >= _SHARED) & (held["members"] * _OTHERS >= held["on_item"])]
    items = shared.drop_duplicates(["group", "item"])
    counts = np.bincount(items["group"], minlength=number)
    touches = np.bincount(shared["group"], minlength=number)
    covered, met = (
        np.bincount(some.drop_duplicates(["group", "account"])["group"], minlength=number)
        for some in (shared, held[held["members"] >= _SHARED])
    )
    largest = items.groupby("group")["members"].max().reindex(range(number), fill_value=0).to_numpy()
    inside = group >= 0
    uses = np.bincount(group[inside], graph.uses[inside, kind], number)
    lived = np.bincount(shared["group"], shared["events"], number)
    per_account = graph.breadth[held["account"], kind].astype(float)
    weight = pd.Series(1 / per_account).groupby([held["group"].to_numpy(), held["item"].to_numpy()]).sum()
    pairs = np.bincount(weight.index.get_level_values(0), weight**2, number)
    own = np.bincount(held["group"], per_account**-2, number)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "items": counts.astype(float),
                "covered": covered / size,
                "each": touches / np.maximum(covered, 1),
                "largest": largest / size,
                "inside": touches / np.bincount(items["group"], items["on_item"], number),
                "met": met / size,
                "known": np.bincount(group[inside & (graph.breadth[:, kind] > 0)], minlength=number) / size,
                "own": _own(graph, group, held, kind, number) / size,
                "life": lived / uses,
                "fresh": _fresh(graph, group, shared, kind, number),
                "alike": (pairs - own) / (size * (size - 1.0)),
            }
        )
    table.loc[uses == 0] = np.nan  # the data do not say
    return table


def _own(graph: AccountGraph, group: Group, held: pd.DataFrame, kind: int, number: int) -> NDArray[np.int64]:
    """Return how many members touch an item that no other member touches."""
    together = np.bincount(held["account"][held["members"] >= _SHARED], minlength=len(group))
    return np.bincount(group[(group >= 0) & (graph.breadth[:, kind] > together)], minlength=number)


def _fresh(graph: AccountGraph, group: Group, shared: pd.DataFrame, kind: int, number: int) -> Numbers:
    """Return the items that members touch beside the shared ones, over those of ordinary accounts in as many events.

    What is expected is the mean of those accounts whose events with the kind lie in the same octave.
    """
    breadth, uses = graph.breadth[:, kind].astype(float), graph.uses[:, kind].astype(float)
    lone = (group < 0) & (uses > 0)
    octave = np.log2(np.maximum(uses, 1)).astype(np.int64)
    usual = np.bincount(octave[lone], breadth[lone]) / np.maximum(np.bincount(octave[lone]), 1)
    known = np.flatnonzero(usual)
    own = breadth - np.bincount(shared["account"], minlength=len(breadth))
    rest = np.maximum(uses - np.bincount(shared["account"], shared["events"], len(breadth)), 0)
    inside = (group >= 0) & (rest > 0)
    if not len(known):
        return np.full(number, np.nan)
    expected = np.interp(np.log2(np.maximum(rest[inside], 1)).astype(np.int64), known, usual[known])
    total = np.bincount(group[inside], expected, number)
    return np.bincount(group[inside], own[inside], number) / np.where(total > 0, total, np.nan)


def _named_alike(graph: AccountGraph, group: Group, held: pd.DataFrame, number: int) -> Numbers:
    """Return the share of pairs of members with mailbox names of one pattern, but for members on a domain of the group.

    A house has a rule for names: that all on one domain keep to it says nothing. NaN where fewer than two are left.
    """
    kinds = [kind.name for kind in graph.kinds]
    pattern = kinds.index("email_pattern")
    domain = held["kind"] == (kinds.index("email_domain") if "email_domain" in kinds else -1)
    theirs = (held["members"] >= _SHARED) & (2 * held["members"] >= held["on_item"])
    house = held.loc[domain & theirs, "account"]
    of = held[(held["kind"] == pattern) & ~held["account"].isin(house)].groupby(["group", "item"]).size()
    alike = np.bincount(of.index.get_level_values(0), of * (of - 1), number)
    named = (group >= 0) & (graph.breadth[:, pattern] > 0)
    named[house] = False
    left = np.bincount(group[named], minlength=number)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(left >= _SHARED, alike / (left * (left - 1.0)), np.nan)


def _alone(graph: AccountGraph, group: Group, size: NDArray[np.int64], kind: int) -> Numbers:
    """Return the share of members who have an item of the kind, and none that any other account has."""
    of_kind = weights.kind_numbers(graph)[graph.item] == kind
    shared = np.bincount(graph.account[of_kind], minlength=len(group)) > 0
    alone = (group >= 0) & (graph.breadth[:, kind] > 0) & ~shared
    return np.bincount(group[alone], minlength=len(size)) / size


def _named_with(graph: AccountGraph, held: pd.DataFrame, mark: str, size: NDArray[np.int64]) -> Numbers:
    """Return the share of members whose mailbox name has a mark, in a pattern that another account has too."""
    marked = held[graph.items["value"].str.contains(mark, regex=False).to_numpy()[held["item"]]]
    return np.bincount(marked.drop_duplicates("account")["group"], minlength=len(size)) / size


def _unlike(held: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return how differently members use the templates that the group has for itself.

    Pearson's chi-squared of members x templates against equal shares, over its degrees of freedom: 1 if members draw
    from one distribution. Were each member's taste to vary with squared variation v, it would be about 1 + v * depth.
    """
    own = held[(held["members"] >= _SHARED) & (held["members"] * 2 > held["on_item"])]
    total = own.groupby("account")["events"].transform("sum")
    of_item = own.groupby(["group", "item"])["events"].transform("sum")
    of_group = own.groupby("group")["events"].transform("sum")
    expected = total * of_item / of_group
    chi = own["events"] ** 2 / expected
    rows = own.groupby("group").agg(
        accounts=("account", "nunique"), items=("item", "nunique"), events=("events", "sum")
    )
    chi = chi.groupby(own["group"]).sum() - rows["events"]
    df = (rows["accounts"] - 1) * (rows["items"] - 1)
    depth = rows["events"] / rows["accounts"] / rows["items"]
    table = pd.DataFrame({"unlike": chi / df.where(df > 0), "unlike_df": df.where(df > 0), "depth": depth})
    return table.reindex(range(number))


def _volumes(graph: AccountGraph, group: Group, number: int) -> pd.DataFrame:
    inside = group >= 0
    logs = np.log(np.maximum(graph.accounts["moments"].to_numpy(float)[inside], 1))
    per = pd.Series(logs).groupby(group[inside])
    table = pd.DataFrame({"volume": per.mean(), "volume_spread": per.var()})
    return table.reindex(range(number))


def _signups(graph: AccountGraph, group: Group, size: NDArray[np.int64]) -> pd.DataFrame:
    opened = graph.accounts["signed_up"].to_numpy(np.int64)
    inside = (group >= 0) & (opened != NO_TIME)
    table = pd.DataFrame({"group": group[inside], "opened": opened[inside]}).sort_values(["group", "opened"])
    gap = table.groupby("group")["opened"].diff()
    near = pd.concat([gap, -table.groupby("group")["opened"].diff(-1)], axis=1).min(axis=1) <= _HOUR
    close = np.bincount(table["group"], near, len(size))
    known = np.bincount(group[inside], minlength=len(size))
    return pd.DataFrame({"signup_close": np.where(known > 0, close / np.maximum(known, 1), np.nan)})


def _bans(graph: AccountGraph, group: Group, size: NDArray[np.int64]) -> pd.DataFrame:
    banned = graph.accounts["banned"].to_numpy(np.int64) != NO_TIME
    of_group = np.bincount(group[(group >= 0) & banned], minlength=len(size)).astype(float)
    return pd.DataFrame(
        {"banned": of_group if banned.any() else np.full(len(size), np.nan), "banned_all": banned.mean()}
    )


def _labelled(graph: AccountGraph, group: Group, size: NDArray[np.int64]) -> pd.DataFrame:
    """Return how many members are labelled bad, or touch what is, and the share of all accounts that do."""
    bad = graph.accounts["bad"].to_numpy(bool)
    of_group = np.bincount(group[(group >= 0) & bad], minlength=len(size)).astype(float)
    return pd.DataFrame({"bad": of_group if bad.any() else np.full(len(size), np.nan), "bad_all": bad.mean()})
