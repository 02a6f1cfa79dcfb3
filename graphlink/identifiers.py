"""The canonical form of an identifier: one spelling for what is certainly the same thing, and none for what is not.

Two spellings become one only where the outside world treats them as one (a provider ignores dots, hexadecimal has no
case): a spelling too many loses a link, a spelling too few accuses somebody. Values that identify nobody (`unknown`,
0.0.0.0, a private address, the hash of an empty text) have no canonical form, so nobody is linked through them.

Telephone numbers are handled here and not by a library: all that a library adds is the reading of national numbers,
for which records do not say the country.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from graphlink import cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graphlink.cards import Key

OF_ACCOUNTS = ("referrer", "transfer")
"""The kinds whose values are account ids."""

TYPED = ("email", "phone")
"""The kinds whose values are typed by whoever signs up, and so may be anything."""

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
_EXTENSION = re.compile(r"(?i)(?:;ext=|ext\.?|x)\s*([0-9]{1,7})\Z")
_PHONE = re.compile("(?:[+][1-9](?=[0-9]{6})|[0-9](?=[0-9]{5}))[0-9]{0,14}(?:;ext=[0-9]{1,7})?")
_MAILBOX = re.compile(r'[^\s@"(),:;<>\[\]\\]+')
_TOKEN = re.compile("(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z_+/=:.-]{16,}")
_LONGEST_PHONE = 13
"""Digits of a telephone number without a plus, as exports have them: Visa stopped issuing cards as short as that."""

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

    Card numbers are replaced by their HMAC-SHA256 in every kind (see `cards`). Account ids are never touched: whoever
    asks for `OF_ACCOUNTS` leaves out those that are ids of accounts of the case.

    Args:
        kind: the name of a kind.
        value: the text as it stands in the record.
        key: returns what card numbers are hashed with; asked only where there is one. Without a key, whoever has the
            result finds the number by trying all.

    Raises:
        ValueError: it is no address of the internet; the message is the reason.

    Of what stands where an e-mail address or a telephone number should be and is none, hashes are kept as they are, as
    some export them; the rest identifies nobody. Neither is refused: who signs up types it, and takes no record out.

    >>> canonical("email", "Mary.Smith+shop@GoogleMail.com")
    'marysmith@gmail.com'

    """
    text = value.strip() if kind == "ip" or kind in OF_ACCOUNTS else _seen(value)
    if _nobody(text):
        return None
    if kind in OF_ACCOUNTS:
        return cards.hidden(value, key)
    # an address refuses the digits of a card itself; in a mailbox they are looked for below
    number = "" if kind in {"ip", "email"} else cards.number(text, issued=kind != "payment")
    if number and not (kind == "phone" and len(number) <= _LONGEST_PHONE):
        return cards.hashed(number, key)
    found = _CANONICAL.get(kind, str)(text)
    if not found or kind == "ip":
        return found
    if kind == "phone" and is_one(kind, found):
        number = cards.number(found.partition(";")[0])
        return cards.hashed(number, key) if len(number) > _LONGEST_PHONE and found[0] != "+" else found
    return cards.hidden(found, key)


def is_typed(kind: str, value: str) -> bool:
    """Return whether something is written where people type an e-mail address or a telephone number."""
    return kind in TYPED and not _nobody(_seen(value))


def _seen(value: str) -> str:
    """Return what people see of a value: control characters are seen by nobody, and hide the digits of a card."""
    return _CONTROL.sub("", value).strip()


def is_one(kind: str, value: str) -> bool:
    """Return whether a canonical value is what its kind says: an e-mail address or a telephone number may be none."""
    if kind == "email":
        local, _, domain = value.rpartition("@")
        return bool(_MAILBOX.fullmatch(local)) and not _invisible(local) and "" != _domain(domain) == domain
    return kind != "phone" or bool(_PHONE.fullmatch(value))


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
    written = unicodedata.normalize("NFC", text)
    local, _, told = written.rpartition("@")
    domain = _domain(told)
    if _invisible(told) or not is_one("email", f"{local}@{domain}"):
        return _token(written)
    local = local.lower()
    if local in PLACEHOLDERS or local in {"noreply", "no-reply", "donotreply"}:
        return None
    provider = PROVIDERS.get(domain, Provider(domain, tagged=False))
    local = local.partition("+")[0] if provider.tagged else local
    local = local.translate(dict.fromkeys(map(ord, provider.ignored)))
    return f"{local}@{provider.domain}" if local else None


def _invisible(text: str) -> bool:
    return any(unicodedata.category(c)[0] in "CZ" for c in text)


@lru_cache(maxsize=2**16)  # most addresses are at a few providers
def _domain(text: str) -> str:
    """Return a domain as name servers are asked for it, empty if there can be none of that name.

    Compatibility forms are one domain to every mail program, so NFKC is right here; for mailbox names it is not. The
    standard library's own IDNA is of 2003 and would make strasse.de of straße.de, which is somebody else's.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    labels = folded.replace("\u3002", ".").removesuffix(".").split(".")
    encoded = [each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels]
    there = all(re.fullmatch("[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", each) for each in encoded)
    return ".".join(encoded) if there else ""


def _phone(text: str) -> str | None:
    """Return +country and number (E.164), or the digits alone where no country is said; ;ext= as in RFC 3966."""
    extension = _EXTENSION.search(text)
    number = (text[: extension.start()] if extension else text).strip().removeprefix("tel:")
    abroad = re.match(r"(?:\+|00)[1-9]", re.sub(_PUNCTUATION, "", number))
    number = re.sub(_PUNCTUATION, "", number.replace("(0)", "") if abroad else number)
    number = re.sub("^00(?=[1-9])", "+", number)
    if not is_one("phone", number):
        return _token(text)
    digits = number.removeprefix("+")
    if len(set(digits[-7:])) == 1 or digits in "12345678901234567890":
        return None
    return number + (f";ext={extension[1]}" if extension else "")


def _token(text: str) -> str | None:
    """Return a hash or the like; what else is no address and no number identifies nobody: thousands type `none`."""
    return _hexadecimal(text) if _TOKEN.fullmatch(text) else None


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
    """Return a regular expression (RE2): a value that matches, and is not in NOBODY, is canonical as it stands.

    What does not match may be canonical all the same; empty: nothing matches. The engine passes on what does, so Python
    sees few values.
    """
    return _PLAIN.get(kind, _PLAIN_ID)


def _plain_id(letters: str) -> str:
    """Return the pattern of ids with letters and digits in which no card number can be: see `cards`."""
    beside, marks = "[0-9_-]{0,12}", f"[{letters}_-]*"
    behind = "[0-9][0-9_-]{0,11}"
    hexadecimal = "[0-9f]*[a-e][0-9a-f]*"  # digits beside such a letter are a part of a hash, however many they are
    few = f"{marks}[{letters}]{marks}{behind}(?:[{letters}]{beside})*|[_-]*{behind}(?:[{letters}]{beside})+"
    return f"^(?:{few}|{hexadecimal})$"


def _plain_address() -> str:
    """Return the pattern of IPv4 addresses whose first number alone says that they are public."""
    homeless = {int(network.partition(".")[0]) for network in _HOMELESS if "." in network} | set(range(224, 256))
    first = "|".join(str(n) for n in range(256) if n not in homeless)
    return f"^(?:{first})(?:[.](?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){{3}}$"


_PLAIN_ID = _plain_id("a-z")
_PLAIN = {
    "ip": _plain_address(),
    "email": "",
    "phone": "",
    "payment": _plain_id("a-wyz"),  # x masks digits
    "user_agent": "",  # there are few
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
        return (("email_pattern", _pattern(local)), ("email_domain", domain)) if is_one(kind, value) else ()
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
