"""The nouns, in the order in which they arise.

    files --read--> Records --build--> AccountGraph --link--> Links --find--> Partition --judge--> CaseFile

A noun is a frozen value; a stage is a function from one to the next. One abstraction carries every signal: a
*sighting* is an account touching an item of a kind. Accounts and items are numbered by the order of their bytes,
so that nothing depends on the order in which rows came in. Instants are whole microseconds since 1970 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import ibis.expr.types as ir
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

NO_TIME = -(2**63)
"""The instant of an account or item that has none (integer columns have no NULL)."""

FAMILIES = (
    "payment",
    "network",
    "device",
    "contact",
    "content",
    "timing",
    "relation",
    "credential",
)
"""The families of kinds. Kinds of one family are one witness: they move together."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of item: one row of the table in `kinds`.

    `capacity` is how many accounts an honest item of the kind serves in a household: up to there an item is
    *private*. It names items for people and never decides a link.
    """

    name: str
    family: str
    capacity: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of one table are taken for."""

    account: str
    times: tuple[str, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    """Pairs of column and kind name."""
    measures: tuple[tuple[str, str], ...] = ()
    """Pairs of column and name of the measure; columns of one name are added up."""
    signup: str | None = None
    """The time column that tells when the account was opened."""
    banned: str | None = None
    label: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One file that was read: what it was, and what became of its records."""

    path: str
    sha256: str
    bytes: int
    form: str
    """`csv`, `jsonl` or `parquet`, with how it was read (delimiter, encoding), for the manifest."""
    columns: Columns
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    found: tuple[str, ...] = ()
    """All columns of the file, in its order; those that `columns` does not name are not used."""


@dataclass(frozen=True, slots=True, repr=False)
class Records:
    """All accepted records, as relational expressions that have not run yet.

    `sightings`, without those of items that are set aside, has the columns account, kind, value (text), first_seen,
    last_seen (int64 microseconds, NO_TIME if the table has no time), events (int64: distinct instants, so a row told
    twice is no more evidence), file (int32, position in `inputs`) and row (int64, 1-based: the first row where the
    account touches the item). `events` has account, time (int64 microseconds), model (text, may be NULL) and one
    float64 column a measure, a row for each event.
    `accounts` has account, events (rows), moments (distinct instants), first_seen, last_seen, signed_up, banned (int64
    microseconds) and label (text or NULL), `allowed` (it is linked to nobody) and `bad` (it, or what it
    touches, is labelled bad).
    `known` has what the user's own files say of items: kind, value, accounts, use (`public` and `ignored` items are set
    aside; empty: it counts), reason.
    """

    sightings: ir.Table
    events: ir.Table
    accounts: ir.Table
    kinds: tuple[Kind, ...]
    """Kinds that at least one column was mapped to."""
    inputs: tuple[Input, ...]
    measures: tuple[str, ...] = ()
    quarantine: tuple[Path | None, ...] = ()
    """For each input the JSON Lines of its records that were not accepted, until the engine is closed."""
    notes: tuple[str, ...] = ()
    """What the user should know: a file given twice, a column that looks like another."""
    known: ir.Table | None = None
    consulted: tuple[tuple[str, str], ...] = ()
    """The files that `known` and `allowed` come from: path and SHA-256."""
    window: int = 0
    """How close in time (microseconds) an item has to be touched to be shared: items are stretches (see `bursts`)."""
    shared: ir.Table | None = None
    """Kind, value and accounts of the items that two accounts touch or more, once they are counted (see `degrees`)."""

    def __repr__(self) -> str:
        """Return what was read, in one line: the tables are expressions of some hundred lines."""
        accepted, refused = (
            sum(counts) for counts in zip(*((i.rows_accepted, i.rows_quarantined) for i in self.inputs), strict=True)
        )
        kinds = ", ".join(kind.name for kind in self.kinds)
        return f"Records of {len(self.inputs)} files: {accepted:,} accepted, {refused:,} in quarantine; {kinds}"


Moving: TypeAlias = tuple[str, str, float, float]
"""Two kinds that move together, and the share of the items of either that are on the accounts of one of the other."""


@dataclass(frozen=True, slots=True)
class AccountGraph:
    """Accounts and the items they share: a bipartite graph in arrays.

    `accounts`: account_id (sorted by bytes), events, moments, first_seen, last_seen, signed_up, acted (the first act
    after that), banned, label, allowed, bad.
    `items`: only items on two accounts or more, sorted by kind and value: kind, value, accounts (their number), pool (a
    number that items have in common which lie in one larger thing, or -1: see `pools`).
    The sightings are three aligned arrays (`account`, `item` positions) ordered by account, then item, and
    `touched`: first_seen, last_seen, events, file, row for each.
    `breadth[a, k]` counts the items of kind k that account a touches, items of its own included, `uses[a, k]` the
    events in which it does; `volume[k]` is the number of all sightings of kind k.
    """

    kinds: tuple[Kind, ...]
    accounts: pd.DataFrame
    items: pd.DataFrame
    account: NDArray[np.int32]
    item: NDArray[np.int32]
    touched: pd.DataFrame
    breadth: NDArray[np.int32]
    uses: NDArray[np.int64]
    volume: NDArray[np.int64]
    window: int = 0
    """As in `Records`: two accounts share a stretch of an item where they touch it within the window of each other."""
    moving: tuple[Moving, ...] = ()
    """The kinds of different families that move together in these data, and so are one witness (see `dependence`)."""
    fade: tuple[float, ...] = ()
    """How many bits items of each kind lose in a microsecond between two touches (see `decay`); none if empty."""


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of accounts (positions, left < right, sorted) that agree beyond chance.

    `bits[i]` is the total of pair i, `by_family[i, f]` what family f of `families` gives (families that move together
    are one, `device and network`). `tied` is the same where the templates of one program count as one (see `pools`): it
    says who belongs together. The items behind pair i are `item[start[i]:start[i + 1]]`, with `item_bits` beside them.
    `stated` is the share of the links that chance alone may have made at most; `tried` the number of pairs that were
    weighed.

    `stands[i]` is 0 for links that were found. The others are drawn at random from the pairs of accounts that found
    links connect, to see which of these hold together: each stands for so many of the pairs it was drawn from.
    """

    families: tuple[str, ...]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    bits: NDArray[np.float64]
    by_family: NDArray[np.float64]
    tied: NDArray[np.float32]
    start: NDArray[np.int64]
    item: NDArray[np.int32]
    item_bits: NDArray[np.float64]
    stands: NDArray[np.float64]
    stated: float
    tried: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Which accounts belong together: `cluster[a]` is a number from 0, or -1 for accounts in none.

    `core[a]` says whether the account holds in 90 % of the runs, `confidence[a]` in what share of them (0..1).
    """

    cluster: NDArray[np.int32]
    core: NDArray[np.bool_]
    confidence: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The tables of one investigation, as the run folder holds them; all rooms that show something read this.

    Ids and values are verbatim text. Times are text, UTC, ISO 8601 with Z, empty where the input has none.

    `clusters`: rank, cluster_id, tier, score, explanation, accounts, core_accounts, events, first_seen, last_seen,
    evidence.
    `members`: account_id, cluster_id, role, confidence.
    `links`: left, right, bits, families (list of text), items (list of {kind, value, bits}).
    `items`: kind, value, accounts, corroboration, use, reason.
    `sightings`: account_id, kind, value, first_seen, last_seen, events, file (path as given), row, for the accounts of
    clusters and the items that two accounts or more touch.
    `facts`: account_id, events, first_seen, last_seen, signed_up, banned, label, for the accounts of clusters.
    `findings`: cluster_id, finding, side (`for`, `against`), weight (decimal orders of magnitude, signed: positive
    speaks for one coordinated operator), explanation (the innocent one it speaks for or against, or empty), sentence.
    `taken`: cluster_id, day (ISO date, empty where there is no time), model (may be empty), events (exchanges, see
    `usage`), and one float column for each measure: what the accounts of the cluster took.
    `hours`: cluster_id, weekday (0 is Monday), hour (UTC), events: at which hours of the week.
    `sensitivity`: cluster_id, left_out (a family, or the strongest item as `kind value`), tier (what it would be), kept
    (accounts that hold together without it, in no lower a tier), lost (list of the ids of the others), for clusters
    that are not explained.
    `outsiders`: account_id, cluster_id, role (`one thing`, `victim`, `bystander`), sentence: who stands beside a
    coordinated cluster and is not accused.
    `candidates`: left, right, items (how many both touch within the window): the pairs that were weighed, where
    there is a window.
    `manifest`: what run.json holds.
    """

    clusters: pd.DataFrame
    members: pd.DataFrame
    links: pd.DataFrame
    items: pd.DataFrame
    sightings: pd.DataFrame
    facts: pd.DataFrame
    findings: pd.DataFrame
    taken: pd.DataFrame
    hours: pd.DataFrame
    sensitivity: pd.DataFrame
    outsiders: pd.DataFrame
    candidates: pd.DataFrame
    manifest: Mapping[str, Any] = field(default_factory=dict)


TAKEN = ("cluster_id", "day", "model", "events")
"""The first columns of `CaseFile.taken`; one for each measure comes after them."""

SENSITIVITY = ("cluster_id", "left_out", "tier", "kept", "lost")
"""The columns of `CaseFile.sensitivity`."""

TIERS = ("coordinated", "review", "explained")
"""From `act on it` over `a person must look` to `linked, and an innocent reason accounts for it`."""

EXPLANATIONS = ("household", "organisation", "shared egress", "agency", "test accounts", "common interest")
"""The innocent explanations that a cluster may have. The last one, strangers who use one tool or take one course, has
no name in a table of clusters, where a column holds one of the others or nothing; findings and pages tell it."""
NAMED = EXPLANATIONS[:-1]
