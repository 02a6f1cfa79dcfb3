"""JSON Lines, read strictly: an object a line, nested fields by dotted path, numbers by their digits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from graphlink.csvtext import EMPTY, LONGEST_LINE, LONGEST_RECORD, NOT_UTF8
from graphlink.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

DEEPEST = 32
"""How deep a field may be nested to be found by its dotted path."""
MOST_PATHS = 4096
"""So many paths are told of; data used as keys could make a path for each record."""


class _Refused(ValueError):
    """A record that is not accepted, and why."""


def line_ends(block: bytes, *, last: bool) -> NDArray[np.int64]:
    """Return where the lines of a block end, their line breaks included.

    Raises:
        InputError: a line is longer than any record.

    """
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    if last and (not ends.size or ends[-1] < len(block)) and block:
        ends = np.append(ends, len(block))
    if np.diff(ends, prepend=0, append=len(block)).max() > LONGEST_LINE:
        raise InputError(f"a line of more than {LONGEST_LINE:,} bytes")
    return ends


def parse(
    block: bytes, ends: NDArray[np.int64], wanted: Callable[[str], bool]
) -> tuple[list[dict[str, str | None]], dict[int, str], dict[str, None]]:
    """Return the accepted records in order, why each other one is not, and the paths that were seen."""
    records: list[dict[str, str | None]] = []
    bad: dict[int, str] = {}
    seen: dict[str, None] = {}
    start = 0
    for i, end in enumerate(ends.tolist()):
        try:
            records.append(_record(block[start:end], wanted, seen))
        except _Refused as refused:
            bad[i] = str(refused)
        start = end
    return records, bad, seen


def _record(line: bytes, wanted: Callable[[str], bool], seen: dict[str, None]) -> dict[str, str | None]:
    if not line.strip():
        raise _Refused(EMPTY)
    if len(line) > LONGEST_RECORD:
        raise _Refused("a line that is too long")
    fields = load(line)
    if not isinstance(fields, _Fields):
        raise _Refused("not a JSON object")
    flat: dict[str, str | None] = {}
    for path, value in _leaves(fields):
        if len(seen) < MOST_PATHS:
            seen[path] = None
        if wanted(path):
            if path in flat:
                raise _Refused(f"the field {path!r} stands twice")
            flat[path] = _text(path, value)
    return flat


class _Fields(list[tuple[str, Any]]):
    """The fields of an object, in their order, a key that stands twice included."""


def load(line: bytes) -> Any:
    """Return the value of a line of strict JSON: numbers as their digits, objects as their fields in order.

    Raises:
        ValueError: the line is not UTF-8, not JSON, or nested too deep.

    """
    try:
        return _DECODER.decode(line.rstrip(b"\r\n").decode())
    except UnicodeDecodeError as error:
        raise _Refused(NOT_UTF8) from error
    except RecursionError as error:
        raise _Refused("JSON that is nested too deep") from error
    except json.JSONDecodeError as error:
        raise _Refused(f"not JSON: {error.msg.lower()} at column {error.colno}") from error


def _no_constant(name: str) -> Any:
    raise _Refused(f"not JSON: {name}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Fields, parse_int=str, parse_float=str, parse_constant=_no_constant, strict=True
)


def _leaves(fields: _Fields, above: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the fields that hold no object, by their dotted path."""
    for key, value in fields:
        if not isinstance(value, _Fields):
            yield above + key, value
        elif depth < DEEPEST:
            yield from _leaves(value, f"{above}{key}.", depth + 1)


def _text(path: str, value: Any) -> str | None:
    if isinstance(value, list):
        raise _Refused(f"{path}: a list where one value is expected")
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is not None and not _is_unicode(value):
        raise _Refused(f"{path}: half a surrogate pair, which is no text")
    return value  # type: ignore[no-any-return]


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
