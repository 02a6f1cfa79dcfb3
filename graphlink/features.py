"""The table of findings: each weighs one thing about a cluster, for one operator or for an innocent explanation.

A finding is a function from the traits of all clusters to log10 likelihood ratios, operator : explanation, one column an
explanation, and a sentence a cluster. Findings for and against stand in the same table; one that the data cannot tell
weighs nothing and says nothing. The weights are reasoned, rounded to halves, and bounded, so that no single finding
accuses anybody; docs/detection.md lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink.model import EXPLANATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one finding gives: `ratios` is clusters x EXPLANATIONS (log10), `sentences` one text a cluster."""

    ratios: NDArray[np.float64]
    sentences: list[str]


Finding = "Callable[[pd.DataFrame], Weighed]"


def _weighed(traits: pd.DataFrame, sentence: Callable[[pd.Series], str], **ratios: object) -> Weighed:
    """Return the finding with these ratios, one array or number for each explanation named; NaN weighs nothing."""
    table = np.zeros((len(traits), len(EXPLANATIONS)))
    for name, values in ratios.items():
        table[:, EXPLANATIONS.index(name.replace("_", " "))] = values
    table = np.nan_to_num(table)
    said = [
        sentence(row) if weighs else "" for (_, row), weighs in zip(traits.iterrows(), table.any(axis=1), strict=True)
    ]
    return Weighed(table, said)


def _column(traits: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a trait, or NaN everywhere where the data do not have it."""
    return traits[name].to_numpy(float) if name in traits else np.full(len(traits), np.nan)


def size(traits: pd.DataFrame) -> Weighed:
    """How many accounts there are: a household has few."""
    n = _column(traits, "accounts")
    household = np.interp(n, [2, 3, 4, 6, 8, 12], [-3, -2, -1, 0.5, 2, 5])
    tests = np.interp(n, [2, 5, 12, 40], [-0.5, 0, 1, 3])
    organisation = np.interp(n, [2, 4, 8], [0.5, 0.5, 0])
    return _weighed(
        traits,
        lambda row: f"{int(row['accounts'])} accounts belong together.",
        household=household, test_accounts=tests, organisation=organisation, shared_egress=0, agency=organisation,
    )  # fmt: skip


def devices(traits: pd.DataFrame) -> Weighed:
    """Whether accounts share devices: people of an organisation have their own, accounts of one operator do not."""
    covered, each = _column(traits, "device.covered"), _column(traits, "device.largest")
    strong = np.interp(covered, [0, 0.2, 0.6, 1], [-1, 0, 1.5, 2])
    return _weighed(
        traits,
        lambda row: f"{row['device.covered']:.0%} of them share a device with another; {int(row['device.items'])} devices are shared.",
        household=np.where(each > 0.6, 0, 0.5 * (covered > 0.5)), organisation=strong, shared_egress=strong + 0.5, agency=strong / 2,
    )  # fmt: skip


def cards(traits: pd.DataFrame) -> Weighed:
    """How cards are shared: an organisation pays with one, a ring spreads its accounts over several."""
    items, covered = _column(traits, "payment.items"), _column(traits, "payment.covered")
    several = np.interp(items, [1, 2, 4], [0, 1, 1.5]) * (covered > 0.5)
    one = np.where((items == 1) & (covered > 0.8), -0.5, 0)
    return _weighed(
        traits,
        lambda row: f"{row['payment.covered']:.0%} of them pay with {int(row['payment.items'])} shared cards.",
        household=several / 2, organisation=several + one, shared_egress=np.where(covered > 0.3, 2, 0), agency=several / 2,
    )  # fmt: skip


def addresses(traits: pd.DataFrame) -> Weighed:
    """How addresses are shared: rotated among accounts and nobody else's, or one exit for all."""
    each, inside = _column(traits, "ip.each"), _column(traits, "ip.inside")
    items, n = _column(traits, "ip.items"), _column(traits, "accounts")
    rotated = np.interp(each, [1, 2, 4, 8], [-0.5, 0.5, 1.5, 2]) * (inside > 0.3)
    return _weighed(
        traits,
        lambda row: f"A member is seen on {row['ip.each']:.1f} of their {int(row['ip.items'])} shared addresses; {row['ip.inside']:.0%} of the accounts there are members.",
        household=np.where(items > 4, rotated, rotated / 2), organisation=rotated, agency=rotated,
        shared_egress=np.where(inside > 0.5, 1.5, -0.5) * (n > 2),
    )  # fmt: skip


def mail(traits: pd.DataFrame) -> Weighed:
    """Whether they have a mail domain of their own, as an organisation does."""
    largest, inside = _column(traits, "email_domain.largest"), _column(traits, "email_domain.inside")
    own = (largest > 0.6) & (inside > 0.6)
    organisation = np.where(np.isnan(largest), 0, np.where(own, -2.5, 1))
    return _weighed(
        traits,
        lambda row: f"{row['email_domain.largest']:.0%} of them use one mail domain.",
        organisation=organisation, test_accounts=np.where(own, -1, 0.5) * ~np.isnan(largest),
    )  # fmt: skip


def signups(traits: pd.DataFrame) -> Weighed:
    """Whether they were opened in one go."""
    close = _column(traits, "signup_close")
    burst = np.interp(close, [0, 0.2, 0.6, 1], [-0.5, 0.5, 1.5, 2])
    return _weighed(
        traits,
        lambda row: f"{row['signup_close']:.0%} of them were opened within an hour of another.",
        household=burst / 2, organisation=burst / 2, shared_egress=burst, agency=burst / 2,
    )  # fmt: skip


def evenness(traits: pd.DataFrame) -> Weighed:
    """Whether use is spread evenly, as a controller spreads it; people differ."""
    even = _column(traits, "evenness")
    alike = np.interp(even, [0.2, 0.5, 0.7, 0.9], [-1, -0.5, 0.5, 1.5]) * (_column(traits, "accounts") > 3)  # noqa: PLR2004 - two or three are even by chance
    return _weighed(
        traits,
        lambda row: f"Use is spread as if {row['evenness']:.0%} of them did all of it alike.",
        household=alike / 2, organisation=alike, shared_egress=alike, agency=alike / 2,
    )  # fmt: skip


def templates(traits: pd.DataFrame) -> Weighed:
    """Whether they send prompts that nobody else sends, all of them alike."""
    covered, inside = _column(traits, "prompt.covered"), _column(traits, "prompt.inside")
    each = _column(traits, "prompt.each")
    own = np.where(inside > 0.5, np.interp(covered * np.minimum(each, 5) / 5, [0, 0.3, 1], [0, 0.5, 1.5]), 0)
    return _weighed(
        traits,
        lambda row: f"{row['prompt.covered']:.0%} of them send templates that others of them send; {row['prompt.inside']:.0%} of the accounts that do are members.",
        household=own + 0.5 * (own > 0), organisation=own / 3, shared_egress=own + 0.5 * (own > 0), agency=own / 3,
    )  # fmt: skip


FINDINGS: dict[str, Callable[[pd.DataFrame], Weighed]] = {
    "size": size,
    "devices": devices,
    "cards": cards,
    "addresses": addresses,
    "mail": mail,
    "signups": signups,
    "evenness": evenness,
    "templates": templates,
}
