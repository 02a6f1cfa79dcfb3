"""From files to Records: every record is either accepted or in quarantine with a reason, and the counts say so."""

from __future__ import annotations

import json
import secrets
import shutil
import tomllib
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow.parquet as pq

from graphlink import engine, instants, quarantine, sources, spool, tables, values
from graphlink.columns import Told, check_all_found, recognise, told_from
from graphlink.errors import InputError, IntegrityError, UsageError
from graphlink.kinds import own_kind
from graphlink.model import NO_TIME, Input, Records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from graphlink.model import Kind
    from graphlink.settings import Settings
    from graphlink.sources import Digest, Source
    from graphlink.tables import Table

CITE = 2**40
"""A row is cited as one number, file times CITE plus row, so that the first of several is the smallest."""


class _Read(NamedTuple):
    """A file after it was looked at: what it has, and where its rows lie."""

    source: Source
    digest: Digest
    spooled: spool.Spooled | None
    found: tuple[str, ...]
    rows: int
    shape: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one table gives: its accepted rows, its accounts, its sightings by kind, and the rows it did not accept."""

    table: Table
    rows: ir.Table
    accounts: ir.Table
    sightings: tuple[tuple[str, ir.Table], ...]
    rejected: ir.Table | None


def read(
    inputs: Iterable[str | Path] = (),
    *,
    settings: Settings,
    account: Sequence[str] = (),
    times: Sequence[str] = (),
    items: Sequence[str] = (),
    case: str | Path | None = None,
    key: bytes = b"",
) -> Records:
    """Return all accepted records of some files, globs or folders, and of what a case.toml names.

    Args:
        inputs: paths, globs, folders, or `-` for standard input.
        settings: see `settings`.
        account: columns that hold the account, in the tables that have them.
        times: columns that hold a time.
        items: columns that hold items, each `column=kind` or `column=kind:family`.
        case: a case.toml.
        key: what card numbers are hashed with; a new one each time if none is given.

    Raises:
        UsageError: a file, a column or the form of a time has to be named another way.
        InputError: a file cannot be read, or no record of it can be used.
        IntegrityError: the counts of records do not add up.

    """
    named = [_item(text) for text in items]
    told = Told(account=tuple(account), times=tuple(times), items=tuple((c, kind.name) for c, kind in named))
    backend = engine.connect(settings)
    scratch = engine.scratch(backend)
    found, notes = _distinct([*sources.find(inputs, scratch), *_of_case(case, scratch)])
    files = [_look(source, digest, i, told, scratch, settings) for i, (source, digest) in enumerate(found)]
    check_all_found(told, [file.found for file in files])
    key = key or secrets.token_bytes(32)
    parts = [_part(table, backend, settings, key) for table in _tables(files, told, settings)]
    for file in files:
        sources.unchanged(file.source, file.digest)
    return _records(files, parts, {kind.name: kind for _, kind in named}, tuple(notes), backend)


def write_quarantine(records: Records, folder: Path) -> list[Path]:
    """Return the files written: for each input with records that were not accepted, one that can be mended and read."""
    written = []
    for number, file in enumerate(records.quarantine):
        if file is not None:
            folder.mkdir(parents=True, exist_ok=True)
            name = Path(records.inputs[number].path).name.replace(
                "-", "standard-input", 1 if records.inputs[number].path == "-" else 0
            )
            target = folder / f"{number:03}-{name}.jsonl"
            shutil.copyfile(file, target)
            written.append(target)
    return written


def _item(text: str) -> tuple[str, Kind]:
    """Return column and kind of `column=kind` or `column=kind:family`; the last `=` divides."""
    column, equals, kind = text.rpartition("=")
    if not equals or not column:
        raise UsageError(f"--item {text!r}", then="write it as column=kind or column=kind:family")
    name, _, family = kind.partition(":")
    return column, own_kind(name, family)


def _of_case(case: str | Path | None, scratch: Path) -> list[Source]:
    """Return the files that a case.toml names, relative to where it lies."""
    if case is None:
        return []
    path = Path(case)
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UsageError("there is no such case", where=str(path)) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"not a case: {error}", where=str(path)) from error
    found = []
    for table in written.get("table", []):
        told = told_from(table, where=str(path))
        for source in sources.find([path.parent / str(table.get("file", ""))], scratch):
            found.append(
                replace(source, told=told, encoding=table.get("encoding"), time_format=table.get("time_format"))
            )
    if not found:
        raise UsageError("the case names no [[table]]", where=str(path))
    return found


def _distinct(found: Sequence[Source]) -> tuple[list[tuple[Source, Digest]], list[str]]:
    """Return each file once, by its content, and what to say of the others."""
    if not found:
        raise UsageError("no input", then="name files, folders or a case.toml")
    first: dict[str, tuple[Source, Digest]] = {}
    notes = []
    for source, digest in zip(found, sources.digests(found), strict=True):
        if digest.sha256 in first:
            notes.append(f"{source.path} is the same file as {first[digest.sha256][0].path}: read once")
        else:
            first[digest.sha256] = source, digest
    return list(first.values()), notes


def _look(source: Source, digest: Digest, number: int, told: Told, scratch: Path, settings: Settings) -> _Read:
    told = source.told or told
    if not digest.bytes:
        raise InputError("the file is empty", where=source.path)
    if source.form == "parquet":
        return _look_at_parquet(source, digest)
    encoding = source.encoding or settings.encoding
    spooled = spool.read(source, number, told, scratch, encoding=encoding, strict=settings.strict)
    return _Read(source, digest, spooled, (*spooled.found, *dict(source.partition)), spooled.rows)


def _look_at_parquet(source: Source, digest: Digest) -> _Read:
    backend = ibis.duckdb.connect(threads=1)
    found = engine.parquet(backend, [source.file])
    rows = pq.read_metadata(source.file).num_rows
    names = (*tables.leaves(found), *dict(source.partition))
    return _Read(source, digest, None, names, rows, str(found.schema()))


def _tables(files: Sequence[_Read], told: Told, settings: Settings) -> list[Table]:
    """Return the files as tables: those of the same columns and types together."""
    grouped: dict[tuple[Any, ...], list[tables.File]] = {}
    for number, file in enumerate(files):
        columns = recognise(file.found, file.source.told or told, where=file.source.path)
        parts = (file.source.file,) if file.spooled is None else file.spooled.parts
        time_format = file.source.time_format or settings.time_format
        shape = (columns, file.spooled is not None, time_format, file.shape, tuple(dict(file.source.partition)))
        if parts:  # else no record of the file was accepted
            grouped.setdefault(shape, []).append(tables.File(number, file.source.path, parts, file.source.partition))
    return [
        tables.Table(columns, tuple(members), spooled=spooled, time_format=time_format)
        for (columns, spooled, time_format, *_), members in grouped.items()
    ]


def _part(table: Table, backend: Backend, settings: Settings, key: bytes) -> _Part:
    every = _in_window(tables.rows(table, backend), table, settings)
    accounts = engine.keep(_accounts(every, table), backend, table.parts)
    seen = _sightings(every, table, backend)
    changed = [(values.changes(raw, kind, backend, key=key)) for kind, raw in seen]
    rejected = _rejected(every, table, accounts, changed, backend)
    if rejected is not None:
        every = every.anti_join(rejected, ["file", "row"])
        accounts = engine.keep(_accounts(every, table), backend, table.parts)
        seen = _sightings(every, table, backend)
    named = tuple(
        (kind, raw if not _count(change) else engine.keep(values.canonical(raw, change), backend))
        for (kind, raw), change in zip(seen, changed, strict=True)
    )
    return _Part(table, every, accounts, named, rejected)


def _in_window(every: ir.Table, table: Table, settings: Settings) -> ir.Table:
    """Leave out events before `since` and from `until` on; records without any time stay."""
    since, until = (_limit(name, getattr(settings, name)) for name in ("since", "until"))
    names = [f"time_{i}" for i in range(len(table.columns.times))]
    if not names or (since is None and until is None):
        return every.mutate(outside=ibis.literal(value=False))
    low, high = since if since is not None else -(2**62), until if until is not None else 2**62
    inside = {n: ibis.ifelse((every[n] >= low) & (every[n] < high), every[n], ibis.null("int64")) for n in names}
    had = tables.any_of([every[n].notnull() for n in names])
    has = tables.any_of([column.notnull() for column in inside.values()])
    return every.mutate(**inside, outside=had & ~has)


def _limit(name: str, text: str) -> int | None:
    if not text:
        return None
    instant = instants.parse(instants.ISO, text)
    if instant is None:
        raise UsageError(f"--{name} {text!r} is no time", then="write it as 2026-05-01 or 2026-05-01T08:00:00Z")
    return instant


def _first_and_last(every: ir.Table, table: Table) -> tuple[ir.Column, ir.Column]:
    names = [every[f"time_{i}"] for i in range(len(table.columns.times))] or [ibis.null("int64")]
    if len(names) == 1:
        return names[0], names[0]
    return ibis.least(*names), ibis.greatest(*names)


def _accounts(every: ir.Table, table: Table) -> ir.Table:
    first, last = _first_and_last(every, table)
    return every.group_by("account").agg(
        events=(~every.outside).sum(),
        rows=every.count(),
        bad=every.reason.count(),
        first_seen=first.min(where=~every.outside),
        last_seen=last.max(where=~every.outside),
        signup=every.signup.min(),
        banned=every.banned.min(),
        label=every.label.max(),
    )


def _sightings(every: ir.Table, table: Table, backend: Backend) -> list[tuple[str, ir.Table]]:
    """Return account, value, first_seen, last_seen, events and cited for each item column, values as they stand."""
    first, last = _first_and_last(every, table)
    seen = []
    for i, (_, kind) in enumerate(table.columns.items):
        value = every[f"item_{i}"]
        same = [every[f"item_{j}"] == value for j, (_, k) in enumerate(table.columns.items[:i]) if k == kind]
        touched = every.mutate(
            value=value, first=first, last=last, again=tables.any_of([s.fill_null(False) for s in same])
        )
        touched = touched.filter(value.notnull() & (value != "") & ~touched.outside & ~touched.again)
        cited = touched.file.cast("int64") * CITE + touched.row
        raw = touched.group_by("account", "value").agg(
            first_seen=touched["first"].min().fill_null(NO_TIME),
            last_seen=touched["last"].max().fill_null(NO_TIME),
            events=touched.count(),
            cited=cited.min(),
        )
        seen.append((kind, engine.keep(raw, backend, table.parts)))
    return seen


def _rejected(
    every: ir.Table, table: Table, accounts: ir.Table, changed: Sequence[ir.Table], backend: Backend
) -> ir.Table | None:
    """Return file, row and reason of the records that are well-formed and yet not accepted; None if there are none."""
    found = []
    if engine.fetch(accounts.agg(bad=accounts.bad.sum()))["bad"][0].as_py():
        found.append(every.filter(every.reason.notnull()).select("file", "row", "reason"))
    for i, ((column, _), change) in enumerate(zip(table.columns.items, changed, strict=True)):
        bad = change.filter(change.reason.notnull()).select(value=change.value, why=change.reason)
        if _count(bad):
            joined = every.join(bad, every[f"item_{i}"] == bad.value)
            found.append(joined.select("file", "row", reason=ibis.literal(f"{column}: ") + joined.why))
    if not found:
        return None
    together = reduce(lambda a, b: a.union(b), found)
    return engine.keep(together.group_by("file", "row").agg(reason=together.reason.min()), backend, table.parts)


def _count(table: ir.Table) -> int:
    return int(table.count().execute())


def _records(
    files: Sequence[_Read], parts: Sequence[_Part], own: Mapping[str, Kind], notes: tuple[str, ...], backend: Backend
) -> Records:
    kept = [_kept(i, file, parts, backend) for i, file in enumerate(files)]
    inputs = tuple(_input(i, file, parts, kept[i][1], backend) for i, file in enumerate(files))
    if not any(each.rows_accepted for each in inputs):
        raise InputError("no record could be used", where=files[0].source.path, then="graphlink check shows why")
    mapped = sorted({kind for part in parts for kind, _ in part.sightings})
    names = sorted({*mapped, *(implied for kind in mapped for implied in values.DERIVED.get(kind, ()))})
    measures = tuple(sorted({name for part in parts for _, name in part.table.columns.measures}))
    return Records(
        sightings=_all_sightings(parts, mapped, backend),
        events=ibis.union(*(e for part in parts for e in _events(part, measures)), distinct=False),
        accounts=engine.keep(_all_accounts(parts), backend),
        kinds=tuple(own.get(name) or own_kind(name) for name in names),
        inputs=inputs,
        measures=measures,
        quarantine=tuple(file for file, _ in kept),
        notes=notes,
    )


def _all_sightings(parts: Sequence[_Part], kinds: Sequence[str], backend: Backend) -> ir.Table:
    together = []
    for kind in kinds:
        of_kind = [seen for part in parts for name, seen in part.sightings if name == kind]
        seen = of_kind[0]
        if len(of_kind) > 1:
            seen = engine.keep(values.added_up(ibis.union(*of_kind, distinct=False)), backend)
        together.append((kind, seen))
        for implied in values.DERIVED.get(kind, ()):
            together.append((implied, engine.keep(values.derived(seen, kind, implied, backend), backend)))
    if not together:
        raise UsageError("no column holds an item", then="name one with --item column=kind")
    return ibis.union(*(_cited(kind, seen) for kind, seen in together), distinct=False)


def _cited(kind: str, seen: ir.Table) -> ir.Table:
    return seen.select(
        "account",
        "value",
        "first_seen",
        "last_seen",
        "events",
        kind=ibis.literal(kind),
        file=(seen.cited // CITE).cast("int32"),
        row=seen.cited % CITE,
    ).select("account", "kind", "value", "first_seen", "last_seen", "events", "file", "row")


def _all_accounts(parts: Sequence[_Part]) -> ir.Table:
    every = ibis.union(*(_with_signup(part) for part in parts), distinct=False)
    return every.group_by("account").agg(
        events=every.events.sum(),
        first_seen=every.first_seen.min().fill_null(NO_TIME),
        last_seen=every.last_seen.max().fill_null(NO_TIME),
        signed_up=ibis.coalesce(every.signup.min(), every.opened.min(), NO_TIME),
        banned=every.banned.min().fill_null(NO_TIME),
        label=every.label.max(),
    )


def _with_signup(part: _Part) -> ir.Table:
    """A table in which no account stands twice is one of signups: its time says when the account was opened."""
    once = bool(part.table.columns.times) and int(part.accounts.rows.max().execute() or 0) == 1
    return part.accounts.mutate(opened=part.accounts.first_seen if once else ibis.null("int64"))


def _events(part: _Part, measures: Sequence[str]) -> Iterator[ir.Table]:
    """Yield account, time, model and the measures for each event: one for each time of a row, or one if it has none."""
    every = part.rows.filter(~part.rows.outside)
    times = [every[f"time_{i}"] for i in range(len(part.table.columns.times))]
    for i, time in enumerate(times):
        first = tables.any_of([earlier.notnull() for earlier in times[:i]])
        amounts = _amounts(every, part.table, measures, ~first)
        yield every.filter(time.notnull()).select("account", time=time, model=every.model, **amounts)
    timeless = every.filter(~tables.any_of([time.notnull() for time in times])) if times else every
    amounts = _amounts(every, part.table, measures, ibis.literal(value=True))
    yield timeless.select("account", time=ibis.literal(NO_TIME, "int64"), model=every.model, **amounts)


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


def _input(number: int, file: _Read, parts: Sequence[_Part], quarantined: int, backend: Backend) -> Input:
    """Return what became of a file; its records are counted where they lie, not where they were read."""
    part = next((p for p in parts if any(f.number == number for f in p.table.files)), None)
    accepted = 0 if part is None else _count(part.rows.filter(part.rows.file == number))
    if accepted + quarantined != file.rows:
        raise IntegrityError(
            f"{file.rows:,} records, but {accepted:,} accepted and {quarantined:,} in quarantine",
            where=file.source.path,
        )
    form = "parquet" if file.spooled is None else file.spooled.form
    columns = part.table.columns if part else recognise(file.found, file.source.told or Told(), where=file.source.path)
    return Input(
        file.source.path,
        file.digest.sha256,
        file.digest.bytes,
        form,
        columns,
        file.rows,
        accepted,
        quarantined,
        file.found,
    )


def _kept(number: int, file: _Read, parts: Sequence[_Part], backend: Backend) -> tuple[Path | None, int]:
    """Return where the records of a file that were not accepted lie, and how many they are."""
    late = [
        part.rejected for part in parts if part.rejected is not None and number in {f.number for f in part.table.files}
    ]
    target = engine.scratch(backend) / f"{number}-quarantine.jsonl"
    if file.spooled is None:
        rows = _raw_parquet(file, late[0].filter(late[0].file == number)) if late else iter(())
    else:
        rows = _raw_text(number, file, late, backend)
    count = quarantine.write(rows, file.source.path, target)
    return (target if count else None), count


def _raw_text(number: int, file: _Read, late: Sequence[ir.Table], backend: Backend) -> Iterator[quarantine.Rejected]:
    """Yield the records of a text file that were not accepted, in their order."""
    spooled = file.spooled
    assert spooled is not None
    places = [engine.parquet(backend, [spooled.bad]).select("row", "offset", "size", "reason")] if spooled.bad else []
    for rejected in late:
        here = rejected.filter(rejected.file == number)
        stored = engine.parquet(backend, spooled.parts)
        places.append(
            stored.join(here, stored.row == here.row).select(stored.row, stored.offset, stored.size, here.reason)
        )
    if not places:
        return
    together = ibis.union(*places, distinct=False) if len(places) > 1 else places[0]
    rows = engine.fetch(together.order_by("row")).to_pylist()
    if not rows:
        return
    spans = [(0, spooled.begins)] if spooled.begins else []
    spans += [(row["offset"], row["size"]) for row in rows]
    raws = quarantine.cut(spool.original(file.source)[0], spans)
    if spooled.begins:
        yield quarantine.Rejected(0, 0, quarantine.HEADER, next(raws))
    for row, raw in zip(rows, raws, strict=True):
        yield quarantine.Rejected(row["row"], row["offset"], row["reason"], raw)


def _raw_parquet(file: _Read, rejected: ir.Table) -> Iterator[quarantine.Rejected]:
    """Yield the rows of a Parquet file that were not accepted, as JSON."""
    backend = rejected.get_backend()
    stored = engine.parquet(backend, [file.source.file])
    wanted = rejected.select(number=rejected.row - 1, why=rejected.reason)
    rows = stored.join(wanted, stored[engine.ROW_NUMBER] == wanted.number).order_by("number").drop("filename")
    for row in engine.fetch(rows).to_pylist():
        number, why = row.pop("number"), row.pop("why")
        row.pop(engine.ROW_NUMBER, None)
        raw = json.dumps(row, default=str, ensure_ascii=False).encode() + b"\n"
        yield quarantine.Rejected(number + 1, None, why, raw)
