"""What a finding is made of: ratios, one column an explanation, and the fact as a clause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphlink.model import EXPLANATIONS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

CHEAP = -0.5  # at least three operators in ten may do without what costs them nothing to leave out
NEVER = 4.0  # orders of magnitude for what an explanation leaves no room for
OWN = 0.6  # share of a domain's accounts that are members, and of members on it, for it to be the cluster's own
NAMES = tuple(name.replace(" ", "_") for name in EXPLANATIONS)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one finding gives: `ratios`, clusters x EXPLANATIONS (log10), and the fact as a clause for each cluster."""

    ratios: Numbers
    clauses: list[str]


def trait(traits: pd.DataFrame, name: str) -> Numbers:
    """Return a trait, or NaN everywhere where the data do not have it."""
    return traits[name].to_numpy(float) if name in traits else np.full(len(traits), np.nan)


def usual(ordinary: pd.DataFrame, name: str) -> float:
    """Return what is usual of a trait: the median of the ordinary groups, or NaN where there are none."""
    values = trait(ordinary, name)
    known = values[~np.isnan(values)]
    middle = float(np.median(known)) if len(known) else float("nan")
    return middle if middle > 0 else float("nan")  # nothing can be measured against nothing


def own_domain(traits: pd.DataFrame) -> Numbers:
    """Return how far members are on one mail domain that is theirs (0..1), or NaN where no column tells of mail."""
    largest = trait(traits, "email_domain.largest")
    return np.where(largest == 0, 0, np.minimum(largest, trait(traits, "email_domain.inside")))


def against_tests(traits: pd.DataFrame, weight: Numbers) -> Numbers:
    """Return what being many, busy and at once says against tests.

    That is how tests look, too. They have a mail domain of their own, which clears them; where no column tells of mail,
    it says half.
    """
    return np.where((weight > 0) & np.isnan(own_domain(traits)), weight / 2, weight)


def for_all(weight: Numbers) -> Any:
    """Return the same ratio for every explanation."""
    return dict.fromkeys(NAMES, weight)


def weighed(traits: pd.DataFrame, clause: str, *, none: tuple[str, str] = ("", ""), **ratios: Numbers) -> Weighed:
    """Return the finding with the ratios of the explanations named; NaN weighs nothing.

    `none` is a trait, and the clause to say where that is 0.
    """
    table = np.zeros((len(traits), len(EXPLANATIONS)))
    for name, values in ratios.items():
        table[:, NAMES.index(name)] = np.nan_to_num(values)
    absent, instead = none
    rows = traits.to_dict("records")
    return Weighed(table, [_filled(clause if row.get(absent, 1) else instead, row) for row in rows])


def _filled(clause: str, traits: Mapping[Hashable, float]) -> str:
    """Return the clause with the traits it names: `{device.life:.0%}`."""
    return re.sub(r"\{([^:}]+):([^}]+)\}", lambda each: format(traits.get(each[1], float("nan")), each[2]), clause)
