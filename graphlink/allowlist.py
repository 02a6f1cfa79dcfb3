"""The allow list: accounts and items that must never accuse, as the user writes them down."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from graphlink import identifiers
from graphlink.columns import ROLES, plain
from graphlink.errors import InputError, MissingInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphlink.cards import Key


REASON = "on the allow list"
_ACCOUNT = {plain(name) for name in ROLES["account"]}


@dataclass(frozen=True, slots=True)
class AllowList:
    """Accounts by their ids, byte for byte, and for each kind its items in their canonical form."""

    accounts: frozenset[str] = frozenset()
    items: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
    if not path.is_file():
        raise MissingInput("no such file", where=str(path), then="--allow takes accounts, one a line, or CSV")
    try:
        text = path.read_bytes().decode("utf-8-sig")
        allowed = _table(text, str(path), key) if _is_table(text) else AllowList(frozenset(_lines(text)))
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), then="--allow takes UTF-8") from error
    if not allowed.accounts and not any(allowed.items.values()):
        raise InputError("allows nothing", where=str(path), then="name accounts, one a line, or kind,value")
    return allowed


def _lines(text: str) -> Iterable[str]:
    # not `splitlines`: an id may hold what Unicode takes for a line break
    return (line for each in text.split("\n") if (line := each.removesuffix("\r")))


def _is_table(text: str) -> bool:
    names = {plain(name) for name in next(csv.reader(io.StringIO(text, newline="")), [])}
    return bool(names & _ACCOUNT) or {"kind", "value"} <= names


def _table(text: str, where: str, key: Key) -> AllowList:
    accounts: set[str] = set()
    items: dict[str, frozenset[str]] = {}
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
    role = {"account" if plain(name) in _ACCOUNT else plain(name): name for name in reversed(reader.fieldnames or [])}
    for number, row in enumerate(reader, 1):
        account, kind, value = (row[role[name]] if name in role else "" for name in ("account", "kind", "value"))
        accounts |= {account} - {""}
        if kind.strip() and value:
            name = kind.strip()
            items[name] = items.get(name, frozenset()) | _canonical(name, value, f"{where}: row {number}", key)
    return AllowList(frozenset(accounts), items)


def _canonical(kind: str, value: str, where: str, key: Key) -> frozenset[str]:
    try:
        text = identifiers.canonical(kind, value, key=key)
    except ValueError as error:
        raise UsageError(f"{kind} {value!r}: {error}", where=where, then="write it as items.parquet has it") from error
    return frozenset() if text is None else frozenset({text})
