"""Card numbers: hashed wherever they stand, and few other numbers with them."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlink import cards

CARD = cards.hashed("4111111111111111", lambda: b"secret")
ISSUED = [
    "4111111111111111",  # Visa
    "4222222222222",  # Visa of 13 digits
    "5555555555554444",  # Mastercard
    "2223003122003222",  # Mastercard, since 2017
    "378282246310005",  # American Express
    "30569309025904",  # Diners Club
    "6011000990139424",  # Discover
    "3530111333300000",  # JCB
    "6200000000000005",  # UnionPay
    "6759649826438453",  # Maestro
    "2200000000000004",  # Mir
]


def hidden(text: str) -> str:
    return cards.hidden(text, lambda: b"secret")


def in_raw(raw: bytes) -> bytes:
    return cards.hidden_in_raw(raw, lambda: b"secret")


@pytest.mark.parametrize("number", ISSUED)
@pytest.mark.parametrize("around", ["{}", "pm_{}", "x,{},y", "visa{}", "card: {}.", "No.{}", "12 {} 12/27", "2026 {}"])
def test_a_number_of_each_network_is_hashed_wherever_it_stands(number: str, around: str) -> None:
    token = cards.hashed(number, lambda: b"secret")
    assert hidden(around.format(number)) == around.format(token)


@pytest.mark.parametrize("gap", [" ", "-", ".", "_", "/", "\u00a0", "\u2013"])
def test_a_number_in_groups_is_the_same_number(gap: str) -> None:
    assert hidden(f"a, 4111{gap}1111{gap}1111{gap}1111, b") == f"a, {CARD}, b"
    assert "10005" not in hidden(f"3782{gap}822463{gap}10005")


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # no Luhn
        "354190023896443",  # the IMEI of a telephone
        "8944110068012345678",  # the number of a SIM card
        "1700000000006 1700000000000000 1700000000000000000",  # times since 1970
        "0.4111111111111111",
        "+378282246310005",  # a telephone number
        "+1 4111-1111",
        "sha1:a4111111111111111f",
        "2026-05-01 08:00:00.000004",
        "41111111111111111111",
        CARD,
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert hidden(text) == text
    assert in_raw(text.encode()) == text.encode()


def test_of_random_numbers_few_are_taken_for_cards() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    numbers = [str(chance.randrange(10**15, 10**16)) for _ in range(20_000)]
    assert 0.03 < sum(cards.number(each) != "" for each in numbers) / len(numbers) < 0.05


@given(st.text("0123456789 -_./\"'{}axé\u0664\u00a0", max_size=60))
@settings(max_examples=300, deadline=None)
def test_what_is_hidden_holds_no_card_any_more(text: str) -> None:
    once = hidden(text)
    assert hidden(once) == once
    assert once == text or re.search(cards.MAYBE, text)


@given(st.binary(max_size=80))
@settings(max_examples=100, deadline=None)
def test_a_raw_record_without_a_card_stays_byte_for_byte(raw: bytes) -> None:
    assert in_raw(raw) == raw or re.search(rb"\d", raw)


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b"a,4111111111111111,b\r\n", f"a,{CARD},b\r\n"),
        (b'"4111 1111 1111 1111"', f'"{CARD}"'),
        (b"\xff,4111-1111-1111-1111;", f"\ufffd,{CARD};"),
        (b'{"card": 4111111111111111, "again": "4111111111111111"}', f'{{"card": "{CARD}", "again": "{CARD}"}}'),
        (b'{"said": "\\"4111111111111111\\""}', f'{{"said": "\\"{CARD}\\""}}'),
        ("a,4111111111111111\n".encode("utf-16-le"), f"a,{CARD}\n"),
        ("a,4111 1111 1111 1111\n".encode("utf-16-be"), f"a,{CARD}\n"),
        ("a,4111111111111111".encode("utf-32-le"), f"a,{CARD}"),
    ],
)
def test_a_card_number_in_a_raw_record_becomes_what_it_is_read_as(raw: bytes, left: str) -> None:
    codecs = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")
    assert left in {in_raw(raw).decode(codec, "replace") for codec in codecs}


def test_a_long_text_takes_a_time_that_grows_with_its_length() -> None:
    for text in ("4111111111111111," * 2_000, '{"' + '\\"' * 100_000, "1234 12" * 30_000, "4" * 200_000):
        assert len(in_raw(text.encode())) >= len(text)
