"""What strangers share in the worlds by a fourth hand (`fourth_hand`): places, programs, events, cards, phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from fourth_people import Job, Settled, Use
from fourth_things import EVER, WORDS, Fixed, Pool

if TYPE_CHECKING:
    from fourth_people import Account, Platform

USUAL = 6000  # accounts


def coworking(p: Platform) -> None:
    """Share an address for months."""
    group, city = p.near(p.size(4, 40))
    unit, egress = p.kind("coworking"), p.internet.office(city)
    for account in group:
        account.at(egress, p.rng.uniform(0.3, 4))
        account.join(unit, "coworking", close=False)


def conference(p: Platform) -> None:
    """Meet for three days at one address; some try a demonstration, some sign up there."""
    rng, unit, egress = p.rng, p.kind("conference"), p.internet.office(p.internet.cities[0])
    begun, demo = rng.uniform(0, p.days - 3), p.software.templates(p.whole(1, 4))
    for account in p.some(p.size(15, 120)):
        account.at(egress, 8, begun, begun + 3)
        account.join(unit, "conference", close=False)
        if p.chance(0.4):
            account.ask(demo, 3, begun, begun + rng.uniform(1, 10))
        if p.chance(0.3) and account.created > 0:
            account.begin(begun + rng.uniform(0, 2))
            account.end, account.signup_from = p.days, egress


def hackathon(p: Platform) -> None:
    """Meet for two days and nights: one address, a voucher, a kit, teams; most sign up within hours."""
    rng, unit, begun = p.rng, p.kind("hackathon"), float(p.rng.uniform(0, p.days - 3))
    kit, city, voucher = p.software.templates(p.whole(2, 10)), p.one(p.internet.cities), p.voucher()
    egress, team = p.internet.office(city, p.whole(1, 3)), p.software.templates(3)
    for k in range(p.size(15, 90)):
        created = begun + abs(rng.normal(0, 0.15)) if p.chance(0.75) else None
        account = p.person(Settled(city if p.chance(0.6) else None, created=created, hours="flat"))
        account.join(unit, "hackathon")
        account.at(egress, 9, begun, begun + 2.5)
        account.ask(kit, 4, begun, begun + 4)
        account.signup_from = egress if account.created > 0 else None
        if p.chance(0.7):
            account.cards = [Use(0.05, voucher, begun, begun + 3)]
        team = team if k % 4 else p.software.templates(3)
        account.ask(team, 3, begun, begun + 3)
        if p.chance(0.6):
            account.end = min(p.days, max(account.start, begun) + 3 + rng.exponential(2))


def public_room(p: Platform) -> None:
    """Share the address and the machines of an internet cafe or a library."""
    group, city = p.near(p.size(4, 45))
    kind = p.one(["cafe", "library"])
    unit, egress = p.kind(kind), p.internet.office(city)
    devices = [p.software.device(own=True) for _ in range(p.whole(2, 14))]
    for account in group:
        account.at(egress, p.rng.uniform(0.3, 5))
        account.join(unit, kind, close=False)
        for _ in range(p.whole(1, 3)):
            account.on(p.one(devices), p.rng.uniform(0.3, 2))


def small_program(p: Platform) -> None:
    """Use a program that few know, perhaps with a client string of its own, perhaps by the clock."""
    unit, templates = p.kind("small_program"), p.software.templates(p.whole(2, 10))
    agent = f"{p.one(WORDS)}{p.one(WORDS)}/{p.whole(0, 3)}.{p.whole(0, 9)}"
    own, clock = p.chance(0.4), p.chance(0.15)
    for account in p.some(p.size(2, 14)):
        p.program(account, unit, templates, "small_program")
        if own:
            account.agent = agent
        if clock:
            account.jobs.append(Job(np.floor(np.arange(p.days)) + 0.25, 0.8, 60, templates))


def tutorial(p: Platform) -> None:
    """Copy a prompt or some, in a wave of days."""
    rng, unit, templates, begun = (
        p.rng,
        p.kind("tutorial"),
        p.software.templates(p.whole(1, 3)),
        p.rng.uniform(0, p.days),
    )
    for account in p.some(p.size(3, 70)):
        account.ask(templates, rng.uniform(0.2, 2), begun, begun + rng.exponential(8) + 1)
        account.join(unit, "tutorial", close=False)


def gift_card(p: Platform) -> None:
    """Hand on a gift card, or a number that was given out again."""
    group, unit, card = p.some(p.whole(2, 8)), p.kind("gift_card"), p.card()
    for account, time in zip(group, np.sort(p.rng.uniform(0, p.days, len(group))), strict=True):
        account.cards.append(Use(0.2, card, time, time + 2))
        account.join(unit, "gift_card", close=False)


def used_device(p: Platform) -> None:
    """Sell a device."""
    seller, buyer = p.some(2)
    unit, device, time = p.kind("used_device"), p.software.device(own=True), p.rng.uniform(0, p.days)
    seller.on(device, 1.5, until=time)
    buyer.on(device, 1.5, since=time + 0.5)
    for account in (seller, buyer):
        account.join(unit, "used_device", close=False)


def moved_house(p: Platform) -> None:
    """Move into the address of a former tenant."""
    group, city = p.near(2)
    if len(group) < 2:
        return
    unit, time = p.kind("moved_house"), p.rng.uniform(0, p.days)
    home = Fixed(int(p.rng.choice(city.providers[0].pool)))
    group[0].at(home, 2, until=time)
    group[1].at(home, 2, since=time + 1)
    for account in group:
        account.join(unit, "moved_house", close=False)


def migrants(p: Platform) -> None:
    """Come from elsewhere in hours or days, half with the same templates."""
    rng, unit, templates = p.rng, p.kind("migrants"), p.software.templates(p.whole(1, 3))
    begun, length = rng.uniform(0, p.days * 0.8), p.one([0.1, 1, 6])
    for account in p.some(p.size(30, 250)):
        if account.unit is None:
            account.begin(min(p.days - 0.2, begun + rng.uniform(0, length)))
            account.end = p.days
        account.join(unit, "migrants", close=False)
        if p.chance(0.5):
            account.ask(templates, 1.5, begun, EVER)


def ci_job(p: Platform, account: Account) -> None:
    """Run a daily job behind a CI service, at a full hour or not."""
    k, time = int(p.rng.integers(2)), p.one([p.rng.random(), p.whole(0, 23) / 24])
    egress = Pool(p.internet.ci[k])
    account.at(egress)
    account.join(f"ci{k}", "ci", close=False)
    times = np.floor(np.arange(p.days)) + time
    account.jobs.append(Job(times, 0.9, 40, account.templates[-1].what, egress))


def changed_employer(p: Platform) -> None:
    """Leave a firm for another."""
    k, other = p.rng.choice(len(p.firms), 2, replace=False)
    account, new, time = p.one(p.firms[k].staff), p.firms[other], p.rng.uniform(0.2, 0.8) * p.days
    account.at(new.office, 4, since=time)
    account.ask(new.templates, 3, since=time)
    account.join(*new.unit[:2])


OFTEN = (
    (coworking, 3, 12, False), (conference, 1, 4, False), (hackathon, 1, 4, False), (public_room, 2, 8, False),
    (small_program, 15, 120, True), (tutorial, 5, 30, True), (gift_card, 5, 40, False), (used_device, 10, 60, False),
    (moved_house, 10, 60, False), (migrants, 1, 3, False),
)  # fmt: skip
"""What happens, at least and at most how often, and whether the more, the more accounts there are."""


def happen(p: Platform) -> None:
    """Let strangers meet; in a world of few accounts, less often."""
    scale = p.accounts / USUAL
    for event, low, high, grows in OFTEN:
        factor = scale if grows else min(1, scale)
        factor *= 2.5 if event is small_program and p.world == "programs" else 1
        for _ in range(max(1, int(p.whole(low, high) * factor))):
            event(p)
    many = len(p.people)
    for account in p.some(int(0.03 * many)):
        ci_job(p, account)
    for account in p.some(int(0.01 * many)):
        account.phone = p.one(p.sms)
        account.join("sms", "sms", close=False)
    for account in p.some(int(0.06 * many)):
        account.inviter = account.inviter or p.some(1)[0]
    known = p.some(1)[0]
    for account in p.some(int(p.whole(10, 119) * min(1, scale))):
        account.inviter = known
    for _ in range(p.whole(2, 15) if len(p.firms) > 1 else 0):
        changed_employer(p)
