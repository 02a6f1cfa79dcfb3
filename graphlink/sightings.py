"""What the rows of one table say: who was active when, and who touched what.

The tables are those of `tables`, with the column `outside` for records that lie outside of `since` and `until`.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from graphlink import bursts, engine, instants
from graphlink.errors import UsageError
from graphlink.model import NO_TIME
from graphlink.tables import any_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

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


def repeated(every: ir.Table, table: Table, backend: Backend) -> ir.Table | None:
    """Return the rows whose account has another row at the same instant, if there are any, and perhaps a few others.

    To count what is distinct takes three times as long as to count, so it is counted among these alone.
    """
    items = [f"item_{i}" for i in range(len(table.columns.items))]
    timed = every.filter(~every.outside & every["first"].notnull())
    timed = timed.select("file", "row", "place", "account", "first", "last", "outside", *items)
    return engine.alike(timed, ("account", "first"), "place", backend, table.parts)


def grouped(every: ir.Table, repeated: ir.Table | None, table: Table, backend: Backend, *, window: int = 0) -> ir.Table:
    """Return what each account has with each value of the first item column, and without any: see `accounts`, `seen`.

    With a window, or without items, it is what each account has. Both are made of it: to group all rows for accounts
    alone costs as much as to group them for a kind.
    """
    columns = table.columns
    touched = _valued(every, table, window)
    counted = touched.group_by("account", "value").agg(
        first_seen=touched["first"].min(),
        last_seen=touched["last"].max(),
        moments=touched["first"].count(),
        cited=_cited(touched).min(),
        records=(~touched.outside).sum(),
        **({"signup": touched.signup.min()} if columns.signup else {}),
        **({"banned": touched.banned.min()} if columns.banned else {}),
        **({"label": touched.label.max()} if columns.label else {}),
    )
    again = None if repeated is None or window or not columns.items else _valued(repeated, table, window)
    counted = counted.mutate(events=counted.moments)
    return engine.keep(_distinct(counted, "events", again, ["account", "value"], backend), backend, table.parts)


def _valued(every: ir.Table, table: Table, window: int) -> ir.Table:
    """Return rows with the first item as `value`, NULL where it is none that counts."""
    if window or not table.columns.items:
        return every.mutate(value=ibis.null("string"))
    return every.mutate(value=ibis.ifelse(every.outside, ibis.null("string"), every.item_0.nullif("")))


def accounts(grouped: ir.Table, repeated: ir.Table | None, backend: Backend) -> ir.Table:
    """Return account, events, moments, first_seen, last_seen, signup, banned and label.

    `moments` counts distinct instants, so that rows told twice change nothing; rows without a time are one moment.
    Rows that are outside have no first and last instant.
    """
    known = {name: grouped[name] for name in ("signup", "banned", "label") if name in grouped.columns}
    counted = grouped.group_by("account").agg(
        events=grouped.records.sum(),
        moments=grouped.moments.sum(),
        first_seen=grouped.first_seen.min(),
        last_seen=grouped.last_seen.max(),
        **{name: column.max() if name == "label" else column.min() for name, column in known.items()},
    )
    kinds = {"signup": "int64", "banned": "int64", "label": "string"}
    # what no column tells is not grouped
    counted = counted.mutate(**{name: ibis.null(kind) for name, kind in kinds.items() if name not in known})
    return _distinct(counted, "moments", repeated, ["account"], backend)


def seen(  # noqa: PLR0913 - what the rows say, and of what
    every: ir.Table,
    grouped: ir.Table,
    repeated: ir.Table | None,
    table: Table,
    backend: Backend,
    *,
    window: int = 0,
) -> list[tuple[str, ir.Table]]:
    """Return account, value, first_seen, last_seen, events and cited for each item column, values as they stand.

    `events` counts distinct instants: evidence does not grow by telling a row twice. With a window (microseconds)
    there is a row for each stretch of an item (see `bursts`).
    """
    seen = []
    for i, (_, kind) in enumerate(table.columns.items):
        if i == 0 and not window:
            seen.append((kind, engine.call(_first_of(grouped), backend)))
            continue
        touched = bursts.cut(_touched(every, i, table), kind, window)
        again = None if repeated is None else bursts.cut(_touched(repeated, i, table), kind, window)
        by = bursts.by(touched.columns)
        counted = touched.group_by(by).agg(
            first_seen=touched["first"].min().fill_null(NO_TIME),
            last_seen=touched["last"].max().fill_null(NO_TIME),
            events=touched["first"].count(),
            cited=_cited(touched).min(),
        )
        raw = _distinct(counted, "events", again, by, backend)
        seen.append((kind, engine.keep(raw, backend, table.parts)))
    return seen


def _first_of(grouped: ir.Table) -> ir.Table:
    touched = grouped.filter(grouped.value.notnull())
    ends = {name: touched[name].fill_null(NO_TIME) for name in ("first_seen", "last_seen")}
    return touched.select("account", "value", **ends, events=touched.events, cited=touched.cited)


def _cited(rows: ir.Table) -> ir.IntegerColumn:
    return rows.file.cast("int64") * CITE + rows.row


def _touched(every: ir.Table, i: int, table: Table) -> ir.Table:
    """Return the rows in which an item column has a value that no earlier column of its kind has, as `value`."""
    value, kind = every[f"item_{i}"], table.columns.items[i][1]
    same = [every[f"item_{j}"] == value for j, (_, k) in enumerate(table.columns.items[:i]) if k == kind]
    touched = every.mutate(value=value, again=any_of([s.fill_null(_FALSE) for s in same]))
    return touched.filter(value.notnull() & (value != "") & ~touched.outside & ~touched.again)


def _distinct(counted: ir.Table, name: str, repeated: ir.Table | None, by: list[str], backend: Backend) -> ir.Table:
    """Return the groups with a count of instants made one of distinct instants, of which there is at least one."""
    surplus = None if repeated is None else _surplus(repeated, by, backend)
    if surplus is None:  # to join millions of groups with nothing costs a sixth of making them
        return counted.mutate(**{name: ibis.greatest(counted[name], 1)})
    joined = counted.left_join(surplus, by)
    count = ibis.greatest(joined[name] - joined.surplus.fill_null(0), 1)
    return joined.mutate(**{name: count}).select(counted.columns)


def _surplus(repeated: ir.Table, by: list[str], backend: Backend) -> ir.Table | None:
    """Return by how much the instants of each group are more than the distinct ones; None if they never are."""
    surplus = repeated.group_by(by).agg(surplus=repeated["first"].count() - repeated["first"].nunique())
    surplus = engine.keep(surplus.filter(surplus.surplus > 0), backend)
    return None if engine.is_empty(surplus) else surplus


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
