"""A key is made once, is nobody else's, and gives the same pseudonyms wherever it is taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest

from graphlink import case, engine, identifiers, keyfile, refused
from graphlink.errors import GraphlinkError, MissingInput, UsageError

DIGITS = "0123456789abcdef" * 4


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the user's own key lies, once it is made."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(keyfile.VARIABLE, raising=False)
    return tmp_path / "config" / "graphlink" / "key"


def given(folder: Path, text: str = DIGITS, mode: int = 0o600, *, name: str = "team.key") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_key_of_ones_own_is_made_when_it_is_needed_and_kept(own: Path) -> None:
    key = keyfile.find()
    assert (key.path, own.exists(), key.was_needed) == (own, False, False)
    assert len(key.secret) == 32
    assert key.was_needed
    assert keyfile.find().secret == key.secret
    assert [path.name for path in own.parent.iterdir()] == ["key"]


def test_only_its_owner_may_read_a_key_that_was_made(own: Path) -> None:
    _ = keyfile.find().secret
    assert own.stat().st_mode & 0o777 == 0o600
    assert own.parent.stat().st_mode & 0o077 == 0


def test_a_key_that_another_process_made_meanwhile_stays(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = keyfile.find().secret
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert keyfile.Key(own, is_named=False).secret == first


def test_a_key_is_named_by_argument_then_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keyfile.VARIABLE, "environment.key")
    assert keyfile.find().path == Path("environment.key")
    assert keyfile.find(given(tmp_path)).secret == bytes.fromhex(DIGITS)


def test_a_key_that_was_named_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"nowhere\.key: no key here; make one with"):
        _ = keyfile.find(tmp_path / "nowhere.key").secret
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("secret", 0o600, "is not a key; it takes 64 hexadecimal digits"),
        ("", 0o600, "is not a key"),
        (DIGITS, 0o644, "everybody may read this key; take it from them: chmod o= FILE"),
    ],
)
def test_what_is_no_safe_key_is_refused(tmp_path: Path, text: str, mode: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _ = keyfile.find(given(tmp_path, text, mode)).secret


def test_a_key_in_a_run_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="a key in a run folder is handed on with it"):
        _ = keyfile.find(given(tmp_path)).secret


def test_a_place_where_no_key_can_be_made_is_one_line(own: Path) -> None:
    own.parents[1].write_text("a file where a folder is needed")
    with pytest.raises(GraphlinkError, match="Not a directory; name another file with --key"):
        _ = keyfile.find().secret


def test_a_pseudonym_is_the_hmac_of_kind_and_value(tmp_path: Path) -> None:
    digest = hmac.new(bytes.fromhex(DIGITS), b"ip\x00203.0.113.7", hashlib.sha256).hexdigest()
    assert keyfile.find(given(tmp_path)).pseudonym("ip", "203.0.113.7") == f"ip_{digest[:20]}"


def test_pseudonyms_show_their_kind_and_differ_by_kind_value_and_key(tmp_path: Path) -> None:
    key, other = keyfile.find(given(tmp_path)), keyfile.find(given(tmp_path, DIGITS[::-1], name="other.key"))
    names = [key.pseudonym("ip", "a"), key.pseudonym("ip", "b"), key.pseudonym("acct", "a")]
    assert all(re.fullmatch("(ip|acct)_[0-9a-f]{20}", name) for name in names)
    assert len({*names, other.pseudonym("ip", "a")}) == 4


# Card numbers

CARDS = ("4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005")


def with_cards(folder: Path) -> Path:
    """Return records in which card numbers stand where cards stand, and in records that are not accepted."""
    rows = [f"acct_{i},2026-05-1{i},{card},1" for i, card in enumerate(CARDS * 2)]
    rows += [f"acct_9,{CARDS[0]},{CARDS[0]},1", f"acct_9,{CARDS[1]}", f'acct_9,2026-05-01,"{CARDS[2]}']
    path = folder / "payments.csv"
    path.write_text("\n".join(["account_id,time,card_id,amount", *rows]) + "\n")
    return path


def payments(*inputs: Path) -> set[str]:
    sightings = engine.fetch(case.read(*inputs).sightings).to_pylist()
    return {row["value"] for row in sightings if row["kind"] == "payment"}


def test_the_user_is_told_that_card_numbers_are_hashed_and_with_which_key(own: Path, tmp_path: Path) -> None:
    assert any("hashed with your key" in note for note in case.read(with_cards(tmp_path)).notes)
    assert own.exists()


def test_without_card_numbers_no_key_is_made(own: Path, tmp_path: Path) -> None:
    (tmp_path / "use.csv").write_text("account_id,device_id\na,dev_1\nb,dev_1\n")
    assert case.read(tmp_path / "use.csv").notes == ()
    assert not own.exists()


@pytest.mark.usefixtures("own")
def test_the_same_card_has_the_same_hash_in_every_run(tmp_path: Path) -> None:
    assert payments(with_cards(tmp_path)) == payments(with_cards(tmp_path))
    assert len(payments(with_cards(tmp_path))) == 3


@pytest.mark.usefixtures("own")
def test_no_card_number_is_in_quarantine_and_its_records_are_read_again_as_the_same_card(tmp_path: Path) -> None:
    read = case.read(with_cards(tmp_path))
    (path,) = refused.copy(read, tmp_path / "quarantine")
    lines = path.read_text().splitlines()
    assert not [card for card in CARDS if any(card in line for line in lines)]
    assert sum("a card number in it is hashed" in json.loads(line)["reason"] for line in lines) == 3
    hashed = identifiers.canonical("payment", CARDS[0], key=lambda: keyfile.find().secret)
    path.write_text("\n".join(lines[:2]).replace(f"acct_9,{hashed}", "acct_9,2026-05-01") + "\n")
    assert payments(path) <= payments(with_cards(tmp_path))


EVERYWHERE = """account_id,ts,card_id,device_id,email,phone,user_agent,referrer,label,model,amount
a,2026-05-01,pm_{0},{0},{0}@example.com,4111 1111 1111 1111,shop/1.0 ({0}),{0},paid by {0},x-{0},1
b,2026-05-02,4111-1111-1111-1111,dev {0} 1,x@example.com,,-,5105105105105100,4111 1111 1111 1111,,1
5105105105105100,2026-05-03,tok_1,dev_1,y@example.com,,-,b,,,1
c,{0},tok_1,dev_1,z@example.com,,-,b,,,{0}
"""


@pytest.mark.usefixtures("own")
def test_card_numbers_stand_in_nothing_that_is_read_but_account_ids_stay_and_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(EVERYWHERE.format(CARDS[0]))
    read = case.read(tmp_path / "x.csv")
    tables = [engine.fetch(table).to_pylist() for table in (read.sightings, read.accounts, read.events.drop("amount"))]
    texts = [str(row) for rows in tables for row in rows] + [path.read_text() for path in read.quarantine if path]
    assert len(texts) > 15
    assert not [text for text in texts if CARDS[0] in text or "1111-1111" in text or "1111 1111" in text]
    assert {"account": "b", "value": "5105105105105100"}.items() <= next(
        row.items() for row in tables[0] if row["kind"] == "referrer" and row["account"] == "b"
    )
    assert any("1 account ids look like card numbers" in note for note in read.notes)
