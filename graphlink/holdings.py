"""Findings on what members hold: devices, cards, addresses, mailboxes; see `features`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphlink.variation import MOST
from graphlink.weighing import CHEAP, NEVER, OWN, Weighed, for_all, trait, usual, weighed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SOME = 0.2  # share of members on shared cards, from which somebody pays for others


def devices(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - sharing is sharing
    """How much of their use is on shared devices: people have their own, a firm's fleet and a ring share."""
    life = trait(traits, "device.life")
    handed_round = np.interp(trait(traits, "device.each"), [1, 2, 3], [0, 0.5, 0.7]) * (life > 0.3)  # noqa: PLR2004 - of a life
    people = np.minimum(np.interp(life, [0, 0.1, 0.3, 0.5, 0.8], [CHEAP, CHEAP / 2, 0, 1, MOST]) + handed_round, MOST)
    clients = np.interp(life, [0, 0.1, 0.3, 0.6, 0.9], [0.5, 0, -0.5, 0, 0.5]) + handed_round / 2
    per = trait(traits, "device.covered") * trait(traits, "accounts") / np.maximum(trait(traits, "device.items"), 1)
    # strangers have no machine in common, though dozens may have one image
    strangers = np.interp(life, [0.1, 0.3, 0.6, 0.8], [0, 1, MOST, NEVER]) * np.interp(per, [8, 30], [1, 0])
    fleet = np.interp(trait(traits, "accounts"), [4, 8], [MOST, 1])  # a firm of some size may have one
    bench = np.interp(trait(traits, "device.largest"), [0.5, 0.95], [0.5, -0.5])  # tests run on one machine
    bench *= np.interp(trait(traits, "accounts"), [2, 6], [0, 1])  # that two do is how they were found
    return weighed(
        traits,
        "{device.life:.0%} of their events with a device are on devices that they share ({device.items:,.0f}), "
        "{device.each:.1f} each",
        none=("device.life", "they share no device that is theirs"),
        household=people / 2,
        organisation=np.minimum(people, fleet),
        shared_egress=people,
        agency=clients,
        test_accounts=bench,
        common_interest=strangers,
    )


def cards(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - sharing is sharing
    """How cards are shared: an organisation pays with one, a ring spreads its accounts over several or has one each."""
    items, covered = trait(traits, "payment.items"), trait(traits, "payment.covered")
    several = np.interp(items, [1, 2, 3, 6], [0, 0.3, 1, 1.5]) * np.interp(covered, [0.3, 0.6], [0, 1])
    one_for_all = np.interp(items, [0, 1, 2], [0, -0.3, 0])
    one_each = np.interp(trait(traits, "payment.own"), [0.3, 0.9], [0, 0.5])
    return weighed(
        traits,
        "{payment.covered:.0%} of them pay with cards that they share ({payment.items:,.0f}), {payment.own:.0%} with "
        "one that no other of them has",
        none=(
            "payment.items",
            "they share no card that is theirs; {payment.own:.0%} of them pay with one that no other of them has",
        ),
        organisation=several + one_for_all + one_each,
        shared_egress=np.interp(covered, [0, 0.2, 0.5, 0.9], [-0.5, 0.5, 1.5, NEVER]),  # nor do these
        agency=np.interp(covered, [0, 0.2, 0.5], [-0.3, 0, 1])
        * np.where(covered > _SOME, np.interp(items, [1, 2, 6], [0.3, 1, 1.5]), 1),  # it pays, with few cards, or each
        household=np.minimum(several, 0.5),  # in a family everybody's card goes round
        test_accounts=np.minimum(several + 3 * one_each, MOST),  # tests are paid by one card, or none
        common_interest=np.interp(covered, [0, 0.3, 0.6, 0.9], [0, 1, MOST, NEVER]),  # strangers share no card
    )


def addresses(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - sharing is sharing
    """Whether addresses are rotated among accounts, are nobody's home, serve all, or never see two of them."""
    each, inside = trait(traits, "ip.each"), trait(traits, "ip.inside")
    # a desk and its servers have some addresses, and all come by most of them: that is a place, not a pool
    in_turn = each / np.interp(trait(traits, "ip.largest"), [0.6, 0.9], [1, 2])
    rotated = np.interp(in_turn, [1, 2, 4, 8], [-0.5, 0, 1, 1.5]) * np.interp(inside, [0.2, 0.6], [0, 1])
    # a pool is dealt out; where all come by nearly all of dozens, it is a company's gateway
    dealt = np.interp(each / np.maximum(trait(traits, "ip.items"), 1), [0.5, 0.9], [1, 0])
    rotated = np.where(rotated > 0, rotated * dealt, rotated)
    apart = _apart(traits)
    # staff come from an office that most share, or from their homes: not from addresses that only some of them share
    few = np.interp(trait(traits, "ip.largest"), [0.3, 0.6], [1, 0])
    homeless = np.nan_to_num(few * np.interp(trait(traits, "ip.life"), [0.6, 0.9], [0, 1]))
    staff = np.minimum(rotated + homeless, MOST)
    return weighed(
        traits,
        "{ip.life:.0%} of their events with an address are on addresses that they share ({ip.items:,.0f}), "
        "{ip.each:.1f} each, with {ip.largest:.0%} of them on the commonest; {ip.inside:.0%} of the accounts there are "
        "theirs",
        none=("ip.items", "they share no address of their own; {ip.met:.0%} of them were on one where another was"),
        household=np.where(each > 0, np.minimum(rotated, 0.3), apart),  # a home's address changes for all in it
        organisation=np.where(each > 0, staff, apart / 2),
        agency=np.where(each > 0, rotated, apart),  # who works at home has his clients' accounts there
        test_accounts=np.where(each > 0, rotated, apart),
        common_interest=np.where(each > 0, np.interp(each, [1, 2, 4], [0, 0.5, 1.5]) * inside, 0),
        shared_egress=np.where(each > 0, np.interp(inside, [0, 0.2, 0.7], [-1, 0, 1]), 2 * apart),
    )


def places(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - a place is a place
    """Whether the machines that they share stand anywhere: who takes turns at one is on its address, or its network."""
    nowhere = np.interp(_meeting(traits, "life"), [0.1, 0.3], [1, 0]) * _placed(traits)
    nowhere = nowhere * np.interp(_meeting(traits, "met"), [0.5, 0.9], [1, 0])
    used = np.interp(trait(traits, "device.life"), [0.3, 0.6], [0, 1])
    moved = MOST * used * nowhere * np.interp(trait(traits, "accounts"), [3, 4], [0, 1])
    # that they never meet on an address is told by `addresses`, and counts once
    apart = np.where(trait(traits, "ip.each") > 0, 0, _apart(traits))
    rest = np.maximum(moved - apart, 0)
    clause = (
        "{device.life:.0%} of their events with a device are on devices that they share, {ip.life:.0%} of those with "
        "an address on addresses that they share; {ip.met:.0%} of them were on one where another was"
    )
    return weighed(
        traits,
        clause,
        household=np.maximum(moved / 2 - apart, 0),  # who has two telephones takes both along
        organisation=np.maximum(moved - apart / 2, 0),
        agency=rest,
        test_accounts=rest,
    )


def _placed(traits: pd.DataFrame) -> NDArray[np.float64]:
    """Return how far it is known where they are: where few have an address, that they do not meet says nothing."""
    return np.interp(np.nan_to_num(trait(traits, "ip.known"), nan=1), [0.5, 0.9], [0, 1])


def _apart(traits: pd.DataFrame) -> NDArray[np.float64]:
    """Return how far they never meet: who shares a home, an office or an exit meets there."""
    return np.asarray(np.interp(_meeting(traits, "met"), [0, 0.5], [1, 0]) * _placed(traits))


def _meeting(traits: pd.DataFrame, of: str) -> NDArray[np.float64]:
    """Return a trait of addresses or of their networks, whichever is more: in IPv6 addresses change from day to day."""
    return np.asarray(np.fmax(trait(traits, f"ip.{of}"), trait(traits, f"ip_prefix.{of}")))


def rotation(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether sessions come from ever new addresses, as with rented residential exits."""
    times = trait(traits, "ip.fresh") / usual(ordinary, "ip.fresh")
    fresh = np.interp(np.log2(np.maximum(times, 1e-3)), [-1, 0.3, 1, 2], [-0.3, 0, 1, MOST])
    fresh = fresh * np.interp(trait(traits, "ip.life"), [0.6, 0.95], [1, 0])  # little is left to tell from
    return weighed(
        traits.assign(times=times),
        "beside the shared addresses they use {times:.1f} times as many as ordinary accounts that are as busy",
        **for_all(fresh)
        | {"household": fresh / 2, "test_accounts": np.minimum(fresh, 0)},  # on the road; on rented runners
    )


def mail(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - own is own
    """Whether they have a mail domain of their own with the names of people, as an organisation does."""
    largest, inside = trait(traits, "email_domain.largest"), trait(traits, "email_domain.inside")
    own = np.minimum(largest, inside)
    tests = np.where(largest > 0, np.interp(own, [0.2, OWN], [1, -1.2]), 0.5 * (largest == 0))
    box = np.nan_to_num(trait(traits, "email.largest"))
    tests = np.where(box > OWN, -1.2, tests)
    tagged = np.nan_to_num(trait(traits, "tagged"))
    tests = np.where((tagged > OWN) & (own > OWN), -MOST, tests)  # a team writes tags behind its own name
    numbered = np.interp(np.nan_to_num(trait(traits, "numbered")), [0.3, 0.8], [0, 1])  # colleagues need none
    found = weighed(
        traits,
        "{email_domain.largest:.0%} of them use one mail domain that is theirs; "
        "{numbered:.0%} have numbers in their names",
        none=("email_domain.largest", "they have no mail domain of their own"),
        organisation=np.interp(own, [0.2, OWN], [0.7, -1.5]) + numbered * (own > OWN),
        test_accounts=tests,
        common_interest=np.interp(np.nan_to_num(own), [0.2, OWN], [0, 1.5]),
        agency=np.interp(own, [0.2, OWN], [-0.2, 1]),
    )
    one_mailbox = [f"{share:.0%} of them have one and the same mailbox" if share > OWN else "" for share in box]
    clauses = [one or said for one, said in zip(one_mailbox, found.clauses, strict=True)]
    tags = [f"; {share:.0%} have a tag in their mailbox name" if share > OWN else "" for share in tagged]
    return Weighed(found.ratios, [said + tag for said, tag in zip(clauses, tags, strict=True)])


def clients(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:  # noqa: ARG001 - own is own
    """Whether each has a mail domain of its own, as the clients of an agency have."""
    alone = np.interp(trait(traits, "email_domain.alone"), [0.1, 0.5], [0, -1.5])
    clause = "{email_domain.alone:.0%} of them have a mail domain that no other account has"
    return weighed(traits, clause, agency=alone * np.interp(trait(traits, "accounts"), [2, 4], [0, 1]))


def names(traits: pd.DataFrame, ordinary: pd.DataFrame) -> Weighed:
    """Whether mailbox names are made after one pattern, more than names are anyway; a house has a rule for its own."""
    times = trait(traits, "named_alike") / np.maximum(usual(ordinary, "named_alike"), 1e-4)
    made = np.interp(np.log2(np.maximum(times, 1e-3)), [0, 0.3, 1.5, 3], [-0.2, 0, 0.8, 1.5])
    return weighed(
        traits.assign(alike_usual=usual(ordinary, "named_alike")),
        "{named_alike:.0%} of the pairs of those on no mail domain of theirs have mailbox names of one pattern, where "
        "ordinary pairs have in {alike_usual:.0%}",
        household=np.minimum(made, 0.5),  # one family has one name, one person one habit
        organisation=made,
        agency=np.minimum(made, 0.5),  # its clients' mailboxes are called after what they are for
        shared_egress=made,
        common_interest=made,
    )
