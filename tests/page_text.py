"""The texts of a page, block by block, and how figures are written on one: for pages.py, and as far from graphlink."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TOP = 50
"""Rows of a table on a page."""

BLOCKS = ("p", "li", "tr", "h1", "h2", "h3", "caption", "text", "title", "dt", "dd", "div")
WHOLE = ("tr", "li")
"""Blocks that are read in one piece, with what stands in them."""
UNREAD = ("method", "glossary", "graph", "decision")
"""Sections whose digits are no figures of the case, or places in a picture."""
MINUS = "\N{MINUS SIGN}"


class _Reader(HTMLParser):
    """The texts of a page, one a block, with the section that each stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.section = ""
        self.open: list[tuple[str, list[str]]] = []
        self.whole = 0
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.silent = self.silent or tag in {"style", "script"}
        if tag == "section":
            self.section = known.get("id") or self.section
        if self.whole and tag in {"td", "th", "p", "dt", "dd", "span", "div"}:
            self._say(" | " if tag != "span" else " ")
        elif tag in BLOCKS:
            self.open.append((tag, []))
        if tag in WHOLE or known.get("class", "").startswith("tile ") or known.get("class") == "tile":  # type: ignore[union-attr]
            self.whole += 1

    def handle_endtag(self, tag: str) -> None:
        self.silent = self.silent and tag not in {"style", "script"}
        if self.open and self.open[-1][0] == tag and (not self.whole or tag in {*WHOLE, "div"}):
            self.whole = max(0, self.whole - (tag in {*WHOLE, "div"}))
            text = plain("".join(self.open.pop()[1]))
            if tag == "dd" and self.texts:
                text = f"{self.texts[-1][1]} = {text}"
            self.texts.append((self.section, text))

    def handle_data(self, data: str) -> None:
        self._say(data)

    def _say(self, text: str) -> None:
        if self.open and not self.silent:
            self.open[-1][1].append(text)


def plain(text: str) -> str:
    return " ".join(text.split()).strip("| ").replace("| |", "|")


def texts(page: str) -> list[tuple[str, str]]:
    """Return section and text of each block of a page."""
    reader = _Reader()
    reader.feed(page.partition("<body>")[2].partition("<script>")[0])
    return reader.texts


def figures(path: Path) -> Counter[str]:
    """Return the texts of a page that bear a digit, and how often each stands there."""
    read = (text for section, text in texts(path.read_text(encoding="utf-8")) if section not in UNREAD)
    return Counter(text for text in read if re.search(r"\d", text.replace("SHA-256", "")))


def unexplained(path: Path, expected: Iterable[str]) -> list[str]:
    """Return the texts with a digit that are not among the expected ones, or stand there more often."""
    return list((figures(path) - Counter(expected)).elements())


# How figures are written


def many(count: float, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def number(text: str) -> str:
    return f"{int(text):,}" if re.fullmatch(r"-?\d+", text) else f"{float(text):,.4g}"


def rounded(value: float) -> str:
    small = 0.001 <= abs(value) < 0.05
    return (f"{value:.1g}" if small else f"{value:,.1f}").replace("-", MINUS)


def share(part: float) -> str:
    return f"{part:.0%}" if part >= 0.1 or not part else f"{100 * part:.2g}%"


def total(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.2f}"


def short(value: float) -> str:
    return f"{value / 1e6:,.1f} million" if value >= 1e6 else f"{value:,.0f}"


def when(time: str) -> str:
    return f"{time[:10]} {time[11:16]}" if time else ""


def instant(time: str) -> datetime:
    return datetime.fromisoformat(time)


def first_six(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6:,} more" if len(names) > 6 else "")


def rest_of(count: int, noun: str, of: int = TOP) -> Iterator[str]:
    first = f"The first {of:,} of {count:,}. " if count > of else ""
    yield f"{first}The whole table: {noun}.csv."


def better(score: float) -> str:
    ratio = float(f"{10 ** abs(score):.2g}")
    times = f"about {ratio:,.0f} times" if ratio >= 10 else f"about {ratio:g} times"
    times = "more than a million times" if abs(score) > 6 else times
    one, other = "one coordinated operator", "the best innocent explanation"
    one, other = (one, other) if score > 0 else (other, one)
    if abs(score) < 0.0005:
        return "One coordinated operator and the best innocent explanation explain these records equally well"
    return f"{one[0].upper()}{one[1:]} explains these records {times} better than {other}"
