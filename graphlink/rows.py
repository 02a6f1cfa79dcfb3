"""What one row of each table says, as the pages and exports read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Summary(NamedTuple):
    """A row of `clusters`."""

    rank: int
    cluster_id: str
    tier: str
    score: float
    explanation: str
    accounts: int
    core_accounts: int
    events: int
    first_seen: str
    last_seen: str
    evidence: str


class Member(NamedTuple):
    """A row of `members`."""

    account_id: str
    role: str
    confidence: float


class Facts(NamedTuple):
    """A row of `facts`: what the records say about an account."""

    account_id: str
    events: int = 0
    first_seen: str = ""
    last_seen: str = ""
    signed_up: str = ""
    banned: str = ""
    label: str = ""


class Touch(NamedTuple):
    """A row of `sightings`: an account touches an item, and the record that says so."""

    account_id: str
    kind: str
    value: str
    first_seen: str
    last_seen: str
    events: int
    file: str
    row: int


class Link(NamedTuple):
    """A row of `links`, both ends in the cluster."""

    left: str
    right: str
    bits: float
    families: Sequence[str]
    items: Sequence[Mapping[str, Any]]


class Step(NamedTuple):
    """One bar of the waterfall, in bits: it starts where the one before ended."""

    family: str
    start: float
    bits: float


class Finding(NamedTuple):
    """A row of `findings`."""

    finding: str
    side: str
    weight: float
    explanation: str
    sentence: str


class Taken(NamedTuple):
    """What the accounts took of one model, or on one day; `measures` in the order of `Dossier.measures`."""

    of: str
    events: int
    measures: tuple[float, ...]


class Without(NamedTuple):
    """A row of `sensitivity`: what stays of the cluster without one family of evidence, or its strongest item."""

    left_out: str
    tier: str
    kept: int
    lost: Sequence[str]


class Outsider(NamedTuple):
    """A row of `outsiders`: who stands beside the cluster and is not accused."""

    account_id: str
    role: str
    sentence: str


class Hour(NamedTuple):
    """A row of `hours`: events in one hour of the week (UTC), weekdays counted from Monday as 0."""

    weekday: int
    hour: int
    events: int


class Listed(NamedTuple):
    """A row of `items`: how many accounts of the whole case touch an item, and what it is good for."""

    kind: str
    value: str
    accounts: int
    use: str = ""
    reason: str = ""
