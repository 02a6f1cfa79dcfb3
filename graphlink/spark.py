"""Relational work on Apache Spark: what `engine` asks of an engine; the only room that imports pyspark.

What is kept lies as Parquet in a folder that driver and workers share, so that a worker's death costs no more than its
tasks. How expressions become Spark's SQL is told in `sparksql`.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
import time
import weakref
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from graphlink.errors import InputError, UsageError, first_line, some_of

if find_spec("pyspark") is None:
    raise UsageError("--engine spark needs pyspark", then="pip install 'graphlink[spark]'")

from ibis.backends.pyspark import Backend as PySpark
from ibis.backends.pyspark.converter import PySparkPandasData
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from graphlink.sparksql import Compiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import ibis.expr.types as ir
    import pandas as pd
    from pyspark.sql import DataFrame

    from graphlink.settings import Settings

PATIENCE = 60
"""Seconds to wait for a worker, and of these 10 for the master to answer."""
DEEP = "-Xss16m"
"""Stack of a thread: Java's regular expressions recurse with the length of a text, and texts may be hostile."""
_PATH = "url_decode(replace(regexp_replace(_metadata.file_path, '^file:/+', '/'), '+', '%2B'))"
"""Spark calls a file by its URL; a plus sign in it is a plus sign."""


class _Engine(PySpark):  # type: ignore[misc] # Ibis has no types
    """Ibis's Spark, with values that are exact: Arrow all the way, where Ibis 12 passes through pandas."""

    compiler = Compiler()
    folder: Path

    def frame(self, table: ir.Table) -> DataFrame:
        """Return an expression as Spark's DataFrame; nothing has run yet."""
        self._run_pre_execute_hooks(table)
        found: DataFrame = self._session.sql(self.compile(table))
        return found

    def _register_in_memory_table(self, op: Any) -> None:
        self._session.createDataFrame(_in_memory(op)).createOrReplaceTempView(op.name)

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> Any:
        table = expr.as_table()
        with failures():
            found = self.frame(table).toArrow()
        return expr.__pyarrow_result__(found.rename_columns(table.columns).cast(table.schema().to_pyarrow()))

    def execute(self, expr: ir.Expr, /, **_: Any) -> Any:
        table = expr.as_table()
        found = self.to_pyarrow(table)
        columns = {
            name: column.to_pylist() if column.null_count or pa.types.is_nested(column.type) else column.to_pandas()
            for name, column in zip(found.column_names, found.columns, strict=True)
        }
        return expr.__pandas_result__(PySparkPandasData.convert_table(_pandas(columns), table.schema()))


def _pandas(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - late, as everywhere

    return pd.DataFrame(columns)


def _in_memory(op: Any) -> pa.Table:
    found: pa.Table = op.data.to_pyarrow(op.schema)
    return found


def connect(settings: Settings, folder: Path) -> _Engine:
    """Return an engine on the master that the settings name, or on this machine's cores.

    Raises:
        UsageError: there is no Java, the master does not answer, it has no workers, or they do not share the folder.

    """
    master = settings.spark_master or f"local[{settings.threads or '*'}]"
    _check_java()
    _check_master(master)
    _Engine.register_options()  # as Ibis does when it finds a backend by its name
    engine: _Engine = _Engine().connect(_session(master, settings))
    engine.folder = folder
    weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(f"no temporary folder: {error.strerror}", then="look at --temp-dir") from error
    if not master.startswith("local"):
        _check_workers(engine, master)
    return engine


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not shutil.which(f"{home}/bin/java" if home else "java"):
        raise UsageError("--engine spark needs Java 17, and there is no java", then="install it, or set JAVA_HOME")


def _check_master(master: str) -> None:
    """Ask a standalone master whether it is there: Spark itself would wait for minutes."""
    if not master.startswith("spark://"):
        return
    for each in master.removeprefix("spark://").split(","):
        place = urlsplit(f"//{each}")
        try:
            socket.create_connection((place.hostname or "", place.port or 7077), timeout=PATIENCE / 6).close()
        except (OSError, ValueError):
            continue
        return
    raise UsageError(f"no Spark master answers at {master}", then="look at --spark-master")


def _session(master: str, settings: Settings) -> SparkSession:
    options = {
        "spark.master": master,
        "spark.app.name": "graphlink",
        "spark.log.level": "OFF",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.maxResultSize": "0",
        "spark.driver.extraJavaOptions": DEEP,
        "spark.executor.extraJavaOptions": DEEP,
        "spark.sql.caseSensitive": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.legacy.parquet.nanosAsLong": "true",
    }
    local = master.startswith("local")
    if local:
        options |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        options |= {"spark.sql.shuffle.partitions": str(2 * (settings.threads or os.cpu_count() or 1))}
    elif settings.threads:
        options["spark.cores.max"] = str(settings.threads)
    if settings.memory:
        options["spark.driver.memory" if local else "spark.executor.memory"] = _java_size(settings.memory)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    running = SparkSession.getActiveSession()
    if running is not None and running.sparkContext.master != master:
        raise UsageError(f"Spark runs on {running.sparkContext.master} here already", then="one master a process")
    builder = SparkSession.builder
    for name, value in options.items():
        builder = builder.config(name, value)
    with failures(), _without_its_chatter():
        return builder.getOrCreate().newSession()


@contextmanager
def _without_its_chatter() -> Iterator[None]:
    """Send what a new Java writes to stderr to nowhere, now and later; if it does not start, its last line is why."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except (PySparkException, Py4JError) as error:
            said.seek(0)
            why = said.read().decode(errors="replace").strip().splitlines()
            raise InputError(f"Spark does not start: {why[-1] if why else first_line(error)}") from error
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _java_size(memory: str) -> str:
    """Return a size as Java writes it."""
    found = re.fullmatch(r"\s*([0-9]+)\s*([KMGT])i?B?\s*", memory, re.IGNORECASE)
    if not found:
        raise UsageError(f"--memory {memory!r}", then="write it as 2GB")
    return f"{found[1]}{found[2].lower()}"


def _check_workers(engine: _Engine, master: str) -> None:
    """Wait for a worker, and ask all there are whether they see the folder."""
    context = engine._session.sparkContext  # noqa: SLF001 - Ibis has no other way to it
    until = time.monotonic() + PATIENCE
    while context._jsc.sc().getExecutorMemoryStatus().size() < 2:  # noqa: PLR2004, SLF001 - the driver is one of them
        if time.monotonic() > until:
            raise UsageError(f"{master} gave no worker in {PATIENCE} seconds", then="look at the master's page")
        time.sleep(0.2)
    token = engine.folder / "shared"
    token.touch()
    place = str(token)
    many = 4 * context.defaultParallelism
    with failures():
        seen = context.parallelize(range(many), many).map(lambda _: os.access(place, os.R_OK)).collect()
    if not all(seen):
        raise UsageError(
            f"the workers do not see {engine.folder}", then="name a folder that they share with --temp-dir"
        )


def scratch(engine: _Engine) -> Path:
    """Return the folder of an engine; it goes when the engine goes."""
    return engine.folder


def probe(files: Sequence[Path]) -> None:
    """Do nothing: Spark reads in Java, which a file does not crash."""


def parquet(engine: _Engine, files: Sequence[Path]) -> ir.Table:
    """Return the rows of Parquet files of one schema, with the columns `filename` and `file_row_number`."""
    with failures(files):
        reader = engine._session.read.option("__globPaths__", "false")  # noqa: SLF001 - see `_check_workers`
        found = reader.parquet(*(str(file.absolute()) for file in files))
        place = [f"{_PATH} AS filename", "_metadata.row_index AS file_row_number"]
        return _named(engine, found.selectExpr(*map(_micros(files), found.columns), *place))


def _micros(files: Sequence[Path]) -> Any:
    """Return how a column is read: Spark has nanoseconds as whole numbers."""
    try:
        schema = pq.read_schema(files[0])
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"no Parquet file: {first_line(error)}", where=str(files[0])) from error

    def read(name: str) -> str:
        quoted = "`" + name.replace("`", "``") + "`"
        kind = schema.field(name).type
        nanos = pa.types.is_timestamp(kind) and kind.unit == "ns"
        return f"timestamp_micros({quoted} DIV 1000) AS {quoted}" if nanos else quoted

    return read


def _named(engine: _Engine, frame: DataFrame) -> ir.Table:
    name = f"t{uuid4().hex}"
    frame.createOrReplaceTempView(name)
    return engine.table(name)


def call(table: ir.Table, engine: _Engine) -> ir.Table:
    """Return an expression under a name."""
    with failures():
        return _named(engine, engine.frame(table)).cast(table.schema())


def keep(table: ir.Table, engine: _Engine, files: Sequence[Path] = ()) -> ir.Table:
    """Return the rows of an expression as a table that is computed now, and once; it lies in the shared folder."""
    target = str(engine.folder / uuid4().hex)
    with failures(files):
        if isinstance(table.op(), ops.InMemoryTable):
            pq.write_table(_in_memory(table.op()), target)
            return _named(engine, engine._session.read.parquet(target))  # noqa: SLF001 - see `_check_workers`
        return _kept(engine, engine.frame(table), target)


store = keep


def bring(rows: pa.Table, engine: _Engine) -> ir.Table:
    """Return rows that lie in memory as a table of the engine."""
    return keep(ibis.memtable(rows), engine)


def alike(
    table: ir.Table,
    by: Sequence[str],
    place: str,  # noqa: ARG001 - nothing is found by its place here
    engine: _Engine,
    files: Sequence[Path] = (),
) -> ir.Table | None:
    """Return the rows that agree with another row in some columns."""
    groups = table.group_by(by).agg(rows=table.count())
    several = keep(groups.filter(groups.rows > 1), engine, files)
    return keep(table.semi_join(several, by), engine, files)


def _kept(engine: _Engine, frame: DataFrame, target: str) -> ir.Table:
    """Return the rows of a frame, written where driver and workers find them."""
    frame.write.parquet(target)
    return _named(engine, engine._session.read.schema(frame.schema).parquet(target))  # noqa: SLF001 - see `_check_workers`


def fetch(table: ir.Table, files: Sequence[Path] = ()) -> pa.Table:
    """Return the rows of an expression in memory."""
    with failures(files):
        return table.to_pyarrow()


def batches(table: ir.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an expression, so many at a time, as the workers wrote them."""
    engine = table.get_backend()
    target = str(engine.folder / uuid4().hex)
    with failures():
        engine.frame(table).write.parquet(target)
    yield from ds.dataset(target, format="parquet").to_batches(batch_size=rows)
    shutil.rmtree(target)


def apart(table: ir.Table, by: str, function: Any, columns: str, engine: _Engine) -> ir.Table:
    """Return what a function makes of the rows of each group, in the Python beside each worker."""
    target = str(engine.folder / uuid4().hex)
    with failures():
        return _kept(engine, engine.frame(table).groupBy(by).applyInPandas(function, columns), target)


class failures:  # noqa: N801 - reads as the statement it is: `with failures(files):`
    """A block in which Spark's errors become one line that names the files being read."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self.where = some_of(files)

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Turn an error of Spark into an InputError."""
        if isinstance(error, (PySparkException, Py4JError)):
            raise InputError(f"Spark: {first_line(error)}", where=self.where) from error
