"""A workbook of tables that people open in a spreadsheet (XLSX): no formulas, no links, the same bytes each time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphlink import outfile, sheets
from graphlink.errors import GraphlinkError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

MOST_ROWS = 1_048_575
"""What a sheet of a spreadsheet holds beside its header."""
LONGEST = 32_767
"""Characters that a cell holds."""
_WIDEST = 60  # of a column, in characters
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write one sheet a table; text that a spreadsheet could take for a formula is made text, as in CSV for people.

    Raises:
        UsageError: XlsxWriter is not installed.
        GraphlinkError: a table, or a value in it, is longer than a sheet holds.

    """
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra: few need it
    except ImportError as error:
        raise UsageError("xlsx takes XlsxWriter", then="pip install 'graphlink[export]'") from error
    with outfile.writing(path) as part, xlsxwriter.Workbook(str(part), _OPTIONS) as book:
        # Today's date would make other bytes of the same case.
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - the format knows no zone
        bold = book.add_format({"bold": True})
        for name, table in tables.items():
            _fill(book.add_worksheet(name), table, bold)


def _fill(sheet: Any, table: pd.DataFrame, bold: Any) -> None:
    if len(table) > MOST_ROWS:
        raise GraphlinkError(f"{sheet.name} has {len(table):,} rows, a sheet holds {MOST_ROWS:,}", then="export csv")
    sheet.freeze_panes(1, 0)
    for number, (name, column) in enumerate(table.items()):
        cells = [_cell(value) for value in column.tolist()]
        sheet.write_string(0, number, str(name), bold)
        sheet.write_column(1, number, cells)
        sheet.set_column(number, number, min(max(map(len, map(str, [name, *cells[:1000]]))) + 2, _WIDEST))
    if len(table.columns):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return None if value is None or value != value else value  # noqa: PLR0124 - NaN is an empty cell
    text = sheets.neutral(value)
    if len(text) > LONGEST:
        raise GraphlinkError(f"a value of {len(text):,} characters, a cell holds {LONGEST:,}", then="export csv")
    return text
