"""Records -> what the accounts of each cluster took: exchanges and measures, by day and model; and at which hours.

An exchange is an event of a table that tells of use: one with a column of models, or else with a measure that is not
money. Where no table does, every event counts, and is called a record. Measures are summed over all tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from graphlink import engine
from graphlink.model import NO_TIME, TAKEN

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from graphlink.model import Columns, Records

MONEY = "amount"
_DAY, _HOUR = 86_400_000_000, 3_600_000_000  # microseconds
_THURSDAY = 3  # 1970 began on one, and weekdays are counted from Monday
_DIGITS = 6  # of a sum: threads add up in any order


def taken(records: Records, members: pd.DataFrame) -> pd.DataFrame:
    """Return cluster_id, day, model, events and each measure, for the members: account_id, cluster_id."""
    events = _of_clusters(records, members)
    day = ibis.ifelse(events.time == NO_TIME, ibis.null("int64"), events.time // _DAY)
    cells = events.group_by("cluster_id", day=day, model=events.model.fill_null(""))
    found = cells.aggregate(**_sums(records, events)).to_pandas()
    found["day"] = pd.Series([_date(day) for day in found["day"]], dtype=object)
    for measure in records.measures:
        found[measure] = found[measure].astype(float).fillna(0.0).round(_DIGITS)
    ordered: pd.DataFrame = found.sort_values(["cluster_id", "day", "model"], ignore_index=True)
    return ordered[[*TAKEN, *records.measures]]


def hours(records: Records, members: pd.DataFrame) -> pd.DataFrame:
    """Return cluster_id, weekday (0 is Monday), hour (UTC) and events of each hour of the week that has any."""
    events = _of_clusters(records, members)
    known = events.filter(events.time != NO_TIME, events.file.isin(_counted(records)[1]))
    # Twice: the remainder of a time before 1970 is below 0.
    weekday = ((known.time.floordiv(_DAY) + _THURSDAY) % 7 + 7) % 7
    hour = (known.time.floordiv(_HOUR) % 24 + 24) % 24
    cells = known.group_by("cluster_id", weekday=weekday.cast("int64"), hour=hour.cast("int64"))
    found: pd.DataFrame = cells.aggregate(events=known.count()).to_pandas()
    return found.sort_values(["cluster_id", "weekday", "hour"], ignore_index=True)


def _of_clusters(records: Records, members: pd.DataFrame) -> ir.Table:
    """Return the events of the members, each with its cluster_id."""
    table = pd.DataFrame({"account": members["account_id"].astype(object), "cluster_id": members["cluster_id"]})
    typed = ibis.memtable(table, schema={"account": "string", "cluster_id": "string"})  # of no members, too
    return records.events.join(engine.keep(typed, records.events.get_backend()), "account")


def totals(records: Records) -> dict[str, Any]:
    """Return what all accounts took: `noun`, what an event is called; `events`; `measures`, the sum of each."""
    row: dict[str, Any] = engine.fetch(records.events.aggregate(**_sums(records, records.events))).to_pylist()[0]
    sums = {name: round(row[name] or 0.0, _DIGITS) for name in records.measures}
    return {"noun": _counted(records)[0], "events": row["events"], "measures": sums}


def _counted(records: Records) -> tuple[str, list[int]]:
    """Return what an event is called, and the inputs whose events are counted."""
    columns = [each.columns for each in records.inputs]
    for tells in (_has_model, _measures_use):
        found = [i for i, each in enumerate(columns) if tells(each)]
        if found:
            return "exchanges", found
    return "records", list(range(len(columns)))


def _has_model(columns: Columns) -> bool:
    return columns.model is not None


def _measures_use(columns: Columns) -> bool:
    return any(name != MONEY for _, name in columns.measures)


def _sums(records: Records, events: ir.Table) -> dict[str, ir.Scalar]:
    sums = {name: events[name].sum() for name in records.measures}
    return {"events": events.file.isin(_counted(records)[1]).sum().fill_null(0).cast("int64"), **sums}


def _date(day: float) -> str:
    return "" if pd.isna(day) else str(pd.Timestamp(int(day) * _DAY, unit="us").date())
