"""Files of one shape as one table: a row for each record, with its place, and a column for each role.

The columns are `file` (int32, position among the inputs), `row` (int64, from 1), `place` (the row as it is numbered
where it lies: an engine finds it quickly by that), `account` (text), `time_0`, ... (int64 microseconds, NULL where
absent), `item_0`, ... (text as it stands in the file), `measure_0`, ... (float64), `signup`, `banned` (int64
microseconds), `label`, `model` (text), and `reason`: why the record is not accepted, or NULL.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import ibis

from graphlink import engine, instants
from graphlink.errors import InputError, UsageError
from graphlink.spool import physical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.instants import Form
    from graphlink.model import Columns

SAMPLED = 64
"""One in so many of the texts of a time column is looked at first."""
ENOUGH = 2_000
"""So many of them tell its form, unless that leaves month and day to be told apart: this takes all."""
MOST_TEXTS = 200_000

_ABSENT_NUMBER = r"(?i)^\s*(?:null|none|nan|n/?a|-)?\s*$"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a table: its position among the inputs, and the columns that its folders name."""

    number: int
    path: str
    parts: tuple[Path, ...]
    partition: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Files that are read as one: they have the same columns with the same roles."""

    columns: Columns
    files: tuple[File, ...]
    spooled: bool
    """Text that lies in spooled files; else Parquet that is read where it lies."""
    time_format: str

    @property
    def parts(self) -> list[Path]:
        """Where the rows lie."""
        return [part for file in self.files for part in file.parts]


def leaves(table: ir.Table) -> dict[str, tuple[str, ...]]:
    """Return the way to each column by its name; fields of a nested one are named by their dotted path."""
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[tuple[str, ...], Any]] = [
        ((name,), kind) for name, kind in table.schema().items() if name not in {engine.ROW_NUMBER, "filename"}
    ]
    while waiting:
        way, kind = waiting.pop(0)
        if kind.is_struct():
            waiting = [((*way, name), inner) for name, inner in kind.items()] + waiting
        else:
            found.setdefault(".".join(way), way)
    return found


def _reach(table: ir.Table, way: Sequence[str]) -> ir.Column:
    column = table[way[0]]
    for name in way[1:]:
        column = column[name]
    return column


def rows(table: Table, backend: Backend) -> ir.Table:
    """Return the rows of a table, to be `filled`; nothing has run yet but the look at its times.

    Raises:
        UsageError: the form of its times cannot be told.
        InputError: a column cannot be read as what it is taken for.

    """
    stored = _stored(table, backend)
    column = {name: stored[physical(name)] for name in _used(table.columns)}
    where = table.files[0].path
    times = _times(stored, {name: column[name] for name in _time_columns(table.columns)}, table)
    texts = {name: _text(column[name], f"{where}, column {name}") for name in _text_columns(table.columns)}
    parsed = {
        "account": _account(column[table.columns.account], f"{where}, column {table.columns.account}"),
        **{_instant(name): time for name, time in times.items()},
        **{f"item_{i}": texts[name] for i, (name, _) in enumerate(table.columns.items)},
        **{f"measure_{i}": _number(column[name]) for i, (name, _) in enumerate(table.columns.measures)},
        **{role: texts[name] for role, name in _labels(table.columns)},
    }
    # under a name of its own: what asks why a value is missing must not parse it again
    return _with_reasons(engine.call(stored.mutate(**parsed), backend), table.columns)


def _with_reasons(parsed: ir.Table, columns: Columns) -> ir.Table:
    """Return the rows with what is wrong with each, and without the columns that `filled` adds."""
    times = {name: parsed[_instant(name)] for name in _time_columns(columns)}
    bad = [
        (parsed.account.isnull() | (parsed.account == ""), ibis.literal("no account")),
        *(_bad_time(parsed[physical(name)], time, name) for name, time in times.items()),
        *(_bad_number(parsed[physical(n)], parsed[f"measure_{i}"], n) for i, (n, _) in enumerate(columns.measures)),
    ]
    return parsed.select(
        "file",
        "row",
        *({engine.ROW_NUMBER} & set(parsed.columns)),
        "account",
        **{f"time_{i}": times[name] for i, name in enumerate(columns.times)},
        **{f"item_{i}": parsed[f"item_{i}"] for i in range(len(columns.items))},
        **{f"measure_{i}": parsed[f"measure_{i}"] for i in range(len(columns.measures))},
        **{role: times[name] for role, name in _events(columns)},
        **{role: parsed[role] for role, _ in _labels(columns)},
        reason=ibis.cases(*bad, else_=ibis.null("string")),
    )


def filled(stored: ir.Table) -> ir.Table:
    """Return rows with the columns that are not worth to be stored: `place`, and those of no column of the file."""
    place = stored[engine.ROW_NUMBER if engine.ROW_NUMBER in stored.columns else "row"]
    kinds = {"signup": "int64", "banned": "int64", "label": "string", "model": "string"}
    return stored.mutate(place=place, **{n: ibis.null(kind) for n, kind in kinds.items() if n not in stored.columns})


def _instant(name: str) -> str:
    return f"time_{physical(name)}"


def _events(columns: Columns) -> list[tuple[str, str]]:
    return [(role, name) for role, name in (("signup", columns.signup), ("banned", columns.banned)) if name is not None]


def _labels(columns: Columns) -> list[tuple[str, str]]:
    return [(role, name) for role, name in (("label", columns.label), ("model", columns.model)) if name is not None]


def _used(columns: Columns) -> list[str]:
    names = [columns.account, *_time_columns(columns), *_text_columns(columns), *(n for n, _ in columns.measures)]
    return list(dict.fromkeys(names))


def _time_columns(columns: Columns) -> list[str]:
    return list(dict.fromkeys(n for n in (*columns.times, columns.signup, columns.banned) if n is not None))


def _text_columns(columns: Columns) -> list[str]:
    names = (*(name for name, _ in columns.items), columns.label, columns.model)
    return list(dict.fromkeys(n for n in names if n is not None))


def _stored(table: Table, backend: Backend) -> ir.Table:
    """Return file, row and the used columns under their physical names, as they are stored."""
    found = engine.parquet(backend, table.parts)
    if table.spooled:
        place, missing = {"file": found.file, "row": found.row}, set(_used(table.columns))
        known = {n: found[physical(n)] for n in missing if physical(n) in found.columns}
    else:
        ways = leaves(found)
        number = found[engine.ROW_NUMBER]
        place = {"row": (number + 1).cast("int64"), engine.ROW_NUMBER: number, "filename": found.filename}
        known = {name: _reach(found, ways[name]) for name in _used(table.columns) if name in ways}
    partitions = [n for n in _used(table.columns) if n not in known and n in dict(table.files[0].partition)]
    absent = {physical(n): ibis.null("string") for n in _used(table.columns) if n not in known and n not in partitions}
    stored = found.select(**place, **{physical(n): column for n, column in known.items()}, **absent)
    return _with_files(stored, table, partitions)


def _with_files(stored: ir.Table, table: Table, partitions: Sequence[str]) -> ir.Table:
    """Add the position of the file, and what its folders say."""
    if len(table.files) == 1:
        file = table.files[0]
        values = {physical(n): ibis.literal(dict(file.partition)[n], "string") for n in partitions}
        number = ibis.literal(file.number, "int32")
        return stored.mutate(file=number, **values)
    key = "file" if table.spooled else "filename"
    if table.spooled and not partitions:
        return stored
    listed = [
        {
            "file": file.number,
            **({} if table.spooled else {"filename": str(file.parts[0].absolute())}),
            **{physical(n): dict(file.partition).get(n) for n in partitions},
        }
        for file in table.files
    ]
    schema = {"file": "int32", **({} if table.spooled else {"filename": "string"})}
    schema |= {physical(n): "string" for n in partitions}
    return stored.join(ibis.memtable(listed, schema=schema), key)


def _account(column: ir.Column, where: str) -> ir.StringColumn:
    if column.type().is_floating():
        raise InputError(
            f"account ids are stored as {column.type()}, which loses digits", where=where, then="store them as text"
        )
    return _text(column, where)


def _text(column: ir.Column, where: str) -> ir.StringColumn:
    kind = column.type()
    if kind.is_string():
        return column
    if kind.is_nested() or kind.is_binary():
        raise InputError(f"values of the type {kind}", where=where, then="store them as text")
    return column.cast("string")


def _times(stored: ir.Table, columns: Mapping[str, ir.Column], table: Table) -> dict[str, ir.IntegerColumn]:
    """Return the instants of the time columns; one that leaves month and day open is read as a clear one beside it."""
    where = {name: f"{table.files[0].path}, column {name}" for name in columns}
    texts = {n: c for n, c in columns.items() if not (c.type().is_timestamp() or c.type().is_date())}
    if table.time_format:
        forms = dict.fromkeys(texts, instants.stated(table.time_format))
    else:
        forms = _forms(stored, texts, where)
    return {n: instants.from_native(c, forms.get(n), where=where[n]) for n, c in columns.items()}


def _forms(stored: ir.Table, columns: Mapping[str, ir.Column], where: Mapping[str, str]) -> dict[str, Form]:
    clear: dict[str, Form] = {}
    for name, column in columns.items():
        with suppress(UsageError):
            clear[name] = _form(stored, column, where[name])
    dated = {form for form in clear.values() if form in {instants.MONTH_FIRST, instants.DAY_FIRST}}
    like = dated.pop() if len(dated) == 1 else None
    return {n: clear.get(n) or _form(stored, column, where[n], like) for n, column in columns.items()}


def _form(stored: ir.Table, column: ir.Column, where: str, like: Form | None = None) -> Form:
    """Return the form of a column: told by some of its texts if they suffice, else by all."""
    texts = stored.select(text=_text(column, where))
    texts = texts.filter(texts.text.notnull() & (texts.text != ""))
    # by hash, so that the order of rows changes nothing; to tell all texts apart costs as much as to group by them
    some = _values(texts.filter(texts.text.hash() % SAMPLED == 0), ENOUGH)
    if len(some) >= ENOUGH:
        with suppress(UsageError):
            form = instants.detect(some, where=where)
            if form not in {instants.MONTH_FIRST, instants.DAY_FIRST}:
                return form
    return instants.detect(_values(texts, MOST_TEXTS), where=where, like=like)


def _values(texts: ir.Table, most: int) -> list[str]:
    distinct = texts.distinct()
    values: list[str] = engine.fetch(distinct.order_by(distinct.text.hash()).limit(most))["text"].to_pylist()
    return values


def _bad_time(column: ir.Column, instant: ir.Column, name: str) -> tuple[ir.BooleanColumn, ir.StringColumn]:
    if column.type().is_timestamp() or column.type().is_date():
        # what cannot be an instant of this century is a default that somebody's software wrote
        return ibis.literal(value=False), ibis.literal("")
    text = column.cast("string")
    # `is_absent` is slow, and asked only where there is no instant
    bad = ibis.ifelse(instant.isnull(), ~instants.is_absent(text), ibis.literal(value=False))
    return bad, ibis.literal(f"{name}: no time of the column's form: ") + _shown(text)


def _number(column: ir.Column) -> ir.FloatingColumn:
    number = column.try_cast("float64") if column.type().is_string() else column.cast("float64")
    none = number.isnan()
    if column.type().is_string():  # `1_000` is a number to the engine, and to nobody who exports one
        none |= column.contains("_")
    return ibis.ifelse(none, ibis.null("float64"), number)


def _bad_number(column: ir.Column, number: ir.Column, name: str) -> tuple[ir.BooleanColumn, ir.StringColumn]:
    text = column.cast("string")
    bad = ibis.ifelse(number.isnull() | number.isinf(), ~_absent_number(text), ibis.literal(value=False))
    return bad, ibis.literal(f"{name}: no number: ") + _shown(text)


def _absent_number(text: ir.StringColumn) -> ir.BooleanColumn:
    return text.isnull() | text.re_search(_ABSENT_NUMBER)


def _shown(text: ir.StringColumn) -> ir.StringColumn:
    return text.left(60)


def any_of(conditions: Sequence[ir.BooleanColumn]) -> ir.BooleanColumn:
    """Return whether one of some conditions holds."""
    return reduce(lambda a, b: a | b, conditions, ibis.literal(value=False))
