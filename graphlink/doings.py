"""Findings on what members do, and when: openings, volumes, templates, moments; see `features`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphlink import variation
from graphlink.variation import MOST
from graphlink.weighing import CHEAP, OWN, Weighed, against_tests, own_domain, trait, usual, weighed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

JOBS = 0.5  # whoever runs jobs asks many times what a person asks: a firm, an agency, one person with a script
_NO_TEAM = 5.0  # orders of magnitude at most that many groups which act alike say against one team's tests
_ONE_DRAW = 40.0  # degrees of freedom counted at most: members' acts are not independent of each other


def signups(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether they were opened in one go."""
    close = trait(traits, "signup_close") - np.nan_to_num(usual(ordinary, "signup_close"))
    burst = np.interp(close, [0, 0.2, 0.7, 1], [-0.3, 0.2, 0.8, 1])
    houseless = np.interp(np.nan_to_num(own_domain(traits)), [0.2, OWN], [1, 0])  # who has a domain opens for all
    return weighed(
        traits,
        "{signup_close:.0%} of them were opened within an hour of another",
        none=("signup_close", "no two were opened within an hour of each other"),
        household=np.where(
            trait(traits, "bought") > 0, burst, np.minimum(burst, 0.5)
        ),  # one may open all in one sitting
        organisation=np.where(burst > 0, burst * houseless, burst),
        shared_egress=burst,
        agency=np.minimum(burst, 0.5),
        common_interest=np.minimum(burst, 0.5),  # who hear of it hear of it on one day
        test_accounts=np.interp(close, [0.3, 0.9, 1], [1, 0, -0.7]),  # nobody hides that they are opened at once
    )


def volumes(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether use is spread evenly over the accounts, as a controller spreads it; people differ."""
    against_people = trait(traits, "volume_spread") / usual(ordinary, "volume_spread")
    even = np.maximum(variation.like_one(against_people, np.minimum(trait(traits, "accounts") - 1, _ONE_DRAW)), CHEAP)
    return weighed(
        traits.assign(spread=against_people),
        "how much they use it varies {spread:.0%} as much as among ordinary accounts",
        household=np.minimum(even, 0.5),
        organisation=even,
        agency=even,
        shared_egress=even,
        test_accounts=even * 0,
    )


def pace(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether they ask much more than ordinary accounts, which test accounts seldom do."""
    doublings = (trait(traits, "volume") - usual(ordinary, "volume")) / np.log(2)
    typical = {"volume_typical": np.exp(traits["volume"]), "volume_usual": float(np.exp(usual(ordinary, "volume")))}
    busy = np.interp(doublings, [-1, 0, 1], [-0.5, 0, JOBS])
    nightly = np.interp(doublings, [-2, 0, 1, 2, 3], [-MOST, 0, 1, 1.5, MOST])  # some tests run every night
    return weighed(
        traits.assign(**typical),
        "a typical one (geometric mean) has {volume_typical:,.0f} events, where ordinary accounts have "
        "{volume_usual:,.0f}",
        household=busy,
        organisation=busy,
        agency=busy,
        shared_egress=busy,
        test_accounts=against_tests(traits, nightly),
    )


def tastes(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - taste is measured inside the cluster
    """Whether all use the templates that are theirs alike: employees differ, accounts of one controller do not."""
    depth = np.maximum(trait(traits, "prompt.depth"), 1e-9)
    alike = variation.like_one(
        np.maximum(trait(traits, "prompt.unlike") - 1, 0) / depth,
        np.minimum(trait(traits, "prompt.unlike_df"), _ONE_DRAW),
        noise=1 / depth,
    )
    return weighed(
        traits.assign(**{"prompt.compared": ~np.isnan(trait(traits, "prompt.unlike"))}),
        "{prompt.covered:.0%} of them send templates that are theirs, and differ in which by "
        "{prompt.unlike:.1f} times what chance gives",
        none=("prompt.compared", "{prompt.covered:.0%} of them send templates that are theirs"),
        household=np.minimum(alike, 0),  # one person with several accounts asks the same on each
        organisation=alike,
        agency=np.minimum(alike, 0.5),  # one staff works for all clients
        shared_egress=np.minimum(alike + np.where(np.isnan(trait(traits, "prompt.unlike")), 0, 0.5), MOST),
        test_accounts=np.interp(trait(traits, "prompt.life"), [0.2, 0.5, 0.8], [1, 0, -0.5]),  # they send little else
    )


def moments(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the null is in the trait
    """Whether they act in the same five minutes more often than their hours explain."""
    met, expected = trait(traits, "slots.met"), trait(traits, "slots.expected")
    by_accident = np.maximum(expected, 2)  # a family at one table meets more than once
    certain = np.interp((met - by_accident) / np.sqrt(by_accident), [2, 6], [0, 1])
    doublings = np.log2(np.maximum(met, 1) / by_accident)
    excess = np.interp(doublings, [0, 0.3, 1, 2], [0, 0.3, 1, MOST]) * certain
    apart = CHEAP * np.interp(doublings, [0, 0.3], [1, 0]) * np.interp(expected, [5, 40], [0, 1])
    synchronous = np.where(expected > 0, excess + apart * (1 - certain), np.nan)
    return weighed(
        traits,
        "pairs of them act in the same five minutes {slots.met:,.0f} times, of which their hours "
        "explain {slots.expected:,.0f}",
        household=np.minimum(synchronous, 0.5),  # one person may have a script that runs them all
        organisation=synchronous,
        agency=synchronous,
        shared_egress=synchronous,
        common_interest=synchronous,
        test_accounts=against_tests(traits, np.maximum(synchronous / 2, 0)),  # a script runs them, too
    )


def starts(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the null is in the trait
    """Whether they act sooner after they were opened than ordinary accounts do, as scripts can."""
    # rings can wait: that tells nothing; who is invited on one day begins on it, so all of them count for one
    one_cause = np.clip(trait(traits, "starts.typical"), 0, MOST)
    each_by_itself = np.clip(trait(traits, "starts.weight"), 0, 2 * MOST)  # of a family, each buys for himself
    bought = np.nan_to_num(trait(traits, "bought")) > 0
    # who tries a checkout buys at once, too, but a shop has one team for it: any one of the groups may be the team's,
    # and that its tests look like all the others, which have nothing in common, would be an accident: both count
    apart = np.maximum(np.nan_to_num(trait(traits, "starts.apart")), 1)
    beyond = np.nan_to_num(trait(traits, "starts.beyond"))  # what accident does not explain
    many = "; so do {:,.0f} groups with which it has nothing in common"
    beside = [many.format(n - 1) if n > 1 else "" for n in np.where(bought, apart, 1)]
    return weighed(
        traits.assign(act=np.where(bought, "buys", "acts"), beside=beside),
        "a typical one first {act:s} {starts.delay:,.0f} minutes after it was opened, as soon as {starts.rank:.1%} of "
        "ordinary accounts do{beside:s}",
        household=np.where(bought, each_by_itself + _commoner(beyond, trait(traits, "starts.groups")), one_cause),
        organisation=one_cause / 2,  # who opens accounts for others may try them at once
        agency=one_cause + np.where(bought, np.clip(np.log10(np.maximum(beyond, 1)), 0, MOST), 0),  # they are few
        shared_egress=one_cause,
        common_interest=np.where(bought, one_cause, one_cause / 2),
        test_accounts=np.where(bought, np.minimum(2 * np.log10(np.maximum(beyond, 1)), _NO_TEAM), 0),
    )


def _commoner(groups: Numbers, of: Numbers) -> Numbers:
    """Return how much likelier than one in a hundred it is that a group is one of these, in orders of magnitude."""
    others = np.maximum(np.nan_to_num(of) - groups, 1)
    return np.clip(MOST + np.log10(np.maximum(groups, 1e-9) / others), 0, MOST)
