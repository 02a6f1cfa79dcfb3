"""Whether a score means what it says: clusters by score, what they should be, and what they are.

A score is log10 of a likelihood ratio, so the odds that a cluster is a ring are 10 ** score times the odds of any
cluster before it was judged. Those are the only thing that is fitted here: one number for the whole case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

EDGES = (-np.inf, -3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, np.inf)
"""The scores between which clusters are counted together; 1 and 3 are where tiers begin."""
DRAWS = 400
_LN10 = float(np.log(10.0))
_WIDTH = 20  # characters of a bar
_ROUNDS = 60


class Bin(NamedTuple):
    """Clusters of like score: how many, how likely rings they are said to be, and what share of them are."""

    low: float
    high: float
    clusters: int
    said: float
    rings: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is said and what is, over all clusters.

    `error`: the mean of |said - is| over the bins, weighed by their clusters (the expected calibration error of Naeini
    et al. 2015), with the 95 % interval of a bootstrap over clusters. `prior`: log10 of the odds of a cluster before
    it was judged. None where there is nothing to hold scores against: no clusters, all rings or none.
    """

    error: float | None
    low: float
    high: float
    prior: float | None
    bins: tuple[Bin, ...]


def calibrate(score: Numbers, ring: Flags, *, seed: int = 0) -> Calibration:
    """Return how scores agree with the truth.

    Args:
        score: of each cluster.
        ring: whether it is a ring.
        seed: where the bootstrap starts.

    """
    if ring.all() or not ring.any():
        return Calibration(None, 0.0, 1.0, None, ())
    bins, prior = _bins(score, ring)
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(0, len(score), len(score)) for _ in range(DRAWS))
    errors = [_error(_bins(score[each], ring[each])[0]) for each in drawn if 0 < ring[each].sum() < len(each)]
    low, high = np.quantile(errors, [0.025, 0.975]) if errors else (0.0, 1.0)
    return Calibration(round(_error(bins), 4), round(float(low), 4), round(float(high), 4), round(prior, 3), bins)


def _bins(score: Numbers, ring: Flags) -> tuple[tuple[Bin, ...], float]:
    prior = _prior(score, ring)
    said = _chance(score, prior)
    place = np.searchsorted(EDGES, score, side="right") - 1
    bins = [
        Bin(EDGES[i], EDGES[i + 1], int(here.sum()), float(said[here].mean()), int(ring[here].sum()))
        for i in range(len(EDGES) - 1)
        if (here := place == i).any()
    ]
    return tuple(bins), prior


def _prior(score: Numbers, ring: Flags) -> float:
    """Return log10 of the odds before judging under which as many rings are expected as there are; by bisection."""
    low, high = -12.0 - float(score.max()), 12.0 - float(score.min())
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if _chance(score, middle).sum() > ring.sum() else (middle, high)
    return (low + high) / 2


def _chance(score: Numbers, prior: float) -> Numbers:
    return np.asarray(1 / (1 + np.exp(np.clip(-_LN10 * (score + prior), -700, 700))))


def _error(bins: tuple[Bin, ...]) -> float:
    total = sum(each.clusters for each in bins)
    return sum(each.clusters * abs(each.said - each.rings / each.clusters) for each in bins) / total


def diagram(found: Calibration) -> list[str]:
    """Return the reliability diagram in text: a line a bin, `=` as far as it is a ring, `|` where it is said to be."""
    return [f"{_bar(each)} said {each.said:.3f}, is {each.rings / each.clusters:.3f}" for each in found.bins]


def _bar(each: Bin) -> str:
    cells = ["="] * round(_WIDTH * each.rings / each.clusters)
    cells += [" "] * (_WIDTH + 1 - len(cells))
    cells[round(_WIDTH * each.said)] = "|"
    return "".join(cells)
