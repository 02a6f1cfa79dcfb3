"""From files to Records: every record is either accepted or in quarantine with a reason, and the counts say so."""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import dataclass, replace
from functools import cache, partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from graphlink import bursts, cards, engine, refused, reputation, sightings, sources, spool, tables, touches, values
from graphlink.columns import HOW, Told, check_all_found, recognise, told_from
from graphlink.errors import InputError, IntegrityError, UsageError, first_line
from graphlink.kinds import own_kind
from graphlink.model import NO_TIME, Input, Records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.cards import Key
    from graphlink.model import Kind
    from graphlink.reputation import Known
    from graphlink.settings import Settings
    from graphlink.sources import Digest, Source
    from graphlink.tables import Table


class _Read(NamedTuple):
    """A file after it was looked at: what it has, and where its rows lie."""

    source: Source
    digest: Digest
    spooled: spool.Spooled | None
    found: tuple[str, ...]
    rows: int
    shape: str = ""


class _Counted(NamedTuple):
    """What the rows of one table say: its accounts, and its sightings by kind, values as they stand."""

    table: Table
    rows: ir.Table
    accounts: ir.Table
    seen: list[tuple[str, ir.Table]]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one table gives: its accepted rows, its accounts, its sightings by kind, and the rows it did not accept."""

    table: Table
    rows: ir.Table
    accounts: ir.Table
    sightings: tuple[tuple[str, ir.Table], ...]
    rejected: ir.Table | None
    notes: tuple[str, ...]


def read(  # noqa: PLR0913 - one argument for each option of the command
    inputs: Iterable[str | Path] = (),
    *,
    settings: Settings,
    account: Sequence[str] = (),
    times: Sequence[str] = (),
    items: Sequence[str] = (),
    case: str | Path | None = None,
    key: Key | None = None,
) -> Records:
    """Return all accepted records of some files, globs or folders, and of what a case.toml names.

    Args:
        inputs: paths, globs, folders, or `-` for standard input.
        settings: see `settings`.
        account: columns that hold the account, in the tables that have them.
        times: columns that hold a time.
        items: columns that hold items, each `column=kind` or `column=kind:family`.
        case: a case.toml.
        key: returns what card numbers are hashed with; asked where there is one. A new one each time if none is given.

    Raises:
        UsageError: a file, a column or the form of a time has to be named another way.
        InputError: a file cannot be read, or no record of it can be used.
        IntegrityError: the counts of records do not add up.

    """
    named = [_item(text) for text in items]
    key = key or cache(partial(secrets.token_bytes, 32))
    known = reputation.read(settings, key=key)
    told = Told(account=tuple(account), times=tuple(times), items=tuple((c, kind.name) for c, kind in named))
    backend = engine.connect(settings)
    scratch = engine.scratch(backend)
    inputs = list(inputs)
    given, notes = _distinct([*sources.find(inputs, scratch), *_of_case(case, scratch)])
    engine.probe(backend, [source.file for source, _ in given if source.form == "parquet"])
    files = [
        _look(source, digest, i, told=told, backend=backend, settings=settings)
        for i, (source, digest) in enumerate(given)
    ]
    check_all_found(told, [file.found for file in files])
    counted = [_counted(table, backend, settings) for table in _tables(files, told, settings)]
    ids = sorted({id_ for each in counted for id_ in values.like_cards(each.accounts.account)})
    parts = [_part(each, ids, backend, settings, key) for each in counted]
    for file in files:
        sources.unchanged(file.source, file.digest)
    kept = [_kept(i, file, parts, backend, key) for i, file in enumerate(files)]
    found = _records(files, parts, kept, {kind.name: kind for _, kind in named}, known, backend, key)
    odd = [note for part in parts for note in part.notes]
    notes = [*sources.passed_over(inputs), *notes, *values.kept_ids(ids), *odd, *found.notes]
    window = bursts.length(settings.window)
    return replace(found, sightings=bursts.named(found.sightings, window), window=window, notes=tuple(notes))


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
        named = sources.find([path.parent / str(table.get("file", ""))], scratch)
        how = {name: table.get(name) for name in HOW}
        found += [replace(source, told=told, **how) for source in named]
    if not found:
        raise UsageError("the case names no [[table]]", where=str(path))
    return found


def _distinct(found: Sequence[Source]) -> tuple[list[tuple[Source, Digest]], list[str]]:
    """Return each file once, by its content and what its folders say, and what to say of the others."""
    if not found:
        raise UsageError("no input", then="name files, folders or a case.toml")
    first: dict[tuple[str, Any], tuple[Source, Digest]] = {}
    notes = []
    for source, digest in zip(found, sources.digests(found), strict=True):
        same = digest.sha256, source.partition
        if same in first:
            notes.append(f"{source.path} is the same file as {first[same][0].path}: read once")
        else:
            first[same] = source, digest
    return list(first.values()), notes


def _look(  # noqa: PLR0913 - what reading a file takes
    source: Source, digest: Digest, number: int, *, told: Told, backend: Backend, settings: Settings
) -> _Read:
    told = source.told or told
    if not digest.bytes:
        raise InputError("the file is empty", where=source.path)
    if source.form == "parquet":
        return _look_at_parquet(source, digest, backend)
    how = {"encoding": source.encoding or settings.encoding, "delimiter": source.delimiter or settings.delimiter}
    spooled = spool.read(source, number, told, engine.scratch(backend), **how, strict=settings.strict)
    return _Read(source, digest, spooled, (*spooled.found, *dict(source.partition)), spooled.rows)


def _look_at_parquet(source: Source, digest: Digest, backend: Backend) -> _Read:
    found = engine.parquet(backend, [source.file])
    names = (*tables.leaves(found), *dict(source.partition))
    try:  # not the reader that reads the rows: its count is checked against this one
        rows = pq.read_metadata(source.file).num_rows
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"no Parquet file: {first_line(error)}", where=source.path) from error
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


def _counted(table: Table, backend: Backend, settings: Settings) -> _Counted:
    rows = tables.rows(table, backend)
    if table.spooled:  # text is parsed once; what is native costs nothing to look at again
        rows = engine.store(rows, backend, table.parts)
    every = engine.call(sightings.in_window(tables.filled(rows), table, settings), backend)
    return _again(table, every, backend, bursts.length(settings.window))


def _again(table: Table, every: ir.Table, backend: Backend, window: int) -> _Counted:
    repeated = sightings.repeated(every, table, backend)
    grouped = sightings.grouped(every, repeated, table, backend, window=window)
    accounts = engine.keep(sightings.accounts(grouped, repeated, backend), backend)
    return _Counted(table, every, accounts, sightings.seen(every, grouped, repeated, table, backend, window=window))


def _part(counted: _Counted, ids: Sequence[str], backend: Backend, settings: Settings, key: Key) -> _Part:
    """Return what a table gives; `ids` are account ids that look like card numbers."""
    changed = [values.changes(raw, kind, backend, key=key, accounts=ids) for kind, raw in counted.seen]
    rejected = _rejected(counted, changed, backend)
    if rejected is not None:
        _stop_if_strict(rejected, counted.table, settings, key)
        every = engine.call(counted.rows.anti_join(rejected, ["file", "row"]), backend)
        counted = _again(counted.table, every, backend, bursts.length(settings.window))
    named = tuple(
        (kind, raw if change is None else engine.call(values.canonical(raw, change, backend), backend))
        for (kind, raw), change in zip(counted.seen, changed, strict=True)
    )
    notes = tuple(values.odd(counted.table.columns.items, changed))
    return _Part(counted.table, counted.rows, counted.accounts, named, rejected, notes)


def _rejected(counted: _Counted, changed: Sequence[ir.Table | None], backend: Backend) -> ir.Table | None:
    """Return file, row and reason of the records that are well-formed and yet not accepted; None if there are none."""
    table, every = counted.table, counted.rows
    found = []
    bad = every.filter(every.reason.notnull())
    if engine.count(bad):
        found.append(bad.select("file", "row", "reason"))
    for i, ((column, _), change) in enumerate(zip(table.columns.items, changed, strict=True)):
        if change is None:
            continue
        bad = change.filter(change.reason.notnull() & change.canonical.isnull())
        bad = bad.select(value=bad.value, why=bad.reason)
        if engine.count(bad):
            joined = every.join(bad, every[f"item_{i}"] == bad.value)
            found.append(joined.select("file", "row", reason=ibis.literal(f"{column}: ") + joined.why))
    if not found:
        return None
    together = reduce(lambda a, b: a.union(b), found)
    return engine.keep(together.group_by("file", "row").agg(reason=together.reason.min()), backend, table.parts)


def _stop_if_strict(rejected: ir.Table, table: Table, settings: Settings, key: Key) -> None:
    if settings.strict:
        first = _row(rejected.order_by("file", "row").limit(1))
        path = next(file.path for file in table.files if file.number == first["file"])
        reason = cards.hidden(first["reason"], key)
        raise InputError(reason, where=f"{path}: row {first['row']}", then="mend it, or leave out --strict")


def _records(  # noqa: PLR0913, PLR0917 - one argument for each thing that was found
    files: Sequence[_Read],
    parts: Sequence[_Part],
    kept: Sequence[tuple[Path | None, int]],
    own: Mapping[str, Kind],
    known: Known,
    backend: Backend,
    key: Key,
) -> Records:
    inputs = tuple(_input(i, file, parts, kept[i][1]) for i, file in enumerate(files))
    if not any(each.rows_accepted for each in inputs):
        raise InputError(
            f"no record could be used{refused.first_reason([path for path, _ in kept])}", where=files[0].source.path
        )
    touched = touches.gather([seen for part in parts for seen in part.sightings], known, backend)
    every = engine.keep(_all_accounts(parts), backend)
    accounts = engine.keep(
        reputation.marked(
            values.without_cards(every, "label", values.like_cards(every.label), backend, key=key),
            known,
            touched.sightings,
        ),
        backend,
    )
    measures = tuple(sorted({name for part in parts for _, name in part.table.columns.measures}))
    events = [e for part in parts for e in sightings.events(part.table, part.rows, measures)]
    return Records(
        sightings=touched.sightings,
        events=values.without_cards(
            ibis.union(*events, distinct=False), "model", _models_like_cards(parts), backend, key=key
        ),
        accounts=accounts,
        kinds=tuple(own.get(name) or own_kind(name) for name in touched.kinds),
        inputs=inputs,
        measures=measures,
        quarantine=tuple(file for file, _ in kept),
        notes=(*known.notes, *reputation.not_found(known, accounts, touched.known)),
        known=touched.known,
        consulted=known.consulted,
    )


def _models_like_cards(parts: Sequence[_Part]) -> list[str]:
    told = [part.rows.model for part in parts if part.table.columns.model is not None]
    return sorted({text for column in told for text in values.like_cards(column)})


def _all_accounts(parts: Sequence[_Part]) -> ir.Table:
    once = _signup_tables(parts)
    every = ibis.union(*(_with_signup(part, once=part in once) for part in parts), distinct=False)
    if len(parts) > 1:  # else each account is there once
        every = every.group_by("account").agg(
            **{name: every[name].sum() for name in ("events", "moments")},
            **{name: every[name].min() for name in ("first_seen", "signup", "opened", "banned")},
            **{name: every[name].max() for name in ("last_seen", "label")},
        )
    return every.select(
        "account",
        "events",
        "moments",
        first_seen=every.first_seen.fill_null(NO_TIME),
        last_seen=every.last_seen.fill_null(NO_TIME),
        signed_up=ibis.coalesce(every.signup, every.opened, NO_TIME),
        banned=every.banned.fill_null(NO_TIME),
        label=every.label,
    )


def _signup_tables(parts: Sequence[_Part]) -> list[_Part]:
    """Return the tables of signups: those in which every account has one instant, and most accounts stand.

    A row told twice is no second one.
    """
    sizes = {
        i: _row(part.accounts.agg(most=part.accounts.moments.max(), size=part.accounts.count()))
        for i, part in enumerate(parts)
    }
    once = {i: size["size"] for i, size in sizes.items() if size["most"] == 1 and parts[i].table.columns.times}
    return [parts[i] for i, size in once.items() if size == max(once.values())]


def _with_signup(part: _Part, *, once: bool) -> ir.Table:
    return part.accounts.mutate(opened=part.accounts.first_seen if once else ibis.null("int64"))


def _row(table: ir.Table) -> dict[str, Any]:
    row: dict[str, Any] = engine.fetch(table).to_pylist()[0]
    return row


def _input(number: int, file: _Read, parts: Sequence[_Part], quarantined: int) -> Input:
    """Return what became of a file; its records are counted where they lie, not where they were read."""
    part = next((p for p in parts if any(f.number == number for f in p.table.files)), None)
    accepted = 0 if part is None else engine.count(part.rows.filter(part.rows.file == number))
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


def _kept(number: int, file: _Read, parts: Sequence[_Part], backend: Backend, key: Key) -> tuple[Path | None, int]:
    """Return where the records of a file that were not accepted lie, and how many they are."""
    late = [
        part.rejected.filter(part.rejected.file == number)
        for part in parts
        if part.rejected is not None and number in {file.number for file in part.table.files}
    ]
    target = engine.scratch(backend) / f"{number}-quarantine.jsonl"
    return refused.write(file.source, file.spooled, late, target, backend, key)
