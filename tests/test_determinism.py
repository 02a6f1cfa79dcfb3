"""Same rows, same settings, same seed: the same bytes, however the rows come in and whoever computes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphlink import Case, Settings, investigate, read, simulate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from graphlink.simulate import World

    Tables = Mapping[str, pa.Table]

TABLES = ("clusters.csv", "members.csv", "links.parquet", "items.parquet")


class Judged(NamedTuple):
    """A case, and the SHA-256 of each table that it writes."""

    case: Case
    hashes: dict[str, str]


@pytest.fixture(scope="module")
def world() -> World:
    """Return a small world: rings, households, organisations, hubs."""
    return simulate.simulate("s1", accounts=1000)


@pytest.fixture(scope="module")
def tables(world: World) -> Tables:
    return {"signups": world.signups, "usage": world.usage, "payments": world.payments}


@pytest.fixture(scope="module")
def folder(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tables, tmp_path_factory.mktemp("first") / "records")


@pytest.fixture(scope="module")
def first(folder: Path) -> Judged:
    return judged(folder)


@pytest.fixture(scope="module")
def doubled(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return the case in which a twentieth of the rows of use and payment stand twice."""
    twice = {name: table if name == "signups" else some_twice(table) for name, table in tables.items()}
    return judged(written(twice, tmp_path_factory.mktemp("doubled") / "records"))


@pytest.fixture(scope="module")
def one_more(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return the case in which one signup stands twice."""
    twice = {**tables, "signups": pa.concat_tables([tables["signups"], tables["signups"].slice(0, 1)])}
    return judged(written(twice, tmp_path_factory.mktemp("one") / "records"))


def written(tables: Tables, folder: Path) -> Path:
    """Return the folder, with the tables in it as Parquet in row groups so small that threads share them out."""
    folder.mkdir()
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=500)
    return folder


def judged(folder: Path, **settings: int) -> Judged:
    """Return the case on the records of a folder."""
    case = investigate(read(folder), Settings(**settings))  # type: ignore[arg-type]
    return Judged(case, hashes(case.save(folder.parent / f"{folder.name}-run", report=False)))


def hashes(run: Path) -> dict[str, str]:
    return {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in TABLES}


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(1).permutation(len(table))))


def some_twice(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.filter(pa.array(np.random.default_rng(2).random(len(table)) < 0.05))])


def test_the_small_world_has_clusters_to_disagree_about(first: Judged) -> None:
    assert set(first.case.clusters["tier"]) >= {"coordinated", "explained"}
    assert len(first.case.links) > 100


def test_one_thread_of_another_process_with_another_hash_seed_gives_the_same_bytes(
    folder: Path, first: Judged, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "graphlink", "clusters", str(folder), "--run", str(tmp_path / "run")]
    options = ["--threads", "1", "--no-report", "--quiet"]
    subprocess.run([*command, *options], check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    assert hashes(tmp_path / "run") == first.hashes


def test_shuffled_rows_in_several_files_on_many_threads_give_the_same_bytes(
    tables: Tables, first: Judged, tmp_path: Path
) -> None:
    usage = shuffled(tables["usage"])
    half = len(usage) // 2
    parts = {"m": usage.slice(half), "n": usage.slice(0, half)}
    parts |= {"z": shuffled(tables["signups"]), "a": shuffled(tables["payments"])}
    assert judged(written(parts, tmp_path / "records"), threads=8).hashes == first.hashes


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_csv_and_json_lines_give_the_same_bytes_as_parquet(
    form: str, world: World, first: Judged, tmp_path: Path
) -> None:
    assert judged(simulate.write(world, tmp_path / form, form=form) / "records").hashes == first.hashes


# Rows told twice


def by_id(found: Judged, column: str) -> dict[str, object]:
    return dict(found.case.clusters.set_index("cluster_id")[column].sort_index())


def test_rows_told_twice_change_counts(first: Judged, doubled: Judged) -> None:
    assert doubled.case.clusters["events"].sum() > first.case.clusters["events"].sum()


def test_rows_told_twice_change_no_link_and_no_item(first: Judged, doubled: Judged) -> None:
    for name in ("links.parquet", "items.parquet"):
        assert doubled.hashes[name] == first.hashes[name]


def test_rows_told_twice_change_no_tier(first: Judged, doubled: Judged) -> None:
    assert by_id(doubled, "tier") == by_id(first, "tier")


def test_rows_told_twice_change_no_score(first: Judged, doubled: Judged) -> None:
    assert by_id(doubled, "score") == by_id(first, "score")


def test_a_signup_told_twice_changes_no_link_and_no_item(first: Judged, one_more: Judged) -> None:
    for name in ("links.parquet", "items.parquet"):
        assert one_more.hashes[name] == first.hashes[name]


def test_a_signup_told_twice_changes_no_tier(first: Judged, one_more: Judged) -> None:
    assert by_id(one_more, "tier") == by_id(first, "tier")
