"""Honest units of the worlds by a fourth hand (`fourth_hand`): homes, agencies, assistants, testers, campuses."""

from __future__ import annotations

import numpy as np
from fourth_firms import call_centre, contractors, firm_office, firm_remote, franchise, startup
from fourth_people import Account, Campus, Course, Job, Platform, Settled, Use
from fourth_things import FIRST, LAST, WORDS, Fixed, Pool


def single(p: Platform) -> None:
    """Somebody who shares nothing but what strangers share."""
    p.person()


def household(p: Platform, kind: str = "household", most: int = 5) -> None:
    """Those who live together: some pay with one card, use one device, send each other's prompts."""
    rng, first, unit, kin = p.rng, p.person(), p.kind(kind), kind != "roommates"
    group = [first]
    for _ in range(p.whole(2, most) - 1):
        named = first.last if kin and p.chance(0.7) else ""
        along = p.chance(0.3) and first.created < p.days - 1
        opened = first.created + rng.uniform(0, 0.5) if along else None
        group.append(p.person(Settled(first.city, first.home, last=named, created=opened)))
    one_card, one_device, copy = kin and p.chance(0.5), p.chance(0.5 if kin else 0.15), p.chance(0.5)
    card, device = p.card(), p.software.device(own=True)
    for account in group:
        account.join(unit, kind)
        if one_card and p.chance(0.8):
            account.cards = [Use(rng.uniform(0.03, 0.1), card)]
        if one_device:
            account.on(device, rng.uniform(0.3, 2))
        if copy and p.chance(0.3):
            account.ask(first.templates[-1].what, 0.4)
    if p.chance(0.3):
        group[-1].inviter = first


def couple(p: Platform) -> None:
    """Two who live together."""
    household(p, "couple", 2)


def roommates(p: Platform) -> None:
    """Those who share a flat, and little else."""
    household(p, "roommates")


def family_cities(p: Platform) -> None:
    """Make a family in several cities, with one card."""
    unit, card, last, device = p.kind("family_cities"), p.card(), str(p.one(LAST)), p.software.device(own=True)
    for _ in range(p.whole(2, 5)):
        account = p.person(Settled(last=last if p.chance(0.7) else ""))
        account.join(unit, "family_cities")
        account.cards = [Use(p.rng.uniform(0.03, 0.1), card)]
        if p.chance(0.3):
            account.on(device, 0.2)


def same_person(p: Platform) -> None:
    """Somebody with two or three accounts, at once or because the older is lost."""
    rng, unit, before, first, lost = p.rng, p.kind("same_person"), p.person(), str(p.one(FIRST)), p.chance(0.4)
    before.join(unit, "same_person")
    for _ in range(p.one([1, 1, 1, 2])):
        account = p.person(Settled(before.city, before.home, first, before.last))
        account.join(unit, "same_person")
        account.sources, account.devices, account.agent = [*before.sources], [*before.devices], before.agent
        if p.chance(0.6):
            account.cards = [*before.cards]
        if p.chance(0.4):
            account.phone = before.phone
        if p.chance(0.6):
            account.templates = [*before.templates]
        if lost:
            gone = float(rng.uniform(0.1, 0.8) * p.days)
            before.end = min(before.end, gone)
            account.begin(gone + rng.uniform(0, 2))
            account.end, before = p.days, account


def bug_bounty(p: Platform) -> None:
    """Somebody who looks for holes, with test accounts of his own behind a VPN."""
    rng, unit, owner, templates = p.rng, p.kind("bug_bounty"), p.person(), p.software.templates(8)
    owner.join(unit, "bug_bounty")
    name, domain = owner.email.split("@")
    opened = float(rng.uniform(0, p.days * 0.7))
    for k in range(p.whole(2, 7)):
        account = p.person(Settled(owner.city, owner.home, created=opened + rng.uniform(0, 2), rate=0.5))
        account.join(unit, "bug_bounty")
        account.email, account.devices, account.cards = f"{name}+t{k}@{domain}", [*owner.devices], []
        account.sources = [Use(1.0, owner.home), Use(1.5, Pool(p.internet.vpns[0]))]
        account.ask(templates, 2)
        account.end = min(p.days, account.start + rng.uniform(1, 15))


def agency(p: Platform) -> None:
    """One team that runs its clients' accounts: each has a card and prompts of its own, many a domain."""
    rng, net, unit = p.rng, p.internet, p.kind("agency")
    city = p.one(net.cities)
    desk, server = net.office(city), Fixed(*(net.cloud() for _ in range(p.whole(1, 3))))
    base, devices = p.software.templates(p.whole(2, 9)), [p.software.device(own=True) for _ in range(p.whole(1, 4))]
    paid, card, client = rng.random() if p.chance(0.3) else 0.0, p.card(), p.software.client()
    paid = 1.0 if paid and p.chance(0.5) else paid
    clock, at_home, domains, shots = p.chance(0.4), p.chance(0.6), rng.random(), p.times(10, 80)
    apart, batch, opened = p.one([0.0, rng.uniform(300, 14400)]), p.chance(0.25), rng.uniform(0, p.days / 2)
    for _ in range(p.size(4, 70)):
        domain = f"{p.name(numbers=999, words=LAST)}.com" if p.chance(domains) else ""
        created = opened + rng.uniform(0, 1) if batch else None
        account = p.person(Settled(city if p.chance(0.5) else None, domain=domain, hours="office", created=created))
        account.join(unit, "agency")
        own = account.devices[:1] if at_home else []
        account.agent, account.devices = client, [Use(2.0, p.one(devices)), *own]
        account.sources = [Use(rng.uniform(1, 5), desk), Use(rng.uniform(1, 8), server)]
        if at_home:
            account.at(account.home, rng.uniform(0.2, 2))
        account.ask(base, rng.uniform(1, 4))
        account.ask(p.software.templates(4), rng.uniform(1, 4))
        account.cards = [Use(rng.uniform(0.04, 0.1), card if p.chance(paid) else p.card())]
        if clock:
            account.hours, account.weekend = p.hours("flat")
        if p.chance(0.5):
            times = shots + rng.uniform(0, apart) / 86400
            account.jobs.append(Job(times, rng.uniform(0.3, 0.9), rng.uniform(5, 600), base, server))


def assistant(p: Platform) -> None:
    """Make a virtual assistant who works in the accounts of some people."""
    rng, unit, helper, templates = p.rng, p.kind("assistant"), p.person(), p.software.templates(4)
    helper.join(unit, "assistant")
    for _ in range(p.whole(3, 8)):
        account = p.person()
        account.join(unit, "assistant")
        account.at(helper.home, rng.uniform(0.5, 4))
        account.on(helper.devices[0].what, rng.uniform(0.5, 3))
        account.ask(templates, rng.uniform(0.3, 2))


def testers(p: Platform) -> None:
    """The test accounts of a firm, behind its office and a CI service, all at full hours."""
    rng, net, unit, domain = p.rng, p.internet, p.kind("qa"), f"{p.one(WORDS)}{p.one(WORDS)}.io"
    office, ci = net.office(net.cities[0]), Pool(p.one(net.ci))
    templates, card, device = p.software.templates(p.whole(1, 5)), p.card(), p.software.device(own=True)
    created, plus, pays, hours = p.created(), p.chance(0.5), p.chance(0.4), int(p.days * 24)
    shots = np.sort(rng.choice(hours, min(hours, p.whole(10, 79)), replace=False)) / 24
    for k in range(p.size(3, 40)):
        opened = min(created + k * 0.002 + rng.uniform(0, 0.01), p.days - 0.5)
        account = p.person(Settled(created=opened, hours="flat", rate=0.3))
        account.join(unit, "qa")
        account.email = f"qa+{k}@{domain}" if plus else f"loadtest{k:03d}@{domain}"
        account.sources = [Use(1.0, office), Use(rng.uniform(0.5, 4), ci)]
        account.devices, account.templates, account.signup_from = [Use(1.0, device)], [Use(1.0, templates)], office
        account.jobs.append(Job(shots, 0.8, 20, templates, ci))
        account.cards, account.end = [Use(0.05, card)] if pays else [], p.days


def school_class(p: Platform) -> None:
    """Make a class whose accounts the teacher opens in one hour, and that works in lessons."""
    rng, unit, city = p.rng, p.kind("school_class"), p.one(p.internet.cities)
    egress, domain = p.internet.office(city), f"{p.one(WORDS)}school{p.whole(1, 98)}.org"
    created, templates = float(rng.uniform(-20, p.days * 0.7)), p.software.templates(p.whole(2, 7))
    lab, numbered = [p.software.device(own=True) for _ in range(12)], p.chance(0.5)
    lessons = created + np.arange(1, 9) * p.one([2, 3, 7])
    lessons = lessons[(lessons > 0) & (lessons < p.days)].repeat(4)
    for k in range(p.whole(12, 31)):
        account = p.person(Settled(city, created=created + k * 0.001, domain=domain, rate=0.2))
        account.join(unit, "school_class")
        account.sources, account.signup_from, account.cards = [Use(4.0, egress), account.sources[0]], egress, []
        if numbered:
            account.email = f"student{k + 1:02d}@{domain}"
        account.devices = [Use(1.0, p.one(lab)), Use(1.0, p.one(lab))]
        account.ask(templates, 4)
        account.jobs.append(Job(lessons, 0.8, 1800, templates, egress))
        account.end = p.days


def university(p: Platform) -> None:
    """Students behind few addresses, half of them in courses."""
    rng, net, unit, city = p.rng, p.internet, p.kind("university"), p.one(p.internet.cities)
    egress = Pool(net.block(p.one([1, 2, 4, 16, 64]), close=True))
    campus = Campus(egress, [_course(p) for _ in range(p.whole(2, 9))], [], f"{p.one(WORDS)}-uni.edu")
    dormitory = [net.home(city) for _ in range(6)]
    for _ in range(p.size(60, 500)):
        account = p.person(Settled(city, domain=campus.domain if p.chance(0.6) else ""))
        account.join(unit, "university")
        account.at(egress, rng.uniform(0.3, 4))
        campus.students.append(account)
        if p.chance(0.15):
            account.sources[0] = Use(1.0, p.one(dormitory))
        if p.chance(0.5):
            _attend(p, account, p.one(campus.courses), egress)
    p.campuses.append(campus)


def _course(p: Platform) -> Course:
    lab = [p.software.device(own=True) for _ in range(p.whole(4, 24))] if p.chance(0.4) else []
    return Course(
        p.kind("course"), p.software.templates(p.whole(1, 11)), p.rng.uniform(0, p.days * 0.8),
        p.rng.uniform(0, p.days * 0.6), p.chance(0.5), p.voucher() if p.chance(0.3) else "", lab,
    )  # fmt: skip


def _attend(p: Platform, account: Account, course: Course, egress: Pool) -> None:
    account.join(course.name, "course")
    account.ask(course.templates, p.rng.uniform(1, 8), course.begun, course.begun + p.rng.uniform(2, 14))
    account.end = p.days
    if course.new and p.chance(0.7):
        account.begin(course.opened + p.rng.uniform(0, 0.1))
        account.signup_from, account.templates = egress, account.templates[-2:]
    if course.voucher:
        account.cards = [Use(0.02, course.voucher, course.opened)]
    for _ in range(2 if course.lab else 0):
        account.on(p.one(course.lab), 1.5)
    if p.chance(0.3):
        times = np.sort(p.rng.uniform(course.begun, min(p.days, course.begun + 3), 15))
        account.jobs.append(Job(times, 0.5, 1500, course.templates, egress))


UNITS = {
    single: 60, household: 8, couple: 8, roommates: 4, family_cities: 4, same_person: 8, bug_bounty: 0.4,
    firm_office: 3, firm_remote: 1.6, startup: 0.8, call_centre: 0.4, contractors: 0.8, agency: 0.9, testers: 0.6,
    school_class: 0.35, franchise: 0.6, assistant: 1.2,
}  # fmt: skip
"""How many of each there are beside the others, about; of those alone up to 25 times as many."""
