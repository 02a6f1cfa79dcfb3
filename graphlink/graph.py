"""Records -> AccountGraph: accounts and the items that two of them or more share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis
import numpy as np

from graphlink import acts, decay, degrees, dependence, engine, pools
from graphlink.model import NO_TIME, AccountGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pandas as pd
    from numpy.typing import NDArray

    from graphlink.model import Kind, Records

_ROWS = 1_000_000  # sightings that are counted at a time


def build(records: Records) -> AccountGraph:
    """Return the graph of all accounts and all shared items.

    Items that one account alone touches link nobody: they are counted (breadth, volume) and not drawn.
    """
    kinds = sorted(records.kinds, key=lambda kind: kind.name)
    numbers = engine.keep(_account_numbers(records), records.sightings.get_backend())
    shared = degrees.of(records)
    accounts, touched = _accounts(records), _touched(records, shared, numbers)
    breadth, uses = _counted(records, kinds, numbers, len(accounts))
    volume = breadth.sum(axis=0, dtype=np.int64)
    there = np.flatnonzero(volume)  # else no row has a value of that kind
    engine.put_away(records.sightings.get_backend())  # what follows works on arrays
    made = AccountGraph(
        kinds=tuple(kinds[i] for i in there),
        accounts=accounts,
        items=pools.named(shared.order_by("kind", "value").to_pandas(), stretches=records.window > 0),
        account=touched.pop("account_number").to_numpy(np.int32),
        item=touched.pop("item_number").to_numpy(np.int32),
        touched=touched,
        breadth=breadth[:, there],
        uses=uses[:, there],
        volume=volume[there],
        window=records.window,
    )
    return replace(made, moving=dependence.measured(made), fade=() if made.window else decay.measured(made))


def _accounts(records: Records) -> pd.DataFrame:
    accounts = records.accounts.order_by("account").to_pandas()
    if (accounts["signed_up"] == NO_TIME).all():  # to look for first acts is a pass over all events
        accounts["acted"] = NO_TIME
    else:
        acted = acts.first(records).to_pandas().set_index("account")["acted"]
        accounts["acted"] = accounts["account"].map(acted).fillna(NO_TIME).astype("int64")
    named: pd.DataFrame = accounts.rename(columns={"account": "account_id"})
    return named


def _account_numbers(records: Records) -> ir.Table:
    return records.accounts.select(
        "account", account_number=ibis.row_number().over(order_by=records.accounts.account).cast("int32")
    )


def _touched(records: Records, shared: ir.Table, numbers: ir.Table) -> pd.DataFrame:
    """Return the sightings of shared items with accounts and items numbered by the order of their bytes."""
    items = shared.select(
        "kind", "value", item_number=ibis.row_number().over(order_by=[shared.kind, shared.value]).cast("int32")
    )
    joined = records.sightings.join(items, ["kind", "value"]).join(numbers, "account")
    columns = ["account_number", "item_number", "first_seen", "last_seen", "events", "file", "row"]
    found: pd.DataFrame = joined.select(columns).order_by("account_number", "item_number").to_pandas()
    return found


def _counted(
    records: Records, kinds: Sequence[Kind], numbers: ir.Table, accounts: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return how many items of each kind each account touches, and in how many events.

    They are counted here, as they come: the engine would take three times as long to group them.
    """
    seen = records.sightings.join(numbers, "account")
    kind = seen.kind.cases(*((each.name, i) for i, each in enumerate(kinds)))
    cells = seen.select("events", cell=seen.account_number.cast("int64") * len(kinds) + kind)
    breadth, uses = np.zeros(accounts * len(kinds), np.int32), np.zeros(accounts * len(kinds), np.int64)
    for batch in engine.batches(cells, _ROWS):
        cell = batch["cell"].to_numpy()
        np.add.at(breadth, cell, 1)
        np.add.at(uses, cell, batch["events"].cast("int64").to_numpy())  # a sum is wider in the engine
    return breadth.reshape(accounts, len(kinds)), uses.reshape(accounts, len(kinds))
