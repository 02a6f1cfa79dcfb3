"""A hundred thousand ugly records: none is lost, none is changed. `make fuzz` reads ten times as many."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import fuzz
import pytest

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = 25_000


@pytest.mark.parametrize("form", sorted(fuzz.MAKERS))
def test_no_fuzzed_record_is_lost_invented_changed_or_taken_for_another(tmp_path: Path, form: str) -> None:
    read = fuzz.hold(fuzz.MAKERS[form](tmp_path, RECORDS, random.Random(f"{form} 1")))  # noqa: S311 - a fuzzer
    assert read.size == RECORDS
    assert read.accepted > RECORDS / 2
    assert read.refused > RECORDS / 10


def test_an_id_that_begins_with_a_byte_order_mark_keeps_it_where_its_record_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("account_id,mark,ip,ts,note\n\ufeffa,m1,,,\n", "utf-8")
    fuzz.hold(fuzz.Made(path, 1, [("\ufeffa", "m1")], []))
