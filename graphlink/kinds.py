"""The table of item kinds. A new signal is a new row here, never a new pipeline."""

from __future__ import annotations

from graphlink.errors import UsageError
from graphlink.model import Kind

HAD = ("payment", "network", "device", "contact", "credential")
"""Families of things that people have, and so can be robbed of or give away; what people do has no owner."""

BUILT_IN: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("payment", "payment", 4, "a card, bank account or other payment instrument"),
        Kind("ip", "network", 6, "an IPv4 or IPv6 address"),
        Kind("ip_prefix", "network", 12, "the /24 or /64 an address lies in"),
        Kind("asn", "network", 12, "the network operator of an address"),
        Kind("device", "device", 4, "a device fingerprint"),
        Kind("user_agent", "device", 12, "the text a client names itself by"),
        Kind("tls", "device", 12, "the fingerprint of a TLS client (JA3, JA4)"),
        Kind("email", "contact", 2, "an e-mail address, in its canonical form"),
        Kind("email_pattern", "contact", 6, "the shape of a mailbox name: letters and digits as runs"),
        Kind("email_domain", "contact", 12, "the domain of an e-mail address"),
        Kind("phone", "contact", 3, "a telephone number"),
        Kind("address", "contact", 6, "a postal address"),
        Kind("prompt", "content", 6, "the hash of a prompt or prompt template"),
        Kind("slot", "timing", 6, "five minutes in which the account was active"),
        Kind("schedule", "timing", 6, "the slots in which a crew starts together, far beyond chance"),
        Kind("signup_batch", "timing", 4, "the minutes in which the account was opened"),
        Kind("referrer", "relation", 4, "who invited the account"),
        Kind("transfer", "relation", 4, "who the account sent value to or got it from"),
        Kind("api_key", "credential", 1, "a key that calls are made with"),
    )
}


def own_kind(name: str, family: str = "") -> Kind:
    """Return the kind of that name: a built-in one, or one of the user's own.

    A kind of the user's own is in the family given, or else in one of its own that bears its name.

    Raises:
        UsageError: the name is empty, or a built-in kind was given another family.

    """
    if not name:
        raise UsageError("an item kind without a name", then="write --item column=kind")
    built_in = BUILT_IN.get(name)
    if built_in and family not in {"", built_in.family}:
        raise UsageError(
            f"the kind {name} is of the family {built_in.family}, not {family}",
            then="leave the family out, or give the kind another name",
        )
    return built_in or Kind(name, family or name, 4, "a kind of the user's own")
