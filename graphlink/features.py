"""The table of findings: each weighs one thing about a cluster, for one operator or for an innocent explanation.

A finding is a function from the traits of all clusters, and of ordinary groups in the same data, to log10 likelihood
ratios, operator : explanation, one column an explanation, with the fact as a clause that is true whichever side it
speaks for. Findings for and against stand in the same table; one that the data cannot tell weighs nothing. Where a
trait has a natural scale it is compared with the ordinary groups; the rest of the weights are reasoned, in halves.
What an operator can leave out at no cost (COSTLESS) clears by HIDDEN at most in all (`scoring`; tests excepted: what
clears those is there to be seen). Size and starts apart, a finding says 2 at most in favour of an operator; only what
leaves no room for one explanation (strangers with one card) says up to NEVER, against that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphlink import doings, holdings
from graphlink.variation import MOST
from graphlink.weighing import Weighed, against_tests, for_all, trait, weighed

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

UNITY = ("devices", "tastes")
"""Findings that say the accounts are one unit: they follow from each other, and from each honest unit of the kind.
How cards are spread is none of them: an honest unit has one purse, or each of its people has their own."""
COSTLESS = ("devices", "signups", "volumes", "tastes", "moments")
"""Findings on what an operator may leave out at no cost; who hides one of these things often hides all of them."""


def size(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - a household is small everywhere
    """How many accounts there are: a household has few, an agency has many clients."""
    n = trait(traits, "accounts")
    household = np.interp(n, [2, 3, 4, 6, 8, 12], [-3, -2, -1, 0.5, 2, 5])
    few = np.interp(n, [2, 5, 12, 40, 200], [-0.5, 0, 0.3, 1, 2])
    clients = np.interp(n, [2, 4, 10], [0.5, 0.3, 0])
    said = "they are {accounts:,.0f} accounts"
    return weighed(traits, said, household=household, test_accounts=against_tests(traits, few), agency=clients)


def bans(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the share of all accounts is in the trait
    """Whether members were banned before, more often than accounts are."""
    clause = "{banned:,.0f} of them had been banned"
    none = ("banned", "none of them had been banned")
    return weighed(traits, clause, none=none, **for_all(_on_record(traits, "banned")))


def labels(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the share of all accounts is in the trait
    """Whether members are known to be bad, or use what is, more often than accounts are."""
    clause, none = "{bad:,.0f} of them are labelled bad, or use what is", "none of them is labelled bad"
    return weighed(traits, clause, none=("bad", none), **for_all(_on_record(traits, "bad")))


def _on_record(traits: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return what it says that so many members are on a record, of which there are so many among all accounts."""
    share = trait(traits, name) / trait(traits, "accounts")
    times = share / np.maximum(3 * trait(traits, f"{name}_all"), 1e-4)
    weight = np.interp(np.log2(np.maximum(times, 0.5)), [-1, 0, 3, 5], [-0.1, 0, 1, MOST])
    return np.asarray(weight * np.interp(trait(traits, name), [1, 3], [0.3, 1]))


FINDINGS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Weighed]] = {
    "size": size,
    "devices": holdings.devices,
    "cards": holdings.cards,
    "addresses": holdings.addresses,
    "places": holdings.places,
    "rotation": holdings.rotation,
    "mail": holdings.mail,
    "clients": holdings.clients,
    "names": holdings.names,
    "signups": doings.signups,
    "volumes": doings.volumes,
    "pace": doings.pace,
    "tastes": doings.tastes,
    "moments": doings.moments,
    "starts": doings.starts,
    "bans": bans,
    "labels": labels,
}

FAMILY = {
    "devices": ("device",),
    "cards": ("payment",),
    "addresses": ("network",),
    "places": ("network", "device"),
    "rotation": ("network",),
    "mail": ("contact",),
    "clients": ("contact",),
    "names": ("contact",),
    "signups": ("timing",),
    "tastes": ("content",),
    "moments": ("timing",),
    "starts": ("timing",),
}
"""The families of evidence that a finding needs; the others rest on the accounts themselves."""
