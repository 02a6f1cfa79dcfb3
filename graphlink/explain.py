"""Why two accounts are linked, or that nothing links them; what a cluster rests on.

Every statement cites where it comes from: the file and row in which an account first touched an item.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import networkx as nx

from graphlink import dossier, taken
from graphlink.errors import UsageError
from graphlink.rows import Listed, Touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from graphlink.dossier import Dossier
    from graphlink.model import CaseFile

    Item = tuple[str, str]
    Reread = Callable[[tuple[str, ...]], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Bar:
    """One item that two accounts share: one bar of the waterfall that adds up to their link."""

    family: str
    kind: str
    value: str
    bits: float
    """What the item adds to the link; 0 where it adds nothing."""
    accounts: int
    """How many accounts of the whole case touch the item; 0 where the case does not say."""
    use: str
    reason: str
    left: Touch
    right: Touch


@dataclass(frozen=True, slots=True)
class Explanation:
    """What two accounts share, and what follows from it."""

    left: str
    right: str
    linked: bool
    bits: float
    families: tuple[str, ...]
    cluster_id: str
    """The cluster that both are in, or empty."""
    through: tuple[str, ...]
    """The accounts that join the two where no link of their own does: the chain whose weakest link is strongest."""
    bars: tuple[Bar, ...]
    sentence: str

    def _repr_html_(self) -> str:
        """Return the sentence and the waterfall, for a notebook; every value of the records is escaped."""
        longest = max((bar.bits for bar in self.bars), default=0.0) or 1.0
        rows = "".join(_row(bar, 200 * bar.bits / longest) for bar in self.bars)
        header = "<tr><th>bits</th><th></th><th>kind</th><th>value</th><th>accounts</th><th>first touched in</th></tr>"
        return (
            f"<p>{escape(self.left)} and {escape(self.right)}: {escape(self.sentence)}</p><table>{header}{rows}</table>"
        )


def _row(bar: Bar, width: float) -> str:
    drawn = f'<svg width="200" height="12"><rect width="{width:.0f}" height="12" fill="#0072B2"/></svg>'
    where = "<br>".join(escape(f"{each.file}, row {each.row:,}") for each in (bar.left, bar.right))
    known = f"<td>{escape(bar.kind)}</td><td>{escape(bar.value)}</td><td>{bar.accounts:,}</td><td>{where}</td>"
    return f"<tr><td>{bar.bits:.1f}</td><td>{drawn}</td>{known}</tr>"


@dataclass(frozen=True, slots=True)
class Weakest:
    """The member that is held least, and by what."""

    account_id: str
    confidence: float
    links: int
    strongest: float
    """The bits of its strongest link."""


@dataclass(frozen=True, slots=True)
class ClusterExplanation:
    """What a cluster rests on: all that is known of it, and where it is weakest."""

    dossier: Dossier
    weakest: Weakest
    taken: str
    """The sentence on what its accounts took; empty if the case does not say."""

    def waterfall(self, width: int = 30) -> list[tuple[float, str, str]]:
        """Return bits, a bar and a family for what each gives to the average link, and last the link as a whole.

        Each bar begins where the one before ended; all are as wide, so many characters.
        """
        whole = self.dossier.mean_bits
        if not whole:
            return []
        ends = [
            (step, round(step.start / whole * width), round((step.start + step.bits) / whole * width))
            for step in self.dossier.waterfall
        ]
        bars = [
            (step.bits, (" " * min(begin, width - 1) + ("█" * (end - begin) or "▏")).ljust(width), step.family)
            for step, begin, end in ends
        ]
        return [*bars, (whole, "█" * width, "beyond chance, the average link")]


def find_cluster(case_file: CaseFile, text: str) -> str:
    """Return the cluster id that a text means: an id, the beginning of one (`c-7f3`), or a rank (`1`).

    Raises:
        UsageError: it means none, or several.

    """
    ids = case_file.clusters["cluster_id"]
    if text.isascii() and text.isdigit():
        found = ids[case_file.clusters["rank"] == int(text)]
    else:
        found = ids[ids == text] if (ids == text).any() else ids[ids.str.startswith(text) & text.startswith("c-")]
    if len(found) > 1:
        raise UsageError(f"{len(found)} clusters begin with {text}", then="write more of the id")
    if found.empty:
        raise _no_cluster(case_file, text)
    return str(found.iloc[0])


def _no_cluster(case_file: CaseFile, text: str) -> UsageError:
    home = _homes(case_file).get(text)
    if home is None:
        return UsageError(f"no cluster {text!r}", then="give a cluster_id or a rank of clusters.csv")
    return UsageError(f"{text} is an account", then=f"give two accounts, or its cluster {home}")


def cluster(case_file: CaseFile, text: str) -> ClusterExplanation:
    """Return what a cluster rests on: its items by their bits, its weakest member, findings for and against.

    Raises:
        UsageError: there is no such cluster, or the text means several.

    """
    found = find_cluster(case_file, text)
    (gathered,) = dossier.gather(case_file, cluster=found)
    return ClusterExplanation(gathered, _weakest(gathered), taken.sentence(case_file, found))


def _weakest(gathered: Dossier) -> Weakest:
    held: dict[str, list[float]] = {member.account_id: [] for member in gathered.members}
    for left, right, bits in gathered.links.ends():
        held[left].append(bits)
        held[right].append(bits)
    return min(
        (
            Weakest(m.account_id, m.confidence, len(held[m.account_id]), max(held[m.account_id], default=0.0))
            for m in gathered.members
        ),
        key=lambda member: (member.confidence, member.strongest, member.account_id),
    )


def pair(case_file: CaseFile, a: str, b: str, *, reread: Reread | None = None) -> Explanation:
    """Return what two accounts share, each item with its bits, and whether that links them.

    Args:
        case_file: the investigation.
        a: an account id, to the letter.
        b: another.
        reread: returns the sightings of accounts that are in no cluster, out of the records; a run folder has none.

    Raises:
        UsageError: an account is given twice, or nothing is known of one.

    """
    if a == b:
        raise UsageError(f"{a} is given twice", then="give two accounts")
    left, right = sorted((a, b), key=str.encode)
    touches = _touches(case_file, (left, right), reread)
    bits, families = _link(case_file, left, right)
    home = _common_cluster(case_file, left, right)
    through = () if bits or not home else _chain(case_file, home, left, right)
    bars = _bars(case_file, touches[left], touches[right], bits)
    return Explanation(
        left=left,
        right=right,
        linked=bool(bits),
        bits=sum(bits.values()),
        families=families,
        cluster_id=home,
        through=through,
        bars=bars,
        sentence=_sentence(bits, families, bars, through) + _one_witness(case_file, families),
    )


def _touches(case_file: CaseFile, accounts: tuple[str, str], reread: Reread | None) -> dict[str, dict[Item, Touch]]:
    """Return what each account touched, out of the case or, for accounts in no cluster, out of the records."""
    homes = _homes(case_file)
    outside = tuple(account for account in accounts if account not in homes)
    if outside and not reread:
        raise UsageError(
            f"{outside[0]} is in no cluster", then="a run folder keeps what the accounts of clusters touched, no more"
        )
    elsewhere = reread(outside) if reread and outside else case_file.sightings
    return {a: _touched(elsewhere if a in outside else case_file.sightings, a) for a in accounts}


def _touched(sightings: pd.DataFrame, account: str) -> dict[Item, Touch]:
    rows = sightings[sightings["account_id"] == account]
    touches = (Touch(*row) for row in zip(*(rows[name].tolist() for name in Touch._fields), strict=True))
    return {(touch.kind, touch.value): touch for touch in touches}


def _link(case_file: CaseFile, left: str, right: str) -> tuple[dict[Item, float], tuple[str, ...]]:
    """Return the bits of each item behind a link, and its families; nothing if there is no link."""
    links = case_file.links
    found = links[(links["left"] == left) & (links["right"] == right)]
    if found.empty:
        return {}, ()
    items, families = found["items"].iloc[0], found["families"].iloc[0]
    return {(item["kind"], item["value"]): item["bits"] for item in items}, tuple(families)


def _homes(case_file: CaseFile) -> dict[str, str]:
    return dict(zip(case_file.members["account_id"], case_file.members["cluster_id"], strict=True))


def _common_cluster(case_file: CaseFile, left: str, right: str) -> str:
    homes = _homes(case_file)
    home = homes.get(left, "")
    return home if home == homes.get(right) else ""


def _chain(case_file: CaseFile, cluster_id: str, left: str, right: str) -> tuple[str, ...]:
    """Return the accounts between two in a chain of links whose weakest is as strong as can be.

    That is their path in a maximum spanning tree (Hu, The maximum capacity route problem, 1961).
    """
    (gathered,) = dossier.gather(case_file, cluster=cluster_id)
    graph = nx.Graph()
    graph.add_weighted_edges_from(gathered.links.ends())
    if left not in graph or right not in graph or not nx.has_path(graph, left, right):
        return ()
    return tuple(nx.shortest_path(nx.maximum_spanning_tree(graph), left, right)[1:-1])


def _bars(
    case_file: CaseFile, left: Mapping[Item, Touch], right: Mapping[Item, Touch], bits: Mapping[Item, float]
) -> tuple[Bar, ...]:
    shared = left.keys() & right.keys()
    listed = _listed(case_file, shared)
    bars = [
        Bar(
            family=dossier.family_of(item[0], case_file.manifest),
            kind=item[0],
            value=item[1],
            bits=bits.get(item, 0.0),
            accounts=listed[item].accounts,
            use=listed[item].use,
            reason=listed[item].reason,
            left=left[item],
            right=right[item],
        )
        for item in shared
    ]
    return tuple(sorted(bars, key=lambda bar: (-bar.bits, bar.accounts, bar.kind, bar.value)))


def _listed(case_file: CaseFile, wanted: Iterable[Item]) -> dict[Item, Listed]:
    items = case_file.items[case_file.items["value"].isin([value for _, value in wanted])]
    rows = (Listed(*row) for row in zip(*(items[name].tolist() for name in Listed._fields), strict=True))
    known = {(item.kind, item.value): item for item in rows}
    return {item: known.get(item, Listed(*item, accounts=0)) for item in wanted}


def _one_witness(case_file: CaseFile, families: tuple[str, ...]) -> str:
    """Return what to add where families that agree are one, as their things move together in these data."""
    told = {each["witness"] for each in case_file.manifest.get("moving", [])} & set(families)
    return "".join(f" Here {witness} move together: one witness." for witness in sorted(told))


def _sentence(
    bits: Mapping[Item, float], families: tuple[str, ...], bars: tuple[Bar, ...], through: tuple[str, ...]
) -> str:
    if bits:
        witnesses = f"{len(families)} families of evidence agree" if len(families) > 1 else "one family of evidence"
        return f"Linked by {sum(bits.values()):.1f} bits: {witnesses} ({', '.join(families)})."
    shared = "they share nothing" if not bars else "what they share is too little to tell from chance"
    if through:
        return f"No link of their own: {shared}. They are in one cluster through {', '.join(through)}."
    return f"Nothing links them: {shared}."
