"""Whose an address is: country, operator (asn) and make of its network, from a file of ranges that the user gives.

Every address is 16 bytes here, IPv4 in its mapped place (::ffff:a.b.c.d), so one sorted array answers for both.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import io
import zlib
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graphlink.errors import InputError, MissingInput, UnknownColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

COLUMNS: dict[str, tuple[str, ...]] = {
    "lower": ("lower_bound_ip_address", "lower_bound", "lower", "start_ip", "start", "ip_from", "first", "range_start"),
    "upper": ("upper_bound_ip_address", "upper_bound", "upper", "end_ip", "end", "ip_to", "last", "range_end"),
    "range": ("cidr", "network", "prefix", "ip_prefix", "subnet", "ip_range"),
    "country": ("country", "country_code", "country_iso_code", "country_name"),
    "asn": ("asn", "as_number", "autonomous_system_number"),
    "kind": ("kind", "type", "usage_type", "connection_type"),
}
"""The names a column may have, compared without case, `-`, `_` and spaces; the first that is there counts."""

ANSWERS = ("country", "asn", "kind")

KINDS = {
    "hosting": ("hosting", "datacenter", "data center", "dch", "server", "cloud"),
    "vpn": ("vpn", "proxy", "tor", "vpn exit"),
    "carrier": ("carrier", "mobile", "cellular", "mob", "wireless"),
    "campus": ("campus", "education", "edu", "university"),
    "residential": ("residential", "isp", "broadband", "dsl", "cable"),
    "business": ("business", "com", "corporate", "company"),
}
"""What makers of such files call the makes of a network; a make not listed stays as it is written, in lower case."""

_KIND = {name: kind for kind, names in KINDS.items() for name in names}
_MAPPED = 0xFFFF << 32
_IPV4 = 2**32


class Span(NamedTuple):
    """Addresses from `lower` to `upper`, both included, as numbers in the IPv6 space, and what is said of them."""

    lower: int
    upper: int
    answer: str


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans that do not overlap, sorted: arrays [n] of 16 bytes, 16 bytes and text."""

    lower: NDArray[np.bytes_]
    upper: NDArray[np.bytes_]
    answer: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Networks:
    """What a file says of address ranges: for each of `country`, `asn` and `kind` its spans."""

    spans: Mapping[str, Spans]
    refused: tuple[str, ...] = ()
    """The rows that are no address range, a line each: spreadsheets leave some as 1.02E+09."""


def read(path: str | Path) -> Networks:
    """Return the networks of a CSV file (also .gz) with ranges as CIDR, or as first and last address.

    Bounds are addresses or whole numbers, a number below 2**32 being IPv4. Where ranges nest, the narrowest one that
    says something of a question answers it; of equal ones the first in the file.

    Raises:
        MissingInput: the file is not there.
        UnknownColumn: it has no columns for ranges, or nothing said of them.
        InputError: it cannot be read, or no row of it is a range.

    """
    path = Path(path)
    if not path.is_file():
        raise MissingInput("no such file", where=str(path), then="--networks takes a CSV file of address ranges")
    try:
        header, *rows = _lines(path) or [[]]
    except (csv.Error, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), then="--networks takes a CSV file") from error
    spans, refused = _spans(rows, _columns(header, str(path)))
    if refused and len(refused) == len(rows):
        raise InputError(refused[0], where=str(path), then="ranges are written 203.0.113.0/24, or as two addresses")
    return Networks({name: _flat(each) for name, each in spans.items()}, tuple(refused))


def lookup(networks: Networks, addresses: Iterable[str]) -> pd.DataFrame:
    """Return a row for each canonical address, in the order given: ip, country, asn, kind; empty where not known."""
    import pandas as pd  # noqa: PLC0415 - a quarter of a second, and most cases have no such file

    texts = list(addresses)
    places = np.fromiter((_packed(_number(text)) for text in texts), dtype="S16", count=len(texts))
    answers = {name: _answers(networks.spans[name], places) for name in ANSWERS}
    return pd.DataFrame({"ip": np.array(texts, dtype=object), **answers})


def _answers(spans: Spans, places: NDArray[np.bytes_]) -> NDArray[np.object_]:
    at = np.searchsorted(spans.lower, places, side="right") - 1
    within = (at >= 0) & (places <= spans.upper[at]) if len(spans.upper) else np.zeros(len(places), dtype=bool)
    answers = np.full(len(places), "", dtype=object)
    answers[within] = spans.answer[at[within]]
    return answers


def _lines(path: Path) -> list[list[str]]:
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8-sig")
    return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]


def _spans(rows: list[list[str]], columns: Mapping[str, int]) -> tuple[dict[str, list[Span]], list[str]]:
    spans: dict[str, list[Span]] = {name: [] for name in ANSWERS}
    refused = []
    for number, row in enumerate(rows, 1):
        try:
            cells = {role: row[at].strip() for role, at in columns.items()}
            lower, upper = _bounds(cells)
        except (ValueError, IndexError) as error:
            refused.append(f"row {number} is no address range: {error}")
            continue
        for name in filter(cells.get, ANSWERS):
            spans[name].append(Span(lower, upper, _said(name, cells[name])))
    return spans, refused


def _columns(header: list[str], where: str) -> dict[str, int]:
    names = {_bare(name): at for at, name in reversed(list(enumerate(header)))}
    roles = {
        role: next((names[n] for n in map(_bare, aliases) if n in names), None) for role, aliases in COLUMNS.items()
    }
    found = {role: at for role, at in roles.items() if at is not None}
    if not ("range" in found or {"lower", "upper"} <= found.keys()) or not found.keys() & set(ANSWERS):
        raise UnknownColumn(
            f"no columns of address ranges among {', '.join(header) or 'none'}",
            where=where,
            then="name them cidr (or lower and upper), and country, asn or kind",
        )
    return found


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c not in "-_ ")


def _bounds(cells: Mapping[str, str]) -> tuple[int, int]:
    if cells.get("range"):
        network = ip_network(cells["range"], strict=False)
        lower, upper = _place(int(network[0]), network.version), _place(int(network[-1]), network.version)
    else:
        lower, upper = _number(cells["lower"]), _number(cells["upper"])
    if lower > upper:
        raise ValueError("the first address is behind the last")
    return lower, upper


def _number(text: str) -> int:
    if text.isdecimal():
        return _place(int(text), 4 if int(text) < _IPV4 else 6)
    address = ip_address(text)
    return _place(int(address), address.version)


def _place(number: int, version: int) -> int:
    return number + _MAPPED if version == 4 else number  # noqa: PLR2004 - the version of the protocol


def _packed(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _said(name: str, text: str) -> str:
    if name == "kind":
        return _KIND.get(text.lower(), text.lower())
    return f"AS{text}" if name == "asn" and text.isdecimal() else text


def _flat(spans: list[Span]) -> Spans:
    """Return the same answers as spans that do not overlap."""
    parts = list(_parts(spans))
    return Spans(
        np.array([_packed(part.lower) for part in parts], dtype="S16"),
        np.array([_packed(part.upper) for part in parts], dtype="S16"),
        np.array([part.answer for part in parts], dtype=object),
    )


def _parts(spans: list[Span]) -> Iterator[Span]:
    """Yield, from the lowest address on, each stretch between two bounds with the narrowest span over it."""
    order = sorted(range(len(spans)), key=lambda i: spans[i].lower)
    bounds = sorted({span.lower for span in spans} | {span.upper + 1 for span in spans})
    over: list[tuple[int, int]] = []  # width and number of the spans begun, the narrowest on top
    begun = 0
    for lower, after in pairwise(bounds):
        while begun < len(order) and spans[order[begun]].lower == lower:
            span = spans[order[begun]]
            heapq.heappush(over, (span.upper - span.lower, order[begun]))
            begun += 1
        while over and spans[over[0][1]].upper < lower:
            heapq.heappop(over)
        if over:
            yield Span(lower, after - 1, spans[over[0][1]].answer)
