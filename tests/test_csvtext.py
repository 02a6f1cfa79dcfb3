"""CSV is told apart into records: what is accepted is what RFC 4180 says, and every byte is in one record."""

from __future__ import annotations

import csv
import io
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlink import csvtext
from graphlink.errors import InputError
from graphlink.spool import good_bytes, whole_records

PIECES = [b'"', b'"', b'""', b",", b",", b"\n", b"\n", b"\r\n", b"\r", b"a", b"bc", b" ", b"\xc3\xa4", b"\xff", b"\x00"]
WIDTH = 3


def machine(block: bytes) -> list[tuple[bytes, str | None]]:
    """Return records and why they are bad: the oracle, one state machine as the module's head describes it."""
    records, start = [], 0
    while start < len(block):
        end, fields = well_formed(block, start)
        bad = None
        if end is None:
            newline = block.find(b"\n", start)
            end = len(block) if newline < 0 else newline + 1
            bad = "malformed"
        elif fields != WIDTH or not block[start:end].strip(b"\r\n"):
            bad = "ragged"
        try:
            block[start:end].decode()
        except UnicodeDecodeError:
            bad = bad or "encoding"
        records.append((block[start:end], bad))
        start = end
    return records


def well_formed(block: bytes, at: int) -> tuple[int | None, int]:  # noqa: C901 - a state machine in one piece
    fields, n = 1, len(block)
    while True:
        if at < n and block[at : at + 1] == b'"':
            at += 1
            while True:
                at = block.find(b'"', at)
                if at < 0:
                    return None, 0
                at += 1
                if block[at : at + 1] != b'"':
                    break
                at += 1
        else:
            while at < n and block[at] not in b'",\r\n':
                at += 1
        if at == n:
            return at, fields
        if block[at : at + 1] == b"\n":
            return at + 1, fields
        if block[at : at + 2] == b"\r\n":
            return at + 2, fields
        if block[at : at + 1] != b",":
            return None, 0
        at, fields = at + 1, fields + 1


def scanned(block: bytes, size: int) -> list[tuple[bytes, str | None]]:
    """Return the records as they come out when the file is read so many bytes at a time."""
    cuts = [*range(0, len(block), size), len(block)]
    chunks = [(block[a:b], b == len(block)) for a, b in pairwise(cuts)] or [(b"", True)]
    found = whole_records(iter(chunks), lambda b, last: csvtext.scan(b, ord(","), WIDTH, last=last))
    return [
        (part[a:b], scan.bad.get(i))
        for part, scan in found
        for i, (a, b) in enumerate(zip(scan.starts.tolist(), scan.ends.tolist(), strict=True))
    ]


def soup(seed: int, pieces: int) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - a fuzzer, not a secret
    tame = chance.random()
    rows = [b"a,b,c\n", b'"a ""x"" y","b\nc",\n', b",,\r\n", b'1,"2",3\n']
    return b"".join(chance.choice(rows) if chance.random() < tame else chance.choice(PIECES) for _ in range(pieces))


@pytest.mark.parametrize("seed", range(400))
def test_the_scan_agrees_with_a_state_machine_whatever_the_blocks(seed: int) -> None:
    block = soup(seed, 60)
    expected = machine(block)
    for size in (1, 3, 7, 64, 10_000):
        got = scanned(block, size)
        assert [raw for raw, _ in got] == [raw for raw, _ in expected]
        assert [bad is None for _, bad in got] == [bad is None for _, bad in expected]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_bytes_are_in_exactly_one_record(pieces: list[bytes]) -> None:
    block = b"".join(pieces)
    assert b"".join(raw for raw, _ in scanned(block, 5)) == block
    assert [raw for raw, _ in scanned(block, 5)] == [raw for raw, _ in machine(block)]


@pytest.mark.parametrize("seed", range(150))
def test_the_parser_reads_accepted_records_as_pythons_csv_does(seed: int) -> None:
    block = soup(seed, 80)
    scan = csvtext.scan(block, ord(","), WIDTH, last=True)
    good = good_bytes(block, scan)
    if not good:
        return
    table = csvtext.parse(good, ord(","), WIDTH, range(WIDTH), quoted=scan.quoted)
    expected = list(csv.reader(io.StringIO(good.decode(), newline=""), strict=True))
    assert [list(row.values()) for row in table.to_pylist()] == expected


@pytest.mark.parametrize("seed", range(20))
def test_where_all_fields_are_in_quotes_the_scan_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)  # noqa: S311 - no secret
    blocks = [_quoted(draw) for _ in range(200)]
    quick = [csvtext.scan(block, ord(","), WIDTH, last=last) for block in blocks for last in (False, True)]
    took = [csvtext._all_quoted(block, ord(","), last=False) is not None for block in blocks]  # noqa: SLF001 - it must be asked
    assert any(took)
    assert not all(took)
    monkeypatch.setattr(csvtext, "_all_quoted", lambda *_, **__: None)
    slow = [csvtext.scan(block, ord(","), WIDTH, last=last) for block in blocks for last in (False, True)]
    assert [(s.ends.tolist(), s.bad, s.quoted) for s in quick] == [(s.ends.tolist(), s.bad, s.quoted) for s in slow]


def _quoted(draw: random.Random) -> bytes:
    """Return records whose fields are all in quotes, cut off anywhere, some with one piece that does not belong."""
    fields = ["".join(draw.choices("ab, \n", k=draw.randrange(4))) for _ in range(WIDTH * draw.randrange(1, 5))]
    lines = [",".join(f'"{field}"' for field in fields[i : i + WIDTH]) for i in range(0, len(fields), WIDTH)]
    block = ("\n".join(lines) + "\n").encode()
    if draw.random() < 0.5:
        at = draw.randrange(len(block))
        block = block[:at] + draw.choice(PIECES) + block[at + draw.randrange(2) :]
    return block[: draw.randrange(1, len(block) + 1)]


def test_a_quote_never_closed_costs_one_line() -> None:
    block = b'1,"never,closed\n4,5,6\n7,8,9\n'
    assert [(raw, bad is None) for raw, bad in scanned(block, 1000)] == [
        (b'1,"never,closed\n', False),
        (b"4,5,6\n", True),
        (b"7,8,9\n", True),
    ]


def test_a_quote_never_closed_costs_one_line_even_far_from_the_end() -> None:
    rest = b"4,5,6\n" * 400_000
    got = scanned(b'1,"x,y\n' + rest, 700_000)
    assert len(got) == 400_001
    assert [bad for _, bad in got if bad] == [got[0][1]]


def test_lines_inside_quotes_are_no_records_even_where_the_record_is_ragged() -> None:
    got = scanned(b'1,"x\nvictim,1.2.3.4,dev\n",3,4\n5,6,7\n', 1000)
    assert [bad for _, bad in got] == ["4 fields where the header has 3", None]


@pytest.mark.parametrize("line", [b'"\n', b'a,"b\n', b'""x,1,2\n', b'a"b,1,2\n', b"\xff,1,2\n", b"\n", b"a\rb,1,2\n"])
def test_a_file_of_nothing_but_bad_lines_is_read_to_its_end(line: bytes) -> None:
    got = scanned(line * (2**19 // len(line)), 2**18)  # if this took more than linear time, nobody would see the end
    assert all(bad for _, bad in got)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_records_agree_on(delimiter: str) -> None:
    rows = [["account_id", "note", "ip"], ["a1", "x, y; z", "1.2.3.4"], ["a2", "", "5.6.7.8"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    assert chr(csvtext.sniff(text.getvalue().encode())) == delimiter


def test_a_header_is_read_with_its_quotes() -> None:
    names, start = csvtext.header(b'id,"a ""b"", c",\r\n1,2,3\r\n', ord(","))
    assert names == ["id", 'a "b", c', ""]
    assert start == len(b'id,"a ""b"", c",\r\n')


@pytest.mark.parametrize("block", [b"", b"\n1,2\n", b'a,"b\n1,2', b"a\xff,b\n", b"a\0,\0b\0\n", b"," * 100_000 + b"\n"])
def test_a_header_that_is_none_is_refused(block: bytes) -> None:
    with pytest.raises(InputError):
        csvtext.header(block, ord(","))


def test_values_stay_the_text_they_are() -> None:
    values = ["NULL", "NA", "nan", "", "007", "9007199254740993", "1e5", " x ", "true", "2026-05-01", "a\0b", "ä"]
    block = b"".join(f'{v},"{v}",\n'.encode() for v in values)
    table = csvtext.parse(block, ord(","), 3, [0, 1], quoted=True)
    assert table["0"].to_pylist() == values == table["1"].to_pylist()
    assert not any(np.isin(table["0"].is_null().to_numpy(), [True]))
