"""Worlds of a few accounts, written as CSV and read as records: for the rooms that judge."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from graphlink import records
from graphlink.model import Partition
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from graphlink.model import AccountGraph, Records

    Rows = Iterable[Mapping[str, Any]]


def read(folder: Path, **tables: Rows) -> Records:
    """Return the records of these tables, each written as a CSV of its name into a new folder below this one."""
    here = folder / f"world-{len(list(folder.iterdir()))}"
    here.mkdir()
    for name, rows in tables.items():
        _write(here / f"{name}.csv", list(rows))
    return records.read([here], settings=Settings(threads=2))


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(columns), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def grouped(graph: AccountGraph, *groups: Iterable[str]) -> Partition:
    """Return the partition in which these groups of account ids are the clusters, numbered as they stand here."""
    position = {account: i for i, account in enumerate(graph.accounts["account_id"])}
    cluster = np.full(len(position), -1, np.int32)
    for number, group in enumerate(groups):
        cluster[[position[account] for account in group]] = number
    return Partition(cluster=cluster, core=cluster >= 0, confidence=(cluster >= 0).astype(float))


def at(minute: float, *, day: int = 1) -> str:
    """Return an instant of May 2026, so many minutes after midnight."""
    whole, fraction = divmod(minute, 1)
    hours, minutes = divmod(int(whole), 60)
    return f"2026-05-{day:02}T{hours:02}:{minutes:02}:{round(fraction * 60):02}Z"


def dice(seed: int) -> random.Random:
    """Return a source of random choices."""
    return random.Random(seed)  # noqa: S311 - a world, not a secret
