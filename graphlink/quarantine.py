"""Records that were not accepted: written byte for byte, with the reason, so that they can be mended and read again.

One JSON Lines file for each input, with the columns file, row, byte_offset, reason, encoding and raw. For CSV the
first line is the header (row 0), whose reason says how the file is read: with it, the file is complete in itself.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from graphlink.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

COLUMNS = ("file", "row", "byte_offset", "reason", "encoding", "raw")
HEADER = "the header"


class Rejected(NamedTuple):
    """One record that was not accepted. The row counts from 1; the offset is in the decompressed file."""

    row: int
    byte_offset: int | None
    reason: str
    raw: bytes


def write(rejected: Iterable[Rejected], path: str, target: Path) -> int:
    """Return how many records were written to a quarantine file, its header line not counted."""
    count = 0
    with target.open("w", encoding="ascii", newline="\n") as lines:
        for record in rejected:
            lines.write(_line(path, record))
            count += record.row > 0
    return count


def cut(stream: Iterable[bytes], spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the bytes of each (offset, size), in the order of their offsets, from a stream that is read once."""
    stream = iter(stream)
    window, begins = b"", 0
    for offset, size in spans:
        while begins + len(window) < offset + size:
            # what lies before the span is not needed again
            kept = window[max(0, offset - begins) :]
            begins += len(window) - len(kept)
            block = next(stream, b"")
            if not block:
                break
            window = kept + block
        yield window[offset - begins : offset - begins + size]


def form(first_line: bytes) -> str | None:
    """Return what the records are written in if a JSON Lines file that begins with this line is one of ours, else None.

    Only CSV has a header; what the records themselves look like tells nothing: they are the ones that are wrong.
    """
    try:
        fields = json.loads(first_line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or tuple(fields) != COLUMNS:
        return None
    return "csv" if fields["row"] == 0 else "jsonl"


def raw_records(lines: Iterable[bytes], where: str) -> Iterator[tuple[str, int, str, bytes]]:
    """Yield original file, row, reason and bytes of each record of a quarantine file.

    Raises:
        InputError: a line is not one that `write` makes.

    """
    for number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
            yield str(fields["file"]), int(fields["row"]), str(fields["reason"]), _bytes(fields)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError("not a line of a quarantine file", where=f"{where} line {number}") from error


def _bytes(fields: dict[str, Any]) -> bytes:
    raw = fields["raw"]
    return base64.b64decode(raw, validate=True) if fields["encoding"] == "base64" else raw.encode()


def _line(path: str, record: Rejected) -> str:
    try:
        encoding, raw = "utf-8", record.raw.decode()
    except UnicodeDecodeError:
        encoding, raw = "base64", base64.b64encode(record.raw).decode("ascii")
    values = (path, record.row, record.byte_offset, record.reason, encoding, raw)
    return json.dumps(dict(zip(COLUMNS, values, strict=True))) + "\n"
