"""Spark gives what DuckDB gives, byte for byte, on one machine and on a cluster, and when a worker dies on the way.

`make test-spark` runs all of it on a master and two workers; a plain `make test` runs a small part inside one process.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from standalone import cluster
from tiny_graph import ties

from graphlink import communities, engine, instants, simulate
from graphlink.errors import InputError, UsageError
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibis.backends.sql import SQLBackend
    from standalone import Cluster

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "records"
TABLES = ("clusters.csv", "members.csv", "links.parquet", "items.parquet")
WORLDS = ("s1", "s4", "s7")

pytestmark = [
    pytest.mark.skipif(not shutil.which("java"), reason="there is no Java (17), which Spark needs"),
    # py4j leaves the socket to its Java for the end of the process to close
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed: pip install 'graphlink[spark]'"),
]
on_a_cluster = pytest.mark.skipif(not os.environ.get("SPARK_CLUSTER"), reason="takes minutes: make test-spark")


def command(records: Path, run: Path, *options: str) -> list[str]:
    told = ["clusters", str(records), "--run", str(run), "--no-report", "--quiet", *options]
    return [sys.executable, "-m", "graphlink", *told]


def hashes(run: Path) -> dict[str, str]:
    """Return the SHA-256 of each table of a run; Parquet by what it holds."""
    found = {name: (run / name) for name in TABLES}
    return {
        name: hashlib.sha256(
            repr(pq.read_table(file).to_pylist()).encode() if name.endswith("parquet") else file.read_bytes()
        ).hexdigest()
        for name, file in found.items()
    }


def judged(records: Path, run: Path, *options: str) -> dict[str, str]:
    subprocess.run(command(records, run, *options), check=True, capture_output=True)
    return hashes(run)


# On this machine


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> SQLBackend:
    folder = tmp_path_factory.mktemp("spark")
    return engine.connect(Settings(engine="spark", threads=2, temp_dir=str(folder)))


@pytest.fixture(scope="module")
def duck() -> SQLBackend:
    return engine.connect(Settings(threads=1))


TEXTS = [
    "x",
    "x\n",
    "",
    None,
    "1d",
    " 7 ",
    "+7.5e2",
    "1_0",
    "inf",
    "nan",
    "\u212a",
    "K",
    "k\u2028",
    "\\",
    "'",
    "$",
    "\U0001f600 a",
]


@pytest.mark.parametrize("pattern", ["^x$", "^(?:x|k.)$", "(?i)^k$", r"^\s*[0-9]+\s*$", r"[^\x00-\x7f]", r"\\"])
def test_a_pattern_finds_what_it_finds_on_duckdb(spark: SQLBackend, duck: SQLBackend, pattern: str) -> None:
    table = ibis.memtable({"text": TEXTS}, schema={"text": "string"})
    found = [engine.fetch(engine.keep(table.mutate(hit=table.text.re_search(pattern)), each)) for each in (spark, duck)]
    assert found[0].sort_by("text") == found[1].sort_by("text")


def test_what_is_a_number_is_one_on_duckdb(spark: SQLBackend, duck: SQLBackend) -> None:
    table = ibis.memtable(
        {"text": ["1d", "0x1p3", " 7 ", "+7.5e2", ".5", "5.", "1f", "", None]}, schema={"text": "string"}
    )
    found = [engine.fetch(engine.keep(table.mutate(n=table.text.try_cast("float64")), each)) for each in (spark, duck)]
    assert found[0].sort_by("text") == found[1].sort_by("text")


def test_division_goes_down_and_is_exact(spark: SQLBackend) -> None:
    numbers = [-(2**63), -7, -6, 0, 6, 7, 2**60 + 1, None]
    table = ibis.memtable({"n": numbers}, schema={"n": "int64"})
    kept = engine.keep(table, spark)
    found = engine.fetch(kept.mutate(d=kept.n // 3)).to_pylist()
    assert [row["d"] for row in found] == [None if row["n"] is None else row["n"] // 3 for row in found]


MOMENTS = [
    *("2026-05-01T08:00:00Z", "2026-05-01 08:00:00.123456", "2026-05-01T08:00:00.1234567+02:00", "2026-05-01"),
    *("2026-02-30", "2026-05-01T24:00:00Z", " 2026-05-01", "1970-01-01", "2026-05-01T08:00:00Z\n", "", "now"),
]


def test_times_are_what_they_are_in_python(spark: SQLBackend) -> None:
    table = engine.keep(ibis.memtable({"text": MOMENTS}, schema={"text": "string"}), spark)
    found = engine.fetch(table.mutate(at=instants.expression(instants.ISO, table.text))).to_pylist()
    assert {row["text"]: row["at"] for row in found} == {text: instants.parse(instants.ISO, text) for text in MOMENTS}


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_a_time_of_parquet_is_the_same_in_every_unit(
    spark: SQLBackend, tmp_path: Path, unit: str, zone: str | None
) -> None:
    file = tmp_path / "x.parquet"
    second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    pq.write_table(pa.table({"at": pa.array([1_700_000_000 * second, None], pa.timestamp(unit, zone))}), file)
    table = engine.parquet(spark, [file])
    found = engine.fetch(table.select(at=instants.from_native(table.at)))["at"].to_pylist()
    assert found == [1_700_000_000_000_000, None]


@pytest.mark.parametrize("name", ["a'b.parquet", "[x]{y}.parquet", 'q";--.parquet', "ä +%20.parquet"])
def test_a_file_name_is_only_a_name_and_rows_are_numbered(spark: SQLBackend, tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"a": ["x", "y"], "A": [1, 2]}), tmp_path / name)
    found = engine.fetch(engine.parquet(spark, [tmp_path / name])).to_pylist()
    assert found == [
        {"a": a, "A": i + 1, "filename": str(tmp_path / name), "file_row_number": i} for i, a in enumerate("xy")
    ]


def test_what_spark_does_not_read_is_one_line(spark: SQLBackend, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"x\.parquet: "):
        engine.parquet(spark, [tmp_path / "x.parquet"])


def test_a_master_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Spark master answers at spark://"):
        engine.connect(Settings(engine="spark", spark_master="spark://127.0.0.1:1", temp_dir=str(tmp_path)))


def test_without_java_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="needs Java 17"):
        engine.connect(Settings(engine="spark"))


def test_without_pyspark_it_says_what_to_install(tmp_path: Path) -> None:
    block = "import sys; sys.modules['pyspark'] = None; from graphlink.__main__ import main; main()"
    told = [*command(SAMPLE, tmp_path / "run")[3:], "--engine", "spark"]
    done = subprocess.run([sys.executable, "-c", block, *told], capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert re.fullmatch(r"graphlink: --engine spark needs pyspark; pip install 'graphlink\[spark\]'\n", done.stderr)


@on_a_cluster
def test_communities_of_pieces_that_are_sent_out_are_those_of_the_whole(
    spark: SQLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    within = {pair: 20.0 + pair[0] for start in range(0, 60, 6) for pair in combinations(range(start, start + 6), 2)}
    across = {(int(a), int(b)): 5.0 for a, b in np.sort(rng.integers(0, 60, (12, 2))) if a < b}
    tied = ties(across | within)
    whole = communities.find(tied, 61, Settings())
    monkeypatch.setattr(communities, "MANY", 0)
    apart = communities.find(tied, 61, Settings(), spark)
    assert whole.cluster.max() > 3
    assert (apart.cluster == whole.cluster).all()
    assert (apart.confidence == whole.confidence).all()


# On a cluster


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


def on(made: Cluster, folder: Path) -> list[str]:
    folder.mkdir(exist_ok=True)
    return ["--engine", "spark", "--spark-master", made.url, "--temp-dir", str(folder), "--memory", "800MB"]


@on_a_cluster
def test_the_sample_is_the_same_on_spark_in_one_process(tmp_path: Path) -> None:
    assert judged(SAMPLE, tmp_path / "spark", "--engine", "spark") == judged(SAMPLE, tmp_path / "duck")


@on_a_cluster
def test_the_sample_is_the_same_on_a_cluster(running: Cluster, tmp_path: Path) -> None:
    options = on(running, tmp_path / "shared")
    assert judged(SAMPLE, tmp_path / "spark", *options) == judged(SAMPLE, tmp_path / "duck")
    assert list((tmp_path / "shared").iterdir()) == []  # nothing is left behind


@on_a_cluster
@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_the_same_on_a_cluster(running: Cluster, tmp_path: Path, name: str) -> None:
    records = simulate.write(simulate.simulate(name, accounts=1000), tmp_path / "world") / "records"
    options = on(running, tmp_path / "shared")
    assert judged(records, tmp_path / "spark", *options) == judged(records, tmp_path / "duck")


@on_a_cluster
def test_a_worker_that_dies_costs_time_and_not_the_result(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster") as made:
        going = subprocess.Popen(command(SAMPLE, tmp_path / "spark", *on(made, tmp_path / "shared")))
        kept = tmp_path / "shared"
        while len([*kept.glob("graphlink-*/*/_SUCCESS")]) < 12:  # in the middle: some tables are made, most are not
            assert going.poll() is None
            time.sleep(0.2)
        made.kill_a_worker()
        assert going.wait(timeout=1200) == 0
    assert hashes(tmp_path / "spark") == judged(SAMPLE, tmp_path / "duck")
