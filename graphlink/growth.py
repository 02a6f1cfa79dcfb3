"""Accounts that belong to a group although they are linked to no single member of it beyond chance.

In a ring with three cards and four devices two members may share neither, while each shares something with
others. So an account is also weighed against a group as if the group were one account that touches the things that are
its own: two of its members touch them, and more than chance would bring. What one member alone touches is no part of
the group: who shares a home with a member does not join it. Nor is what everybody touches: users of a popular app have
much in common with any group in which two use it.

New accounts do little, and share no more than a card and a device with the ring that opened them. But hardly anybody
else touches these: of the few who come to what is mostly a group's own, next to none would by chance come to such
things of two families. So they are counted, which asks less than to try everybody.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from graphlink import lookup, pieces, sharing, spans, weights
from graphlink.kinds import HAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Ints = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Accounts = NDArray[np.int32]

_TOGETHER = 2  # members that must touch an item before it is the group's
_TIES = 4  # members an account is paired with for each item it shares with the group


def grow(
    graph: AccountGraph,
    odds: tuple[weights.Odds, ...],
    rare: NDArray[np.bool_],
    pairs: tuple[Accounts, Accounts],
    rate: float,
) -> tuple[Accounts, Accounts]:
    """Return further pairs: accounts that agree with a group beyond chance, each with members it shares items with.

    Args:
        graph: the accounts and items.
        odds: the null of each kind.
        rare: the items through which an account may come to a group.
        pairs: the links so far; the groups are their connected components.
        rate: the share of accounts that chance alone may bring to a group, in each of the three tests: of what is had,
            of what is done (see `_joins`), and of what is mostly the group's own (see `_with_their_own`).

    """
    group = _groups(*pairs, len(graph.accounts))
    owned = _owned(graph, group)
    if owned.empty:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    others, own = _with_their_own(graph, odds, owned, group, rate)  # first: no two layouts at a time
    layout = _with_groups(graph, odds, owned, group)
    near, at = _near(graph, owned, group, rare)
    joins = _joins(layout, near, _as_accounts(graph, at), np.bincount(group[group >= 0]), rate)
    account, of = np.append(near[joins], others), np.append(at[joins], own)
    return _ties(graph, group, account, of, sharing.weigh(layout, account, _as_accounts(graph, of)))


def _as_accounts(graph: AccountGraph, group: Ints) -> Accounts:
    """Return the groups as the accounts that stand for them."""
    return (group + len(graph.accounts)).astype(np.int32)


def _groups(left: Accounts, right: Accounts, accounts: int) -> Ints:
    """Return the number of each account's group, or -1."""
    piece = pieces.hanging(left, right, accounts)
    several = np.bincount(piece) > 1
    number = np.where(several, np.cumsum(several) - 1, -1)
    return number[piece].astype(np.int64)


def _owned(graph: AccountGraph, group: Ints) -> pd.DataFrame:
    """Return group, item, size (members on it), part, most, others, first_seen and last_seen of what is a group's own.

    That is what two of its members touch, and so many that chance would not make one such item. The part is the average
    over the members that touch the item: a group with many cards does not visit each of them; most is what all of them
    give together. Others, one at least, are the accounts that are left to touch it. What is done by members is
    explained by the group; a place or thing they have stays as common as it is, or a campus would seem the rarer the
    more of it a group is.
    """
    several = _touched_together(graph, group)
    degree = graph.items["accounts"].to_numpy(np.int64)[several["item"]]
    expected = degree * np.bincount(group[group >= 0])[several["group"]] / len(group)
    own = weights.excess(several["size"].to_numpy(np.float64), expected) >= np.log2(max(len(graph.items), 1))
    owned: pd.DataFrame = several[own].reset_index(drop=True)
    degree = degree[own]
    had = np.array([kind.family in HAD for kind in graph.kinds])[weights.kind_numbers(graph)[owned["item"]]]
    owned["others"] = np.maximum(degree - np.where(had, 1, owned["size"]), 1)
    return owned


def _touched_together(graph: AccountGraph, group: Ints) -> pd.DataFrame:
    """Return group, item, size, most, first_seen, last_seen and part of what two members of a group touch or more."""
    inside = np.flatnonzero(group[graph.account] >= 0)
    key = group[graph.account[inside]] * len(graph.items) + graph.item[inside]
    order = np.argsort(key, kind="stable")
    inside, key = inside[order], key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    size = np.diff(first, append=len(key))
    part, begun, ended = lookup.parts(graph), *(graph.touched[each].to_numpy() for each in ("first_seen", "last_seen"))
    table = pd.DataFrame(
        {
            "group": key[first] // len(graph.items),
            "item": key[first] % len(graph.items),
            "size": size,
            "most": np.add.reduceat(part[inside], first),
            "first_seen": np.minimum.reduceat(begun[inside], first),
            "last_seen": np.maximum.reduceat(ended[inside], first),
        }
    )
    several = table[size >= _TOGETHER].reset_index(drop=True)
    return several.assign(part=several["most"] / several["size"])


def _near(graph: AccountGraph, owned: pd.DataFrame, group: Ints, rare: NDArray[np.bool_]) -> tuple[Accounts, Ints]:
    """Return the accounts and groups they are no members of, where they share a rare item."""
    item, of = owned["item"].to_numpy(np.int64), owned["group"].to_numpy(np.int64)
    ours, theirs = rare[graph.item], rare[item]
    touches = _ones(graph.account[ours], graph.item[ours], (len(group), len(rare)))
    meets = (touches @ _ones(item[theirs], of[theirs], (len(rare), int(of.max(initial=-1)) + 1))).tocoo()
    near = group[meets.row] != meets.col
    return meets.row[near].astype(np.int32), meets.col[near].astype(np.int64)


def _ones(row: NDArray[np.integer], column: NDArray[np.integer], shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(row)), (row, column)), shape=shape)


def _with_groups(
    graph: AccountGraph, odds: tuple[weights.Odds, ...], owned: pd.DataFrame, group: Ints
) -> lookup.Layout:
    """Return the graph laid out with the groups as further accounts behind the others."""
    kind, seen, groups = weights.kind_numbers(graph), ["first_seen", "last_seen"], int(group.max()) + 1
    breadth = np.zeros((groups, len(graph.kinds)), np.int32)
    np.add.at(breadth, (owned["group"], kind[owned["item"]]), 1)
    wider = replace(
        graph,
        accounts=pd.concat([graph.accounts[["account_id"]], pd.DataFrame({"account_id": range(groups)})]),
        account=np.append(graph.account, owned["group"].to_numpy(np.int32) + len(graph.accounts)).astype(np.int32),
        item=np.append(graph.item, owned["item"].to_numpy(np.int32)),
        touched=pd.concat([graph.touched[seen], owned[seen]], ignore_index=True),
        breadth=np.concatenate([graph.breadth, breadth]),
    )
    part = lookup.parts(graph)
    layout = lookup.lay_out(wider, odds, np.append(part, owned["part"]), np.append(part, owned["most"]))
    degree = np.append(layout.degree[: len(graph.account)], owned["others"].to_numpy(np.int64) + 1)
    return lookup.at_degrees(layout, degree)


def _joins(layout: lookup.Layout, account: Accounts, group: Accounts, size: Ints, rate: float) -> NDArray[np.bool_]:
    """Return which accounts join, by two witnesses, or by several things that only the group does.

    An account is tried against all that are linked, and a group stands for its members: as many tests are one with it.
    Of all accounts that are linked then, the share that came by chance is held.
    """
    accounts = len(layout.breadth) - len(size)
    by_family, items = sharing.agreement(layout, account, group)
    tests = np.log2(accounts * size.sum() / size[group - accounts])
    done = by_family[:, ~np.isin(np.arange(by_family.shape[1]), layout.family[layout.had])]
    by_two = (weights.combined(by_family), weights.agree(by_family, items, layout.families))
    by_deed = (weights.combined(done), items >= weights.WITNESSES)
    linked = np.full(size.sum(), np.inf)
    margins = (np.append(np.where(may, bits - tests, -np.inf), linked) for bits, may in (by_two, by_deed))
    joins = [weights.discovered(margin, rate)[: len(account)] for margin in margins]
    return joins[0] | joins[1]


def _with_their_own(
    graph: AccountGraph, odds: tuple[weights.Odds, ...], owned: pd.DataFrame, group: Ints, rate: float
) -> tuple[Accounts, Ints]:
    """Return the accounts that touch what is mostly a group's own, in two families, and the number of the group.

    Of all that are linked then, no more than the rate would be such by chance.
    """
    degree = graph.items["accounts"].to_numpy(np.int64)
    mostly = owned[2 * owned["size"] >= degree[owned["item"]]]
    account, of = _near(graph, mostly, group, np.ones(len(degree), np.bool_))
    layout = _with_groups(graph, odds, mostly, group)
    by_family, _ = sharing.agreement(layout, account, _as_accounts(graph, of))
    least, false = _by_chance(by_family > 0, of, _busy(layout, len(group)))
    joined = np.searchsorted(np.sort(least), least, "right")
    held = np.isfinite(least) & (false <= rate * (np.count_nonzero(group >= 0) + joined))
    return account[held], of[held]


def _by_chance(came: NDArray[np.bool_], of: Ints, busy: Numbers) -> tuple[Numbers, Numbers]:
    """Return how many of those who came to a group in two families it would be by chance, and how many in all groups.

    So many accounts came to a group in each family. Had these nothing to do with each other, an account would be among
    them by how much it touches at all; the sum over accounts of both chances is to be expected to be in both. The first
    number is that of the two families in which it is least, infinite for who came in one alone; the second sums all
    pairs of families and groups in which it is no more.
    """
    number = np.zeros((int(of.max(initial=-1)) + 1, came.shape[1]))
    np.add.at(number, of, came)
    least, all_of_them = np.full(len(of), np.inf), [np.zeros(1)]
    for one, other in itertools.combinations(range(came.shape[1]), 2):
        expected = number[:, one] * number[:, other] * (busy[:, one] @ busy[:, other])
        least = np.where(came[:, one] & came[:, other], np.minimum(least, expected[of]), least)
        all_of_them.append(expected)
    order = np.sort(np.concatenate(all_of_them))
    return least, np.cumsum(order)[np.searchsorted(order, least, "right") - 1]


def _busy(layout: lookup.Layout, accounts: int) -> Numbers:
    """Return what share of all that is touched of each family each account touches."""
    families = range(len(layout.families))
    breadth = layout.breadth[:accounts]
    busy = np.stack([breadth[:, layout.family == family].sum(axis=1) for family in families], axis=1)
    shares: Numbers = busy / np.maximum(busy.sum(axis=0), 1)
    return shares


def _ties(
    graph: AccountGraph, group: Ints, account: Accounts, of: Ints, shared: sharing.Shared
) -> tuple[Accounts, Accounts]:
    """Return each joining account with some members that touch the items it shares with the group."""
    shares = np.bincount(shared.item, minlength=len(graph.items)) > 0
    inside = np.flatnonzero((group[graph.account] >= 0) & shares[graph.item])
    members = pd.DataFrame(
        {"of": group[graph.account[inside]], "item": graph.item[inside], "member": graph.account[inside]}
    )
    members = members.groupby(["of", "item"]).head(_TIES)
    pair = shared.pair
    newcomers = pd.DataFrame({"of": of[pair], "item": shared.item, "account": account[pair]})
    tied = newcomers.merge(members, on=["of", "item"])
    one, other = tied["account"].to_numpy(np.int64), tied["member"].to_numpy(np.int64)
    ties = spans.distinct(np.minimum(one, other) * len(group) + np.maximum(one, other))
    return (ties // len(group)).astype(np.int32), (ties % len(group)).astype(np.int32)
