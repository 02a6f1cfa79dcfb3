"""The run folder: the tables and the manifest of one investigation, on disk whole or not at all.

A run is written beside its place and renamed (see `outfolder`); run.json is written last.

CSV is RFC 4180 with LF line ends: UTF-8, a field quoted where it holds a comma, a quote or a line break, else bare.
Nothing in the tables depends on the clock or the machine, so equal cases are equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from graphlink import outfolder
from graphlink.behind import Behind
from graphlink.errors import FolderInTheWay, GraphlinkError, IntegrityError, MissingInput
from graphlink.model import CaseFile
from graphlink.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Fill = Callable[[Path], object]

FORMAT = 1
"""The number of the layout written here; a folder with a higher one is refused instead of misread."""

MANIFEST = "run.json"

_TEXT, _COUNT, _REAL = pa.string(), pa.int64(), pa.float64()
_ITEMS = pa.list_(pa.struct([("kind", _TEXT), ("value", _TEXT), ("bits", _REAL)]))


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


TABLES: dict[str, pa.Schema] = {
    "clusters.csv": _schema(
        rank=_COUNT,
        cluster_id=_TEXT,
        tier=_TEXT,
        score=_REAL,
        explanation=_TEXT,
        accounts=_COUNT,
        core_accounts=_COUNT,
        events=_COUNT,
        first_seen=_TEXT,
        last_seen=_TEXT,
        evidence=_TEXT,
    ),
    "members.csv": _schema(account_id=_TEXT, cluster_id=_TEXT, role=_TEXT, confidence=_REAL),
    "links.parquet": _schema(left=_TEXT, right=_TEXT, bits=_REAL, families=pa.list_(_TEXT), items=_ITEMS),
    "items.parquet": _schema(kind=_TEXT, value=_TEXT, accounts=_COUNT, corroboration=_REAL, use=_TEXT, reason=_TEXT),
    "sightings.parquet": _schema(
        account_id=_TEXT,
        kind=_TEXT,
        value=_TEXT,
        first_seen=_TEXT,
        last_seen=_TEXT,
        events=_COUNT,
        file=_TEXT,
        row=_COUNT,
    ),
    "facts.parquet": _schema(
        account_id=_TEXT,
        events=_COUNT,
        first_seen=_TEXT,
        last_seen=_TEXT,
        signed_up=_TEXT,
        banned=_TEXT,
        label=_TEXT,
    ),
    "findings.parquet": _schema(
        cluster_id=_TEXT, finding=_TEXT, side=_TEXT, weight=_REAL, explanation=_TEXT, sentence=_TEXT
    ),
    "taken.parquet": _schema(cluster_id=_TEXT, day=_TEXT, model=_TEXT, events=_COUNT),
    "hours.parquet": _schema(cluster_id=_TEXT, weekday=_COUNT, hour=_COUNT, events=_COUNT),
    "sensitivity.parquet": _schema(cluster_id=_TEXT, left_out=_TEXT, tier=_TEXT, kept=_COUNT, lost=pa.list_(_TEXT)),
    "outsiders.parquet": _schema(account_id=_TEXT, cluster_id=_TEXT, role=_TEXT, sentence=_TEXT),
    "candidates.parquet": _schema(left=_TEXT, right=_TEXT, items=_COUNT),
}
"""Every table of a run folder with its columns, in their order. The table's name is the field of `CaseFile`."""

_ROWS, _NESTED = 1 << 17, 1 << 14
"""Rows that are written together, and of a table with lists in its cells."""

OPEN_ENDED = "taken.parquet"
"""The table that has a further column for each measure of the records."""


def write(  # noqa: PLR0913 - what is written, where, and what is told
    case_file: CaseFile,
    folder: str | Path,
    *,
    quarantine: Fill | None = None,
    report: Fill | None = None,
    force: bool = False,
    stages: Stages | None = None,
) -> Path:
    """Return the run folder of a case, written whole.

    Args:
        case_file: what is written.
        folder: where the run shall lie.
        quarantine: writes the records that were not accepted into the folder it is handed.
        report: writes the report into the folder it is handed.
        force: replace a run that lies there.
        stages: what was run so far; the manifest tells it, and what writing took.

    Raises:
        FolderInTheWay: something lies there that is not replaced.
        GraphlinkError: the disk is full, or the folder may not be written.

    """
    target = check_free(folder, force=force)
    with outfolder.in_one_line(target, "the run was not written"), outfolder.beside(target) as beside:
        took = stages or Stages()
        took.run("run folder", lambda: _write_tables(case_file, beside, quarantine), int)
        if report:
            took.run("report", lambda: _fill(beside / "report", report), lambda _: len(case_file.clusters))
        _write_manifest({**case_file.manifest, **({"stages": took.done} if stages else {})}, beside)
        outfolder.publish(beside, check_free(target, force=force))
    return target


def check_free(folder: str | Path, *, force: bool = False) -> Path:
    """Return the resolved path of a run folder that may be written now.

    A run is replaced with `force` only; a folder that holds anything else never is. Also clears away what killed runs
    left beside it. Meant to be asked before the work starts, too.

    Raises:
        FolderInTheWay: something lies there that is not replaced.
        GraphlinkError: the place may not be written.

    """
    target = Path(folder).resolve()
    with outfolder.in_one_line(target, "no run can lie here"):
        outfolder.clear_leftovers(target)
        if target.exists():
            _refuse_occupied(target, str(folder), force=force)
        outfolder.check_writable(target)
    return target


def _refuse_occupied(target: Path, where: str, *, force: bool) -> None:
    elsewhere = "name another folder with --run"
    if not target.is_dir():
        raise FolderInTheWay("is a file", where=where, then=elsewhere)
    if target.is_mount():
        raise FolderInTheWay("is a mount point", where=where, then=f"{elsewhere}, inside this one")
    if outfolder.is_empty(target):
        return
    if not _is_run(target):
        raise FolderInTheWay("is not empty and holds no run", where=where, then=elsewhere)
    if not force:
        raise FolderInTheWay("holds a run already", where=where, then=f"replace it with --force, or {elsewhere}")


def load(folder: str | Path) -> CaseFile:
    """Return the case that a run folder holds.

    Raises:
        MissingInput: no run lies there.
        IntegrityError: a table is not what was written.
        GraphlinkError: a newer version wrote it.

    """
    root = Path(folder)
    with outfolder.in_one_line(root, "the run cannot be read"):
        manifest = read_manifest(root)
        tables = {Path(name).stem: _read_table(root / name, manifest) for name in TABLES}
    return CaseFile(**tables, manifest=manifest)


def verify(folder: str | Path) -> tuple[str, ...]:
    """Return how a run folder differs from what was written, a line for each file; nothing if it does not.

    Raises:
        MissingInput: no run lies there.

    """
    root = Path(folder)
    with outfolder.in_one_line(root, "the run cannot be read"):
        manifest, found = read_manifest(root), _digests(root)
        own = () if (root / MANIFEST).read_bytes() == _text(manifest) else (f"{MANIFEST}: was changed",)
    written = manifest["outputs"]
    return own + tuple(
        f"{name}: {_difference(name, written, found)}"
        for name in sorted(written.keys() | found.keys())
        if written.get(name) != found.get(name)
    )


def _difference(name: str, written: Mapping[str, str], found: Mapping[str, str]) -> str:
    if name not in found:
        return "is missing"
    return "was changed" if name in written else "was added"


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Return what run.json of a run folder says.

    Raises:
        MissingInput: there is none.
        IntegrityError: it is no manifest.
        GraphlinkError: a newer version wrote it.

    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        raise MissingInput(
            f"no {MANIFEST} here", where=str(folder), then="make a run with `graphlink clusters`, or name it with --run"
        )
    manifest = _parsed(path)
    if manifest["format"] > FORMAT:
        raise GraphlinkError(
            f"written by graphlink {manifest.get('version')}, which is newer", where=str(path), then="upgrade graphlink"
        )
    return manifest


def _parsed(path: Path) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        manifest = json.loads(path.read_bytes())
        if isinstance(manifest, dict) and isinstance(manifest.get("format"), int) and "outputs" in manifest:
            return manifest
    raise IntegrityError("is not the manifest of a run", where=str(path), then="restore it, or make the run again")


def _is_run(folder: Path) -> bool:
    if not (folder / MANIFEST).is_file():
        return False
    try:
        _parsed(folder / MANIFEST)
    except IntegrityError:
        return False
    return True


# Tables


def _fill(folder: Path, fill: Fill) -> None:
    folder.mkdir()
    fill(folder)


def _write_tables(case_file: CaseFile, folder: Path, quarantine: Fill | None) -> int:
    """Write all tables and what was not accepted, and return how many rows the tables have."""
    if quarantine:
        _fill(folder / "quarantine", quarantine)
    rows = 0
    for name in TABLES:
        frame = getattr(case_file, Path(name).stem)
        put = _write_csv if name.endswith(".csv") else _write_parquet
        put(frame, _schema_of(name, frame.columns), folder / name)
        rows += len(frame)
    return rows


def _schema_of(name: str, columns: Iterable[str]) -> pa.Schema:
    fixed = TABLES[name]
    measures = [each for each in columns if each not in fixed.names] if name == OPEN_ENDED else []
    return pa.schema([*fixed, *(pa.field(each, _REAL) for each in measures)])


def _write_parquet(frame: pd.DataFrame, schema: pa.Schema, path: Path) -> None:
    """Write the rows a group at a time: as Arrow has it, what lies behind the links of a large ring takes gigabytes."""
    rows = _ROWS if not any(pa.types.is_nested(each) for each in schema.types) else _NESTED
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6", store_schema=False) as file:
        for begin in range(0, max(len(frame), 1), rows):
            file.write_table(_arrow(frame.iloc[begin : begin + rows], schema), row_group_size=rows)


def _arrow(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)


def _write_csv(frame: pd.DataFrame, schema: pa.Schema, path: Path) -> None:
    """Write RFC 4180. Python's own writer leaves a lone CR bare before 3.13, and readers break the line there."""
    table = _arrow(frame, schema)
    columns = [[_cell(value) for value in column.to_pylist()] for column in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(table.column_names) + "\n")
        file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


_NEEDS_QUOTES = re.compile('[",\r\n]')


def _cell(value: str | float | None) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def _read_table(path: Path, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Return one table, if its bytes are those that the manifest names."""
    if not path.is_file():
        raise IntegrityError("is missing", where=str(path), then="restore it, or make the run again")
    if _sha256(path) != manifest["outputs"].get(path.name):
        raise IntegrityError(
            f"is not what was written: its SHA-256 differs from that in {MANIFEST}",
            where=str(path),
            then="`graphlink verify` lists all that differs",
        )
    try:
        return _read_csv(path, TABLES[path.name]) if path.suffix == ".csv" else _read_parquet(path)
    except (pa.ArrowException, KeyError, UnicodeError) as error:
        raise IntegrityError("is not a table of a run", where=str(path), then="make the run again") from error


def _read_csv(path: Path, schema: pa.Schema) -> pd.DataFrame:
    verbatim = pa_csv.ConvertOptions(column_types=schema, null_values=[], strings_can_be_null=False)
    table = pa_csv.read_csv(
        path,
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=verbatim,
    )
    frame: pd.DataFrame = table.select(schema.names).cast(schema).to_pandas()
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    """Return the table as in a case that never was on disk: what lies behind links as numbers, other lists as lists.

    These are read some rows at a time, as they are written.
    """
    with pq.ParquetFile(path) as file:
        schema = _schema_of(path.name, file.schema_arrow.names)
        flat = pa.schema([each for each in schema if not pa.types.is_list(each.type)])
        frame: pd.DataFrame = file.read(flat.names).select(flat.names).cast(flat).to_pandas()
        for place, field in enumerate(schema):
            if pa.types.is_list(field.type):
                frame.insert(place, field.name, _nested(file, field))
    return frame


def _nested(file: pq.ParquetFile, field: pa.Field) -> pd.Series:
    stored = file.schema_arrow.field(field.name)  # where there is none, it is no table of a run
    batches = file.iter_batches(_NESTED, columns=[stored.name])
    parts = (batch.column(field.name).cast(field.type) for batch in batches)
    if field.type.equals(_ITEMS):
        return pd.Series(Behind.from_arrow(parts))
    return pd.Series([cell for part in parts for cell in part.to_pylist()], dtype=object)


# Manifest


def _write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    whole = {"format": FORMAT, **manifest, "outputs": _digests(folder)}
    (folder / MANIFEST).write_bytes(_text(whole))


def _text(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as it is written: the hash of all that stands before it comes last."""
    before = {name: value for name, value in manifest.items() if name != "sha256"}
    return _json({**before, "sha256": hashlib.sha256(_json(before)).hexdigest()})


def _json(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def _digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder but for the manifest, by its path from there."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() and path != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
