"""Where relational work runs: Ibis expressions on DuckDB (`duck`) or on Spark (`spark`); no other room knows on which.

Whatever is relational elsewhere is an Ibis expression, and means the same on both.
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.settings import Settings

ROW_NUMBER = "file_row_number"
"""The column, counted from 0, that `parquet` adds."""
_ROOMS = {"duckdb": "duck", "spark": "spark", "pyspark": "spark"}
"""The room of each engine, by what users call it and by what Ibis does."""


def _room(name: str) -> Any:
    return import_module(f"graphlink.{_ROOMS[name]}")


def connect(settings: Settings) -> Backend:
    """Return the engine that the settings ask for, with a folder of its own; nobody can guess where that is."""
    folder = Path(settings.temp_dir or tempfile.gettempdir()).absolute() / f"graphlink-{uuid4().hex}"
    found: Backend = _room(settings.engine).connect(settings, folder)
    return found


def scratch(backend: Backend) -> Path:
    """Return the folder of an engine; it goes when the engine goes."""
    folder: Path = _room(backend.name).scratch(backend)
    return folder


def probe(backend: Backend, files: Sequence[Path]) -> None:
    """Stop at Parquet files that would crash the engine's reader, or hang it.

    Raises:
        InputError: there is one.

    """
    _room(backend.name).probe(files)


def parquet(backend: Backend, files: Sequence[Path]) -> ir.Table:
    """Return the rows of Parquet files of one schema, with the columns `filename` and `file_row_number`."""
    return _room(backend.name).parquet(backend, files)


def call(table: ir.Table, backend: Backend) -> ir.Table:
    """Return an expression under a name: what is built on it is then compiled by itself, which is much quicker."""
    return _room(backend.name).call(table, backend)


def keep(table: ir.Table, backend: Backend, files: Sequence[Path] = ()) -> ir.Table:
    """Return the rows of an expression as a table that is computed now, and once."""
    return _room(backend.name).keep(table, backend, files)


def bring(rows: pa.Table, backend: Backend) -> ir.Table:
    """Return rows that lie in memory as a table of the engine."""
    return _room(backend.name).bring(rows, backend)


def store(table: ir.Table, backend: Backend, files: Sequence[Path]) -> ir.Table:
    """Return the rows of files as an expression has them, computed once: for what memory may not hold."""
    return _room(backend.name).store(table, backend, files)


def alike(
    table: ir.Table, by: Sequence[str], place: str, backend: Backend, files: Sequence[Path] = ()
) -> ir.Table | None:
    """Return the rows that agree with another row in some columns, computed once; None where no two are seen to.

    There may be others among them (an engine may compare hashes), so what is alike is counted again where it matters.

    Args:
        table: the rows.
        by: the columns in which they agree.
        place: a column of numbers by which a row is found quickly.
        backend: the engine.
        files: where the rows lie.

    """
    found: ir.Table | None = _room(backend.name).alike(table, by, place, backend, files)
    return found


def count(table: ir.Table) -> int:
    """Return how many rows an expression has."""
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())


def is_empty(table: ir.Table) -> bool:
    """Return whether an expression has no rows."""
    return not len(fetch(table.limit(1)))


def fetch(table: ir.Table, files: Sequence[Path] = ()) -> pa.Table:
    """Return the rows of an expression in memory."""
    return _room(table.get_backend().name).fetch(table, files)


def batches(table: ir.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an expression, so many at a time; they end when the engine is asked something else."""
    found: Iterator[pa.RecordBatch] = _room(table.get_backend().name).batches(table, rows)
    return found


def put_away(backend: Backend) -> None:
    """Have the engine give up memory that it can: what was kept waits in its folder, where it is not there already."""
    room = _room(backend.name)
    if hasattr(room, "put_away"):
        room.put_away(backend)


def spreads(backend: Backend) -> bool:
    """Return whether the engine has other processes that run Python: then `apart` has work for them."""
    return hasattr(_room(backend.name), "apart")


def apart(
    table: ir.Table, by: str, function: Callable[[pd.DataFrame], pd.DataFrame], columns: str, backend: Backend
) -> ir.Table:
    """Return what a function makes of the rows of each group, where they are; `columns` are those that it returns."""
    return _room(backend.name).apart(table, by, function, columns, backend)
