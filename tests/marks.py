"""What measurements write into the documentation, between two marks: the rest of a page is written by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def write(part: str, lines: Iterable[str], page: Path) -> None:
    """Put the lines between the marks of the part."""
    begin, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    text = page.read_text("utf-8")
    before, after = text.partition(begin)[0], text.partition(end)[2]
    page.write_text("\n".join([f"{before}{begin}", *lines, f"{end}{after}"]), "utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, numbers to the right but for the first column."""
    ruled = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (head, ruled, *rows)]
