"""What the whole job costs, beside the least it could and beside other tools; and how that grows with the events.

    python tests/bench_job.py [ACCOUNTS] [ROWS ...]     (part of `make bench`; alone: `make bench-job`)

Each measurement is a process of its own, imports and child processes included, all in one run of this script. Ratios
are to the floor. The figures go to docs/benchmarks.md.

The coordination-network-toolkit is measured where `TOOLKIT` names a Python that has it: it asks for other versions of
libraries than we do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import bench
import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

ACCOUNTS = 100_000
ROWS = (100_000, 1_000_000, 3_000_000)
TOLD_ABOUT = ("ip", "device_id", "prompt_hash")
CAP = 10
"""Accounts on an item, for the tools that cannot judge a hub and have to drop it."""
WINDOW = 60
"""Seconds, for the job that counts who does the same at nearly the same time."""
BESIDE = bench.FOLDER / "beside"


class Cost(NamedTuple):
    """Processor seconds, seconds on the clock, and the peak of memory in GB."""

    processor: float
    clock: float
    peak: float


def floor(records: Path) -> None:
    """Make the rows of each account and address, device and prompt, with first, last and count, and no more."""
    engine = duckdb.connect()
    file = records / "usage.parquet" if records.is_dir() else records
    for item in TOLD_ABOUT:
        engine.execute(
            f"CREATE TEMP TABLE seen_{item} AS SELECT account_id, {item}, min(timestamp), max(timestamp), count(*) "  # noqa: S608 - our own names
            f"FROM '{file}' GROUP BY ALL"
        )


def networkx(records: Path) -> None:
    """Read, drop what many touch, join whoever shares the rest, and find communities."""
    import networkx as nx  # noqa: PLC0415 - its cost is part of what is measured

    touches = _touches(records)
    linked = nx.Graph()
    for _, accounts in touches[touches["on"] <= CAP].groupby("item")["account"]:
        linked.add_edges_from(combinations(accounts, 2))
    nx.community.louvain_communities(linked, seed=0)


def igraph(records: Path) -> None:
    """Read, join accounts with all their items, weighted by how rare these are, and find communities: hubs stay."""
    import igraph as ig  # noqa: PLC0415 - likewise
    import numpy as np  # noqa: PLC0415 - likewise
    import pandas as pd  # noqa: PLC0415 - likewise

    touches = _touches(records)
    account, item = (pd.factorize(touches[name])[0] for name in ("account", "item"))
    accounts = int(account.max()) + 1
    both = ig.Graph(n=accounts + int(item.max()) + 1, edges=np.stack([account, item + accounts], axis=1))
    rarity = np.log2(accounts / touches["on"].to_numpy())
    both.community_leiden(objective_function="modularity", weights=rarity.tolist(), n_iterations=2)


def splink(links: Path) -> None:
    """Cluster the links that we found: Splink's last step alone."""
    import pandas as pd  # noqa: PLC0415 - likewise
    from splink import DuckDBAPI  # noqa: PLC0415 - likewise
    from splink.clustering import cluster_pairwise_predictions_at_threshold  # noqa: PLC0415 - likewise

    pairs = pd.read_parquet(links, columns=["left", "right", "bits"])
    ids = pd.DataFrame({"account": pd.unique(pairs[["left", "right"]].to_numpy().ravel())})
    edges = pd.DataFrame({"account_l": pairs["left"], "account_r": pairs["right"], "match_probability": 0.99})
    cluster_pairwise_predictions_at_threshold(
        ids, edges, DuckDBAPI(), node_id_column_name="account", threshold_match_probability=0.95
    )


TOOLKIT = """
import os, sys
from coordination_network_toolkit import compute_networks, preprocess
table = sys.argv[1]
preprocess.preprocess_csv_files(table + ".db", [table])
compute_networks.compute_co_retweet_parallel(table + ".db", {window}, n_threads=os.cpu_count(), min_edge_weight=2)
"""
"""Which accounts did the same within a minute, twice or more."""


def _touches(records: Path) -> pd.DataFrame:
    """Return account, item and `on` (how many accounts) of all that two accounts or more touch, by pandas."""
    import pandas as pd  # noqa: PLC0415 - likewise

    tables = [pd.read_parquet(file) for file in sorted(records.glob("*.parquet"))]
    kinds = {name: name.removeprefix("signup_") for table in tables for name in table if name in _ITEMS}
    seen = pd.concat(
        [
            pd.DataFrame({"account": table["account_id"], "item": kind + " " + table[name].astype(str)})[
                table[name].notna()
            ]
            for table in tables
            for name, kind in kinds.items()
            if name in table
        ]
    ).drop_duplicates()
    seen["on"] = seen.groupby("item")["account"].transform("size")
    return seen[seen["on"] > 1]


_ITEMS = ("ip", "signup_ip", "device_id", "prompt_hash", "payment_id", "email", "phone")


def job(records: Path, run: str, *options: str) -> list[str]:
    """Return the command of the main job on some records."""
    target = str(BESIDE / run)
    return [*_OURS, "clusters", str(records), "--run", target, "--force", "--quiet", "--key", str(bench.KEY), *options]


_OURS = (sys.executable, "-m", "graphlink")


def _by(work: Callable[[Path], None], path: Path) -> list[str]:
    return [sys.executable, __file__, work.__name__, str(path)]


def measured(command: Sequence[str]) -> Cost:
    """Return what a command costs, its children included."""
    begun = time.perf_counter()
    with (BESIDE / "said.txt").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}: {said.read()[-500:]}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss / 2**20)


def side_by_side(accounts: int) -> list[str]:
    """Return the table of tools, and that of our stages."""
    world = _world(accounts)
    records = world / "records"
    done: dict[str, Cost] = {}

    def run(name: str, command: Sequence[str]) -> None:
        done[name] = measured(command)
        sys.stderr.write(f"{name}: {done[name]}\n")

    run(f"floor: DuckDB {version('duckdb')}, one table of three, three kinds, grouped", _by(floor, records))
    run("graphlink, the whole job", job(records, "run", "--profile"))
    run("graphlink, without the report", job(records, "bare", "--no-report"))
    run(f"networkx {version('networkx')}: items on {CAP} accounts at most, Louvain", _by(networkx, records))
    run(f"igraph {version('igraph')}: all items by rarity, Leiden, no hub judged", _by(igraph, records))
    run(f"Splink {version('splink')}: clusters of our links, no more", _by(splink, BESIDE / "run" / "links.parquet"))
    least = next(iter(done.values()))
    return [*_table("what", done, least), "", *_stages(least)]


def posts(records: Path) -> None:
    """Write who sent which template when, as either tool reads it."""
    sent = f"FROM '{records / 'usage.parquet'}' WHERE prompt_hash IS NOT NULL"
    duckdb.sql(
        "COPY (SELECT row_number() OVER () AS message_id, account_id AS user_id, '' AS username, "
        "prompt_hash AS repost_id, '' AS reply_id, '' AS message, epoch(timestamp)::BIGINT AS timestamp, '' AS urls "
        f"{sent}) TO '{BESIDE / 'posts.csv'}' (HEADER)"
    )
    duckdb.sql(f"COPY (SELECT account_id, timestamp, prompt_hash {sent}) TO '{BESIDE / 'posts.parquet'}'")


def at_once(accounts: int) -> list[str]:
    """Return the table of those who count what is done at the same time; none where there is nobody to compare with."""
    python = os.environ.get("TOOLKIT", "")
    if not python:
        return ["coordination-network-toolkit: not measured (`TOOLKIT` named no Python that has it)."]
    table, ours = BESIDE / "posts.csv", BESIDE / "posts.parquet"
    subprocess.run(_by(posts, _world(accounts) / "records"), check=True)
    told = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('coordination-network-toolkit'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = {
        "graphlink --window 60s, without the report": measured(
            job(ours, "window", f"--window={WINDOW}s", "--no-report")
        ),
        f"coordination-network-toolkit {told}: co_retweet, {WINDOW} s, twice": measured(
            [python, "-c", TOOLKIT.format(window=WINDOW), str(table)]
        ),
    }
    return _table("who sends one template within a minute of another, twice", done, next(iter(done.values())))


def growth(rows: int) -> str:
    """Return a row of the table of sizes: the floor, and the whole job."""
    file = bench.FOLDER / f"large-{rows}.parquet"
    subprocess.run([sys.executable, bench.__file__, "large", str(rows)], check=True)
    least, whole = measured(_by(floor, file)), measured(job(file, "grown"))
    cells = [f"{rows:,}", *(f"{n:.1f}" for n in (least.processor, least.peak, *whole))]
    return bench.row([*cells, f"{whole.processor / least.processor:.1f}", f"{whole.processor / rows * 1e6:.0f}"])


def _table(what: str, done: dict[str, Cost], least: Cost) -> list[str]:
    head = [what, "processor, s", "clock, s", "peak, GB", "ratio, processor", "ratio, clock", "ratio, memory"]
    rows = [
        [name, *(f"{n:.1f}" for n in cost), *(f"{a / b:.1f}" for a, b in zip(cost, least, strict=True))]
        for name, cost in done.items()
    ]
    return [bench.row(head), bench.row(["---", *["---:"] * 6]), *map(bench.row, rows)]


def _stages(least: Cost) -> list[str]:
    took = json.loads((BESIDE / "run" / "run.json").read_text("utf-8"))["stages"]
    rows = [
        [
            each["stage"],
            f"{each['seconds']:.1f}",
            f"{each['seconds'] / least.clock:.1f}",
            f"{each['rows']:,}",
            f"{each['peak_bytes'] / 2**30:.1f}",
        ]
        for each in took
    ]
    head = ["stage of the whole job", "clock, s", "clock / floor", "rows", "peak, GB"]
    return [bench.row(head), bench.row(["---", *["---:"] * 4]), *map(bench.row, rows)]


def _world(accounts: int) -> Path:
    """Return a made world; made by a process of its own, for what is measured starts out with the memory of ours."""
    world = bench.FOLDER / f"world-{accounts}"
    if not (world / "truth.csv").exists():
        shutil.rmtree(world, ignore_errors=True)
        subprocess.run([*_OURS, "simulate", "s1", "--seed=1", f"--accounts={accounts}", "-o", str(world)], check=True)
    return world


def main(accounts: int, sizes: Sequence[int]) -> None:
    """Measure, and write the figures between the marks of docs/benchmarks.md."""
    BESIDE.mkdir(parents=True, exist_ok=True)
    bench.make_key()
    day, load = time.strftime("%Y-%m-%d", time.gmtime()), os.getloadavg()[0]
    world = f"world S1, seed 1, {accounts:,} accounts, once"
    figures = [
        f"{day}, {world}; {bench.machine()}; load {load:.0f}; {bench.versions()}.",
        "",
        *side_by_side(accounts),
        "",
        *at_once(accounts),
        "",
        "Growth, on one made table (`tests/bench.py`: a million accounts, 25,000 more in three rings):",
        "",
        bench.row(["events", "floor, s", "floor, GB", "graphlink, s", "clock, s", "GB", "ratio", "s a million"]),
        bench.row(["---:"] * 8),
    ]
    for rows in sizes:  # the largest takes hours: what is known is written down before
        figures.append(growth(rows))
        bench.written("job", figures)
    shutil.rmtree(BESIDE)


if __name__ == "__main__":
    works = {work.__name__: work for work in (floor, networkx, igraph, splink, posts)}
    if sys.argv[1:2] and sys.argv[1] in works:
        works[sys.argv[1]](Path(sys.argv[2]))
    else:
        asked = [int(text) for text in sys.argv[1:]]
        main(asked[0] if asked else ACCOUNTS, asked[1:] or ROWS)
