"""The allow list: accounts and items that never accuse, as people write them down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphlink import allowlist
from graphlink.allowlist import AllowList
from graphlink.errors import GraphlinkError, InputError, MissingInput, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str | bytes) -> AllowList:
    path = folder / "allow.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return allowlist.read(path)


def test_a_plain_list_is_one_account_a_line_byte_for_byte(tmp_path: Path) -> None:
    found = read(tmp_path, '\ufeff007\r\n 7\n\na,"b\u2028c\n')
    assert found == AllowList(frozenset({"007", " 7", 'a,"b\u2028c'}))


def test_a_table_names_accounts_and_items(tmp_path: Path) -> None:
    found = read(
        tmp_path, 'User-ID,kind,value,note\n"a,1",,,ours\n,ip,203.0.113.7:80,office\n,email_domain,acme.example,\n'
    )
    items = {"ip": frozenset({"203.0.113.7"}), "email_domain": frozenset({"acme.example"})}
    assert found == AllowList(frozenset({"a,1"}), items)


def test_a_table_may_have_accounts_or_items_alone(tmp_path: Path) -> None:
    assert read(tmp_path, "account_id\na\n").accounts == {"a"}
    assert read(tmp_path, "kind,value\ndevice,DEV-1\ndevice,dev-2\n").items == {"device": {"DEV-1", "dev-2"}}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InputError),
        ("account_id\n", InputError),
        ("kind,value\nip,unknown\n", InputError),
        (b"\xff\xfea", InputError),
        ('account_id\n"a', InputError),
        ("kind,value\nip,203.0.113.0/24\n", UsageError),
    ],
)
def test_a_list_that_cannot_be_meant_is_one_line(
    tmp_path: Path, text: str | bytes, error: type[GraphlinkError]
) -> None:
    with pytest.raises(error, match="allow") as refusal:
        read(tmp_path, text)
    assert "\n" not in str(refusal.value)


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such file"):
        allowlist.read(tmp_path / "none.csv")
