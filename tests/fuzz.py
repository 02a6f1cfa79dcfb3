"""Records as ugly as attackers and exports make them, read and accounted for one by one.

    python tests/fuzz.py [RECORDS] [SEED]      (`make fuzz`: a million, and a seed that is printed)

Each maker writes one file and says what has to come of every record: accepted, with its account id byte for byte, or in
quarantine, with its raw bytes. Ids are chosen to be taken for each other: `7`, `07`, `7.0`, ` 7`, NFC and NFD. A good
record has a mark that no other has, so that one which is lost, invented, changed or taken for another shows.
`wild` makes no promises, its quotes may swallow lines: what was accepted there is held against Python's own CSV reader.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import random
import re
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from graphlink import engine, records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from graphlink.model import Records

SETTINGS = Settings(threads=2, time_format="iso")  # told: most distinct times of a hostile file are none
_CARD, _HASHED = re.compile(rb"card_[0-9a-f]{32}"), "a card number in it is hashed"
BAD = 0.2
"""The share of records that must not be accepted."""

ALIKE = (  # noqa: SIM905 - as a list it takes fifty lines
    "{}¦0{}¦00{}¦{}.0¦{}.¦{}e0¦{}E0¦1e{}¦+{}¦-{}¦ {}¦{} ¦\u00a0{}¦0x{}¦1_{}¦{},0¦900719925474099{}¦NULL{}¦nan{}"
    "¦a{}¦A{}¦\u00e9{}¦e\u0301{}¦\u00c5{}¦\u212b{}¦\uff11{}¦\u0661{}¦\u0131{}¦\u200b{}¦\ufeff{}¦\u202e{}¦\U0001f600{}"
    '¦"{}"¦x"{}¦\'{}¦={}+1¦@{}¦{}\n¦{}\r\n¦x\t{}¦x;{}¦x|{}¦x\x00{}¦x\x0b{}¦x\u2028{}¦x\x85{}¦\\{}¦{}\\'
).split("¦")
EXACT = (
    "null",
    "NULL",
    "None",
    "nan",
    "NaN",
    "NA",
    "N/A",
    "true",
    "True",
    "0",
    "-0",
    "inf",
    "-",
    " ",
    "undefined",
    "\\N",
)
UGLY = (
    "",
    "x",
    "a,b",
    'say ""hi""',
    "two\nlines",
    "cr\r\nlf",
    "ä€\U0001f600",
    "\u2028",
    "'",
    "\x00",
    "  ",
    "=1+1",
    "\\",
)
ADDRESSES = ("8.8.8.8", "", "203.0.113.9", "unknown", "10.0.0.1", "2001:db8::1", "::ffff:8.8.4.4", "134744072")
TIMES = ("2026-05-01T08:00:00Z", "", "2026-05-01 08:00:00.123456", "2026-05-01", "null")


class Made(NamedTuple):
    """A file, and what has to come of it; None where only the file itself can tell."""

    path: Path
    size: int
    accepted: list[tuple[str, str]] | None
    """Account and mark."""
    refused: list[bytes] | None
    """Raw records, in their order."""


class Read(NamedTuple):
    """What came of a file."""

    size: int
    accepted: int
    refused: int
    seconds: float


def ids(chance: random.Random) -> Iterator[str]:
    """Yield account ids without end, many of them nearly the same, some of them again and again."""
    number = 0
    while True:
        number += chance.random() < 0.1
        yield chance.choice(EXACT) if chance.random() < 0.02 else chance.choice(ALIKE).format(number)


def _quoted(chance: random.Random, text: str) -> bytes:
    raw = text.encode()
    needs = any(c in raw for c in b',"\r\n')
    return b'"' + raw.replace(b'"', b'""') + b'"' if needs or chance.random() < 0.2 else raw


def _row(chance: random.Random, *fields: str) -> bytes:
    return b",".join(_quoted(chance, field) for field in fields) + chance.choice((b"\n", b"\r\n"))


def _good_row(chance: random.Random, account: str, mark: str) -> bytes:
    return _row(chance, account, mark, chance.choice(ADDRESSES), chance.choice(TIMES), chance.choice(UGLY))


def _bad_row(chance: random.Random, number: int) -> bytes:
    mark = b"bad%d" % number
    return chance.choice(
        (
            b"\n",
            b"\r\n",
            b"a\n",
            b"a,%b\r\n" % mark,
            b"a,%b,8.8.8.8,,x,y\n" % mark,
            b"a,%b,,,\xff\n" % mark,
            b'a,%b,,,"\xed\xa0\x80"\n' % mark,
            b'a,%b,,,x"y\n' % mark,
            b"a,%b,,,x\ry\n" % mark,
            b'"a"b,%b,,,\n' % mark,
            b",%b,8.8.8.8,,\n" % mark,
            b'"",%b,8.8.8.8,,"two\nlines"\n' % mark,
            b"a,%b,8.8.8,,\n" % mark,
            b"a,%b,010.1.1.1,,\n" % mark,
            b"a,%b,,soon,\n" % mark,
            b"a,%b,,2026-02-30,\n" % mark,
        )
    )


HEADER = b"account_id,mark,ip,ts,note\n"


def make_csv(folder: Path, size: int, chance: random.Random) -> Made:
    """Return CSV with quotes, line breaks in fields, ragged lines, bytes that are no text."""
    accepted, refused, lines = [], [], [HEADER]
    for number, account in zip(range(size), ids(chance), strict=False):
        if chance.random() < BAD:
            refused.append(_bad_row(chance, number))
            lines.append(refused[-1])
        else:
            accepted.append((account, f"m{number}"))
            lines.append(_good_row(chance, *accepted[-1]))
    return Made(_written(folder / "fuzz.csv", lines), size, accepted, refused)


def make_wild(folder: Path, size: int, chance: random.Random) -> Made:
    """Return CSV in which quotes are opened anywhere, and bytes stand where nobody expects them."""
    pieces = (
        b'"',
        b'""',
        b",",
        b"\n",
        b"\r",
        b"\r\n",
        b"a",
        b"7",
        b" ",
        b"\xff",
        b"\x00",
        "ä".encode(),
        b'","',
        b'"\n"',
    )
    lines = [HEADER]
    for number, account in zip(range(size), ids(chance), strict=False):
        line = _good_row(chance, account, f"m{number}")
        if chance.random() < BAD:
            at = chance.randrange(len(line))
            line = (
                line[:at] + b"".join(chance.choices(pieces, k=chance.randint(1, 4))) + line[at + chance.randint(0, 2) :]
            )
        lines.append(line)
    return Made(_written(folder / "wild.csv", lines), size, None, None)


def make_jsonl(folder: Path, size: int, chance: random.Random) -> Made:
    """Return JSON Lines with numbers as ids, keys twice, nesting, half surrogates, constants that are no JSON."""
    accepted, refused, lines = [], [], []
    for number, account in zip(range(size), ids(chance), strict=False):
        if chance.random() < BAD:
            refused.append(_bad_line(chance, number))
            lines.append(refused[-1])
            continue
        value, text = _json_id(chance, account, number)
        accepted.append((text, f"m{number}"))
        fields = {"mark": f"m{number}", "ip": chance.choice((*ADDRESSES, None)), "note": {"x": [chance.choice(UGLY)]}}
        rest = json.dumps(fields, ensure_ascii=chance.random() < 0.5)
        lines.append(f'{{"account_id": {value}, {rest[1:]}'.encode() + chance.choice((b"\n", b"\r\n")))
    return Made(_written(folder / "fuzz.jsonl", lines), size, accepted, refused)


def _json_id(chance: random.Random, account: str, number: int) -> tuple[str, str]:
    """Return an id as JSON spells it, and the text that it stands for."""
    if chance.random() < 0.2:
        digits = chance.choice(
            (f"{number}", f"{2**53 + number}", f"{number}.0", f"-{number}", f"{number}e0", f"{number}.50")
        )
        return digits, digits
    return json.dumps(account, ensure_ascii=chance.random() < 0.5), account


def _bad_line(chance: random.Random, number: int) -> bytes:
    mark = b'"mark": "bad%d"' % number
    return chance.choice(
        (
            b"\n",
            b"   \n",
            b"null\n",
            b"[{%b}]\n" % mark,
            b'{"account_id": "a", %b\n' % mark,
            b'{"account_id": "a", %b}}\n' % mark,
            b'{"account_id": "a", "account_id": "b", %b}\n' % mark,
            b'{"account_id": ["a"], %b}\n' % mark,
            b'{"account_id": NaN, %b}\n' % mark,
            b'{"account_id": 007, %b}\n' % mark,
            b'{"account_id": "\\ud800", %b}\n' % mark,
            b'{"account_id": "\xff", %b}\n' % mark,
            b'{"account_id": "a\tb", %b}\n' % mark,
            b'{"account_id": "", %b}\n' % mark,
            b'{"account_id": null, %b}\n' % mark,
            b'{"holder": {"id": "a"}, %b}\n' % mark,
            b'{"account_id": "a", "ip": "8.8.8", %b}\n' % mark,
            b"{%b, 'account_id': 'a'}\n" % mark,
            b'{"account_id": "a", "note": %b, %b}\n'
            % (b"[" * 5000 + b"]" * 5000 if number % 50 == 0 else b"[,]", mark),
        )
    )


def make_parquet(folder: Path, size: int, chance: random.Random) -> Made:
    """Return Parquet whose ids are text, empty or not there."""
    accepted, refused, rows = [], [], []
    for number, account in zip(range(size), ids(chance), strict=False):
        row: dict[str, Any] = {"account_id": account, "mark": f"m{number}", "ip": chance.choice((*ADDRESSES, None))}
        row["note"] = chance.choice(UGLY)
        if chance.random() < BAD:
            row |= chance.choice(({"account_id": None}, {"account_id": ""}, {"ip": "8.8.8"}, {"ip": "010.1.1.1"}))
            refused.append(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        else:
            accepted.append((account, f"m{number}"))
        rows.append(row)
    path = folder / "fuzz.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=10_000)
    return Made(path, size, accepted, refused)


MAKERS: dict[str, Callable[[Path, int, random.Random], Made]] = {
    "csv": make_csv,
    "wild": make_wild,
    "jsonl": make_jsonl,
    "parquet": make_parquet,
}


def _written(path: Path, lines: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def hold(made: Made) -> Read:
    """Return what came of a file; an AssertionError says which record was lost, invented or taken for another."""
    begun = time.perf_counter()
    found = records.read([made.path], settings=SETTINGS, items=["mark=mark"])
    seconds = time.perf_counter() - begun
    lines = _quarantined(found)
    raws = [_raw(line) for line in lines]
    (file,) = found.inputs
    assert file.rows_read == file.rows_accepted + file.rows_quarantined == file.rows_accepted + len(raws)
    if made.accepted is None:
        _same(_accounts(found), Counter(_left_over(made.path, lines)), "accounts")
        return Read(made.size, file.rows_accepted, len(raws), seconds)
    _same(_accounts(found), Counter(account for account, _ in made.accepted), "accounts")
    _same(Counter(_marks(found)), Counter(made.accepted), "account and mark")
    assert raws == made.refused, "the quarantine holds other records than those that are bad"
    assert file.rows_read == made.size
    _hold_again(found, raws)
    return Read(made.size, file.rows_accepted, len(raws), seconds)


def _hold_again(found: Records, raws: list[bytes]) -> None:
    """Read a quarantine file back: nothing was mended, so the same records are refused again, byte for byte."""
    path = found.quarantine[0]
    if path is None:
        return
    beside = path.with_name("beside.csv")
    beside.write_text("account_id,mark\na,m1\n", "utf-8")
    again = records.read([path, beside], settings=SETTINGS, items=["mark=mark"])
    assert [_raw(line) for line in _quarantined(again)] == raws, "the quarantine is read back as something else"


def _same(found: Counter[Any], expected: Counter[Any], what: str) -> None:
    lost, invented = expected - found, found - expected
    assert not lost, f"{what}: {lost.total():,} lost, as {min(lost)!r}; invented, as {min(invented, default=None)!r}"
    assert not invented, f"{what}: {invented.total():,} invented, as {min(invented)!r}"


def _accounts(found: Records) -> Counter[str]:
    """Return how many records of each account were accepted."""
    table = engine.fetch(found.accounts.select("account", "events"))
    return Counter(dict(zip(table["account"].to_pylist(), table["events"].to_pylist(), strict=True)))


def _marks(found: Records) -> Iterator[tuple[str, str]]:
    seen = engine.fetch(found.sightings.filter(found.sightings.kind == "mark").select("account", "value"))
    return zip(seen["account"].to_pylist(), seen["value"].to_pylist(), strict=True)


def _quarantined(found: Records) -> list[dict[str, Any]]:
    files = filter(None, found.quarantine)
    lines = (json.loads(line) for file in files for line in file.read_text("ascii").splitlines())
    return [line for line in lines if line["row"]]


def _raw(line: dict[str, Any]) -> bytes:
    raw: str = line["raw"]
    return base64.b64decode(raw) if line["encoding"] == "base64" else raw.encode()


def _with_number(raw: bytes, whole: bytes, offset: int) -> bytes:
    """Return a record in which chance made a card number as it stands in the file: the rest of it is as it was."""
    found = re.match(_CARD.sub(rb"[0-9]{13,19}", re.escape(raw)), whole[offset : offset + len(raw)])
    return found[0] if found else raw


def _left_over(path: Path, refused: list[dict[str, Any]]) -> list[str]:
    """Return the accounts of a CSV file without the refused spans, as Python's own reader has them."""
    whole, kept, at = path.read_bytes(), [], len(HEADER)
    for line in refused:
        offset = line["byte_offset"]
        raw = _raw(line) if _HASHED not in line["reason"] else _with_number(_raw(line), whole, offset)
        assert whole[offset : offset + len(raw)] == raw, f"row {line['row']} does not stand where it is said to"
        kept.append(whole[at:offset])
        at = offset + len(raw)
    text = b"".join([*kept, whole[at:]]).decode()
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]


def main() -> None:
    """Fuzz every form, and print what came of each."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbits(32)
    sys.stdout.write(f"seed {seed}\n")
    for name, make in MAKERS.items():
        with TemporaryDirectory() as folder:
            read = hold(make(Path(folder), size // len(MAKERS), random.Random(f"{name} {seed}")))  # noqa: S311 - a fuzzer
        sys.stdout.write(
            f"{name:8} {read.size:>9,} records: {read.accepted:,} accepted, {read.refused:,} in quarantine; 0 lost, "
            f"0 invented, 0 changed; {read.seconds:.1f} s\n"
        )


if __name__ == "__main__":
    main()
