"""CSV as RFC 4180 has it, told apart into records before anything is parsed.

One vectorised pass over the bytes finds where records end, how many fields they have and whether their quotes are
in place; only what is good goes to the parser, so that nothing is lost or invented by a lenient one. A record is

    record = field *(delimiter field) (LF | CRLF | end of file)
    field  = *(not delimiter, quote, CR or LF) | '"' *(not quote | '""') '"'

A physical line at which no such record begins is rejected by itself, and reading goes on at the next line: a quote
that is never closed costs one line, not the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from graphlink.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    _Found = tuple[NDArray[np.int64], NDArray[np.int64], dict[int, str]]

DELIMITERS = b",;\t|"
QUOTE, CR, LF = b'"'[0], b"\r"[0], b"\n"[0]
MOST_COLUMNS = 4096
LONGEST_RECORD = 2**20
"""Bytes within which a quote has to be closed."""
LONGEST_LINE = 16 * 2**20
EMPTY = "an empty line"
NOT_UTF8 = "bytes that are not UTF-8"


@dataclass(frozen=True, slots=True)
class Scan:
    """Where the records of a block end, and which of them cannot be accepted.

    `ends[i]` is where record i ends (its line break included) and record i + 1 begins; `bad` says why a record is
    not accepted. Bytes past the last end belong to a record that is not complete yet.
    """

    ends: NDArray[np.int64]
    bad: dict[int, str]
    quoted: bool

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each record begins."""
        return np.concatenate([np.zeros(1, np.int64), self.ends])[:-1]


def scan(block: bytes, delimiter: int, width: int, *, last: bool) -> Scan:
    """Return the records of a block that begins where a record begins.

    Args:
        block: bytes of the file.
        delimiter: the byte between fields.
        width: how many fields a record has.
        last: the file ends with this block.

    """
    found = _all_quoted(block, delimiter, last=last) or _fast(block, delimiter, last=last)
    ends, fields, bad = found if found is not None else _careful(block, delimiter, last=last)
    bad = bad | _ragged(block, ends, fields, width, bad)
    return Scan(ends, _not_text(block, ends, bad), quoted=QUOTE in block)


def parse(block: bytes, delimiter: int, width: int, columns: Sequence[int], *, quoted: bool) -> pa.Table:
    """Return the given columns of well-formed records, all as text: nothing is taken for a number or for NULL."""
    names = [str(i) for i in range(width)]
    # the parser takes a byte order mark off what it is given, but here it belongs to the first record's first field
    block = codecs.BOM_UTF8 + block if block.startswith(codecs.BOM_UTF8) else block
    return pacsv.read_csv(
        pa.py_buffer(block),
        read_options=pacsv.ReadOptions(column_names=names, block_size=max(len(block) // 4, LONGEST_RECORD * 2)),
        parse_options=pacsv.ParseOptions(
            delimiter=chr(delimiter),
            quote_char='"' if quoted else False,
            double_quote=quoted,
            newlines_in_values=quoted,
        ),
        convert_options=pacsv.ConvertOptions(
            check_utf8=False,  # the scan has seen to it
            include_columns=[names[i] for i in columns],
            column_types={names[i]: pa.string() for i in columns},
            null_values=[],
            strings_can_be_null=False,
        ),
    )


def header(block: bytes, delimiter: int) -> tuple[list[str], int]:
    """Return the names of the columns, and where the first record begins.

    Raises:
        InputError: the first line is no header.

    """
    ends, fields, bad = _careful(block, delimiter, last=True, most=1)
    if b"\0" in block[: ends[0] if ends.size else None]:
        raise InputError("no text: its first line has NUL bytes", then="name its --encoding if it is UTF-16")
    if bad or not ends.size:
        raise InputError(f"the header: {bad.get(0, 'there is none')}")
    if fields[0] > MOST_COLUMNS:
        raise InputError(f"{fields[0]:,} columns; at most {MOST_COLUMNS:,} are read")
    line = block[: ends[0]].rstrip(b"\r\n")
    if not line.strip():
        raise InputError("the header is empty")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"the header has {NOT_UTF8}", then="name its --encoding") from error
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=chr(delimiter))), int(ends[0])


def stated(delimiter: str) -> int:
    """Return the delimiter that `--delimiter` names: one character of ASCII, or `tab`.

    Raises:
        UsageError: it cannot divide fields.

    """
    text = "\t" if delimiter in {"tab", "\\t"} else delimiter
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n\0':
        raise UsageError(f"--delimiter {delimiter!r}", then="it takes one character, as ';' or tab")
    return ord(text)


def sniff(block: bytes, *, prefer: bytes = b",") -> int:
    """Return the delimiter of a file that begins with this block: the one that most records agree on."""
    sample = block[: 256 * 1024]

    def merit(delimiter: int) -> tuple[float, bool, int]:
        ends, fields, bad = _careful(sample, delimiter, last=True, most=200)
        if not ends.size or 0 in bad or fields[0] < 2:  # noqa: PLR2004 - a delimiter that divides nothing
            return 0.0, False, 0
        agree = float(np.mean(fields == fields[0]))
        return round(agree, 1), delimiter in prefer, int(fields[0])

    return max(DELIMITERS, key=merit)


def _fast(block: bytes, delimiter: int, *, last: bool) -> _Found | None:
    """Return ends and numbers of fields of all records, or None unless every quote and line break is in its place."""
    text = np.frombuffer(block, np.uint8)
    marks = (text == delimiter) | (text == LF)
    quoted, returns = QUOTE in block, CR in block
    if quoted:
        marks |= text == QUOTE
    if returns:
        marks |= text == CR
    at = np.flatnonzero(marks)
    symbol = text[at]
    if quoted:
        outside = _outside_quotes(at, symbol, len(block), last=last)
        if outside is None:
            return None
        at, symbol = at[outside], symbol[outside]
    if returns:
        carriage = symbol == CR
        after = at[carriage] + 1
        followed = text[np.minimum(after, len(block) - 1)] == LF
        if not (followed | ((after == len(block)) & (not last))).all():
            return None
        at, symbol = at[~carriage], symbol[~carriage]
    breaks = np.flatnonzero(symbol == LF)
    ends = at[breaks] + 1
    fields = np.diff(breaks, prepend=-1)
    consumed = int(ends[-1]) if ends.size else 0
    if last and consumed < len(block):
        if returns and block.endswith(b"\r"):
            return None
        fields = np.append(fields, at.size - (breaks[-1] + 1 if breaks.size else 0) + 1)
        ends = np.append(ends, len(block))
        consumed = len(block)
    if np.diff(ends, prepend=0).max(initial=len(block) - consumed) > LONGEST_RECORD:
        return None
    return ends, fields, {}


def _all_quoted(block: bytes, delimiter: int, *, last: bool) -> _Found | None:
    """Return the same where all fields are in quotes that hold no quote, as many programs write them; else None.

    One byte stands between a closing quote and the next opening one then, and nothing but quotes has to be looked for.
    """
    if not block.startswith(b'"') or CR in block:
        return None
    text = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(text == QUOTE)
    opening, closing = quotes[0::2], quotes[1::2]
    apart = opening[1:] - closing[: opening.size - 1]
    if not (apart == 2).all():  # noqa: PLR2004 - with one byte between
        return None
    closing = closing[: np.searchsorted(closing, text.size - 1)]  # what follows the last byte is not known yet
    if not quotes.size % 2 and closing.size and closing[-1] + 2 < text.size:  # a field without quotes follows
        return None
    breaks = np.flatnonzero(text[closing + 1] == LF)
    divided = np.count_nonzero(text[closing + 1] == delimiter)
    ends = closing[breaks] + 2
    consumed = int(ends[-1]) if ends.size else 0
    if breaks.size + divided < closing.size or (last and consumed < text.size):
        return None
    if np.diff(ends, prepend=0).max(initial=text.size - consumed) > LONGEST_RECORD:
        return None
    return ends, np.diff(breaks, prepend=-1), {}


def _outside_quotes(
    at: NDArray[np.int64], symbol: NDArray[np.uint8], size: int, *, last: bool
) -> NDArray[np.bool_] | None:
    """Return which marks stand outside quotes, or None if a quote stands where none may."""
    quote = symbol == QUOTE
    # uint8 wraps, which leaves what is odd odd
    inside = np.cumsum(quote, dtype=np.uint8) & 1 == 1
    if last and inside[-1]:
        return None
    quotes = np.flatnonzero(quote)
    opening, closing = quotes[0::2], quotes[1::2]
    # before an opening quote stands a delimiter, a line break, or the quote it doubles; after a closing one likewise
    before_ok = (at[opening] == 0) | ((opening > 0) & (at[opening - 1] == at[opening] - 1))
    following = np.minimum(closing + 1, at.size - 1)
    after_ok = (at[closing] == size - 1) | (at[following] == at[closing] + 1)
    if not (before_ok.all() and after_ok.all()):
        return None
    outside: NDArray[np.bool_] = ~(quote | inside)
    return outside


@lru_cache
def _record(delimiter: int) -> re.Pattern[bytes]:
    """Return the pattern of one record; possessive, so that it never tries twice."""
    d = re.escape(bytes([delimiter]))
    return re.compile(rb"%b(?:%b%b)*+(?:\r?\n|\Z)" % (_field(d), d, _field(d)))


@lru_cache
def _beginning(delimiter: int) -> re.Pattern[bytes]:
    """Return the pattern of what more bytes could still make a record of."""
    d = re.escape(bytes([delimiter]))
    return re.compile(rb'(?:%b%b)*+(?:"%b(?:"\r?)?|[^"\r\n%b]*+\r?)\Z' % (_field(d), d, _INSIDE, d))


_INSIDE = rb'[^"]*+(?:""[^"]*+)*+'


def _field(d: bytes) -> bytes:
    return rb'(?:"%b"|[^"\r\n%b]*+)' % (_INSIDE, d)


def _careful(block: bytes, delimiter: int, *, last: bool, most: int = 2**62) -> _Found:
    """Return the same for a block of any kind, record by record: slower, linear, and never at a loss."""
    separator = bytes([delimiter])
    ends: list[int] = []
    fields: list[int] = []
    bad: dict[int, str] = {}
    start = 0
    while start < len(block) and len(ends) < most:
        end, reason = _next_record(block, start, delimiter, last=last)
        if end is None:
            break
        if reason:
            bad[len(ends)] = reason
        record = block[start:end]
        fields.append(_count_fields(record, separator))
        ends.append(end)
        start = end
    return np.array(ends, np.int64), np.array(fields, np.int64), bad


def _next_record(block: bytes, start: int, delimiter: int, *, last: bool) -> tuple[int | None, str]:
    """Return where the record at `start` ends and why it is bad; None where the block ends before that is known."""
    match = _record(delimiter).match(block, start)
    if match and match.end() - start <= LONGEST_RECORD and (last or block[match.end() - 1] == LF):
        return match.end(), ""
    newline = block.find(b"\n", start)
    if (len(block) if newline < 0 else newline) - start > LONGEST_LINE:
        raise InputError(f"a line of more than {LONGEST_LINE:,} bytes")
    if newline < 0:
        return (len(block), _why(block[start:])) if last else (None, "")
    if not last and len(block) - start <= LONGEST_RECORD and _beginning(delimiter).match(block, start):
        return None, ""
    return newline + 1, _why(block[start : newline + 1])


def _why(line: bytes) -> str:
    if QUOTE in line:
        return "a quote that is not closed, or stands inside a field"
    if CR in line.rstrip(b"\r\n"):
        return "a carriage return inside a field"
    return "a line that is too long" if len(line) > LONGEST_RECORD else "a carriage return without a line feed"


def _count_fields(record: bytes, separator: bytes) -> int:
    if QUOTE not in record:
        return record.count(separator) + 1
    return re.sub(rb'"[^"]*+"', b"", record).count(separator) + 1


def _ragged(
    block: bytes, ends: NDArray[np.int64], fields: NDArray[np.int64], width: int, bad: dict[int, str]
) -> dict[int, str]:
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    reasons: dict[int, str] = {}
    short = np.flatnonzero(ends - starts <= 2)  # noqa: PLR2004 - a line break is one byte or two
    for i in short.tolist():
        if not block[starts[i] : ends[i]].strip(b"\r\n"):
            reasons[i] = EMPTY
    for i in np.flatnonzero(fields != width).tolist():
        reasons.setdefault(i, f"{fields[i]} fields where the header has {width}")
    return {i: reason for i, reason in reasons.items() if i not in bad}


def _not_text(block: bytes, ends: NDArray[np.int64], bad: dict[int, str]) -> dict[int, str]:
    """Return the bad records and those that are not UTF-8."""
    consumed = int(ends[-1]) if ends.size else 0
    bad = dict(bad)
    try:
        if not block.isascii():  # four times as fast
            block[:consumed].decode()
    except UnicodeDecodeError:
        beyond_ascii = np.flatnonzero(np.frombuffer(block, np.uint8, consumed) > 127)  # noqa: PLR2004 - ASCII's last
        for i in np.unique(np.searchsorted(ends, beyond_ascii, side="right")).tolist():
            if not is_text(block[ends[i - 1] if i else 0 : ends[i]]):
                bad.setdefault(i, NOT_UTF8)
    return dict(sorted(bad.items()))


def is_text(record: bytes) -> bool:
    """Return whether the bytes are UTF-8."""
    try:
        record.decode()
    except UnicodeDecodeError:
        return False
    return True
