"""What `graphlink check` shows before anybody is linked: the mapping, the counts, what was refused, what is common.

A default that somebody's software wrote (0.0.0.0, `unknown`, one device for all) is seen here as the top value of
its kind, with the number of accounts it would bind together.
"""

from __future__ import annotations

import ast
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis

from graphlink import columns, engine
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphlink.model import Columns, Input, Records

TOP = 5
SAMPLES = 10


class Role(NamedTuple):
    """One column of one table, and what it is taken for; an empty role is not used."""

    file: str
    column: str
    role: str


class Refused(NamedTuple):
    """One record in quarantine."""

    file: str
    row: int
    reason: str
    raw: str


class TopValue(NamedTuple):
    """A value of a kind and how many accounts have it."""

    value: str
    accounts: int


@dataclass(frozen=True, slots=True)
class KindCount:
    """A kind of item: how many distinct values and accounts it has, and the values on most accounts."""

    kind: str
    family: str
    values: int
    shared: int
    """Values on two accounts or more."""
    accounts: int
    top: tuple[TopValue, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What records hold."""

    inputs: tuple[Input, ...]
    roles: tuple[Role, ...]
    accounts: int
    events: int
    first_seen: int
    last_seen: int
    """Microseconds since 1970 UTC; NO_TIME where no record has a time."""
    kinds: tuple[KindCount, ...]
    refused: tuple[Refused, ...]
    notes: tuple[str, ...]


def rows_read(records: Records) -> int:
    """Return how many records the inputs have."""
    return sum(each.rows_read for each in records.inputs)


def survey(records: Records) -> Survey:
    """Return the mapping, the counts, the first records in quarantine, and each kind's top values."""
    accounts = records.accounts
    seen = accounts.filter(accounts.first_seen != NO_TIME)
    totals = _row(accounts.agg(accounts=accounts.count(), events=accounts.events.sum()))
    span = _row(seen.agg(first=seen.first_seen.min(), last=seen.last_seen.max()))
    return Survey(
        inputs=records.inputs,
        roles=mapping(records),
        accounts=totals["accounts"],
        events=totals["events"] or 0,
        first_seen=NO_TIME if span["first"] is None else span["first"],
        last_seen=NO_TIME if span["last"] is None else span["last"],
        kinds=_kinds(records),
        refused=_refused(records),
        notes=records.notes,
    )


def mapping(records: Records) -> tuple[Role, ...]:
    """Return what each column was taken for, tables of the same columns once; the unused ones last."""
    tables: dict[tuple[Columns, tuple[str, ...]], list[str]] = {}
    for each in records.inputs:
        tables.setdefault((each.columns, each.found), []).append(each.path)
    found = []
    for (taken, names), paths in tables.items():
        file = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
        found += [Role(file, column, role) for column, role in columns.roles(taken)]
        found += [Role(file, column, "") for column in columns.unused(names, taken)]
    return tuple(found)


def to_case_toml(records: Records | Survey, *, name: str = "case", time_format: str = "") -> str:
    """Return the text of a case.toml that reads the same files in the same way."""
    return written(records.inputs, name=name, time_format=time_format)


def written(inputs: Iterable[Input], *, name: str = "case", time_format: str = "") -> str:
    """Return the text of a case.toml that reads these files as they were read, times in the form that was stated."""
    return "\n".join([f"name = {_toml(name)}\n", *(_toml_table(each, time_format) for each in inputs)])


def _toml_table(each: Input, time_format: str) -> str:
    taken = each.columns
    # a case is read from where it lies, and may lie anywhere
    lines: list[tuple[str, Any]] = [("file", str(Path(each.path).absolute())), ("account", taken.account)]
    how, _, codec = each.form.rpartition(", ")
    lines += [("encoding", codec)] if how and codec != "utf-8" else []
    delimiter = how.partition("delimiter ")[2]
    lines += [("delimiter", ast.literal_eval(delimiter))] if delimiter else []
    lines += [("time", list(taken.times))] if taken.times else []
    lines += [("time_format", time_format)] if taken.times and time_format else []
    singles = {"signup": taken.signup, "banned": taken.banned, "label": taken.label, "model": taken.model}
    lines += [(key, column) for key, column in singles.items() if column is not None]
    lines += [("items", dict(taken.items))]
    lines += [("measures", dict(taken.measures))] if taken.measures else []
    return "[[table]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in lines)


def _toml(value: Any) -> str:
    """Return a value as TOML writes it: its basic strings are JSON's, but for DEL."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _row(table: Any) -> dict[str, Any]:
    row: dict[str, Any] = engine.fetch(table).to_pylist()[0]
    return row


def _kinds(records: Records) -> tuple[KindCount, ...]:
    seen = records.sightings
    items = seen.group_by("kind", "value").agg(accounts=seen.count())
    counts = items.group_by("kind").agg(values=items.count(), shared=(items.accounts > 1).sum())
    holders = seen.group_by("kind").agg(accounts=seen.account.nunique())
    by_kind = {row["kind"]: row for row in engine.fetch(counts.join(holders, "kind")).to_pylist()}
    top = _top(items)
    return tuple(
        KindCount(
            kind.name,
            kind.family,
            by_kind[kind.name]["values"],
            by_kind[kind.name]["shared"],
            by_kind[kind.name]["accounts"],
            top[kind.name],
        )
        for kind in records.kinds
        if kind.name in by_kind
    )


def _top(items: Any) -> dict[str, tuple[TopValue, ...]]:
    order = ibis.window(group_by="kind", order_by=[items.accounts.desc(), items.value])
    ranked = items.mutate(rank=ibis.row_number().over(order))
    ranked = ranked.filter(ranked["rank"] < TOP).order_by("kind", "rank")
    rows = engine.fetch(ranked).to_pylist()
    grouped = itertools.groupby(rows, key=lambda row: row["kind"])
    return {kind: tuple(TopValue(row["value"], row["accounts"]) for row in group) for kind, group in grouped}


def _refused(records: Records) -> tuple[Refused, ...]:
    """Return the first records of each quarantine file."""
    found: list[Refused] = []
    for file in filter(None, records.quarantine):
        with file.open(encoding="ascii") as lines:
            read = (json.loads(line) for line in itertools.islice(lines, SAMPLES + 1))
            found += [Refused(r["file"], r["row"], r["reason"], r["raw"]) for r in read if r["row"]][:SAMPLES]
    return tuple(found)
