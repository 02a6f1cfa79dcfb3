"""JSON Lines are read strictly, and nothing in them changes on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphlink import jsonlines

SUITE = Path(__file__).parents[2] / "shared/hostile/json-testsuite/test_parsing"
needs_suite = pytest.mark.skipif(not SUITE.is_dir(), reason="the JSON test suite is not beside the project")


def read(*lines: bytes) -> tuple[list[dict[str, str | None]], dict[int, str]]:
    block = b"".join(line + b"\n" for line in lines)
    ends = jsonlines.line_ends(block, last=True)
    records, bad, _ = jsonlines.parse(block, ends, lambda path: not path.startswith("unused"))
    return records, bad


@needs_suite
@pytest.mark.parametrize("path", sorted(SUITE.glob("n_*.json")), ids=lambda path: path.stem)
def test_what_is_not_json_is_refused(path: Path) -> None:
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip()] or [b""]
    as_line, as_value = read(*lines), read(b'{"v":' + path.read_bytes().replace(b"\n", b" ") + b"}")
    assert not as_line[0]
    assert not as_value[0]


@needs_suite
@pytest.mark.parametrize("path", sorted(SUITE.glob("y_*.json")), ids=lambda path: path.stem)
def test_what_is_json_is_accepted_as_json(path: Path) -> None:
    _, bad = read(b'{"unused":' + path.read_bytes().replace(b"\n", b" ") + b"}")
    assert not bad


@needs_suite
@pytest.mark.parametrize("path", sorted(SUITE.glob("i_*.json")), ids=lambda path: path.stem)
def test_what_may_be_json_breaks_nothing(path: Path) -> None:
    records, bad = read(b'{"v":' + path.read_bytes().replace(b"\n", b" ") + b"}")
    assert len(records) + len(bad) == 1


@pytest.mark.parametrize("digits", ["1e5", "9007199254740993", "1.10", "-0", "1" * 5000])
def test_numbers_keep_their_digits(digits: str) -> None:
    assert read(b'{"id":%b}' % digits.encode())[0] == [{"id": digits}]


def test_nested_fields_have_dotted_paths() -> None:
    records, _ = read(b'{"a":{"b":{"c":"x"},"d":true},"e":null}')
    assert records == [{"a.b.c": "x", "a.d": "true", "e": None}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "an empty line"),
        (b"[1]", "not a JSON object"),
        (b'{"a":1,"a":2}', "the field 'a' stands twice"),
        (b'{"a.b":1,"a":{"b":2}}', "the field 'a.b' stands twice"),
        (b'{"a":[1]}', "a: a list where one value is expected"),
        (b'{"a":"\\ud800"}', "a: half a surrogate pair, which is no text"),
        (b'{"a":NaN}', "not JSON: NaN"),
        (b'{"a":"\xff"}', "bytes that are not UTF-8"),
        (b'{"a":' + b"[" * 100_000, "JSON that is nested too deep"),
        (b'{"a":1', "not JSON: expecting ',' delimiter at column 7"),
    ],
)
def test_a_record_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    assert read(b'{"ok":"1"}', line, b'{"ok":"2"}') == ([{"ok": "1"}, {"ok": "2"}], {1: reason})


def test_an_unused_field_may_hold_anything() -> None:
    assert read(b'{"unused":[1,{"b":2}],"unused":"\\ud800","a":"x"}')[1] == {}


def test_the_last_line_needs_no_line_break() -> None:
    assert jsonlines.line_ends(b"ab\ncd", last=True).tolist() == [3, 5]
    assert jsonlines.line_ends(b"ab\ncd", last=False).tolist() == [3]
    assert jsonlines.line_ends(b"", last=True).dtype == np.int64
