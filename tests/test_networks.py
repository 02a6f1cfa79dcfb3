"""Networks: whose an address is, by the narrowest range that says so."""

from __future__ import annotations

import random
from ipaddress import ip_address
from pathlib import Path

import pytest

from graphlink import networks
from graphlink.errors import InputError, MissingInput, UnknownColumn

COUNTRIES = Path(__file__).parents[2] / "shared/data/ecommerce_fraud/IpAddress_to_Country.csv.gz"


def read(folder: Path, text: str) -> networks.Networks:
    path = folder / "ranges.csv"
    path.write_text(text, "utf-8")
    return networks.read(path)


def answers(known: networks.Networks, *addresses: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in networks.lookup(known, addresses)[["country", "asn", "kind"]].itertuples(index=False)]


def test_a_range_answers_from_its_first_to_its_last_address(tmp_path: Path) -> None:
    known = read(tmp_path, "start_ip,end_ip,country\n203.0.113.4,203.0.113.6,NA\n")
    found = answers(known, "203.0.113.3", "203.0.113.4", "203.0.113.6", "203.0.113.7", "255.255.255.255", "2001:db8::1")
    assert [country for country, _, _ in found] == ["", "NA", "NA", "", "", ""]


def test_the_narrowest_range_that_says_something_answers(tmp_path: Path) -> None:
    known = read(
        tmp_path,
        "network,asn,country,type\n"
        "203.0.113.0/24,64500,FR,\n"
        "203.0.113.64/26,,,VPN\n"
        "203.0.113.64/28,AS64501,,Data Center\n"
        "2001:db8::/32,64502,DE,mobile\n",
    )
    assert answers(known, "203.0.113.1", "203.0.113.65", "203.0.113.80", "2001:db8::1") == [
        ("FR", "AS64500", ""),
        ("FR", "AS64501", "hosting"),
        ("FR", "AS64500", "vpn"),
        ("DE", "AS64502", "carrier"),
    ]


def test_bounds_may_be_numbers(tmp_path: Path) -> None:
    number = int(ip_address("2001:db8::"))
    known = read(tmp_path, f"\ufefflower,upper,country\n3405803776,3405804031,FR\n{number},{number + 1},DE\n")
    assert [row[0] for row in answers(known, "203.0.113.255", "2001:db8::1", "2001:db8::2")] == ["FR", "DE", ""]


def test_of_equal_ranges_the_first_in_the_file_answers(tmp_path: Path) -> None:
    known = read(tmp_path, "cidr,asn\n203.0.113.0/24,2\n203.0.113.0/24,1\n")
    assert answers(known, "203.0.113.1") == [("", "AS2", "")]


def test_crossing_and_nested_ranges_answer_as_a_search_through_all_of_them_does(tmp_path: Path) -> None:
    rng = random.Random(0)  # noqa: S311 - a drawing, not a secret
    ranges = [(lower, lower + rng.choice([0, 1, 5, 20, 80])) for lower in rng.sample(range(1, 300), 60)]
    rows = "".join(f"{lower},{upper},c{i}\n" for i, (lower, upper) in enumerate(ranges))
    known = read(tmp_path, f"lower,upper,country\n{rows}")
    for number in range(400):
        over = [(upper - lower, i) for i, (lower, upper) in enumerate(ranges) if lower <= number <= upper]
        expected = f"c{min(over)[1]}" if over else ""
        assert answers(known, str(ip_address(number)))[0][0] == expected


def test_a_file_without_ranges_knows_nothing(tmp_path: Path) -> None:
    assert answers(read(tmp_path, "cidr,country\n"), "203.0.113.1") == [("", "", "")]


@pytest.mark.parametrize("row", ["foo,FR", "203.0.113.0/33,FR", "203.0.113.0/24", "010.0.0.0/8,FR", "1.02E+09,FR"])
def test_a_row_that_is_no_range_is_said_and_passed_over(tmp_path: Path, row: str) -> None:
    known = read(tmp_path, f"cidr,country\n203.0.113.0/24,FR\n{row}\n")
    assert answers(known, "203.0.113.1") == [("FR", "", "")]
    assert [line.split(":")[0] for line in known.refused] == ["row 2 is no address range"]


@pytest.mark.parametrize(
    "rows", ["foo,FR\n", "203.0.113.9,FR\n203.0.113.1", '"203.0.113.0/24,FR', "203.0.113.0/24,\x00\n"]
)
def test_a_file_in_which_no_row_is_a_range_is_one_line(tmp_path: Path, rows: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(tmp_path, f"lower,upper,country\n{rows}")
    assert "ranges.csv: " in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_range_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="behind the last"):
        read(tmp_path, "lower,upper,country\n203.0.113.9,203.0.113.1,FR\n")


@pytest.mark.parametrize("header", ["", "a,b", "lower,country", "cidr,note"])
def test_a_file_without_the_columns_says_which_it_wants(tmp_path: Path, header: str) -> None:
    with pytest.raises(UnknownColumn, match="cidr"):
        read(tmp_path, f"{header}\n")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such file"):
        networks.read(tmp_path / "none.csv")


def test_a_truncated_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "ranges.csv.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(InputError, match="cannot be read"):
        networks.read(path)


@pytest.mark.skipif(not COUNTRIES.exists(), reason="the table of countries lies in ../shared, which is not here")
def test_a_real_table_of_a_hundred_thousand_ranges_is_read() -> None:
    known = networks.read(COUNTRIES)
    found = answers(known, "1.0.0.1", "1.0.1.0", "43.173.1.96", "0.0.0.1")
    assert [country for country, _, _ in found] == ["Australia", "China", "Japan", ""]
    assert len(known.refused) < 100
