"""The table of findings: each weighs one thing about a cluster, for one operator or for an innocent explanation.

A finding is a function from the traits of all clusters, and of ordinary groups in the same data, to log10 likelihood
ratios, operator : explanation, one column an explanation, with the fact as a clause that is true whichever side it
speaks for. Findings for and against stand in the same table; one that the data cannot tell weighs nothing. Where a
trait has a natural scale it is compared with the ordinary groups; the rest of the weights are reasoned, in halves.
What an operator can leave out at no cost (devices in common, even volumes, moments) clears nobody by more than CHEAP
where it is not there. Size apart, none exceeds 2 in favour of an operator against the best of the explanations, so no
single finding accuses anybody; what rules out one explanation (a household of a dozen, hundreds of teams that test)
may weigh more against that one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphlink import variation
from graphlink.model import EXPLANATIONS
from graphlink.variation import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

UNITY = ("devices", "tastes")
"""Findings that say the accounts are one unit: they follow from each other, and from each honest unit of the kind.
How cards are spread is none of them: an honest unit has one purse, or each of its people has their own."""
JOBS = 0.5  # whoever runs jobs asks many times what a person asks: a firm, an agency, one person with a script
CHEAP = -0.5  # at least three operators in ten may do without what costs them nothing to leave out
_OWN = 0.6  # share of a domain's accounts that are members, and of members on it, for it to be the cluster's own
_NO_TEAM = 5.0  # orders of magnitude at most that many groups which act alike say against one team's tests
_ONE_DRAW = 40.0  # degrees of freedom counted at most: members' acts are not independent of each other


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one finding gives: `ratios`, clusters x EXPLANATIONS (log10), and the fact as a clause for each cluster."""

    ratios: Numbers
    clauses: list[str]


def size(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - a household is small everywhere
    """How many accounts there are: a household has few, an agency has many clients."""
    n = _trait(traits, "accounts")
    household = np.interp(n, [2, 3, 4, 6, 8, 12], [-3, -2, -1, 0.5, 2, 5])
    few = np.interp(n, [2, 5, 12, 40, 200], [-0.5, 0, 0.3, 1, 2])
    clients = np.interp(n, [2, 4, 10], [0.5, 0.3, 0])
    said = "they are {accounts:,.0f} accounts"
    return _weighed(traits, said, household=household, test_accounts=few, agency=clients)


def devices(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - sharing is sharing
    """How much of their use comes from shared devices: people have their own, a firm's fleet and a ring share."""
    life = _trait(traits, "device.life")
    handed_round = np.interp(_trait(traits, "device.each"), [1, 2, 3], [0, 0.5, 0.7]) * (life > 0.3)  # noqa: PLR2004 - of a life
    people = np.minimum(np.interp(life, [0, 0.1, 0.3, 0.5, 0.8], [CHEAP, CHEAP / 2, 0, 1, MOST]) + handed_round, MOST)
    clients = np.interp(life, [0, 0.1, 0.3, 0.6, 0.9], [0.5, 0, -0.5, 0, 0.5]) + handed_round / 2
    per = _trait(traits, "device.covered") * _trait(traits, "accounts") / np.maximum(_trait(traits, "device.items"), 1)
    strangers = np.maximum(people, 0) * np.interp(per, [8, 30], [1, 0])  # dozens have one image, not one machine
    fleet = np.interp(_trait(traits, "accounts"), [4, 8], [MOST, 1])  # a firm of some size may have one
    bench = np.interp(_trait(traits, "device.largest"), [0.5, 0.95], [0.5, -0.5])  # tests run on one machine
    bench *= np.interp(_trait(traits, "accounts"), [2, 6], [0, 1])  # that two do is how they were found
    return _weighed(
        traits,
        "{device.life:.0%} of their use comes from devices that they share ({device.items:,.0f}), "
        "{device.each:.1f} each",
        none=("device.life", "they share no device"),
        household=people / 2,
        organisation=np.minimum(people, fleet),
        shared_egress=people,
        agency=clients,
        test_accounts=bench,
        common_interest=strangers,
    )


def cards(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - sharing is sharing
    """How cards are shared: an organisation pays with one, a ring spreads its accounts over several or has one each."""
    items, covered = _trait(traits, "payment.items"), _trait(traits, "payment.covered")
    several = np.interp(items, [1, 2, 3, 6], [0, 0.3, 1, 1.5]) * np.interp(covered, [0.3, 0.6], [0, 1])
    one_for_all = np.interp(items, [0, 1, 2], [0, -0.3, 0])
    one_each = np.interp(_trait(traits, "payment.own"), [0.3, 0.9], [0, 0.5])
    return _weighed(
        traits,
        "{payment.covered:.0%} of them pay with cards that they share ({payment.items:,.0f}), {payment.own:.0%} with "
        "one of their own",
        none=("payment.items", "they share no card; {payment.own:.0%} of them pay with one of their own"),
        organisation=several + one_for_all + one_each,
        shared_egress=np.interp(covered, [0, 0.2, 0.5], [-0.5, 0.5, 1.5]),
        agency=np.interp(covered, [0, 0.2, 0.5], [-0.3, 0, 1]) * np.where(items == 1, 0.3, 1),  # one pays, or each
        household=np.minimum(several, 0.5),  # in a family everybody's card goes round
        test_accounts=several + one_each,  # tests are paid by one card, or none
        common_interest=np.interp(covered, [0, 0.3, 0.6], [0, 1, MOST]),
    )


def addresses(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - sharing is sharing
    """Whether addresses are rotated among accounts, are nobody's home, serve all, or never see two of them."""
    each, inside = _trait(traits, "ip.each"), _trait(traits, "ip.inside")
    rotated = np.interp(each, [1, 2, 4, 8], [-0.5, 0, 1, 1.5]) * np.interp(inside, [0.2, 0.6], [0, 1])
    apart = np.interp(_trait(traits, "ip.met"), [0, 0.5], [1, 0])  # who shares a home, an office or an exit meets there
    # staff come from an office that most share, or from their homes: not from addresses that only some of them share
    few = np.interp(_trait(traits, "ip.largest"), [0.3, 0.6], [1, 0])
    homeless = np.nan_to_num(few * np.interp(_trait(traits, "ip.life"), [0.6, 0.9], [0, 1]))
    staff = np.minimum(rotated + homeless, MOST)
    return _weighed(
        traits,
        "{ip.life:.0%} of their use comes from addresses that they share ({ip.items:,.0f}), {ip.each:.1f} each, with "
        "{ip.largest:.0%} of them on the commonest; {ip.inside:.0%} of the accounts there are theirs",
        none=("ip.items", "they share no address of their own; {ip.met:.0%} of them were on one where another was"),
        household=np.where(each > 0, np.minimum(rotated, 0.3), apart),  # a home's address changes for all in it
        organisation=np.where(each > 0, staff, apart / 2),
        agency=np.where(each > 0, staff, apart),
        test_accounts=np.where(each > 0, rotated, apart),
        common_interest=np.where(each > 0, np.interp(each, [1, 2, 4], [0, 0.5, 1.5]) * inside, 0),
        shared_egress=np.where(each > 0, np.interp(inside, [0, 0.2, 0.7], [-1, 0, 1]), 2 * apart),
    )


def rotation(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether sessions come from ever new addresses, as with rented residential exits."""
    times = _trait(traits, "ip.fresh") / _usual(ordinary, "ip.fresh")
    fresh = np.interp(np.log2(np.maximum(times, 1e-3)), [-1, 0.3, 1, 2], [-0.3, 0, 1, MOST])
    fresh = fresh * np.interp(_trait(traits, "ip.life"), [0.6, 0.95], [1, 0])  # little is left to tell from
    return _weighed(
        traits.assign(times=times),
        "beside the shared addresses they use {times:.1f} times as many as ordinary accounts that are as busy",
        **_all(fresh) | {"household": fresh / 2},  # at home and on the road
    )


def mail(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - own is own
    """Whether they have a mail domain of their own with the names of people, as an organisation does."""
    largest, inside = _trait(traits, "email_domain.largest"), _trait(traits, "email_domain.inside")
    own = np.minimum(largest, inside)
    tests = np.where(largest > 0, np.interp(own, [0.2, _OWN], [1, -1.2]), 0.5 * (largest == 0))
    box = np.nan_to_num(_trait(traits, "email.largest"))
    tests = np.where(box > _OWN, -1.2, tests)
    numbered = np.interp(np.nan_to_num(_trait(traits, "numbered")), [0.3, 0.8], [0, 1])  # colleagues need none
    found = _weighed(
        traits,
        "{email_domain.largest:.0%} of them use one mail domain that is theirs; "
        "{numbered:.0%} have numbers in their names",
        none=("email_domain.largest", "they have no mail domain of their own"),
        organisation=np.interp(own, [0.2, _OWN], [0.7, -1.5]) + numbered * (own > _OWN),
        test_accounts=tests,
        common_interest=np.interp(np.nan_to_num(own), [0.2, _OWN], [0, 1.5]),
        agency=np.interp(own, [0.2, _OWN], [-0.2, 1]),
    )
    one_mailbox = [f"{share:.0%} of them have one and the same mailbox" if share > _OWN else "" for share in box]
    return Weighed(found.ratios, [one or said for one, said in zip(one_mailbox, found.clauses, strict=True)])


def clients(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - own is own
    """Whether each has a mail domain of its own, as the clients of an agency have."""
    alone = np.interp(_trait(traits, "email_domain.alone"), [0.1, 0.5], [0, -1.5])
    clause = "{email_domain.alone:.0%} of them have a mail domain that no other account has"
    return _weighed(traits, clause, agency=alone * np.interp(_trait(traits, "accounts"), [2, 4], [0, 1]))


def names(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether mailbox names are made after one pattern, more than names are anyway; a house has a rule for its own."""
    times = _trait(traits, "named_alike") / np.maximum(_usual(ordinary, "named_alike"), 1e-4)
    made = np.interp(np.log2(np.maximum(times, 1e-3)), [0, 0.3, 1.5, 3], [-0.2, 0, 0.8, 1.5])
    return _weighed(
        traits.assign(alike_usual=_usual(ordinary, "named_alike")),
        "{named_alike:.0%} of the pairs of those on no mail domain of theirs have mailbox names of one pattern, where "
        "ordinary pairs have in {alike_usual:.0%}",
        household=np.minimum(made, 0.5),  # one family has one name, one person one habit
        organisation=made,
        agency=np.minimum(made, 0.5),  # its clients' mailboxes are called after what they are for
        shared_egress=made,
        common_interest=made,
    )


def signups(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether they were opened in one go."""
    close = _trait(traits, "signup_close") - np.nan_to_num(_usual(ordinary, "signup_close"))
    burst = np.interp(close, [0, 0.2, 0.7, 1], [-0.3, 0.2, 0.8, 1])
    return _weighed(
        traits,
        "{signup_close:.0%} of them were opened within an hour of another",
        none=("signup_close", "no two were opened within an hour of each other"),
        household=np.where(
            _trait(traits, "bought") > 0, burst, np.minimum(burst, 0.5)
        ),  # one may open all in one sitting
        organisation=burst,
        shared_egress=burst,
        agency=np.minimum(burst, 0.5),
        common_interest=np.minimum(burst, 0.5),  # who hear of it hear of it on one day
        test_accounts=np.interp(close, [0.3, 0.9, 1], [1, 0, -0.7]),  # nobody hides that they are opened at once
    )


def volumes(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether use is spread evenly over the accounts, as a controller spreads it; people differ."""
    against_people = _trait(traits, "volume_spread") / _usual(ordinary, "volume_spread")
    even = np.maximum(variation.like_one(against_people, np.minimum(_trait(traits, "accounts") - 1, _ONE_DRAW)), CHEAP)
    return _weighed(
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
    doublings = (_trait(traits, "volume") - _usual(ordinary, "volume")) / np.log(2)
    typical = {"volume_typical": np.exp(traits["volume"]), "volume_usual": float(np.exp(_usual(ordinary, "volume")))}
    busy = np.interp(doublings, [-1, 0, 1], [-0.5, 0, JOBS])
    return _weighed(
        traits.assign(**typical),
        "a typical one has {volume_typical:,.0f} events, where ordinary accounts have {volume_usual:,.0f}",
        household=busy,
        organisation=busy,
        agency=busy,
        shared_egress=busy,
        test_accounts=np.interp(doublings, [-2, 0, 1, 2, 3], [-MOST, 0, 1, 1.5, MOST]),  # some run every night
    )


def tastes(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - taste is measured inside the cluster
    """Whether all use the templates that are theirs alike: employees differ, accounts of one controller do not."""
    depth = np.maximum(_trait(traits, "prompt.depth"), 1e-9)
    alike = variation.like_one(
        np.maximum(_trait(traits, "prompt.unlike") - 1, 0) / depth,
        np.minimum(_trait(traits, "prompt.unlike_df"), _ONE_DRAW),
        noise=1 / depth,
    )
    return _weighed(
        traits.assign(**{"prompt.compared": ~np.isnan(_trait(traits, "prompt.unlike"))}),
        "{prompt.covered:.0%} of them send templates that are theirs, and differ in which by "
        "{prompt.unlike:.1f} times what chance gives",
        none=("prompt.compared", "{prompt.covered:.0%} of them send templates that are theirs"),
        household=np.minimum(alike, 0),  # one person with several accounts asks the same on each
        organisation=alike,
        agency=np.minimum(alike, 0.5),  # one staff works for all clients
        shared_egress=np.minimum(alike + np.where(np.isnan(_trait(traits, "prompt.unlike")), 0, 0.5), MOST),
        test_accounts=np.interp(_trait(traits, "prompt.life"), [0.2, 0.5, 0.8], [1, 0, -0.5]),  # they send little else
    )


def moments(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the null is in the trait
    """Whether they act in the same five minutes more often than their hours explain."""
    met, expected = _trait(traits, "slots.met"), _trait(traits, "slots.expected")
    usual = np.maximum(expected, 2)  # a family at one table meets more than once by accident
    certain = np.interp((met - usual) / np.sqrt(usual), [2, 6], [0, 1])
    doublings = np.log2(np.maximum(met, 1) / usual)
    excess = np.interp(doublings, [0, 0.3, 1, 2], [0, 0.3, 1, MOST]) * certain
    apart = CHEAP * np.interp(doublings, [0, 0.3], [1, 0]) * np.interp(expected, [5, 40], [0, 1])
    synchronous = np.where(expected > 0, excess + apart * (1 - certain), np.nan)
    return _weighed(
        traits,
        "pairs of them act in the same five minutes {slots.met:,.0f} times, of which their hours "
        "explain {slots.expected:,.0f}",
        household=np.minimum(synchronous, 0.5),  # one person may have a script that runs them all
        organisation=synchronous,
        agency=synchronous,
        shared_egress=synchronous,
        common_interest=synchronous,
        test_accounts=np.maximum(synchronous / 2, 0),  # a script runs them, too
    )


def starts(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the null is in the trait
    """Whether they act sooner after they were opened than ordinary accounts do, as scripts can."""
    # rings can wait: that tells nothing; who is invited on one day begins on it, so all of them count for one
    one_cause = np.clip(_trait(traits, "starts.typical"), 0, MOST)
    each_by_itself = np.clip(_trait(traits, "starts.weight"), 0, 2 * MOST)  # of a family, each buys for himself
    bought = np.nan_to_num(_trait(traits, "bought")) > 0
    # who tries a checkout buys at once, too, but a shop has one team for it: any one of the groups may be the team's,
    # and that its tests look like all the others, which have nothing in common, would be an accident: both count
    apart = np.maximum(np.nan_to_num(_trait(traits, "starts.apart")), 1)
    beyond = np.nan_to_num(_trait(traits, "starts.beyond"))  # what accident does not explain
    many = "; so do {:,.0f} groups with which it has nothing in common"
    beside = [many.format(n - 1) if n > 1 else "" for n in np.where(bought, apart, 1)]
    return _weighed(
        traits.assign(act=np.where(bought, "buys", "acts"), beside=beside),
        "a typical one first {act:s} {starts.delay:,.0f} minutes after it was opened, as soon as {starts.rank:.1%} of "
        "ordinary accounts do{beside:s}",
        household=np.where(bought, each_by_itself + _commoner(beyond, _trait(traits, "starts.groups")), one_cause),
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


def bans(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the share of all accounts is in the trait
    """Whether members were banned before, more often than accounts are."""
    clause = "{banned:,.0f} of them were banned"
    return _weighed(traits, clause, none=("banned", "none of them was banned"), **_all(_on_record(traits, "banned")))


def labels(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - the share of all accounts is in the trait
    """Whether members are known to be bad, or use what is, more often than accounts are."""
    clause, none = "{bad:,.0f} of them are labelled bad, or use what is", "none of them is labelled bad"
    return _weighed(traits, clause, none=("bad", none), **_all(_on_record(traits, "bad")))


def _on_record(traits: pd.DataFrame, name: str) -> Numbers:
    """Return what it says that so many members are on a record, of which there are so many among all accounts."""
    share = _trait(traits, name) / _trait(traits, "accounts")
    times = share / np.maximum(3 * _trait(traits, f"{name}_all"), 1e-4)
    weight = np.interp(np.log2(np.maximum(times, 0.5)), [-1, 0, 3, 5], [-0.1, 0, 1, MOST])
    return np.asarray(weight * np.interp(_trait(traits, name), [1, 3], [0.3, 1]))


FINDINGS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Weighed]] = {
    "size": size,
    "devices": devices,
    "cards": cards,
    "addresses": addresses,
    "rotation": rotation,
    "mail": mail,
    "clients": clients,
    "names": names,
    "signups": signups,
    "volumes": volumes,
    "pace": pace,
    "tastes": tastes,
    "moments": moments,
    "starts": starts,
    "bans": bans,
    "labels": labels,
}

FAMILY = {
    "devices": "device",
    "cards": "payment",
    "addresses": "network",
    "rotation": "network",
    "mail": "contact",
    "clients": "contact",
    "names": "contact",
    "signups": "timing",
    "tastes": "content",
    "moments": "timing",
    "starts": "timing",
}
"""The family of evidence that a finding rests on; the others rest on the accounts themselves."""

_NAMES = tuple(name.replace(" ", "_") for name in EXPLANATIONS)


def _trait(traits: pd.DataFrame, name: str) -> Numbers:
    """Return a trait, or NaN everywhere where the data do not have it."""
    return traits[name].to_numpy(float) if name in traits else np.full(len(traits), np.nan)


def _usual(ordinary: pd.DataFrame, name: str) -> float:
    """Return what is usual of a trait: the median of the ordinary groups, or NaN where there are none."""
    values = _trait(ordinary, name)
    known = values[~np.isnan(values)]
    usual = float(np.median(known)) if len(known) else float("nan")
    return usual if usual > 0 else float("nan")  # nothing can be measured against nothing


def _all(weight: Numbers) -> Any:
    """Return the same ratio for every explanation."""
    return dict.fromkeys(_NAMES, weight)


def _weighed(traits: pd.DataFrame, clause: str, *, none: tuple[str, str] = ("", ""), **ratios: Numbers) -> Weighed:
    """Return the finding with the ratios of the explanations named; NaN weighs nothing.

    `none` is a trait, and the clause to say where that is 0.
    """
    table = np.zeros((len(traits), len(EXPLANATIONS)))
    for name, values in ratios.items():
        table[:, _NAMES.index(name)] = np.nan_to_num(values)
    trait, instead = none
    rows = traits.to_dict("records")
    return Weighed(table, [_filled(clause if row.get(trait, 1) else instead, row) for row in rows])


def _filled(clause: str, traits: Mapping[Hashable, float]) -> str:
    """Return the clause with the traits it names: `{device.life:.0%}`."""
    return re.sub(r"\{([^:}]+):([^}]+)\}", lambda each: format(traits.get(each[1], float("nan")), each[2]), clause)
