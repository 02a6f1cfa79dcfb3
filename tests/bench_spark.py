"""What a million events cost on Spark and on DuckDB, into docs/scale.md.

    python tests/bench_spark.py [EVENTS]      (`make bench-spark`: a million, and a quarter of it)

The whole job but for the report and the worlds of chance, on made events: 20 an account, with a device, an address and
a template each, as Parquet. Spark runs in one process, on all cores of this machine. What counts are processor seconds
of the job and of every process it starts, as the system last knew them; the difference between the two sizes is what
further events cost, the rest is start.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import bench
import duckdb
import marks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "scale.md"
EVENTS = 1_000_000
_PART = 4
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MADE = """
COPY (
    WITH drawn AS (SELECT i, i % ({events} // 20) AS who, hash(i) AS a, hash(i, 1) AS b FROM range({events}) t(i))
    SELECT
        printf('acct_%07x', who) AS account_id,
        to_timestamp(1772409600 + (a % 2592000)::BIGINT) AS timestamp,
        printf('%d.%d.%d.%d', 50 + who % 150, (who // 150) % 250, (who // 37500) % 250, 1 + b % 3) AS ip,
        printf('d%015x', who * 4 + b % 2) AS device_id,
        printf('%016x', CASE WHEN b % 4 = 0 THEN 3 + a % 500 ELSE a END) AS prompt_hash
    FROM drawn
) TO '{path}' (FORMAT parquet)
"""


class Spent(NamedTuple):
    """Processor seconds, seconds on the clock, and the most MiB that Python and Java held at one time."""

    processor: float
    clock: float
    mib: float


def spent(engine: str, file: Path, folder: Path) -> Spent:
    """Run the job, and return what it took."""
    more = ["--engine", engine, "--run", str(folder / "run"), "--force", "--no-report", "--decoys", "0", "--quiet"]
    command = [sys.executable, "-m", "graphlink", "clusters", str(file), *more]
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    begun, ticks, most = time.monotonic(), dict[int, int](), 0
    while job.poll() is None:
        now = _processes(job.pid)
        ticks |= {pid: used for pid, (used, _) in now.items()}
        most = max(most, sum(pages for _, pages in now.values()))
        time.sleep(0.2)
    assert job.returncode == 0, f"{engine}: exit code {job.returncode}"
    return Spent(sum(ticks.values()) / _TICK, time.monotonic() - begun, most * _PAGE / 2**20)


def _processes(first: int) -> dict[int, tuple[int, int]]:
    """Return ticks and resident pages of a process and of all that descend from it."""
    told = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            told[int(place.parent.name)] = place.read_text().rpartition(")")[2].split()
    found, more = dict[int, tuple[int, int]](), {first}
    while more:
        # fields of stat(5), counted from the state
        found |= {pid: (int(told[pid][11]) + int(told[pid][12]), int(told[pid][21])) for pid in more & told.keys()}
        more = {pid for pid, fields in told.items() if int(fields[1]) in more}
    return found


def _rows(events: int) -> list[str]:
    """Return the rows of the table: both engines, both sizes, and what a further million costs."""
    rows = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = {}
        for many in (events // _PART, events):
            files[many] = folder / f"{many}.parquet"
            duckdb.connect().execute(_MADE.format(events=many, path=files[many]))
        for engine in ("duckdb", "spark"):
            few, all_of_them = (spent(engine, file, folder) for file in files.values())
            further = (all_of_them.processor - few.processor) / (1 - 1 / _PART) / events * 1_000_000
            rows += [
                bench.row([engine, f"{many:,}", f"{cost.processor:.0f}", f"{cost.clock:.0f}", f"{cost.mib:,.0f}", ""])
                for many, cost in zip(files, (few, all_of_them), strict=True)
            ]
            rows[-1] = rows[-1].removesuffix("  |") + f" {further:.0f} |"
    return rows


def main() -> None:
    """Measure, and write the page."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    head = ["engine", "events", "processor, s", "clock, s", "peak, MiB", "processor seconds for a further million"]
    names = ", ".join(f"{name} {version(name)}" for name in ("graphlink", "duckdb", "pyspark"))
    lines = [
        f"{bench.machine()}; {names}.",
        "",
        bench.row(head),
        bench.row(["---", *["---:"] * (len(head) - 1)]),
        *_rows(events),
    ]
    marks.write("cost", [*lines, ""], PAGE)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
