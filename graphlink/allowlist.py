"""The allow list: accounts and items that must never accuse, as the user writes them down."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from graphlink import identifiers
from graphlink.columns import ROLES, plain
from graphlink.errors import InputError, MissingInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphlink.cards import Key


REASON = "on the allow list"
_ACCOUNT = {plain(name) for name in ROLES["account"]}


@dataclass(frozen=True, slots=True)
class AllowList:
    """Accounts by their ids, byte for byte, and for each kind its items in their canonical form."""

    accounts: frozenset[str] = frozenset()
    items: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether anything is named."""
        return bool(self.accounts) or any(self.items.values())


def read(path: str | Path, *, key: Key = bytes) -> AllowList:
    """Return what a file allows: accounts, one a line, or CSV with the columns account_id, or kind and value, or all.

    Args:
        path: the file, in UTF-8.
        key: what card numbers are hashed with, as where the records are read.

    Raises:
        MissingInput: the file is not there.
        InputError: it cannot be read, or holds nothing.
        UsageError: a value cannot be of its kind.

    """
    path = Path(path)
    with opened(path, "--allow", then="--allow takes accounts, one a line, or CSV") as text:
        allowed = gathered(rows(text), str(path), key) if _is_table(text) else AllowList(frozenset(_lines(text)))
    if not allowed:
        raise InputError("allows nothing", where=str(path), then="name accounts, one a line, or kind,value")
    return allowed


@contextmanager
def opened(path: Path, option: str, *, then: str) -> Iterator[str]:
    """Yield the text of a list; what makes it unreadable, or no CSV, is an error of the option that names it."""
    if not path.is_file():
        raise MissingInput("no such file", where=str(path), then=then)
    try:
        yield path.read_bytes().decode("utf-8-sig")
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), then=f"{option} takes UTF-8") from error


def _lines(text: str) -> Iterable[str]:
    # not `splitlines`: an id may hold what Unicode takes for a line break
    return (line for each in text.split("\n") if (line := each.removesuffix("\r")))


def _is_table(text: str) -> bool:
    names = {plain(name) for name in next(csv.reader(io.StringIO(text, newline="")), [])}
    return bool(names & _ACCOUNT) or {"kind", "value"} <= names


class Row(NamedTuple):
    """One row of a list, counted from 1; what it does not have is empty text."""

    number: int
    account: str
    kind: str
    value: str
    label: str


def rows(text: str) -> Iterator[Row]:
    """Yield the rows of a CSV file with the columns account_id, kind, value and label, or some of them."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
    role = {"account" if plain(name) in _ACCOUNT else plain(name): name for name in reversed(reader.fieldnames or [])}
    for number, row in enumerate(reader, 1):
        yield Row(number, *(row[role[name]] if name in role else "" for name in Row._fields[1:]))


def gathered(rows: Iterable[Row], where: str, key: Key) -> AllowList:
    """Return the accounts and items that the rows of a file name.

    Raises:
        UsageError: a value cannot be of its kind.

    """
    accounts: set[str] = set()
    items: dict[str, frozenset[str]] = {}
    for row in rows:
        accounts |= {row.account} - {""}
        if row.kind.strip() and row.value:
            name = row.kind.strip()
            items[name] = items.get(name, frozenset()) | _canonical(name, row.value, f"{where}: row {row.number}", key)
    return AllowList(frozenset(accounts), items)


def _canonical(kind: str, value: str, where: str, key: Key) -> frozenset[str]:
    try:
        text = identifiers.canonical(kind, value, key=key)
    except ValueError as error:
        raise UsageError(f"{kind} {value!r}: {error}", where=where, then="write it as items.parquet has it") from error
    return frozenset() if text is None else frozenset({text})
