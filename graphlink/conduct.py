"""How the accounts of a group act together: the five minutes they choose, beyond the hours they keep.

Within one hour, people who keep the same hours still begin when they like. Accounts that one scheduler drives begin
together. So the null holds each group's activity in every single hour, and how often two of all the others who are
active in that very hour choose one slot: after an outage, or when quotas begin anew, everybody does. Where few are
active, how the whole population spreads over the slots of an hour (jobs begin at :00) tells instead. And where the
group itself keeps to some slots of every hour, strangers whose jobs run every ten minutes do as well.

And how soon they first act once they are opened, beside the accounts of the same data that are in no cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from graphlink import acts, engine, pieces, weights
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Records

_SLOT, _SLOTS = 300_000_000, 12  # microseconds; in an hour
_MINUTE = 60_000_000
_ENOUGH = 100  # accounts alone, before what is usual among them is known to an order of magnitude or two
_PRIOR = _SLOTS * (_SLOTS - 1) / 2  # pairs of others in an hour that weigh as much as what is usual


def together(records: Records, graph: AccountGraph, group: NDArray[np.int32]) -> pd.DataFrame:
    """Return for each group: `slots.met`, how often two of its accounts chose one slot, and `slots.expected` by chance.

    Args:
        records: with events.
        graph: whose accounts are numbered.
        group: the number of each account's group, or -1.

    """
    slots, others = _slots(records, graph, group), _crowd(records)
    slots["met"] = _pairs(slots["accounts"])
    crowd = others["accounts"].reindex(slots["slot"]).to_numpy(float)
    slots["less"] = _pairs(crowd) - _pairs(crowd - slots["accounts"])  # pairs in which the group has a part
    hours = slots.groupby(["group", "hour"])[["accounts", "met", "less"]].sum().reset_index()
    everybody = others.groupby("hour")[["accounts", "met"]].sum().reindex(hours["hour"])
    met = everybody["met"].to_numpy() - hours["less"]
    could = _pairs(everybody["accounts"].to_numpy() - hours["accounts"])
    share = (met + _PRIOR * _usual(others)) / (could + _PRIOR)
    hours["expected"] = _pairs(hours["accounts"]) * np.maximum(share, _by_habit(slots, hours))
    per = hours.groupby("group")[["met", "expected"]].sum()
    return per.reindex(range(int(group.max(initial=-1)) + 1), fill_value=0.0).add_prefix("slots.")


def _by_habit(slots: pd.DataFrame, hours: pd.DataFrame) -> NDArray[np.float64]:
    """Return for each hour of a group how often two choose one slot if they keep to the slots of its other hours."""
    row = hours.reset_index().merge(slots.reset_index(drop=True), on=["group", "hour"], suffixes=("_hour", ""))
    here = np.zeros((len(hours), _SLOTS))
    np.add.at(here, (row["index"], row["slot"] % _SLOTS), row["accounts"])
    everywhere = np.zeros((int(hours["group"].max()) + 1 if len(hours) else 0, _SLOTS))
    np.add.at(everywhere, hours["group"], here)
    elsewhere = everywhere[hours["group"]] - here + 1
    share: NDArray[np.float64] = ((elsewhere / elsewhere.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return share


def soon(graph: AccountGraph, alone: NDArray[np.bool_]) -> pd.DataFrame:
    """Return for each account: `delay` before its first act (minutes), `rank` and `weight`; NaN where it is not known.

    `rank` is the share of the accounts alone that first acted as soon. Among people it is any number alike; a
    controller may be as fast as it likes, any order of magnitude alike: `weight` is log10 of the one against the other.
    Whoever was opened before the first act in the data may have acted unseen.
    """
    opened, acted = (graph.accounts[name].to_numpy(np.int64) for name in ("signed_up", "acted"))
    known = (acted != NO_TIME) & (opened != NO_TIME)
    known &= opened >= acted[acted != NO_TIME].min(initial=np.iinfo(np.int64).max)
    delay = np.where(known, acted - np.where(known, opened, acted), np.nan)
    usual = np.sort(delay[known & alone])
    rank = (1 + np.searchsorted(usual, delay, side="right")) / (1 + len(usual))
    enough = known & (len(usual) >= _ENOUGH)
    rank = np.where(enough, np.minimum(rank, 1), np.nan)
    weight = -np.log10(rank) - np.log10(np.log(1.0 + max(len(usual), _ENOUGH)))
    return pd.DataFrame({"delay": delay / _MINUTE, "rank": rank, "weight": weight})


def starts(graph: AccountGraph, group: NDArray[np.int32], alone: NDArray[np.bool_]) -> pd.DataFrame:
    """Return for each group `starts.known`, `.delay`, `.rank` and `.typical` (medians), `.weight` (a sum; see `soon`).

    The sum holds where each acts for himself; `typical`, the median of the weights, where one cause moves them all.
    `.groups` is of how many that is known; `.apart` how many of them act sooner than people do and have nothing in
    common (see `apart`); `.beyond` how many more these are than two deviations above what accident explains.
    """
    told = soon(graph, alone).assign(group=group)
    per = told[told["group"] >= 0].dropna().groupby("group")
    found = per[["delay", "rank"]].median().join(per["weight"].agg(["median", "sum", "size"]))
    found = found.rename(columns={"median": "typical", "sum": "weight", "size": "known"})
    found = found.reindex(range(int(group.max(initial=-1)) + 1))
    by_themselves = apart(graph, group, (found["typical"] > 0).to_numpy(bool))
    accident = _by_accident(told["weight"][alone].dropna().to_numpy(copy=True), np.asarray(per.size(), np.int64))
    beyond = np.maximum(by_themselves - accident - 2 * np.sqrt(accident), 0)
    return found.assign(apart=by_themselves, beyond=beyond, groups=len(per)).add_prefix("starts.")


def _by_accident(weight: NDArray[np.float64], known: NDArray[np.int64]) -> float:
    """Return how many groups of so many accounts would act at once, were they accounts alone put together at random."""
    drawn, expected = np.random.default_rng(0).permutation(weight), 0.0
    for size, groups in zip(*np.unique(known, return_counts=True), strict=True):
        rows = drawn[: len(drawn) // size * size].reshape(-1, size)
        share = (np.median(rows, axis=1) > 0).mean() if len(rows) else 1.0
        expected += float(groups * share)
    return expected


def apart(graph: AccountGraph, group: NDArray[np.int32], which: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each of these groups how many have nothing in common, itself among them; 1 if it is none of those.

    What several have in common is theirs if half of the accounts on it, or more, are of such groups: the bench of a
    team, not a carrier; a moment is nobody's. All groups of one team count once. NaN for other groups.
    """
    inside = np.flatnonzero(np.append(which, False)[group[graph.account]])
    things = np.array([kind.family != "timing" for kind in graph.kinds], bool)[weights.kind_numbers(graph)]
    on_item = np.bincount(graph.item[inside], minlength=len(things))
    theirs = inside[(things & (2 * on_item >= graph.items["accounts"].to_numpy()))[graph.item[inside]]]
    ends = group[graph.account[theirs]], len(which) + graph.item[theirs]
    piece = pieces.hanging(*ends, len(which) + len(things))[: len(which)]
    groups = np.bincount(piece, which)
    by_itself = groups[piece] == 1
    return np.where(which, np.where(by_itself, np.count_nonzero(groups), 1.0), np.nan)


def _pairs(number: Any) -> Any:
    return number * (number - 1) / 2


def _slots(records: Records, graph: AccountGraph, group: NDArray[np.int32]) -> pd.DataFrame:
    """Return group, hour, slot and the number of the group's accounts that were active in it."""
    inside = group >= 0
    members = pd.DataFrame({"account": graph.accounts["account_id"][inside].astype(object), "group": group[inside]})
    typed = ibis.memtable(members, schema={"account": "string", "group": "int32"})  # where nobody is in a group, too
    named = engine.keep(typed, records.sightings.get_backend())
    events = acts.of(records).join(named, "account")
    active = events.select("account", "group", slot=events.time // _SLOT).distinct()
    counted = active.group_by("group", "slot").aggregate(accounts=active.account.count())
    counted = counted.filter(counted.accounts > 0).mutate(hour=counted.slot // _SLOTS)
    found: pd.DataFrame = counted.to_pandas()
    return found


def _crowd(records: Records) -> pd.DataFrame:
    """Return by slot its hour, the number of all accounts that were active in it, and the pairs of them that met."""
    events = acts.of(records)
    active = events.select("account", slot=events.time // _SLOT).distinct()  # a row told twice is no second act
    found: pd.DataFrame = active.group_by("slot").aggregate(accounts=active.count()).to_pandas().set_index("slot")
    found["hour"], found["met"] = found.index // _SLOTS, _pairs(found["accounts"])
    return found


def _usual(crowd: pd.DataFrame) -> float:
    """Return how often two who are active in one hour choose the same slot, over all hours."""
    number = crowd["accounts"].groupby(crowd.index % _SLOTS).sum()
    return float(((number / max(number.sum(), 1)) ** 2).sum())
