"""Card numbers, told from other numbers and never kept: each is replaced by a keyed hash.

A card number has 13 to 19 digits and passes Luhn's test (ISO/IEC 7812-1; US patent 2,950,048 of 1960), as does one in
ten of any numbers. Outside of a column of payments it must also begin and be as long as one that a card network issues.
That leaves alone what is Luhn's by design (the IMEI of a telephone, the number of a SIM card) or by the million (times,
ids that count up), and lets no card pass: of random numbers of 16 digits one in 25 is hashed, and still links.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Key = Callable[[], bytes]
    """Returns a key; asked only where there is something to hash."""

_GAP = r"[ ._/\-\u00a0\u2007\u2010-\u2015\u202f\u2212]"
"""What people put between groups of digits; no comma, semicolon or tab, which divide the fields of a raw record."""

MAYBE = r"[^\x00-\x7f]|[0-9]{13}|[0-9]{4}[ ._/-][0-9]{3,6}[ ._/-][0-9]{3,5}"
"""Regular expression (RE2 too): a text in which nothing matches holds no card number that `hidden` would find."""

SHORTEST = 13
"""Digits of the shortest card number: a shorter text holds none."""

_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{17,18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|09|[689]\d)\d{11,16}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}|(?:1800|2131)\d{11}"  # JCB
    r"|(?:5[06-9]|6\d)\d{11,17}"  # Discover, Maestro, UnionPay and national networks
    r"|220[0-5]\d{12,15}|8[12]\d{14,17}|(?:8600|9792|9860)\d{12}|9704\d{12}(?:\d{3})?"  # Mir, RuPay, Humo and others
    r"|1\d{14}"  # UATP
)

_LAYOUTS = [
    re.compile(rf"(?<!\d)(?=({groups})(?!\d))")
    for groups in (
        r"\d{13,19}",
        *(
            rf"\d{{4}}(?P<gap>{_GAP})" + "(?P=gap)".join(rf"\d{{{size}}}" for size in sizes)
            for sizes in ((4, 4, 4, 3), (4, 4, 4, 2), (4, 4, 4, 1), (4, 4, 4), (4, 4, 3), (4, 4, 2), (4, 4, 1))
        ),
        *(
            rf"\d{{4}}(?P<gap>{_GAP})" + "(?P=gap)".join(rf"\d{{{size}}}" for size in sizes)
            for sizes in ((6, 5), (6, 4), (5, 6), (3, 3, 3))
        ),
    )
]
"""The ways in which a card number is written down, longer ones first."""

_GROUPED = re.compile(rf"\d{{4}}{_GAP}\d")
"""What all layouts but the first have in common."""

_DOUBLED = bytes.maketrans(b"0123456789", bytes(48 + sum(divmod(2 * digit, 10)) for digit in range(10)))

_LONGEST_PHONE = 15
"""Digits behind a plus (E.164)."""
_NEAR = 64
"""Characters around digits that are looked at: as many as the longest hashes have."""


def number(text: str, *, issued: bool = True) -> str:
    """Return the digits if all of a text is one card number, however it is grouped; empty for any other text.

    Args:
        text: without blanks around it.
        issued: whether it has to be one that a card network issues.

    """
    if not text[:1].isdecimal():
        return ""
    digits = re.sub(r"[\s\-\u2010-\u2015\u2212]|\.0+$", "", text)
    sized = 13 <= len(digits) <= 19 and digits.isdecimal()  # noqa: PLR2004 - the lengths of ISO/IEC 7812
    return _checked(digits, issued=issued) if sized else ""


def _checked(digits: str, *, issued: bool) -> str:
    plain = digits if digits.isascii() else "".join(str(int(c)) for c in digits)  # full-width and other digits too
    return plain if _luhn(plain) and (not issued or _ISSUED.fullmatch(plain)) else ""


def _luhn(digits: str) -> bool:
    read = digits.encode()
    doubled = read[-2::-2].translate(_DOUBLED)  # two digits are added up
    return (sum(read[::-2]) + sum(doubled) - 48 * len(read)) % 10 == 0


def hashed(digits: str, key: Key) -> str:
    """Return what stands for a card number: its HMAC-SHA256, so that one card is one value."""
    return f"card_{hmac.digest(key(), digits.encode(), 'sha256').hex()[:32]}"


def hidden(text: str, key: Key, *, quoted: str = "") -> str:
    """Return a text with each card number in it hashed, and between quotes if wanted."""
    if not re.search(MAYBE, text):
        return text
    pieces, at = [], 0
    for start, end, digits in sorted(_found(text), key=lambda each: (each[0], -each[1])):
        if start >= at:
            pieces += [text[at:start], quoted, hashed(digits, key), quoted]
            at = end
    return "".join([*pieces, text[at:]])


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and digits of the card numbers in a text; some may overlap."""
    for layout in _LAYOUTS if _GROUPED.search(text) else _LAYOUTS[:1]:
        for each in layout.finditer(text):
            start, end = each.span(1)
            digits = _checked(re.sub(r"\D", "", each[1]), issued=True)
            if digits and not _other(text[max(0, start - _NEAR) : start], text[end : end + _NEAR], len(digits)):
                yield start, end, digits


def _other(before: str, after: str, digits: int) -> bool:
    """Return whether what stands around digits makes them a fraction, a telephone number, or a part of a hash."""
    if re.search(r"\d\.$", before) or (before.endswith("+") and digits <= _LONGEST_PHONE):
        return True
    letters = "".join((*re.findall(r"[0-9A-Za-z]+\Z", before), *re.findall(r"\A[0-9A-Za-z]+", after)))
    return re.fullmatch("[0-9A-Fa-f]+", letters) is not None


def hidden_in_raw(raw: bytes, key: Key) -> bytes:
    """Return a raw record with each card number in it replaced by what it is read as in a column of payments."""
    text = _hidden_in_record(raw.decode("utf-8", "surrogateescape"), key)
    for gap in ("\0\0\0", "\0") if "\0" in text else ():  # UTF-32, UTF-16
        pieces = re.split(f"([ -~](?:{gap}[ -~]){{12,}})", text)
        pieces[1::2] = [gap.join(_hidden_in_record(each.replace("\0", ""), key)) for each in pieces[1::2]]
        text = "".join(pieces)
    return text.encode("utf-8", "surrogateescape")


def _hidden_in_record(text: str, key: Key) -> str:
    """Return a record with its card numbers hashed; a number of JSON becomes a text."""
    if not text.lstrip().startswith("{"):
        return hidden(text, key)
    strings = re.split(r'("(?:[^"\\]|\\.)*+(?:"|\Z))', text, flags=re.DOTALL)
    return "".join(hidden(part, key, quoted="" if i % 2 else '"') for i, part in enumerate(strings))
