"""What there is to say about one cluster, gathered from the tables of a case."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphlink.errors import UsageError
from graphlink.kinds import BUILT_IN
from graphlink.model import TAKEN
from graphlink.rows import Facts, Finding, Hour, Member, Outsider, Step, Summary, Taken, Without
from graphlink.shared import SharedItem, Touches, TouchShelf
from graphlink.shelf import Row, Shelf, read, texts_filled
from graphlink.ties import Ties, TieShelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from graphlink.model import CaseFile


@dataclass(frozen=True, slots=True)
class Dossier:
    """One cluster: its summary, its members in the order core, confidence, id, and what speaks for and against.

    `items` are those that two members or more share, the strongest first; `hubs` those that members touch and that no
    link rests on, because too many others touch them. `by_family` is what each family gives to the average link, in
    bits.
    """

    summary: Summary
    members: tuple[Member, ...]
    facts: Mapping[str, Facts]
    links: Ties
    touches: Touches
    items: tuple[SharedItem, ...]
    hubs: tuple[SharedItem, ...]
    by_family: tuple[tuple[str, float], ...]
    findings_for: tuple[Finding, ...]
    findings_against: tuple[Finding, ...]
    taken: pd.DataFrame
    """Its rows of `taken`; none where the cluster is explained."""
    hours: tuple[Hour, ...]
    sensitivity: tuple[Without, ...]
    outsiders: tuple[Outsider, ...]
    framing_cost: Mapping[str, int]
    """For each account how many items would have to be false, at least, before no link of it rested on two families."""

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of what was measured."""
        return tuple(map(str, self.taken.columns[len(TAKEN) :]))

    def taken_by(self, column: str) -> tuple[Taken, ...]:
        """Return what was taken by `model` or `day`, in its order."""
        if self.taken.empty:
            return ()
        summed = self.taken.groupby(column)[["events", *self.measures]].sum()
        return tuple(Taken(str(row[0]), int(row[1]), tuple(row[2:])) for row in summed.itertuples(name=None))

    @property
    def mean_bits(self) -> float:
        """How many bits beyond chance the average link has."""
        return float(self.links.bits.mean()) if self.links else 0.0

    @property
    def waterfall(self) -> tuple[Step, ...]:
        """What each family gives to the average link."""
        heights = accumulate((bits for _, bits in self.by_family), initial=0.0)
        return tuple(Step(family, start, bits) for (family, bits), start in zip(self.by_family, heights, strict=False))

    @property
    def rival(self) -> str:
        """The innocent explanation that the findings were weighed against: the best one, even where it falls short."""
        return self.summary.explanation or (self.rivals[0] if len(self.rivals) == 1 else "")

    @property
    def rivals(self) -> tuple[str, ...]:
        """The innocent explanations that the findings were weighed against; one, as a rule."""
        return tuple(sorted({finding.explanation for finding in (*self.findings_for, *self.findings_against)} - {""}))

    @property
    def least_bits(self) -> float:
        """How many bits the weakest link has."""
        return float(self.links.bits.min()) if self.links else 0.0

    @property
    def adds_up(self) -> bool:
        """Whether the findings add up to the score, so that a reader may be told to add them."""
        total = sum(finding.weight for finding in (*self.findings_for, *self.findings_against))
        return abs(total - self.summary.score) < 0.05  # noqa: PLR2004 - half of the last digit that is shown

    @property
    def telling(self) -> list[SharedItem]:
        """The strongest items of each family that links rest on, the strongest first."""
        speaking = [item for item in self.items if item.links]
        ranks = Counter[str]()
        kept = []
        for item in speaking:
            ranks[item.family] += 1
            if ranks[item.family] <= 2:  # noqa: PLR2004 - two a family show what it is like; the table has all
                kept.append(item)
        return kept

    @property
    def weighed_for(self) -> tuple[Finding, ...]:
        """The findings for one operator that have a weight."""
        return tuple(finding for finding in self.findings_for if finding.weight)

    @property
    def unweighed(self) -> tuple[Finding, ...]:
        """The findings that the score does not count."""
        return tuple(finding for finding in self.findings_for if not finding.weight)

    @property
    def hinges(self) -> tuple[str, ...]:
        """What the tier hangs on: families of evidence, or the strongest item, without any of which it is another."""
        return tuple(without.left_out for without in self.sensitivity if without.tier != self.summary.tier)

    @property
    def agreed(self) -> int:
        """How many links two families or more agree on."""
        return self.links.agreed


def family_of(kind: str, manifest: Mapping[str, Any]) -> str:
    """Return the family of a kind: built in, as the run recorded it for a kind of the user's own, or its own name."""
    built_in = BUILT_IN.get(kind)
    return built_in.family if built_in else str(manifest.get("kinds", {}).get(kind, kind))


def summaries(case_file: CaseFile) -> list[Summary]:
    """Return all clusters in the order of their rank."""
    return sorted(read(texts_filled(case_file.clusters), Summary), key=attrgetter("rank"))


def as_told(case_file: CaseFile) -> pd.DataFrame:
    """Return the table of clusters as people are told it.

    The contract has no name for a common interest, so `explanation` is empty there: the findings know it.
    """
    found = case_file.findings[case_file.findings["explanation"] != ""].groupby("cluster_id")["explanation"]
    least, most = found.min(), found.max()
    clusters = case_file.clusters
    nameless = (clusters["explanation"] == "") & (clusters["tier"] != "coordinated")
    best = clusters["cluster_id"].map(least[least == most].to_dict().get).fillna("").astype(str)
    return clusters.assign(explanation=clusters["explanation"].mask(nameless, best))


def gather(case_file: CaseFile, *, cluster: str | None = None) -> Iterator[Dossier]:
    """Yield the dossiers of all clusters by rank, or that of one.

    Raises:
        UsageError: no cluster has that name.

    """
    ranked = [each for each in summaries(case_file) if cluster in {None, each.cluster_id}]
    if cluster and not ranked:
        raise UsageError(f"no cluster is called {cluster}", then="clusters.csv lists them")
    return _gather(case_file, ranked)


def _gather(case_file: CaseFile, ranked: list[Summary]) -> Iterator[Dossier]:
    places = {each.cluster_id: place for place, each in enumerate(ranked)}
    home = dict(zip(case_file.members["account_id"], case_file.members["cluster_id"], strict=True))

    def shelf(table: pd.DataFrame, row: type[Row], of: pd.Series | None = None) -> Shelf[Row]:
        return Shelf(table, table["cluster_id"] if of is None else of, places, row)

    shelves = _Shelves(
        members=shelf(case_file.members, Member),
        facts=shelf(case_file.facts, Facts, case_file.facts["account_id"].map(home)),
        touches=TouchShelf(case_file, home, places),
        links=TieShelf(case_file.links, home, places),
        findings=shelf(case_file.findings, Finding),
        hours=shelf(case_file.hours, Hour),
        sensitivity=shelf(case_file.sensitivity, Without),
        outsiders=shelf(case_file.outsiders, Outsider),
    )
    # what people took who have an innocent reason is nobody's business
    told = case_file.taken["cluster_id"].isin([each.cluster_id for each in ranked if each.tier != "explained"])
    taken = dict(iter(texts_filled(case_file.taken[told]).groupby("cluster_id", sort=False)))
    nothing = case_file.taken.iloc[:0]
    for place, summary in enumerate(ranked):
        used = taken[summary.cluster_id].sort_values(["day", "model"]) if summary.cluster_id in taken else nothing
        yield _dossier(summary, place, shelves, used, case_file.manifest)


@dataclass(frozen=True, slots=True)
class _Shelves:
    """The tables of a case, by cluster."""

    members: Shelf[Member]
    facts: Shelf[Facts]
    touches: TouchShelf
    links: TieShelf
    findings: Shelf[Finding]
    hours: Shelf[Hour]
    sensitivity: Shelf[Without]
    outsiders: Shelf[Outsider]


def _dossier(
    summary: Summary,
    place: int,
    shelves: _Shelves,
    taken: pd.DataFrame,
    manifest: Mapping[str, Any],
) -> Dossier:
    links, family = shelves.links.of(place), partial(family_of, manifest=manifest)
    items = shelves.touches.shared(place, links.by_item(), family)
    findings = sorted(shelves.findings.of(place), key=lambda f: (-abs(f.weight), f.finding))
    return Dossier(
        summary=summary,
        members=tuple(sorted(shelves.members.of(place), key=lambda m: (m.role != "core", -m.confidence, m.account_id))),
        facts={facts.account_id: facts for facts in shelves.facts.of(place)},
        links=links,
        touches=shelves.touches.of(place),
        items=tuple(item for item in items if len(item.touches) > 1 and not item.is_unused_hub),
        hubs=tuple(sorted((i for i in items if i.is_unused_hub), key=lambda i: (-i.accounts, i.kind, i.value))),
        by_family=_by_family(links, family),
        findings_for=tuple(f for f in findings if f.side == "for"),
        findings_against=tuple(f for f in findings if f.side == "against"),
        taken=taken,
        hours=tuple(sorted(shelves.hours.of(place))),
        sensitivity=tuple(sorted(shelves.sensitivity.of(place), key=attrgetter("kept", "left_out"))),
        outsiders=tuple(sorted(shelves.outsiders.of(place), key=attrgetter("role", "account_id"))),
        framing_cost=links.framing_cost(family),
    )


def _by_family(links: Ties, family: Callable[[str], str]) -> tuple[tuple[str, float], ...]:
    shares = ((name, bits / len(links)) for name, bits in links.by_family(family).items())
    return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))
