"""Instants: every form says the same in Python and in the engine, and refuses what is not of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlink import instants
from graphlink.errors import UsageError

CASES = json.loads((Path(__file__).parent / "cases" / "instants.json").read_text("utf-8"))
STRPTIME = ("%d.%m.%Y %H:%M", "%a %b %d %H:%M:%S %z %Y", "%m/%d/%y %I:%M %p", "%d %B %Y", "%Y%m%dT%H%M%SZ", "%F %T.%f")
FORMS = (*instants.FORMS, *map(instants.stated, STRPTIME))
if TYPE_CHECKING:
    from collections.abc import Sequence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400 * 10**6
EARLY, LATE = instants.EARLIEST - 2 * DAY, instants.LATEST + 2 * DAY


@pytest.fixture(scope="module")
def engine() -> ibis.BaseBackend:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'America/New_York'")  # a session's zone must never matter
    return connection


def in_engine(engine: ibis.BaseBackend, form: instants.Form, texts: Sequence[str]) -> list[int | None]:
    table = ibis.memtable(pa.table({"n": range(len(texts)), "v": pa.array(texts, pa.string())}))
    column = instants.expression(form, table.v)
    assert column.type().is_int64()
    return engine.to_pyarrow(table.select("n", t=column).order_by("n"))["t"].to_pylist()  # type: ignore[no-any-return] # ibis has no types


@pytest.mark.parametrize("case", CASES["parse"], ids=lambda case: f"{case[0]} {case[1]}")
def test_a_text_stands_for_the_instant_in_the_table(case: tuple[str, str, str | None]) -> None:
    name, text, moment = case
    expected = None if moment is None else (datetime.fromisoformat(moment) - EPOCH) // timedelta(microseconds=1)
    assert instants.parse(instants.stated(name), text) == expected


def test_the_engine_reads_the_table_of_cases_as_python_does(engine: ibis.BaseBackend) -> None:
    texts = sorted({case[1] for case in CASES["parse"]})
    for form in FORMS:
        assert dict(zip(texts, in_engine(engine, form, texts), strict=True)) == {
            text: instants.parse(form, text) for text in texts
        }


def written(moment: datetime) -> list[str]:
    micros = (moment - EPOCH) // timedelta(microseconds=1)
    return [
        moment.isoformat(),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        moment.strftime("%Y-%m-%dT%H:%MZ"),
        f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment.minute:02}",
        f"{micros // 10**6}.{micros % 10**6}",
        *(str(micros * 1000 // 10**places) for places in (0, 3, 6, 9)),
        *(moment.strftime(form.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S")) for form in STRPTIME),
    ]


moments = st.integers(EARLY, LATE).map(lambda micros: EPOCH + timedelta(microseconds=micros))
zoned = st.builds(lambda moment, zone: moment.astimezone(zone), moments, st.timezones())
edits = st.tuples(
    st.integers(0, 30), st.sampled_from(["", " ", "0", "9", ".", ":", "-", "+", "T", "Z", "e", "\n", "٣", "/"])
)


@given(st.lists(st.tuples(zoned, st.none() | edits), min_size=5, max_size=20))
@settings(max_examples=15, deadline=None)
def test_the_engine_agrees_with_python_on_every_form_and_every_damaged_text(
    engine: ibis.BaseBackend, drawn: list[tuple[datetime, tuple[int, str] | None]]
) -> None:
    texts = [
        text if edit is None else text[: edit[0]] + edit[1] + text[edit[0] + 1 :]
        for moment, edit in drawn
        for text in written(moment)
    ]
    for form in FORMS:
        expected = [instants.parse(form, text) for text in texts]
        assert in_engine(engine, form, texts) == expected, form.name


@pytest.mark.parametrize(("name", "texts"), CASES["detect"].items())
def test_a_column_tells_its_form(name: str, texts: list[str]) -> None:
    assert instants.detect(texts) == instants.detect(reversed(texts)) == instants.stated(name)


@pytest.mark.parametrize("texts", CASES["ambiguous"])
def test_a_column_that_does_not_tell_is_refused_in_one_line_that_names_the_option(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--time-format") as refusal:
        instants.detect(texts, where="usage.csv, column time")
    assert str(refusal.value).startswith("usage.csv, column time: ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("form", CASES["unusable"])
def test_a_time_format_that_leaves_something_open_is_refused(form: str) -> None:
    with pytest.raises(UsageError, match="time format"):
        instants.stated(form)


def test_each_form_is_named_as_the_option_takes_it() -> None:
    assert [instants.stated(form.name) for form in FORMS] == list(FORMS)


def test_absence_is_told_alike_in_python_and_in_the_engine_and_never_parses(engine: ibis.BaseBackend) -> None:
    texts = [*CASES["absent"], *{case[1] for case in CASES["parse"] if case[2]}]
    table = ibis.memtable(pa.table({"n": range(len(texts)), "v": texts}))
    told = engine.to_pyarrow(table.select("n", a=instants.is_absent(table.v)).order_by("n"))["a"].to_pylist()
    assert told == [instants.absent(text) for text in texts] == [text in CASES["absent"] for text in texts]
    assert not [text for text in CASES["absent"] if any(instants.parse(form, text) for form in FORMS)]


MOMENT = datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
MICROS = (MOMENT - EPOCH) // timedelta(microseconds=1)
NATIVE = [
    (pa.array([MOMENT], pa.timestamp("us", "America/New_York")), None, MICROS),
    (pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("us")), None, MICROS),
    (pa.array([MICROS * 1000 + 999], pa.int64()).cast(pa.timestamp("ns")), None, MICROS),
    (pa.array([MICROS // 1000], pa.int64()).cast(pa.timestamp("ms")), None, MICROS // 1000 * 1000),
    (pa.array([date(2026, 5, 1)]), None, MICROS // DAY * DAY),
    (pa.array([0], pa.timestamp("us")), None, None),
    (pa.array([MICROS // 10**6], pa.int32()), "s", MICROS // 10**6 * 10**6),
    (pa.array([MICROS // 10**3], pa.uint64()), "ms", MICROS // 1000 * 1000),
    (pa.array([MICROS * 1000 + 999], pa.int64()), "ns", MICROS),
    (pa.array([2**63 - 1], pa.int64()), "s", None),
    (pa.array([2**64 - 1], pa.uint64()), "s", None),
    (pa.array([MICROS / 10**6], pa.float64()), "s", MICROS),
    (pa.array([float("nan")], pa.float64()), "s", None),
    (pa.array([float("inf")], pa.float64()), "s", None),
    (pa.array([None], pa.int64()), "s", None),
    (pa.array([MOMENT.isoformat()]), "iso", MICROS),
]


@pytest.mark.parametrize(("array", "form", "expected"), NATIVE, ids=lambda value: str(getattr(value, "type", value)))
def test_a_column_of_any_type_is_read_exactly(
    engine: ibis.BaseBackend, array: pa.Array, form: str | None, expected: int | None
) -> None:
    table = ibis.memtable(pa.table({"v": array}))
    column = instants.from_native(table.v, instants.stated(form) if form else None)
    assert engine.to_pyarrow(table.select(t=column))["t"].to_pylist() == [expected]


def test_numbers_without_their_unit_are_refused() -> None:
    column = ibis.table({"v": "int64"}, name="t").v
    with pytest.raises(UsageError, match="--time-format"):
        instants.from_native(column, where="usage.parquet, column time")
