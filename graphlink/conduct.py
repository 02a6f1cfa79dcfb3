"""How the accounts of a group act together: the five minutes they choose, beyond the hours they keep.

Within one hour, people who keep the same hours still begin when they like. Accounts that one scheduler drives begin
together. So the null holds each group's activity in every single hour, and how the whole population spreads over the
five-minute slots of an hour (jobs begin at :00); only the slot within the hour is left to chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd

from graphlink import engine
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import numpy as np
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Records

_SLOT, _SLOTS = 300_000_000, 12  # microseconds; in an hour


def together(records: Records, graph: AccountGraph, group: NDArray[np.int32]) -> pd.DataFrame:
    """Return for each group: `slots.met`, how often two of its accounts chose one slot, and `slots.expected` by chance.

    Args:
        records: with events.
        graph: whose accounts are numbered.
        group: the number of each account's group, or -1.

    """
    slots = _slots(records, graph, group)
    usual = _usual(records)
    slots["pairs"] = slots["accounts"] * (slots["accounts"] - 1) / 2
    hours = slots.groupby(["group", "hour"]).agg(active=("accounts", "sum"), met=("pairs", "sum")).reset_index()
    hours["expected"] = hours["active"] * (hours["active"] - 1) / 2 * float((usual**2).sum())
    per = hours.groupby("group")[["met", "expected"]].sum()
    return per.reindex(range(int(group.max(initial=-1)) + 1), fill_value=0.0).add_prefix("slots.")


def _slots(records: Records, graph: AccountGraph, group: NDArray[np.int32]) -> pd.DataFrame:
    """Return group, hour, slot and the number of the group's accounts that were active in it."""
    inside = group >= 0
    members = pd.DataFrame({"account": graph.accounts["account_id"][inside].astype(object), "group": group[inside]})
    typed = ibis.memtable(members, schema={"account": "string", "group": "int32"})  # where nobody is in a group, too
    named = engine.keep(typed, records.sightings.get_backend())
    events = _timed(records).join(named, "account")
    active = events.select("account", "group", slot=events.time // _SLOT).distinct()
    counted = active.group_by("group", "slot").aggregate(accounts=active.account.count())
    counted = counted.filter(counted.accounts > 0).mutate(hour=counted.slot // _SLOTS)
    found: pd.DataFrame = counted.to_pandas()
    return found


def _usual(records: Records) -> NDArray[np.float64]:
    """Return how all activity spreads over the twelve slots of an hour, as shares."""
    events = _timed(records)
    active = events.select("account", slot=events.time // _SLOT).distinct()  # a row told twice is no second act
    counted = active.group_by(slot=active.slot % _SLOTS).aggregate(n=active.count()).to_pandas().set_index("slot")["n"]
    number: NDArray[np.float64] = counted.reindex(range(_SLOTS), fill_value=0).to_numpy(float)
    share: NDArray[np.float64] = number / max(float(number.sum()), 1.0)
    return share


def _timed(records: Records) -> ir.Table:
    return records.events.filter(records.events.time != NO_TIME)
