"""The canonical form of an identifier: one spelling for what is certainly the same thing, and none for what is not.

Two spellings become one only where the outside world treats them as one (a provider ignores dots, hexadecimal has no
case): a spelling too many loses a link, a spelling too few accuses somebody. Values that identify nobody (`unknown`,
0.0.0.0, a private address, the hash of an empty text) have no canonical form, so nobody is linked through them.

Telephone numbers are handled here and not by a library: all that a library adds is the reading of national numbers,
for which records do not say the country.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Key = Callable[[], bytes]
    """Returns a key; asked only where there is something to hash."""

PLACEHOLDERS = frozenset(
    {"null", "none", "nil", "nan", "na", "n/a", "#n/a", "#null!", "undefined", "unknown", "unspecified", "missing"}
    | {"empty", "blank", "anonymous", "redacted", "deleted", "hidden", "notset", "not set", "not_set", "not-set"}
    | {"not available", "not_available", "no value", "no_value", r"\n"}
)
"""What software writes where it has nothing to write; compared without case and surrounding brackets."""

NOBODY = frozenset(
    {hashlib.new(name, b"", usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    | {"02:00:00:00:00:00", "9774d56d682e549c"}
)
"""Hashes of an empty text, and what Android gives every application for a MAC address, and once gave for an id."""

_NAMELESS = PLACEHOLDERS | NOBODY
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_PUNCTUATION = r"[\s().\-/\u2010-\u2015]"

_HOMELESS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    *("::/3", "4000::/2", "8000::/1", "2001:2::/48", "2001:10::/28", "2001:20::/28"),
)
"""Addresses of no one network (RFC 6890), or not assigned. Documentation ranges are not here: examples use them."""

_RANGES = tuple((ends[0].version, int(ends[0]), int(ends[-1])) for ends in map(ip_network, _HOMELESS))


class Provider(NamedTuple):
    """What a mail provider takes for one mailbox: the domain to write, its other names, characters it ignores."""

    domain: str
    aliases: tuple[str, ...] = ()
    ignored: str = ""
    tagged: bool = True
    """Whether what follows a plus belongs to the owner."""


PROVIDERS = {
    name: provider
    for provider in (
        Provider("gmail.com", ("googlemail.com",), "."),
        Provider("icloud.com", ("me.com", "mac.com")),
        Provider("yandex.ru", ("ya.ru", "yandex.com", "yandex.by", "yandex.kz")),
        *(Provider(name, ignored=".-_") for name in ("proton.me", "protonmail.com", "protonmail.ch", "pm.me")),
        *(Provider(name) for name in ("outlook.com", "hotmail.com", "live.com", "msn.com")),
        *(Provider(name) for name in ("fastmail.com", "fastmail.fm", "hey.com", "zoho.com")),
    )
    for name in (provider.domain, *provider.aliases)
}
"""Providers by each of their domains. Aliases are only those whose names never belong to two people."""


def canonical(kind: str, value: str, *, key: Key = bytes) -> str | None:
    """Return the canonical form of a value of that kind, None if it identifies nobody.

    A card number (13 to 19 digits that pass Luhn's test) is replaced by its HMAC-SHA256 in every kind but `referrer`,
    which holds account ids: these are never touched.

    Args:
        kind: the name of a kind.
        value: the text as it stands in the record.
        key: returns what card numbers are hashed with; asked only where there is one. Without a key, whoever has the
            result finds the number by trying all.

    Raises:
        ValueError: the value cannot be of that kind; the message is the reason.

    >>> canonical("email", "Mary.Smith+shop@GoogleMail.com")
    'marysmith@gmail.com'

    """
    text = value.strip()
    if _nobody(text):
        return None
    if kind == "referrer":
        return value
    if _CONTROL.search(text):
        raise ValueError("a control character")
    number = "" if kind in {"ip", "email"} else _card_number(text)  # these two refuse it
    if number:
        return _hashed("card" if kind == "payment" else "number", number, key)
    found = _CANONICAL.get(kind, str)(text)
    return found if kind in {"ip", "email", "phone"} or not found else _without_cards(found, key)


def _without_cards(text: str, key: Key) -> str:
    """Return a text, card numbers in it hashed; one without a blank is an id, and looked at as a whole."""
    return without_cards(text.encode(), key=key).decode() if " " in text else text


def canonicals(kind: str, values: Iterable[str], *, key: Key = bytes) -> list[tuple[str | None, str]]:
    """Return canonical form and reason for each value: the reason is empty, or says why it was refused."""
    return [_or_reason(kind, value, key) for value in values]


def _or_reason(kind: str, value: str, key: Key) -> tuple[str | None, str]:
    try:
        return canonical(kind, value, key=key), ""
    except ValueError as refusal:
        return None, str(refusal)


def _nobody(text: str) -> bool:
    if not re.search(r"[^\W0_]", text) or re.fullmatch(r"[fF\W_]{11,}", text):  # zeros, stars or nothing; ff:ff:ff:ff
        return True
    return text.casefold().strip("()[]<>{}\"'") in _NAMELESS


def _card_number(text: str) -> str:
    """Return the digits of a card number, empty for any other text. Luhn: US patent 2,950,048 (1960)."""
    if not text[:1].isdecimal():
        return ""
    digits = re.sub(r"[\s\-\u2010-\u2015]|\.0+$", "", text)
    if not (13 <= len(digits) <= 19 and digits.isdecimal()):  # noqa: PLR2004 - the lengths of ISO/IEC 7812
        return ""
    numbers = [int(c) for c in reversed(digits)]
    doubled = [2 * n - 9 * (n > 4) for n in numbers[1::2]]  # noqa: PLR2004 - two digits are added up
    return "".join(map(str, reversed(numbers))) if (sum(numbers[::2]) + sum(doubled)) % 10 == 0 else ""


def _hashed(name: str, number: str, key: Key) -> str:
    return f"{name}_{hmac.digest(key(), number.encode(), 'sha256').hex()[:32]}"


def without_cards(raw: bytes, *, key: Key) -> bytes:
    """Return a raw record, each card number in it replaced by what it is read as in a column of payments.

    Here nobody says what a number means, so only one that is written as cards are counts: it begins with 2 to 6, as
    those of the card networks do (a time since 1970 begins with 1), stands by itself, and is grouped as on a card or
    not at all.
    """
    gaps = (b"", b"\0", b"\0\0\0") if b"\0" in raw else (b"",)  # UTF-8, UTF-16, UTF-32
    for gap in gaps:
        raw = _cards(gap).sub(partial(_replaced, gap=gap, key=key), raw)
    return raw


@lru_cache
def _cards(gap: bytes) -> re.Pattern[bytes]:
    """Return the pattern of 13 to 19 digits: in one, in fours, or as 4-6-5 and 4-6-4 (ISO/IEC 7812)."""
    before = b"".join(b"(?<![0-9A-Za-z.+]%b)" % each for each in {b"", gap})

    def digits(number: bytes) -> bytes:
        return b"(?:%b[0-9]){%b}" % (gap, number)

    four, mark = digits(b"4"), b"%b(?P<%%b>[ -])" % gap
    fours = mark % b"a" + four + (b"%b(?P=a)" % gap + four) * 2 + b"(?:%b(?P=a)%b)?" % (gap, digits(b"1,3"))
    six = mark % b"b" + digits(b"6") + b"%b(?P=b)" % gap + digits(b"4,5")
    layouts = b"|".join((digits(b"9,15"), fours, six))
    return re.compile(b"%b[2-6]%b(?:%b)(?!%b[0-9A-Za-z])" % (before, digits(b"3"), layouts, gap))


def _replaced(found: re.Match[bytes], *, gap: bytes, key: Key) -> bytes:
    number = _card_number(found[0].replace(b"\0", b"").decode())
    if not number:
        return found[0]
    token = _hashed("card", number, key)
    before = found.string[: found.start()].replace(b"\0", b"")
    in_json = before.lstrip().startswith(b"{") and not (before.count(b'"') - before.count(b'\\"')) % 2
    return gap.join(bytes([c]) for c in (f'"{token}"' if in_json else token).encode())


def _address(text: str) -> str | None:
    address = _parsed(text)
    address = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
    number = int(address)
    homeless = any(v == address.version and low <= number <= high for v, low, high in _RANGES)
    return None if homeless else str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address:
    number = re.fullmatch(r"(0|[1-9][0-9]{0,9})(?:\.[0-9]+)?", text)
    if number:  # 32 bits as one number, as databases export them; a fraction comes from averaging software
        return IPv4Address(int(number[1]))
    port = re.fullmatch(r"([0-9.]+):[0-9]{1,5}|\[([^\]]+)\](?::[0-9]{1,5})?", text)
    bare = (port[1] or port[2]) if port else text
    try:
        return ip_address(bare.partition("%")[0] if ":" in bare else bare)
    except ValueError:
        raise ValueError("not an IP address, or one with ambiguous leading zeros") from None


def _email(text: str) -> str | None:
    local, at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    if not (at and local) or re.search(r'[\s@"(),:;<>\[\]\\]', local) or _invisible(local + domain):
        raise ValueError("not an e-mail address")
    local, domain = local.lower(), _domain(domain)
    if local in PLACEHOLDERS or local in {"noreply", "no-reply", "donotreply"}:
        return None
    provider = PROVIDERS.get(domain, Provider(domain, tagged=False))
    local = local.partition("+")[0] if provider.tagged else local
    local = local.translate(dict.fromkeys(map(ord, provider.ignored)))
    if not local:
        raise ValueError("an e-mail address without a mailbox")
    return f"{local}@{provider.domain}"


def _invisible(text: str) -> bool:
    return any(unicodedata.category(c)[0] in "CZ" for c in text)


@lru_cache(maxsize=2**16)  # most addresses are at a few providers
def _domain(text: str) -> str:
    """Return a domain as name servers are asked for it.

    Compatibility forms are one domain to every mail program, so NFKC is right here; for mailbox names it is not. The
    standard library's own IDNA is of 2003 and would make strasse.de of straße.de, which is somebody else's.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    labels = folded.replace("\u3002", ".").removesuffix(".").split(".")
    encoded = [each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels]
    if not all(re.fullmatch("[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", each) for each in encoded):
        raise ValueError("not an e-mail address: its domain cannot exist")
    return ".".join(encoded)


def _phone(text: str) -> str | None:
    """Return +country and number (E.164), or the digits alone where no country is said; ;ext= as in RFC 3966."""
    number, _, extension = re.sub(r"(?i)\s*(?:;ext=|ext\.?|x)\s*(?=[0-9]+$)", "x", text).partition("x")
    number = re.sub(r"^(?:tel:)?\s*(?:\+|00)(?=\s*[1-9])", "+", number)
    number = number.replace("(0)", "") if number.startswith("+") else number
    found = re.fullmatch("([+][1-9](?=[0-9]{6})|[0-9](?=[0-9]{5}))([0-9]{0,14})", re.sub(_PUNCTUATION, "", number))
    if not found:
        raise ValueError("not a telephone number")
    digits = found[0].removeprefix("+")
    if len(set(digits[-7:])) == 1 or digits in "12345678901234567890":
        return None
    return found[0] + (f";ext={extension}" if extension else "")


def _payment(text: str) -> str | None:
    """Return the text, but None for a card of which only some digits are left: thousands of cards share them."""
    masked = re.fullmatch(r"[0-9\s*xX\u2022#.-]*", text) and len(re.findall(r"[*xX\u2022#]", text)) > 1
    return None if masked else text


def _hexadecimal(text: str) -> str:
    """Return the text, in lower case where it is hexadecimal: sources differ in the case they write it in."""
    return text.lower() if re.fullmatch("[0-9A-Fa-f:{}-]{12,}", text) else text


def _agent(text: str) -> str:
    return unicodedata.normalize("NFC", text)


_CANONICAL: dict[str, Callable[[str], str | None]] = {
    "ip": _address,
    "email": _email,
    "phone": _phone,
    "payment": _payment,
    "device": _hexadecimal,
    "tls": _hexadecimal,
    "prompt": _hexadecimal,
    "user_agent": _agent,
}


def plain(kind: str) -> str:
    """Return a regular expression (RE2): a value that matches is canonical as it stands. Empty: there is none.

    What does not match may be canonical all the same. The engine passes on what matches, so Python sees few values.
    """
    return _PLAIN.get(kind, _PLAIN_ID)


def _plain_id() -> str:
    """Return the pattern of ids with letters and digits behind two characters with which no value of NOBODY begins."""
    letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
    alphabet = f"{letters}{digits}_-"
    taken = {first: {each[1] for each in NOBODY if each[0] == first} for first in {each[0] for each in NOBODY}}
    free = "".join(c for c in alphabet if c not in taken)
    heads = [f"[{free}][{alphabet}]"]
    heads += [f"{first}[{''.join(c for c in alphabet if c not in taken[first])}]" for first in sorted(taken)]
    any_, letter, digit = f"[{alphabet}]*", f"[{letters}]", f"[{digits}]"
    return f"^(?:{'|'.join(heads)}){any_}(?:{letter}{any_}{digit}|{digit}{any_}{letter}){any_}$"


def _plain_address() -> str:
    """Return the pattern of IPv4 addresses whose first number alone says that they are public."""
    homeless = {int(network.partition(".")[0]) for network in _HOMELESS if "." in network} | set(range(224, 256))
    first = "|".join(str(n) for n in range(256) if n not in homeless)
    return f"^(?:{first})(?:[.](?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){{3}}$"


_PLAIN_ID = _plain_id()
_PLAIN = {
    "ip": _plain_address(),
    "email": "",
    "phone": "",
    "user_agent": "^[!-~][ -~]*[A-Za-z][ -~]*/[ -~]*[0-9][ -~]*[!-~]$",
}


def derived(kind: str, value: str) -> tuple[tuple[str, str], ...]:
    """Return the kinds and values that a canonical value implies.

    >>> derived("email", "mary.smith84@example.com")
    (('email_pattern', 'a.a99'), ('email_domain', 'example.com'))
    >>> derived("ip", "203.0.113.7")
    (('ip_prefix', '203.0.113.0/24'),)
    """
    if kind == "ip":
        return (("ip_prefix", _prefix(value)),)
    if kind == "email":
        local, _, domain = value.rpartition("@")
        return (("email_pattern", _pattern(local)), ("email_domain", domain))
    return ()


def _prefix(address: str) -> str:
    if "." in address:
        return f"{address.rpartition('.')[0]}.0/24"
    return f"{IPv6Address(int(IPv6Address(address)) >> 64 << 64)}/64"


def _pattern(local: str) -> str:
    """Return the shape of a mailbox name: letters as `a`, each digit as 9, a scrambled part as `*` and its length.

    Names that people choose have digits at one end; a part in which letters and digits take turns was generated, and
    all that such names have in common is their length.
    """
    return "".join(_shape(part) for part in re.split(r"([\W_])", local))


def _shape(part: str) -> str:
    runs = re.findall(r"\d+|[^\W\d_]+|[\W_]", part)
    if len(runs) > 3:  # noqa: PLR2004 - as in `2fast4you`, the most that people write
        return f"*{len(part)}"
    return "".join("9" * len(run) if run.isdecimal() else "a" if run.isalpha() else run for run in runs)
