"""No stage holds an object a row: what Python and numpy hold grows with accounts and what they share, not with events.

What the engine holds is bounded by `--memory`, and is its own. Where every event begins an activity of its own, the
search for schedules holds some 60 bytes for each at its peak, in arrays; that is not the case here.
"""

from __future__ import annotations

import shutil
import tracemalloc
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphlink import Settings, investigate, read, simulate

if TYPE_CHECKING:
    from pathlib import Path

BUSIER = 12
AN_EVENT = 40
"""Bytes, by the issue; a Python integer alone takes 28, a short text 60."""


def written(world: simulate.World, folder: Path, times: int) -> int:
    """Write the records of a world in which all is asked so many times, seconds apart, and return how many events."""
    folder.mkdir()
    usage = world.usage
    column = usage.schema.get_field_index("timestamp")
    later = [pc.add(usage["timestamp"], pa.scalar(i, pa.duration("s"))) for i in range(times)]
    often = pa.concat_tables([usage.set_column(column, "timestamp", each) for each in later])
    for name, table in {"signups": world.signups, "usage": often, "payments": world.payments}.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return len(often)


def held(folder: Path) -> int:
    """Return the most bytes that Python and numpy hold at a time while a case is made and written."""
    tracemalloc.start()
    try:
        job(folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def job(folder: Path) -> None:
    case = investigate(read(folder), Settings(threads=1, decoys=0))
    case.save(folder.parent / f"{folder.name}-run", report=False)


def test_what_is_held_does_not_grow_with_events(tmp_path: Path) -> None:
    world = simulate.simulate("s8", accounts=500, seed=3)
    few, many = written(world, tmp_path / "few", 1), written(world, tmp_path / "many", BUSIER)
    assert many - few > 50_000
    job(tmp_path / "few")  # what is imported and compiled once is no event's
    shutil.rmtree(tmp_path / "few-run")
    assert (held(tmp_path / "many") - held(tmp_path / "few")) / (many - few) < AN_EVENT
