"""A case for threat-sharing partners: a STIX 2.1 bundle of what somebody has to act on.

Only `coordinated` clusters are in it: whoever gets a bundle blocks what it names, and the accounts of a household, or
of a firm that a person has yet to look at, are nobody's business. Each is a `grouping` of suspicious activity (no
threat actor: the evidence says one operator, not who) of its accounts and the items that its links rest on, public
ones left out, with the findings as a `note`. Times and ids come from the case, so that the same case is the same bytes.

OASIS: STIX Version 2.1 (2021).
"""

from __future__ import annotations

import ipaddress
import json
import uuid
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from graphlink import dossier
from graphlink.errors import UsageError
from graphlink.shared import HUBS

if TYPE_CHECKING:
    from graphlink.dossier import Dossier
    from graphlink.model import CaseFile
    from graphlink.shared import SharedItem

ITEM = "x-graphlink-item"
"""The type of items that STIX has no object for: cards, devices, templates and the like, as kind and value."""
_SPACE = uuid.UUID("6a0e9a57-3c39-5d6f-9d0c-5c0f8f4f4b1e")  # ours: the same names are the same ids everywhere
_EXTENSION = f"extension-definition--{uuid.uuid5(_SPACE, ITEM)}"
_EPOCH = "1970-01-01T00:00:00Z"


def bundle(case_file: CaseFile) -> str:
    """Return the bundle as JSON.

    Raises:
        UsageError: the stix2 library is not installed.

    """
    stix2 = _library()
    last = max(filter(None, case_file.clusters["last_seen"]), default=_EPOCH)
    author = stix2.Identity(id=_id("identity"), name="graphlink", identity_class="system", created=last, modified=last)
    common = {"created": last, "modified": last, "created_by_ref": author.id}
    objects = [author, _extension(common)]
    for gathered in dossier.gather(case_file):
        if gathered.summary.tier == "coordinated" and gathered.members:
            objects += _cluster(gathered, common)
    unique = {each.id: each for each in objects}
    whole = {"type": "bundle", "id": _id("bundle", *unique), "objects": [_plain(each) for each in unique.values()]}
    return json.dumps(whole, indent=2) + "\n"


def _library() -> Any:
    try:
        import stix2  # noqa: PLC0415 - an extra: few need it
    except ImportError as error:
        raise UsageError("stix takes the stix2 library", then="pip install 'graphlink[export]'") from error
    return stix2


@cache
def _own_item() -> Any:
    """Return our own type of item; stix2 may be told of it once."""
    stix2 = _library()
    text = stix2.properties.StringProperty(required=True)
    declare = stix2.v21.CustomObservable(ITEM, [("kind", text), ("value", text)], ["kind", "value"], _EXTENSION)
    return declare(type("Item", (), {}))


def _id(kind: str, *names: str) -> str:
    return f"{kind}--{uuid.uuid5(_SPACE, json.dumps([kind, *names]))}"


def _plain(of_library: Any) -> Any:
    return json.loads(of_library.serialize())


def _extension(common: dict[str, Any]) -> Any:
    """Return what says which objects of our own are in the bundle."""
    return _library().ExtensionDefinition(
        id=_EXTENSION,
        name=ITEM,
        description="A thing that several accounts touch, by its kind and value.",
        schema="kind: string (the name of a kind of item); value: string",
        version="1.0.0",
        extension_types=["new-sco"],
        **common,
    )


def _cluster(gathered: Dossier, common: dict[str, Any]) -> list[Any]:
    """Return one cluster: its accounts, its items, the grouping of both, and a note of the findings."""
    stix2, row = _library(), gathered.summary
    held = [stix2.UserAccount(user_id=member.account_id) for member in gathered.members]
    held += [_item(item) for item in gathered.items if item.links and item.use not in HUBS]
    grouping = stix2.Grouping(
        id=_id("grouping", row.cluster_id),
        name=row.cluster_id,
        context="suspicious-activity",
        description=f"{row.evidence} Score {row.score:.3f}.",
        object_refs=sorted({each.id for each in held}),
        allow_custom=True,  # it holds items of our own type
        **common,
    )
    findings = (f"{f.weight:+.3f} {f.sentence}" for f in (*gathered.findings_for, *gathered.findings_against))
    note = stix2.Note(
        id=_id("note", row.cluster_id),
        abstract="Findings for (+) and against (-) one operator, in powers of ten",
        content="\n".join(findings) or "None.",
        object_refs=[grouping.id],
        **common,
    )
    return [*held, grouping, note]


def _item(item: SharedItem) -> Any:
    """Return the object that STIX has for an item, or ours where it has none or the value is a pseudonym."""
    stix2 = _library()
    with suppress(ValueError):
        if item.kind in {"ip", "ip_prefix"}:
            is_v4 = ipaddress.ip_network(item.value).version == 4  # noqa: PLR2004 - IPv4
            return (stix2.IPv4Address if is_v4 else stix2.IPv6Address)(value=item.value)
        if item.kind == "asn":
            return stix2.AutonomousSystem(number=int(item.value.removeprefix("AS")))
    if item.kind == "email" and "@" in item.value:
        return stix2.EmailAddress(value=item.value)
    if item.kind == "email_domain" and "." in item.value:
        return stix2.DomainName(value=item.value)
    return _own_item()(kind=item.kind, value=item.value)
