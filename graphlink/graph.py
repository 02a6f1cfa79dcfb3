"""Records -> AccountGraph: accounts and the items that two of them or more share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis
import numpy as np

from graphlink import acts, dependence
from graphlink.model import NO_TIME, AccountGraph

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    from numpy.typing import NDArray

    from graphlink.model import Kind, Records

SHARED = 2


def build(records: Records) -> AccountGraph:
    """Return the graph of all accounts and all shared items.

    Items that one account alone touches link nobody: they are counted (breadth, volume) and not drawn.
    """
    accounts = records.accounts.order_by("account").to_pandas()
    acted = acts.first(records).to_pandas().set_index("account")["acted"]
    accounts["acted"] = accounts["account"].map(acted).fillna(NO_TIME).astype("int64")
    shared = _shared_items(records.sightings)
    items = shared.order_by("kind", "value").to_pandas()
    touched = _numbered(records, shared).to_pandas()
    kinds = _present(records)
    breadth, uses = _breadth(records, kinds, len(accounts))
    made = AccountGraph(
        kinds=kinds,
        accounts=accounts.rename(columns={"account": "account_id"}),
        items=items,
        account=touched.pop("account_number").to_numpy(np.int32),
        item=touched.pop("item_number").to_numpy(np.int32),
        touched=touched,
        breadth=breadth,
        uses=uses,
        volume=_volume(records.sightings, kinds),
        window=records.window,
    )
    return replace(made, moving=dependence.measured(made))


def _shared_items(sightings: ir.Table) -> ir.Table:
    degree = sightings.group_by("kind", "value").aggregate(accounts=sightings.account.count())
    return degree.filter(degree.accounts >= SHARED)


def _account_numbers(records: Records) -> ir.Table:
    return records.accounts.select(
        "account", account_number=ibis.row_number().over(order_by=records.accounts.account).cast("int32")
    )


def _numbered(records: Records, shared: ir.Table) -> ir.Table:
    """Return the sightings of shared items with accounts and items numbered by the order of their bytes."""
    items = shared.select(
        "kind", "value", item_number=ibis.row_number().over(order_by=[shared.kind, shared.value]).cast("int32")
    )
    joined = records.sightings.join(items, ["kind", "value"]).join(_account_numbers(records), "account")
    columns = ["account_number", "item_number", "first_seen", "last_seen", "events", "file", "row"]
    return joined.select(columns).order_by("account_number", "item_number")


def _present(records: Records) -> tuple[Kind, ...]:
    found = set(records.sightings.select("kind").distinct().to_pandas()["kind"])
    return tuple(sorted((kind for kind in records.kinds if kind.name in found), key=lambda kind: kind.name))


def _breadth(records: Records, kinds: tuple[Kind, ...], accounts: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return how many items of each kind each account touches, and in how many events."""
    sightings = records.sightings
    counted = sightings.group_by("account", "kind").aggregate(
        items=sightings.value.count(), uses=sightings.events.sum()
    )
    table = counted.join(_account_numbers(records), "account").to_pandas()
    breadth, uses = np.zeros((accounts, len(kinds)), np.int32), np.zeros((accounts, len(kinds)), np.int64)
    column = table["kind"].map({kind.name: i for i, kind in enumerate(kinds)}).to_numpy(np.int64)
    breadth[table["account_number"], column] = table["items"]
    uses[table["account_number"], column] = table["uses"]
    return breadth, uses


def _volume(sightings: ir.Table, kinds: tuple[Kind, ...]) -> NDArray[np.int64]:
    counted: pd.Series[int] = (
        sightings.group_by("kind").aggregate(n=sightings.account.count()).to_pandas().set_index("kind")["n"]
    )
    return np.array([counted.get(kind.name, 0) for kind in kinds], np.int64)
