"""Tables that people open in a spreadsheet: values that it would take for a formula are made text, recoverably."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from graphlink import outfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# What spreadsheets start a formula with, and the full-width forms that East Asian ones take for the same. Apostrophes
# before it count too: otherwise a value that begins with one could not be told from one that was neutralised.
_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"'*[{re.escape(_STARTS)}]")
_SUSPECT = frozenset(f"'{_STARTS}")  # asked first: a cell in thousands begins so


def neutral(value: str) -> str:
    """Return the value with an apostrophe before it if a spreadsheet could take it for a formula.

    >>> neutral("=1+1"), neutral("acct-1")
    ("'=1+1", 'acct-1')
    """
    return f"'{value}" if value[:1] in _SUSPECT and _FORMULA.match(value) else value


def verbatim(value: str) -> str:
    """Return the value that `neutral` was given.

    >>> verbatim("'=1+1"), verbatim("'tis")
    ('=1+1', "'tis")
    """
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file (RFC 4180, UTF-8) for people: text is neutralised, numbers stay numbers."""
    with outfile.writing(path) as part, part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([neutral(name) for name in header])
        writer.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
