"""Relational work on DuckDB, in this process: what `engine` asks of an engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ibis
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from graphlink import arrays
from graphlink.errors import InputError, UsageError, first_line, some_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend
    from numpy.typing import NDArray

    from graphlink.settings import Settings

PROBED = 16 * 2**20
PATIENCE = 60
UNPACKED = 4
"""Rows of text take up to twice the space of their Parquet file, and as much again to group them; more, where texts
repeat."""
_LEAST = 100 * 2**20
"""Bytes that the engine is left when it shall give up what it can."""
SORTED = 2**22
"""Rows whose hashes are sorted outside of the engine, in some 60 bytes each."""
NUMBERS = 4 * SORTED
"""Numbers that are sorted so at a time, in 8 bytes each, or 12 while they are in no order."""
FEW = 1 / 16
"""The part of rows that it pays to look for by a number."""
BESIDE = 400 * 2**20
"""Bytes that Python, its libraries and the block being parsed take beside the engine; `--memory` is for all."""
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_PROBE = """
import sys
try:
    import _duckdb as duckdb  # the engine without what is written in Python around it: a third of the time
except ImportError:
    import duckdb
engine = duckdb.connect(config={"threads": 1, "memory_limit": "1GB", "autoinstall_known_extensions": False})
for path, whole in zip(sys.argv[1::2], sys.argv[2::2]):
    print(".", end="", flush=True)
    what = "bit_xor(hash(t))" if whole == "1" else "count(*)"
    try:
        engine.execute(f"SELECT {what} FROM read_parquet($1) t", [path]).fetchall()
    except duckdb.Error:
        pass
"""


def connect(settings: Settings, folder: Path) -> Backend:
    """Return an engine that lives in memory, spills to a folder of its own and loads nothing from a network."""
    import duckdb  # noqa: PLC0415 - its errors are turned into ours here and in `failures` only

    options: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(folder),
        # what is kept is sorted by whoever needs an order: half the memory, and faster
        "preserve_insertion_order": False,
    }
    if settings.threads:
        options["threads"] = settings.threads
    if settings.memory:
        options["memory_limit"] = settings.memory
    try:
        engine = ibis.duckdb.connect(**options)
    except duckdb.Error as error:
        raise UsageError(f"the engine refuses its settings: {first_line(error)}", then="look at --memory") from error
    # its end is settled before it is there: an interrupt in between would leave it behind
    weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    if settings.memory:
        whole = _memory(engine)
        engine.con.execute(f"SET memory_limit = '{max(whole - BESIDE, whole // 2)}B'")
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(f"no temporary folder: {error.strerror}", then="look at --temp-dir") from error
    return engine


def scratch(engine: Backend) -> Path:
    """Return the folder of an engine; it goes when the engine goes."""
    return Path(engine.con.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])


def parquet(engine: Backend, files: Sequence[Path]) -> ir.Table:
    """Return the rows of Parquet files of one schema, with the columns `filename` and `file_row_number`."""
    names = [_verbatim(file) for file in files]
    with failures(files):
        table = engine.read_parquet(
            names,
            table_name=_name(),
            file_row_number=True,
            filename=True,
            hive_partitioning=False,
            union_by_name=len(files) > 1,
        )
        return _with_known_times(table, engine)


def _with_known_times(table: ir.Table, engine: Backend) -> ir.Table:
    """Return the rows with times of nanoseconds and a zone in microseconds: Ibis 12 does not know DuckDB's type."""
    unknown = [name for name, dtype in table.schema().items() if dtype.is_unknown() and "TIMESTAMPTZ_NS" in str(dtype)]
    if not unknown:
        return table
    named = ['"' + name.replace('"', '""') + '"' for name in unknown]
    casts = ", ".join(f"CAST({name} AS TIMESTAMPTZ) AS {name}" for name in named)
    view = _name()
    engine.con.execute(f"CREATE TEMP VIEW {view} AS SELECT * REPLACE ({casts}) FROM {table.get_name()}")  # noqa: S608 - quoted
    return engine.table(view)


def probe(files: Sequence[Path]) -> None:
    """Read Parquet files in another process first, where a crash or a hang of the reader is an error message.

    Files of up to PROBED bytes are read whole, of larger ones the footer: a file made to crash the reader is small.

    Raises:
        InputError: the reader crashed or hung.

    """
    if not files:
        return
    whole = [int(file.stat().st_size <= PROBED) for file in files]
    arguments = [
        text for file, all_of_it in zip(files, whole, strict=True) for text in (_verbatim(file), str(all_of_it))
    ]
    command = [sys.executable, "-I", "-c", _PROBE, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603 - our own text
    except subprocess.TimeoutExpired as error:
        raise InputError(f"the reader hung for {PATIENCE} seconds", where=_last(files, error.stdout)) from error
    if done.returncode:
        raise InputError("the file crashes the reader", where=_last(files, done.stdout), then="leave it out")


def _last(files: Sequence[Path], progress: bytes | None) -> str:
    """Return the file that was being read: the probe writes a dot as it begins each."""
    return str(files[max(len(progress or b""), 1) - 1])


def call(table: ir.Table, engine: Backend) -> ir.Table:
    """Return an expression under a name: what is built on it is then compiled by itself, which is much quicker."""
    with failures():
        # a sum of integers is wider in the engine than Ibis says
        return engine.create_view(_name(), table).cast(table.schema())


def keep(table: ir.Table, engine: Backend, files: Sequence[Path] = ()) -> ir.Table:
    """Return the rows of an expression as a table that is computed now, and once.

    Not by `create_table` of Ibis, which asks the engine four more things: of small tables that is most of the cost.
    """
    with failures(files):
        return _table(_compiled(table, engine), table.schema(), engine)


def bring(rows: pa.Table, engine: Backend) -> ir.Table:
    """Return rows that lie in memory as a table of the engine; not by `memtable` of Ibis, which loads pandas."""
    view = _name()
    engine.con.register(view, rows)
    try:
        return _table(f"FROM {view}", ibis.Schema.from_pyarrow(rows.schema), engine)
    finally:
        engine.con.unregister(view)


def _table(query: str, schema: ibis.Schema, engine: Backend) -> ir.Table:
    """Return what a query gives as a table; its columns are of the types that Ibis knows, which may be narrower."""
    name = _name()
    columns = ", ".join(column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb"))
    engine.con.execute(f"CREATE TEMP TABLE {name} ({columns})")
    engine.con.execute(f"INSERT INTO {name} {query}")
    return ops.DatabaseTable(name, schema, engine, ops.Namespace("temp", "main")).to_expr()


def _compiled(table: ir.Table, engine: Backend) -> str:
    """Return an expression as SQL; tables in memory that it names are known to the engine then."""
    engine._run_pre_execute_hooks(table)  # noqa: SLF001 - what Ibis itself calls, wherever it runs something
    sql: str = engine.compile(table)
    return sql


def alike(
    table: ir.Table, by: Sequence[str], place: str, engine: Backend, files: Sequence[Path] = ()
) -> ir.Table | None:
    """Return the rows whose hash of some columns another row has too; None where none has.

    The last column is of numbers, and is looked at by itself first: what no two rows share in it is not hashed. Of up
    to SORTED rows the hashes are sorted here, which takes half of what it takes to group by them, and the rows are
    found by their place, of which the engine reads little else.
    """
    key = f"hash({', '.join(by)})"
    with failures(files):
        rows = _compiled(table, engine)
        shared = _shared(engine, by[-1], rows)
        if shared is not None:
            if not shared.num_rows:
                return None
            rows = f"FROM ({rows}) WHERE {by[-1]} IN (FROM {bring(shared, engine).get_name()})"
        found = _several(engine, f"SELECT {key} AS hash, {place} AS place FROM ({rows})")  # noqa: S608 - compiled
        if found is None:
            several = f"SELECT {key} AS hash FROM ({rows}) GROUP BY hash HAVING count(*) > 1"  # noqa: S608 - compiled
            found = engine.con.sql(several).to_arrow_table()
        if not found.num_rows:
            return None
        listed = bring(found, engine).get_name()
        of = {"hash": key, "place": place}  # a place is one of each file: the hash tells which
        wanted = " AND ".join(f"{of[each]} IN (SELECT {each} FROM {listed})" for each in found.column_names)  # noqa: S608
        return _table(f"FROM ({rows}) WHERE {wanted}", table.schema(), engine)


def _shared(engine: Backend, number: str, rows: str, passes: int = 1) -> pa.Table | None:
    """Return the numbers of a column that several rows have; None if that is so of more than FEW of the rows."""
    found = []
    for i in range(passes):  # some of the numbers at a time, each of them whole
        some = f" WHERE hash({number}) % {passes} = {i}" if passes > 1 else ""
        columns = _columns(engine, f"SELECT {number} FROM ({rows}){some}", (np.int64,), NUMBERS)  # noqa: S608 - compiled
        if columns is None and passes > 1:  # one number is that of very many rows
            return None
        if columns is None:
            size = engine.con.sql(f"SELECT count(*) FROM ({rows})").fetchall()[0][0]  # noqa: S608 - compiled
            return _shared(engine, number, rows, 2 * size // NUMBERS + 1)
        (every,) = columns
        every.sort(kind="stable")  # which is quick where they are nearly in order, as times are
        found.append(every[1:][every[1:] == every[:-1]])
        if found[-1].size > FEW * every.size:
            return None
    return pa.table({"number": arrays.numbers(np.concatenate(found))})


def _columns(engine: Backend, query: str, kinds: Sequence[type], most: int) -> list[NDArray[Any]] | None:
    """Return columns of numbers of these kinds, of which none is NULL; None if there are more than so many rows."""
    columns: list[NDArray[Any]] = [np.empty(most, kind) for kind in kinds]  # memory is taken as it is used
    size = 0
    for batch in engine.con.sql(query).to_arrow_reader(2**17):
        end = size + batch.num_rows
        if end > most:
            return None
        for column, read in zip(columns, batch.columns, strict=True):
            column[size:end] = arrays.plain(read)
        size = end
    return [column[:size] for column in columns]


def _several(engine: Backend, hashes: str) -> pa.Table | None:
    """Return place and hash of what stands more than once among some hashes; None if too many are to be sorted."""
    columns = _columns(engine, hashes, (np.uint64, np.int64), SORTED)
    if columns is None:
        return None
    every, places = columns
    ordered = np.sort(every)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not twice.size:
        return pa.table({"place": arrays.numbers(places[:0])})
    again = twice[np.searchsorted(twice, every).clip(max=twice.size - 1)] == every
    return pa.table({"place": arrays.numbers(places[again]), "hash": arrays.numbers(every[again])})


def store(table: ir.Table, engine: Backend, files: Sequence[Path]) -> ir.Table:
    """Return the rows of files as an expression has them, computed once: for what memory may not hold.

    Small beside the engine's memory, they are a table, which costs half as much; else a Parquet file in its folder.
    """
    if sum(file.stat().st_size for file in files) * UNPACKED < _memory(engine):
        return keep(table, engine, files)
    file = scratch(engine) / f"{_name()}.parquet"
    with failures():
        engine.to_parquet(table, file, compression="lz4", row_group_size=122_880)
    return parquet(engine, [file]).drop("file_row_number", "filename")


def _memory(engine: Backend) -> int:
    """Return the bytes that the engine takes before it spills, about: it tells them to one decimal, cut off."""
    number, unit = engine.con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0].split()
    return int((float(number) + 0.05) * 1024 ** _UNITS.index(unit))


def put_away(engine: Backend) -> None:
    """Move what is kept into the engine's folder, some 0.7 s a gigabyte; what is asked for comes back by itself."""
    import duckdb  # noqa: PLC0415 - see `connect`

    whole = _memory(engine)
    with suppress(duckdb.Error):  # where the disk is full it stays in memory
        engine.con.execute(f"SET memory_limit = '{min(_LEAST, whole)}B'")
    engine.con.execute(f"SET memory_limit = '{whole}B'")


def fetch(table: ir.Table, files: Sequence[Path] = ()) -> pa.Table:
    """Return the rows of an expression in memory; not by `to_pyarrow` of Ibis, which loads pandas."""
    engine = table.get_backend()
    with failures(files):
        found = engine.con.sql(_compiled(table, engine)).to_arrow_table()
    schema = table.schema().to_pyarrow()
    return found if found.schema == schema else found.cast(schema)


def batches(table: ir.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an expression, so many at a time; they end when the engine is asked something else."""
    # not `to_pyarrow_batches`: Ibis 12 calls a method that DuckDB 2.0 no longer has
    with failures():
        engine = table.get_backend()
        yield from engine.con.sql(_compiled(table, engine)).to_arrow_reader(rows)


class failures:  # noqa: N801 - reads as the statement it is: `with failures(files):`
    """A block in which the engine's errors become one line that names the files being read."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self.files = files
        self.where = some_of(files)

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Turn an error of the engine into an InputError."""
        import duckdb  # noqa: PLC0415 - see `connect`

        if isinstance(error, duckdb.OutOfMemoryException):
            raise InputError(first_line(error), where=self.where, then="give more with --memory") from error
        if isinstance(error, duckdb.Error):
            raise InputError(self._unnamed(first_line(error)), where=self.where) from error

    def _unnamed(self, text: str) -> str:
        """Return what the engine says without the paths, which stand before it."""
        for file in self.files:
            text = re.sub(rf""" ["']{re.escape(str(file.absolute()))}["']""", "", text)
        return text


def _name() -> str:
    return f"t{uuid4().hex}"


def _verbatim(file: Path) -> str:
    """Return the path so that the engine's globbing finds just this file."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(file.absolute()))
