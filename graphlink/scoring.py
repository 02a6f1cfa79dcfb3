"""Partition -> Judged: tier, score and rank of each cluster, and what they rest on.

The innocent explanations compete: the score is log10 of the likelihood of one coordinated operator against the *best*
of them.
`coordinated` needs at least 3 (the best innocent explanation is 1,000 times less likely), `review` at least 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import traits as measured
from graphlink.features import COSTLESS, FAMILY, FINDINGS, UNITY
from graphlink.model import EXPLANATIONS, NAMED, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Partition, Records

COORDINATED, REVIEW = 3.0, 1.0
UNITED = 2.5
"""What the findings of UNITY may say together: `coordinated` asks for something that an honest unit does not show."""
STRANGERS, TESTS = "common interest", "test accounts"
HIDDEN = -0.8  # of the three operators in ten who do without one thing that costs nothing, half do without all
_LACKING = 2  # of the four things that tell, as many may be missing before every cluster is one for review
_USED = 2  # events of an ordinary account, above which its use tells something
_SMALL, _PAIR = 3, 2  # fewest accounts that are accused; where MANY groups with nothing in common buy at once
MANY = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """The clusters by number: `table` has tier, score, explanation; `findings` has cluster, finding, weight, clause."""

    table: pd.DataFrame
    findings: pd.DataFrame
    traits: pd.DataFrame
    lacking: tuple[str, ...]
    """What the data would need before anybody could be accused or cleared; empty if they have it."""
    ratios: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What each finding says, clusters x EXPLANATIONS (log10)."""

    @property
    def accused(self) -> NDArray[np.bool_]:
        """Which clusters are coordinated."""
        return (self.table["tier"] == "coordinated").to_numpy(bool)


def judge(records: Records, graph: AccountGraph, partition: Partition, *, seed: int = 0) -> Judged:
    """Return the judgement of every cluster."""
    traits, ordinary = measured.measure(records, graph, partition, seed=seed)
    weighed = {name: function(traits, ordinary) for name, function in FINDINGS.items()}
    ratios = _bounded({name: each.ratios for name, each in weighed.items()})
    total = sum(ratios.values(), np.zeros((len(traits), len(EXPLANATIONS))))
    best = total.argmin(axis=1)
    score = np.round(total.min(axis=1), 3)
    tier = np.where((score >= COORDINATED) & (traits["accounts"] < fewest(traits)), "review", _tier(score))
    lacking = missing(traits, ordinary)
    if len(lacking) > _LACKING:
        tier = np.full(len(traits), "review")
    names = np.array(EXPLANATIONS)[best]
    told = np.where(tier == "coordinated", "", _told(names))
    table = pd.DataFrame({"tier": tier, "score": score, "explanation": told})
    rows = [
        (c, name, weight, names[c], each.clauses[c])
        for name, each in weighed.items()
        for c, weight in enumerate(ratios[name][np.arange(len(best)), best].tolist())
        if weight
    ]
    findings = pd.DataFrame(rows, columns=["cluster", "finding", "weight", "explanation", "clause"])
    return Judged(table, findings, traits, lacking if len(lacking) > _LACKING else (), ratios)


def _told(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the explanations as a table of clusters tells them."""
    return np.where(np.isin(names, NAMED), names, "")


def fewest(traits: pd.DataFrame) -> NDArray[np.int64]:
    """Return for each cluster how many accounts there must be of it before any is accused.

    What two do may be a family's, by accident; not where MANY groups more than accident explains have done it, and have
    nothing in common.
    """
    many = (traits["starts.beyond"] >= MANY) & (traits["bought"] > 0)
    return np.where(many, _PAIR, _SMALL)


def _bounded(ratios: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return the ratios, rounded as they are shown, with findings held in that are no witnesses of their own.

    Where findings of COSTLESS clear of more than they may together, or those of UNITY come to more than they may
    against a unit of any kind, each gives in proportion.
    """
    cleared = _summed(ratios, COSTLESS, np.minimum)
    people = np.array(EXPLANATIONS) != TESTS  # what clears tests is there: that they were opened at once, say
    some = np.divide(HIDDEN, cleared, out=np.ones_like(cleared), where=people & (cleared < HIDDEN))
    ratios = {n: np.where(each < 0, each * some, each) if n in COSTLESS else each for n, each in ratios.items()}
    for_one, against = (_summed(ratios, UNITY, side) for side in (np.maximum, np.minimum))
    units = np.array(EXPLANATIONS) != STRANGERS  # that they are one unit is all there is to say against strangers
    share = np.divide(UNITED - against, for_one, out=np.ones_like(for_one), where=units & (for_one + against > UNITED))
    return {
        n: np.round(np.where(each > 0, each * share, each) if n in UNITY else each, 3) for n, each in ratios.items()
    }


def _summed(ratios: Mapping[str, NDArray[np.float64]], names: Sequence[str], side: np.ufunc) -> NDArray[np.float64]:
    """Return what the findings of these names say on one side, that of `np.maximum` or of `np.minimum` with 0."""
    told = [side(each, 0) for name, each in ratios.items() if name in names]
    return np.sum(told, axis=0) if told else np.zeros_like(next(iter(ratios.values())))


def _tier(score: NDArray[np.float64]) -> NDArray[np.str_]:
    return np.select([score >= COORDINATED, score >= REVIEW], TIERS[:2], TIERS[2])


def held_back(judged: Judged, clusters: NDArray[np.bool_]) -> Judged:
    """Return the judgement with these clusters no more than a case for review."""
    back = clusters & (judged.table["tier"] == "coordinated")
    if not back.any():
        return judged
    best = _told(np.array(EXPLANATIONS)[np.sum(list(judged.ratios.values()), axis=0).argmin(axis=1)])
    table = judged.table.assign(
        tier=judged.table["tier"].mask(back, "review"), explanation=judged.table["explanation"].mask(back, best)
    )
    return replace(judged, table=table)


def rests_on(judged: Judged, finding: str) -> NDArray[np.bool_]:
    """Return which clusters are accused, and without the finding would be no case, not even one for review."""
    rest = [ratios for name, ratios in judged.ratios.items() if name != finding]
    score = np.round(np.sum(rest, axis=0).min(axis=1), 3) if rest else np.zeros(len(judged.table))
    return judged.accused & (score < REVIEW)


def tier_without(judged: Judged, cluster: int, family: str) -> str:
    """Return the tier that a cluster would have without the findings that rest on a family; never a higher one."""
    now = str(judged.table["tier"][cluster])
    if judged.lacking:  # it is not the findings that made the tier
        return now
    rest = [ratios[cluster] for name, ratios in judged.ratios.items() if family not in FAMILY.get(name, ())]
    without = str(_tier(np.round(np.sum(rest, axis=0).min(), 3)))
    return max(now, without, key=TIERS.index)


def missing(traits: pd.DataFrame, ordinary: pd.DataFrame) -> tuple[str, ...]:
    """Return which of the four things that tell innocent from guilty the data do not have.

    Who pays, who the accounts say they are, what they ask, and how they act over time.
    """
    has = {
        "payments": "payment.items" in traits or bool((traits["bought"] > 0).any()),
        "e-mail addresses": "email_domain.items" in traits,
        "prompts": "prompt.items" in traits,
        "usage over time": bool((traits["starts.known"] > 0).any())
        or (bool(len(ordinary)) and float(ordinary["volume"].median()) > np.log(_USED)),
    }
    return tuple(name for name, there in has.items() if not there)
