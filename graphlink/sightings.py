"""What the rows of one table say: who was active when, and who touched what.

The tables are those of `tables`, with the column `outside` for records that lie outside of `since` and `until`.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from graphlink import engine, instants
from graphlink.errors import UsageError
from graphlink.model import NO_TIME
from graphlink.tables import any_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from graphlink.settings import Settings
    from graphlink.tables import Table

CITE = 2**40
"""A row is cited as one number, file times CITE plus row, so that the first of several is the smallest."""
_FALSE = ibis.literal(value=False)


def in_window(every: ir.Table, table: Table, settings: Settings) -> ir.Table:
    """Return the rows with `first`, `last` and `outside`: events before `since` and from `until` on are left out.

    Records without any time stay.
    """
    since, until = (_limit(name, getattr(settings, name)) for name in ("since", "until"))
    times = {f"time_{i}": every[f"time_{i}"] for i in range(len(table.columns.times))}
    if not times:
        return every.mutate(first=ibis.null("int64"), last=ibis.null("int64"), outside=_FALSE)
    if since is until is None:  # else each row is asked, once for each kind
        return every.mutate(first=_least(times), last=_greatest(times), outside=_FALSE)
    inside = {name: _between(time, since, until) for name, time in times.items()}
    had, has = (any_of([time.notnull() for time in each.values()]) for each in (times, inside))
    return every.mutate(**inside, first=_least(inside), last=_greatest(inside), outside=had & ~has)


def _between(time: ir.IntegerColumn, since: int | None, until: int | None) -> ir.IntegerColumn:
    for limit, keeps in ((since, time.__ge__), (until, time.__lt__)):
        time = time if limit is None else ibis.ifelse(keeps(limit), time, ibis.null("int64"))
    return time


def _least(times: Mapping[str, ir.IntegerColumn]) -> ir.IntegerColumn:
    return ibis.least(*times.values()) if len(times) > 1 else next(iter(times.values()))


def _greatest(times: Mapping[str, ir.IntegerColumn]) -> ir.IntegerColumn:
    return ibis.greatest(*times.values()) if len(times) > 1 else next(iter(times.values()))


def _limit(name: str, text: str) -> int | None:
    if not text:
        return None
    instant = instants.parse(instants.ISO, text)
    if instant is None:
        raise UsageError(f"--{name} {text!r} is no time", then="write it as 2026-05-01 or 2026-05-01T08:00:00Z")
    return instant


def accounts(every: ir.Table) -> ir.Table:
    """Return account, events, moments, first_seen, last_seen, signup, banned, label, its `rows` and how many are `bad`.

    `moments` counts distinct instants, so that rows told twice change nothing; rows without a time are one moment.
    """
    return every.group_by("account").agg(
        events=(~every.outside).sum(),
        moments=ibis.greatest(every["first"].nunique(where=~every.outside), 1),
        rows=every.count(),
        bad=every.reason.count(),
        first_seen=every["first"].min(where=~every.outside),
        last_seen=every["last"].max(where=~every.outside),
        signup=every.signup.min(),
        banned=every.banned.min(),
        label=every.label.max(),
    )


def seen(every: ir.Table, table: Table, backend: Backend) -> list[tuple[str, ir.Table]]:
    """Return account, value, first_seen, last_seen, events and cited for each item column, values as they stand.

    `events` counts distinct instants: evidence does not grow by telling a row twice.
    """
    seen = []
    for i, (_, kind) in enumerate(table.columns.items):
        value = every[f"item_{i}"]
        same = [every[f"item_{j}"] == value for j, (_, k) in enumerate(table.columns.items[:i]) if k == kind]
        touched = every.mutate(value=value, again=any_of([s.fill_null(_FALSE) for s in same]))
        touched = touched.filter(value.notnull() & (value != "") & ~touched.outside & ~touched.again)
        cited = touched.file.cast("int64") * CITE + touched.row
        raw = touched.group_by("account", "value").agg(
            first_seen=touched["first"].min().fill_null(NO_TIME),
            last_seen=touched["last"].max().fill_null(NO_TIME),
            events=ibis.greatest(touched["first"].nunique(), 1),
            cited=cited.min(),
        )
        seen.append((kind, engine.keep(raw, backend, table.parts)))
    return seen


def events(table: Table, every: ir.Table, measures: Sequence[str]) -> Iterator[ir.Table]:
    """Yield account, file, row, time, model and measures of each event: one a time of a row, or one if it has none."""
    every = every.filter(~every.outside)
    times = [every[f"time_{i}"] for i in range(len(table.columns.times))]
    for i, time in enumerate(times):
        first = any_of([earlier.notnull() for earlier in times[:i]])
        amounts = _amounts(every, table, measures, ~first)
        yield every.filter(time.notnull()).select("account", "file", "row", time=time, model=every.model, **amounts)
    timeless = every.filter(~any_of([time.notnull() for time in times])) if times else every
    amounts = _amounts(every, table, measures, ibis.literal(value=True))
    untold = ibis.literal(NO_TIME, "int64")
    yield timeless.select("account", "file", "row", time=untold, model=every.model, **amounts)


def _amounts(every: ir.Table, table: Table, names: Sequence[str], here: ir.BooleanColumn) -> dict[str, ir.Column]:
    """Return the measures of a row: they belong to its first event, so that sums are those of the rows."""
    amounts: dict[str, ir.Column] = {}
    for name in names:
        columns = [every[f"measure_{i}"] for i, (_, n) in enumerate(table.columns.measures) if n == name]
        total = (
            reduce(lambda a, b: a.fill_null(0) + b.fill_null(0), columns, ibis.null("float64"))
            if len(columns) != 1
            else columns[0]
        )
        amounts[name] = ibis.ifelse(here, total, ibis.null("float64"))
    return amounts
