"""The engine is a closed room: it reaches out to nothing, and its errors are one line."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphlink import duck, engine
from graphlink.errors import InputError, UsageError
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_no_extension_is_installed_or_loaded() -> None:
    backend = engine.connect(Settings(threads=1))
    for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
        assert backend.con.execute(f"SELECT current_setting('{name}')").fetchall() == [(False,)]


def test_its_folder_goes_with_it(tmp_path: Path) -> None:
    backend = engine.connect(Settings(temp_dir=str(tmp_path)))
    assert engine.scratch(backend).parent == tmp_path
    assert engine.scratch(backend).stat().st_mode & 0o077 == 0  # nobody else's business
    del backend
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("settings", [Settings(memory="much"), Settings(temp_dir="/nowhere/at/all")])
def test_settings_that_it_refuses_are_wrong_usage(settings: Settings) -> None:
    with pytest.raises(UsageError):
        engine.connect(settings)


@pytest.mark.parametrize("name", ["a'b.parquet", "[x]*?.parquet", 'q";--.parquet', "ä .parquet"])
def test_a_file_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / name)
    pq.write_table(pa.table({"a": ["y"]}), tmp_path / "x.parquet")
    backend = engine.connect(Settings(threads=1))
    assert engine.fetch(engine.parquet(backend, [tmp_path / name]))["a"].to_pylist() == ["x"]


def test_batches_hold_all_rows() -> None:
    backend = engine.connect(Settings(threads=1))
    table = engine.keep(ibis.range(5_000).unnest().name("n").as_table(), backend)
    batches = list(engine.batches(table, 1_000))
    assert sum(batch.num_rows for batch in batches) == 5_000


def test_a_reader_that_crashes_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x")
    crash = """
import os, sys
for path in sys.argv[1::2]:
    print(".", end="", flush=True)
    if path.endswith("b"):
        os.abort()
"""
    monkeypatch.setattr(duck, "_PROBE", crash)
    with pytest.raises(InputError, match=f"{tmp_path}/b: the file crashes the reader"):
        duck.probe([tmp_path / "a", tmp_path / "b"])


def test_a_reader_that_hangs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr(duck, "_PROBE", "import time\nprint('.', end='', flush=True)\ntime.sleep(30)")
    monkeypatch.setattr(duck, "PATIENCE", 0.5)
    with pytest.raises(InputError, match="hung"):
        duck.probe([tmp_path / "a"])


@pytest.mark.parametrize("unpacked", [0, 2**60])
def test_what_is_stored_is_the_same_in_memory_and_in_a_file(
    tmp_path: Path, unpacked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duck, "UNPACKED", unpacked)
    file, rows = tmp_path / "x.parquet", pa.table({"a": ["x", None, "\U0001f600"], "n": [1, None, 3]})
    pq.write_table(rows, file)
    backend = engine.connect(Settings(threads=1))
    table = engine.parquet(backend, [file]).select("a", "n")
    stored = engine.store(table, backend, [file])
    assert engine.fetch(stored.order_by("n")).equals(rows.take([0, 2, 1]))
    assert bool(list(engine.scratch(backend).iterdir())) == bool(unpacked)


@pytest.mark.parametrize("few", [0, 1])
@pytest.mark.parametrize("numbers", [2, 2**10])
@pytest.mark.parametrize("most", [2, 2**10])
def test_rows_that_are_alike_are_found_by_sorting_and_by_grouping(
    most: int, numbers: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SORTED": most, "NUMBERS": numbers, "FEW": few}.items():
        monkeypatch.setattr(duck, name, value)
    backend = engine.connect(Settings(threads=1))
    rows = {"row": list(range(8)), "a": [*"xxyyz", None, None, "x"], "n": [1, 2, 1, 1, 3, 4, 4, 2]}
    table = engine.bring(pa.table(rows), backend)
    found = engine.alike(table, ("a", "n"), "row", backend)
    assert found is not None
    assert sorted(engine.fetch(found)["row"].to_pylist()) == [1, 2, 3, 5, 6, 7]
    assert engine.alike(table, ("row", "n"), "row", backend) is None
    assert engine.alike(table.filter(table.row < 0), ("a", "n"), "row", backend) is None


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_a_time_of_parquet_is_the_same_in_every_unit_with_a_zone_and_without(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    file = tmp_path / "x.parquet"
    second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    times = pa.array([1_700_000_000 * second, None], pa.timestamp(unit, zone))
    pq.write_table(pa.table({'a "time"': times}), file, version="2.6")
    table = engine.parquet(engine.connect(Settings(threads=1)), [file])
    assert engine.fetch(table.select(t=table['a "time"'].epoch_seconds()))["t"].to_pylist() == [1_700_000_000, None]


def test_the_engine_leaves_room_for_what_else_takes_memory() -> None:
    def engine_takes(memory: str) -> int:
        return duck._memory(engine.connect(Settings(threads=1, memory=memory)))  # noqa: SLF001 - it is what is tested

    assert engine_takes("2GB") < 2e9 - 0.9 * duck.BESIDE
    assert engine_takes("100MB") > 40e6  # whoever gives little gets half


def test_what_is_put_away_gives_its_memory_back_and_is_still_there() -> None:
    backend = engine.connect(Settings(threads=1))
    numbers = ibis.range(20_000_000).unnest().name("n").as_table()
    kept = engine.keep(numbers.mutate(square=numbers.n * numbers.n), backend)
    told = "SELECT sum(memory_usage_bytes), current_setting('memory_limit') FROM duckdb_memory()"
    before, limit = backend.con.execute(told).fetchall()[0]
    engine.put_away(backend)
    after, still = backend.con.execute(told).fetchall()[0]
    assert after <= before / 2
    assert still == limit
    assert int(kept.square.max().execute()) == 19_999_999**2
