"""What reading costs, beside the least that any reader of sightings has to do.

    python tests/bench.py [ROWS[,ROWS]] [REPEATS]     (`make bench`, `make bench ROWS=300000,3000000 REPEATS=3`)

Each measurement is a process of its own, bare reading and graphlink in turns, so that what else the machine does falls
on both. The ratio that counts is that of processor seconds (user and system, imports and child processes included);
that of seconds on the clock stands beside it. The figures go to docs/benchmarks.md.
"""

from __future__ import annotations

import compileall
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import marks
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "bench"
KEY = FOLDER / "key"
PAGE = ROOT / "docs" / "benchmarks.md"
ITEMS = ("ip", "device_id", "prompt_hash", "user_agent")
TARGETS = {"usage.parquet": 1.5, "usage.csv": 2.0, "quoted.csv": 2.0}
"""The files that are read, and the ratio to reach."""
LARGE = """
COPY (
    WITH drawn AS (SELECT i, hash(i) AS a, hash(i, 1) AS b, hash(i, 2) AS c FROM range({rows}) t(i)),
    acting AS (
        SELECT *, a % 100 < 20 AS ring,
            (CASE WHEN a % 100 < 20 THEN 1000000 + (a // 100) % 25000 ELSE (a // 100) % 1000000 END)::BIGINT AS who
        FROM drawn
    )
    SELECT
        printf('acct_%08x', who) AS account_id,
        to_timestamp(1772409600 + i * 2592000.0 / {rows}) AS timestamp,
        CASE WHEN ring AND b % 10 < 5 THEN printf('45.%d.%d.7', who % 3, (b // 10) % 250)
             WHEN b % 10 = 0 THEN printf('46.%d.%d.8', (who // 200) % 20, (who // 4000) % 250)
             ELSE printf('%d.%d.%d.%d', 50 + who % 150, (who // 150) % 250, (who // 37500) % 250, 1 + (b // 10) % 8)
        END AS ip,
        printf('d%015x', CASE WHEN ring AND c % 10 = 0 THEN who % 9000 ELSE who * 4 + c % 2 END) AS device_id,
        CASE WHEN ring AND c % 10 < 3 THEN printf('p%031x', (c // 10) % 5000)
             WHEN c % 100 < 5 THEN printf('p%031x', 100000 + (c // 100) % 50000)
             ELSE md5(i::VARCHAR) END AS prompt_hash
    FROM acting
) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""
"""A large file: a million accounts, 25,000 of three rings beside them; most prompts and addresses are one account's."""


class Cost(NamedTuple):
    """Seconds of processor and clock."""

    processor: float
    clock: float


def bare(file: Path) -> None:
    """Read a file with DuckDB alone into the rows that any reader of sightings needs.

    One row for each account and item of each kind, and one for each account: first, last and count.
    """
    engine = duckdb.connect()
    rows = f"'{file}'"  # not a parameter: these are file names of our own
    if file.suffix == ".csv":  # CSV is parsed once: cheaper than once for each kind
        engine.execute(f"CREATE TEMP TABLE rows AS FROM {rows}")
        rows = "rows"
    for i, item in enumerate(ITEMS):
        engine.execute(
            f"CREATE TEMP TABLE seen_{i} AS SELECT account_id, {item}, min(timestamp), max(timestamp), count(*) "  # noqa: S608 - our own names
            f"FROM {rows} WHERE {item} IS NOT NULL GROUP BY ALL"
        )
    engine.execute(
        f"CREATE TEMP TABLE accounts AS SELECT account_id, min(timestamp), max(timestamp), count(*) "  # noqa: S608 - our own names
        f"FROM {rows} GROUP BY ALL"
    )


def ours(file: Path) -> None:
    """Read a file with graphlink: hashed, checked, counted, in canonical form, with the row behind each sighting."""
    import graphlink  # noqa: PLC0415 - its cost is part of what is measured

    graphlink.read(file, key=KEY)


def measured(work: Callable[[Path], None], path: Path) -> Cost:
    """Return what it costs to do something with a path in a process of its own."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, work.__name__, str(path)]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begun)


def make_files(rows: int) -> None:
    """Write the requests of a simulated world as Parquet, and as CSV with quotes where needed and everywhere."""
    from graphlink import simulate  # noqa: PLC0415 - the measured processes need none of it

    world = simulate.simulate("s1", seed=1, accounts=max(simulate.FEWEST_ACCOUNTS, rows // 6))
    usage = pa.concat_tables(world.usage_parts()).slice(0, rows)
    pq.write_table(usage, FOLDER / "usage.parquet", compression="zstd")
    if usage.num_rows < rows:
        raise SystemExit(f"the world has {usage.num_rows:,} requests, not {rows:,}")
    for name, quoted in (("usage.csv", ""), ("quoted.csv", ", FORCE_QUOTE *")):
        iso = "strftime(timestamp AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')"
        duckdb.sql(
            f"COPY (SELECT * REPLACE ({iso} AS timestamp) FROM '{FOLDER}/usage.parquet') "  # noqa: S608 - our own names
            f"TO '{FOLDER}/{name}' (HEADER{quoted})"
        )


def reading(records: int, repeats: int) -> list[str]:
    """Return the rows of the table of ratios, for files of so many records."""
    make_files(records)
    rows = []
    for name, target in TARGETS.items():
        pairs = [[measured(work, FOLDER / name) for work in (bare, ours)] for _ in range(repeats)]
        ratios = [Cost(*(b / a for a, b in zip(*pair, strict=True))) for pair in pairs]
        least, all_of_it = (statistics.median(pair[i].processor for pair in pairs) for i in (0, 1))
        size = (FOLDER / name).stat().st_size / 1e6
        cells = [
            *(name, f"{records:,}", f"{size:,.0f}", f"{least:.1f}", f"{all_of_it:.1f}"),
            *(f"{_middle(ratios, i):.2f} ({max(r[i] for r in ratios):.2f})" for i in (0, 1)),
            f"{target:.1f}",
        ]
        rows.append(row(cells))
        sys.stderr.write(f"{rows[-1]}\n")
    return rows


def large(rows: int) -> Path:
    """Return a large file of so many rows, made if it is not there."""
    file = FOLDER / f"large-{rows}.parquet"
    if not file.exists():
        half = file.with_suffix(".half")  # what is broken off is made again
        duckdb.connect(config={"preserve_insertion_order": False}).execute(LARGE.format(rows=rows, file=half))
        half.rename(file)
    return file


def _middle(costs: Sequence[Cost], i: int) -> float:
    return statistics.median(cost[i] for cost in costs)


def row(cells: Iterable[str]) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Return what the figures were measured on."""
    found = re.search(r"^model name\s*: (.*)$", _text(Path("/proc/cpuinfo")), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    chip = found[1] if found else platform.processor()
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} processors ({chip}), {memory:.0f} GB, {platform.system()}, {python}"


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def versions() -> str:
    """Return the versions of what is measured."""
    return ", ".join(
        f"{name} {version(name)}" for name in ("graphlink", "duckdb", "ibis-framework", "pyarrow", "numpy")
    )


def make_key() -> None:
    """Write a key: some hashes of the made worlds look like card numbers."""
    KEY.unlink(missing_ok=True)
    KEY.touch(mode=0o600)
    KEY.write_text(bytes(range(32)).hex(), "ascii")


def main(sizes: Sequence[int], repeats: int) -> None:
    """Measure, and write the figures between the marks of docs/benchmarks.md."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    make_key()
    compileall.compile_dir(ROOT / "graphlink", quiet=1)  # as whoever installs it has it, and duckdb is
    day, load = time.strftime("%Y-%m-%d", time.gmtime()), os.getloadavg()[0]
    heads = ["file", "rows", "MB", "bare, s", "graphlink, s", "ratio, processor (worst)", "ratio, clock (worst)"]
    figures = [
        f"{day}, {repeats} repeats, {machine()}; load {load:.0f}; {versions()}.",
        "",
        row([*heads, "target"]),
        row(["---", *["---:"] * len(heads)]),
        *(line for records in sizes for line in reading(records, repeats)),
    ]
    written("figures", figures)


def written(mark: str, lines: Iterable[str]) -> None:
    """Put lines between two marks of docs/benchmarks.md."""
    marks.write(mark, [*lines, ""], PAGE)
    sys.stderr.write(f"written to {PAGE.relative_to(ROOT)}\n")


if __name__ == "__main__":
    parts = {work.__name__: work for work in (bare, ours)}
    if sys.argv[1:2] and sys.argv[1] in parts:
        parts[sys.argv[1]](Path(sys.argv[2]))
    elif sys.argv[1:2] == ["large"]:
        large(int(sys.argv[2]))
    else:
        asked, repeated = [*sys.argv[1:], *["3000000", "5"][len(sys.argv) - 1 :]]
        main([int(text) for text in asked.split(",")], int(repeated))
