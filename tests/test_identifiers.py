"""Identifiers: one spelling for what is certainly one thing, none for what identifies nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlink import identifiers
from graphlink.kinds import BUILT_IN

CASES = json.loads((Path(__file__).parent / "cases" / "identifiers.json").read_text("utf-8"))
KINDS = (*BUILT_IN, "badge")
values = st.one_of(
    st.text(max_size=40),
    st.text("0123456789abcdefABCDEF_-:. /@+", max_size=40),
    st.ip_addresses().map(str),
    st.emails(),
    st.uuids().map(str),
    st.sampled_from([case[1] for case in CASES["canonical"]]),
)


@pytest.mark.parametrize("case", CASES["canonical"], ids=lambda case: f"{case[0]} {case[1]!r}")
def test_a_value_has_the_canonical_form_in_the_table(case: tuple[str, str, str | None]) -> None:
    kind, value, expected = case
    assert identifiers.canonical(kind, value) == expected


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: f"{case[0]} {case[1]!r}")
def test_a_value_that_cannot_be_of_its_kind_is_refused_with_a_reason(case: tuple[str, str]) -> None:
    kind, value = case
    with pytest.raises(ValueError, match=r"\w"):
        identifiers.canonical(kind, value)
    ((form, reason),) = identifiers.canonicals(kind, [value])
    assert form is None
    assert reason


@pytest.mark.parametrize("case", CASES["derived"], ids=lambda case: f"{case[0]} {case[1]!r}")
def test_a_value_implies_what_stands_in_the_table(case: tuple[str, str, list[list[str]]]) -> None:
    kind, value, expected = case
    assert [list(pair) for pair in identifiers.derived(kind, value)] == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"ip", "email", *identifiers.OF_ACCOUNTS}])
@pytest.mark.parametrize("number", CASES["cards"])
def test_a_card_number_is_never_kept_and_every_spelling_has_one_token(kind: str, number: str) -> None:
    token = identifiers.canonical(kind, number, key=lambda: b"secret")
    assert token == identifiers.canonical(kind, CASES["cards"][0], key=lambda: b"secret")
    assert token != identifiers.canonical(kind, number, key=lambda: b"other")
    assert token is not None
    assert not re.search("[0-9]{12}", token)
    assert token.startswith("card_")


@pytest.mark.parametrize("kind", KINDS)
@given(value=values)
@settings(max_examples=25, deadline=None)
def test_the_canonical_form_is_its_own_canonical_form(kind: str, value: str) -> None:
    ((form, _),) = identifiers.canonicals(kind, [value])
    assert form is None or identifiers.canonical(kind, form) == form


@pytest.mark.parametrize("kind", KINDS)
@given(value=values)
@settings(max_examples=25, deadline=None)
def test_what_the_plain_pattern_lets_pass_is_canonical(kind: str, value: str) -> None:
    pattern = identifiers.plain(kind)
    if pattern and re.fullmatch(pattern[1:-1], value) and value not in identifiers.NOBODY:
        assert identifiers.canonical(kind, value) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ip", "203.0.113.7"),
        ("device", "b6f1c3a09e"),
        ("payment", "card_9f3a1"),
        ("prompt", "0f" * 16),
        ("device", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("device", "d000000000004a11"),
        ("prompt", "4111111111111111a7"),
    ],
)
def test_the_usual_value_passes_without_python(kind: str, value: str) -> None:
    assert re.fullmatch(identifiers.plain(kind), value)


@given(value=st.text("0123456789abcdef04111f", min_size=1, max_size=90))
@settings(max_examples=300, deadline=None)
def test_digits_that_are_a_part_of_a_hash_pass_and_are_no_card(value: str) -> None:
    for kind in ("prompt", "payment", "device"):
        if re.fullmatch(identifiers.plain(kind), value) and value not in identifiers.NOBODY:
            assert identifiers.canonical(kind, value) == value


@given(st.lists(values, min_size=1, max_size=50))
@settings(max_examples=5, deadline=None)
def test_the_engine_reads_the_plain_patterns_as_python_does(drawn: list[str]) -> None:
    texts = [text for text in drawn if "\x00" not in text and not re.search("[\ud800-\udfff]", text)]
    table = ibis.memtable(pa.table({"n": range(len(texts)), "v": pa.array(texts, pa.string())}))
    for pattern in {identifiers.plain(kind) for kind in KINDS} - {""}:
        told = ibis.duckdb.connect().to_pyarrow(table.select("n", p=table.v.re_search(pattern)).order_by("n"))
        assert told["p"].to_pylist() == [re.fullmatch(pattern[1:-1], text) is not None for text in texts]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", CASES["placeholders"])
def test_nothing_is_linked_through_a_placeholder(kind: str, value: str) -> None:
    assert identifiers.canonical(kind, value) is None
    assert not re.fullmatch(identifiers.plain(kind) or "(?!)", value)


def test_no_form_of_a_private_address_passes_the_plain_pattern() -> None:
    pattern = identifiers.plain("ip")
    numbers = [int(n) for n in re.findall(r"\d+", "0 10 100 127 169 172 192 198 224 255")]
    assert not [n for n in numbers if re.fullmatch(pattern, f"{n}.1.2.3")]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("payment", "pm_4111111111111111"),
        ("address", "pay 4111 1111 1111 1111 at 1 Main Street"),
        ("email", "4111111111111111@example.com"),
        ("phone", "4111 1111 1111 1111"),
        ("user_agent", "shop/1.0 (4111.1111.1111.1111)"),
        ("badge", "4111_1111_1111_1111"),
        ("referrer", "4111111111111111"),
        ("payment", "411111xxxxxx1111"),
        ("payment", "\x024111111111111111"),
        ("payment", "4111\x001111\x001111\x001111"),
        ("email", "\x014111111111111111"),
        ("user_agent", "x\x014111111111111111"),
        ("phone", "1234567 x4111111111111111"),
    ],
)
def test_no_digits_of_a_card_are_left_in_an_item(kind: str, value: str) -> None:
    found = identifiers.canonical(kind, value, key=lambda: b"secret") or ""
    assert "1111" not in found
    assert not re.fullmatch(identifiers.plain(kind) or "(?!)", value)


def test_a_number_that_no_card_network_issues_is_a_card_in_a_column_of_payments_only() -> None:
    assert identifiers.canonical("payment", "7992739871300008") != "7992739871300008"
    assert identifiers.canonical("device", "7992739871300008") == "7992739871300008"


@pytest.mark.parametrize("value", ["tel:378282246310005", "378282246310005 ext 1", "378282246310005"])
def test_digits_of_a_card_in_a_column_of_telephone_numbers_are_hashed(value: str) -> None:
    assert (identifiers.canonical("phone", value, key=lambda: b"secret") or "").startswith("card_")


def test_a_telephone_number_without_a_plus_is_no_card() -> None:
    assert identifiers.canonical("phone", "4915112345676") == "4915112345676"
