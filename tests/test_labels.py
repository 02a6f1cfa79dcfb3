"""What is known to be good or bad, as people write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphlink import labels
from graphlink.allowlist import AllowList
from graphlink.errors import GraphlinkError, InputError, MissingInput, UsageError
from graphlink.labels import Labels

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> Labels:
    path = folder / "known.csv"
    path.write_text(text, encoding="utf-8")
    return labels.read(path)


def test_labels_name_accounts_and_items_that_are_good_or_bad(tmp_path: Path) -> None:
    found = read(tmp_path, "user_id,kind,value,label\na,,,bad\nb,,,GOOD\n,ip,203.0.113.7:80,bad\n")
    assert found == Labels(AllowList(frozenset({"b"})), AllowList(frozenset({"a"}), {"ip": frozenset({"203.0.113.7"})}))


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("account_id,label\n", InputError, "labels nothing"),
        ("account_id,label\na,ugly\n", UsageError, "row 1: label 'ugly'; --labels takes CSV"),
        ("account_id\na\n", UsageError, "label ''"),
        ("account_id,label\na,bad\na,good\n", UsageError, "a is labelled good and bad; decide"),
        ("kind,value,label\nip,8.8.8.8,bad\nip,8.8.8.8,good\n", UsageError, "ip 8.8.8.8 is labelled good and bad"),
        ("kind,value,label\nip,8.8.8.0/24,bad\n", UsageError, "row 1"),
        ('account_id,label\n"a', InputError, "cannot be read"),
    ],
)
def test_labels_that_cannot_be_meant_are_one_line(
    tmp_path: Path, text: str, error: type[GraphlinkError], said: str
) -> None:
    with pytest.raises(error, match=said) as refusal:
        read(tmp_path, text)
    assert "\n" not in str(refusal.value)


def test_labels_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such file"):
        labels.read(tmp_path / "none.csv")
