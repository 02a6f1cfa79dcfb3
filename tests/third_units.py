"""The innocent of the worlds by a third hand (`third_hand`): a function makes one unit of its kind on a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from third_things import DAY, HOUR
from third_world import FIRST_NAMES, LAST_NAMES, Habits, Job, Person, Place, Requests, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from third_world import Account, Platform

OFFICE = (13, 2.3)


def crowd(p: Platform) -> None:
    """Make one who belongs to nobody."""
    p.person(p.unit("crowd"), Person())


def several_accounts(p: Platform) -> None:
    """Make one person with two or three accounts: at one home, often with one card, one script, names alike."""
    unit, home, devices, card = p.unit("person with several accounts"), p.internet.home(), _machines(p, 1, 3), p.card()
    born, name, zone = p.born(), p.mail().split("@")[0], p.zone()
    one_card, alike, at_once = p.chance(0.6), p.chance(0.6), p.chance(0.3)
    templates = p.things("t", 4) if p.chance(0.4) else []
    habits = Habits(zone=zone, templates=templates, share=0.3)
    for k in range(p.whole(2, 4)):
        later = (p.whole(60, 900) if at_once else p.after(20 * DAY)) * k
        places = [Place(home)] + [Place([p.internet.fixed()])] * (k == 1 and p.chance(0.5))
        provider = p.provider() if k == 0 or p.chance(0.5) else p.domain()
        mail, cards = f"{name}@{provider}" if alike else p.mail(), [card] if one_card else []
        p.person(unit, Person(mail, places, devices, p.in_time(born + later), cards, habits=habits))


def _machines(p: Platform, low: int, below: int) -> list[str]:
    return [p.software.device() for _ in range(p.whole(low, below))]


def couple(p: Platform) -> None:
    """Make two people of one home, or three to five who share a flat: perhaps a laptop, a card, a name."""
    unit, home, shared, card = p.unit("couple"), [Place(p.internet.home())], [p.software.device()], p.card()
    born, last, zone, laptop, joint = p.born(), p.one(LAST_NAMES), p.zone(), p.chance(0.4), p.chance(0.4)
    for k in range(p.one([2, 2, 2, 3, 4, 5])):
        mail = f"{p.one(FIRST_NAMES)}.{last}{p.whole(0, 99)}@{p.provider()}" if p.chance(0.4) else ""
        devices = [p.software.device()] + shared * laptop
        opened = p.in_time(born + p.whole(60, 3600) * k) if p.chance(0.25) else None
        p.person(unit, Person(mail, home, devices, opened, [card] * joint, habits=Habits(zone=zone)))


def family(p: Platform) -> None:
    """Make a family of three to six: one home, one tablet, one card; a parent may open all accounts in one sitting."""
    unit, home, tablet, card = p.unit("family"), [Place(p.internet.home())], [p.software.device()], p.card()
    born, last, zone, alike, one_sitting = p.born(), p.one(LAST_NAMES), p.zone(), p.chance(0.5), p.chance(0.4)
    templates = p.things("t", 3) if p.chance(0.3) else []
    for k in range(p.whole(3, 7)):
        mail = f"{p.one(FIRST_NAMES)}.{last}@gmail.com" if alike and p.chance(0.8) else ""
        devices = tablet + [p.software.device()] * p.chance(0.6)
        opened = born + k * p.whole(60, 400) if one_sitting else None
        habits = Habits(p.wide(0.3, 5), zone, templates, 0.2)
        p.person(unit, Person(mail, home, devices, opened, [card], 0.8, habits=habits))


class Firm(NamedTuple):
    """What is a firm's own."""

    unit: Unit
    domain: str
    card: str
    founded: int
    at_once: bool
    offices: Place
    desks: list[str]
    one_desktop: bool
    habits: Habits
    jobs: Job | None
    job_owners: float


def firm(p: Platform, kind: str = "firm", **settled: bool) -> list[Account]:
    """Make a firm: one egress, often a domain, a card, templates, jobs on machines of its CI; return its accounts."""
    own = {"own_mail": p.chance(0.7), "one_card": p.chance(0.5), "jobs": p.chance(0.4), "at_once": p.chance(0.4),
           "new": p.chance(0.4)} | settled  # fmt: skip
    of = _founded(p, p.unit(kind), own)
    staff: list[Account] = []
    size = p.count(3, 31)
    for k in range(size):
        later = k * p.between(20, HOUR / size) if of.at_once else p.after(30 * DAY)
        born = int(of.founded + later) if of.founded + later < p.end - DAY else of.founded + k * 60
        staff.append(_employee(p, of, born, staff[0].account_id if staff and p.chance(0.9) else ""))
    return staff


def _founded(p: Platform, unit: Unit, own: dict[str, bool]) -> Firm:
    zone = p.zone()
    day = p.whole(p.start, p.end - 6 * DAY) if own["new"] else int(p.start - p.wide(3, 400) * DAY)
    founded = day // DAY * DAY + (10 - zone) * HOUR + p.whole(0, HOUR)
    templates = p.templates(2, 30) if p.chance(0.7) else []
    return Firm(
        unit, p.domain() if own["own_mail"] else "", p.card() if own["one_card"] else "", founded, own["at_once"],
        Place([p.internet.fixed() for _ in range(p.one([1, 1, 1, 2, 3]))], 2, pool=True),
        [p.software.device() for _ in range(3)] if p.chance(0.25) else [], p.chance(0.12),
        Habits(None, zone, templates, p.between(0.05, 0.7), 0.08, OFFICE),
        _jobs_of_ci(p) if own["jobs"] else None, p.between(0.2, 1),
    )  # fmt: skip


def _jobs_of_ci(p: Platform) -> Job:
    """Return jobs on a firm's few rented machines; `at` of -1: each job at its own second."""
    runners = p.count(1, 6)
    machines = [p.internet.cloud() for _ in range(runners)], [p.software.device() for _ in range(runners)]
    every, at = p.one([300, 600, 900, 3600]), 0 if p.chance(0.5) else -1
    return Job(every, p.templates(1, 12), *machines, p.software.library(), at, p.wide(2, 60))


def _employee(p: Platform, of: Firm, born: int, invited: str) -> Account:
    homes = [Place(p.internet.home(), p.between(0.2, 2))] if p.chance(0.6) else []
    devices = of.desks[:1] if of.one_desktop and of.desks else [p.software.device(), *of.desks]
    cards, pays = ([of.card], 0.95) if of.card else ([], None)
    places = [of.offices, *homes]
    one = p.person(of.unit, Person(p.mail(of.domain), places, devices, born, cards, pays, invited, of.habits))
    if of.jobs and p.chance(of.job_owners):
        at = p.whole(0, of.jobs.every) if of.jobs.at < 0 else 0
        since = max(born, p.end - int(p.wide(2, 30) * DAY))
        p.run(one, of.jobs._replace(at=at, since=since, nightly=p.chance(0.7)))
    if homes and p.chance(0.1):
        p.person(p.unit("partner of an employee"), Person(places=homes))
    return one


def new_firm(p: Platform) -> None:
    """Make a firm that is new and opened all accounts at once."""
    firm(p, "new firm", at_once=True, new=True)


def firm_with_ci(p: Platform) -> None:
    """Make a firm with jobs, as often on free mail as not."""
    firm(p, "firm with CI", jobs=True, own_mail=p.chance(0.5))


def firm_on_free_mail(p: Platform) -> None:
    """Make a new firm without a domain, with one card."""
    firm(p, "firm on free mail", own_mail=False, new=True, one_card=True)


def research_group(p: Platform) -> None:
    """Make a research group: one grant's card, a cluster behind one egress, jobs day and night, all of it new."""
    unit, egress, card = p.unit("research group"), [p.internet.fixed()], p.card()
    nodes, born = [p.software.device() for _ in range(p.count(1, 8))], p.whole(p.start, p.end - 7 * DAY)
    domain = p.domain(("edu", "ac.uk", "de")) if p.chance(0.6) else ""
    job = Job(p.one([60, 120, 300, 600]), p.templates(1, 10), egress, nodes, p.software.library())
    deadline = p.chance(0.5)
    for _ in range(p.whole(3, 10)):
        opened = born + p.after(3 * HOUR if p.chance(0.6) else 4 * DAY)
        places, habits = [Place(egress, 2), Place(p.internet.home())], Habits(p.wide(0.5, 6), 1)
        one = p.person(unit, Person(p.mail(domain), places, [], p.in_time(opened), [card], 1, habits=habits))
        since = min(one.created_at + p.after(DAY), p.end - 2 * DAY)
        until = since + p.wide(1, 8) * DAY if deadline else None
        p.run(one, job._replace(at=p.whole(0, job.every), late=p.wide(1, 40), since=since, until=until))


def school(p: Platform) -> None:
    """Make a school: classes in one room of computers at one hour of the week, exercises, mail by class, one image."""
    unit, address, rooms = p.unit("school"), p.internet.fixed(), _machines(p, 15, 32)
    domain, zone, size = p.domain(("edu", "sch.uk", "de")) if p.chance(0.6) else "", p.zone(), p.whole(15, 31)
    devices = rooms[:1] if p.chance(0.3) else rooms
    pupils = p.count(50, 300)
    for number in range(0, pupils, size):
        weekday, hour = p.whole(0, 5), p.whole(8, 16) - zone
        lessons = [day + hour * HOUR for day in p.weekdays(weekday)]
        exercises = [p.templates(2, 8) for _ in lessons]
        for k in range(min(size, pupils - number)):
            mail = p.mail(domain) if domain or p.chance(0.7) else f"class{number // size}.{k:02d}@gmail.com"
            born = lessons[0] + p.whole(60, 900)
            one = p.account(unit, Person(mail, [Place([address])], born=born))
            _attend(p, one, lessons, exercises, [devices[k % len(devices)], *rooms])
            if p.chance(0.3):
                habits = Habits(p.wide(0.2, 3), zone, hour=(17, 2))
                p.work(one, [Place(p.internet.home())], _machines(p, 1, 2), habits)
    p.crowded = address


def _attend(p: Platform, one: Account, lessons: list[int], exercises: list[list[str]], seats: list[str]) -> None:
    for lesson, exercise in zip(lessons, exercises, strict=True):
        n = int(p.rng.poisson(12))
        if p.chance(0.93):
            times = lesson + p.rng.uniform(60, 2700, n)
            sent, seat = p.prompts(n, exercise, p.between(0.3, 0.9)), seats[0] if p.chance(0.8) else p.one(seats)
            p.put(one, Requests(times, one.signup_ip, seat, p.software.browser(one.signup_ip), sent))


def agency(p: Platform) -> None:
    """Make an agency that runs its clients' accounts: one office, shared machines, a library of templates, jobs."""
    unit, office = p.unit("agency"), Place([p.internet.fixed() for _ in range(p.one([1, 1, 2]))], 2, pool=True)
    staff, templates, zone, card = (
        [p.software.device() for _ in range(p.count(1, 8))],
        p.templates(3, 25),
        p.zone(),
        p.card(),
    )
    begun = int(p.start - p.wide(1, 300) * DAY)
    bills, jobs, same, own_mail, by_role, quick = (p.chance(share) for share in (0.4, 0.5, 0.5, 0.6, 0.4, 0.3))
    job = Job(3600, templates, [p.internet.cloud()], _machines(p, 1, 2), p.software.library(), late=20)
    for _ in range(p.count(4, 30)):
        born = p.in_time(begun + p.after((0.3 if quick else 60) * DAY), 2)
        role = own_mail and (by_role or p.chance(0.2))
        domain = p.domain() if own_mail else ""
        mail = f"{p.one(['ai', 'info', 'marketing', 'it'])}@{domain}" if role else p.mail(domain)
        client = p.account(unit, Person(mail, [office], born=born))
        share = p.between(0.2, 0.9)
        p.work(client, [office], staff, Habits(p.wide(0.5, 8), zone, templates, share, 0.05, OFFICE))
        if p.chance(0.6):
            p.work(client, [Place(p.internet.home())], _machines(p, 1, 2), Habits(p.wide(0.2, 4), zone))
        if jobs:
            every, at = p.one([3600, 900, 600]), 0 if same else p.whole(0, 600)
            p.run(client, job._replace(every=every, at=at, since=max(born, p.end - int(p.wide(3, 30) * DAY))))
        p.pay(client, [card] if bills else [p.card()], 0.95)


def hackathon(p: Platform) -> None:
    """Make a hackathon: strangers in a hall open accounts in two hours and work day and night, some on one card."""
    unit, zone, code, sponsored = p.unit("hackathon"), p.zone(), p.card(), p.chance(0.4)
    hall = Place([p.internet.fixed() for _ in range(p.one([1, 2, 4]))], pool=True)
    given, library = p.templates(1, 6), p.software.library()
    begun = p.one(p.weekdays(5)[:2]) + (9 - zone) * HOUR
    theirs, every = given, 60
    for k in range(p.count(60, 220)):
        if k % 4 == 0:
            theirs, every = p.things("t", 3), p.whole(60, 900)
        born, device = begun + int(p.rng.beta(1.3, 2) * 7200), _machines(p, 1, 2)
        one = p.account(unit, Person(places=[hall], born=born))
        for _ in range(2):
            habits = Habits(
                p.wide(8, 50), zone, given + theirs, p.between(0.1, 0.8), 1, (15, 5), born, begun + 33 * HOUR
            )
            p.work(one, [hall], device, habits)
        if p.chance(0.25):
            since, until = begun + p.whole(4, 20) * HOUR, begun + 32 * HOUR
            p.run(one, Job(every, theirs, [p.one(hall.ips)], device, library, since=since, until=until))
        if p.chance(0.2):
            p.work(one, [Place(p.internet.home())], device, Habits(p.wide(0.2, 2), since=begun + 2 * DAY))
        p.pay(one, [code] if sponsored else [p.card()], 1 if sponsored else 0.2)


def internet_cafe(p: Platform) -> None:
    """Make the guests of an internet café: strangers on a dozen machines behind one line."""
    unit, machines, line, zone = p.unit("internet cafe"), _machines(p, 4, 14), p.internet.home(), p.zone()
    for _ in range(p.count(20, 120)):
        places = [Place(line, 2)] + [Place(p.internet.home())] * p.chance(0.4)
        p.person(unit, Person("", places, machines, pays=0.15, habits=Habits(p.wide(0.2, 4), zone)))


def office_vpn(p: Platform) -> None:
    """Make a large company that lets hundreds out by a few addresses, half of them with its mail."""
    unit, domain, zone, templates = p.unit("office VPN"), p.domain(), p.zone(), p.things("t", 20)
    exits = Place([p.internet.fixed() for _ in range(p.whole(1, 5))], 2, pool=True)
    for _ in range(p.count(60, 400)):
        mail = p.mail(domain if p.chance(0.5) else "")
        habits = Habits(p.wide(0.2, 4), zone, templates if p.chance(0.5) else (), 0.2)
        p.person(unit, Person(mail, [exits, Place(p.internet.home())], habits=habits))
    p.crowded = exits.ips[0]


def program_by_cron(p: Platform) -> None:
    """Make the users of one program: strangers whose machines send its templates every five or ten minutes."""
    unit, templates, every = p.unit("program by cron"), p.templates(1, 10), p.one([300, 300, 600, 900])
    hosts = [p.internet.cloud() for _ in range(p.count(2, 40))] if p.chance(0.5) else []
    image = p.things("d", 1) if p.chance(0.3) else []
    job = Job(every, templates, [], image, p.software.library(), scattered=True)
    newer = templates + p.things("t", 2) if p.chance(0.5) else templates
    released = p.start + p.whole(2, p.days - 4) * DAY
    for _ in range(p.count(40, 250)):
        by_release = released + p.after(1.5 * DAY) if p.chance(0.3) and released < p.end - 6 * DAY else p.born()
        born, home = by_release if by_release < p.end - DAY else p.born(), p.internet.home()
        one = p.account(unit, Person(p.mail(p.domain() if p.chance(0.2) else ""), [Place(home)], born=born))
        rented = [p.one(hosts)] if hosts and p.chance(0.8) else [p.internet.cloud()] if p.chance(0.5) else home[:1]
        p.run(one, job._replace(
            templates=newer if p.chance(0.5) else templates, ips=rented, devices=image or _machines(p, 1, 2),
            late=p.wide(1, 20), since=max(born, p.end - int(p.wide(1, 40) * DAY)), share=p.between(0.6, 1),
        ))  # fmt: skip
        if p.chance(0.4):
            p.work(one, [Place(home)], _machines(p, 1, 2), Habits(p.wide(0.2, 3)))
        p.pay(one, [p.card()])


def promotion(p: Platform) -> None:
    """Make those who come by an offer: hundreds within ten minutes, by one link, trying the same examples."""
    unit, begun = p.unit("promotion"), p.start + p.whole(1, p.days - 3) * DAY + p.whole(0, DAY)
    examples = p.templates(1, 4) if p.chance(0.6) else []
    by = p.people[0].account_id if p.chance(0.5) and p.people else ""
    for _ in range(p.count(100, 500)):
        born = begun + int(p.rng.beta(1, 2) * 600)
        devices = _machines(p, 1, 2)
        one = p.person(unit, Person("", [], devices, born, invited=by, habits=Habits(p.wide(0.1, 3))))
        if examples:
            times = born + p.rng.exponential(200, p.whole(1, 5)).cumsum()
            sent = p.prompts(len(times), examples, 1)
            p.put(one, Requests(times, one.signup_ip, devices[0], p.software.browser(devices[0]), sent))


def course(p: Platform) -> None:
    """Make an online course: strangers at home, many enrolled one evening, in live sessions with exercises."""
    unit, begun = p.unit("course"), p.start + p.whole(0, 8) * DAY + p.whole(0, 24) * HOUR
    sessions = list(range(begun, p.end, 7 * DAY if p.chance(0.5) else 2 * DAY))[:8]
    exercises = [p.templates(1, 6) for _ in sessions]
    for _ in range(p.count(20, 120)):
        born, home, device = begun + p.after(900) if p.chance(0.5) else p.born(), p.internet.home(), _machines(p, 1, 2)
        one = p.person(unit, Person("", [Place(home)], device, born, habits=Habits(p.wide(0.1, 2))))
        for k, (session, exercise) in enumerate(zip(sessions, exercises, strict=True)):
            if p.chance(0.8):
                n = int(p.rng.poisson(8))
                times = session + np.sort(p.rng.integers(0, 60, n)) * 60 + p.rng.exponential(25, n)
                sent = p.prompts(n, exercise, 0.9)
                p.put(one, Requests(times, home[k % len(home)], device[0], p.software.browser(device[0]), sent))


def qa_team(p: Platform) -> None:
    """Make test accounts: one egress, few machines, jobs by the clock, numbered mail, perhaps of the public."""
    unit, domain, egress, card = p.unit("QA team"), p.domain(), [p.internet.fixed()], p.card()
    machines, every = [p.software.device() for _ in range(p.count(1, 5))], p.one([300, 900, 3600, 14400])
    job = Job(every, p.templates(1, 12), egress, machines, p.software.library(), late=3)
    style, born = p.whole(0, 3), p.in_time(p.born(), 3)
    for k in range(p.count(5, 40)):
        mail = [f"qa+{k}@{domain}", f"test{k:02d}@{domain}", f"{p.one(FIRST_NAMES)}.test+{k}@gmail.com"][style]
        opened = born + p.whole(30, 200) * k if p.chance(0.6) else born + p.after(DAY)
        one = p.account(unit, Person(mail, [Place(egress)], born=opened))
        p.run(one, job._replace(at=p.whole(0, 30), nightly=p.chance(0.2)))
        p.pay(one, [card], 0.5)


def coworking(p: Platform) -> None:
    """Make the guests of a shared office: strangers by day behind one address."""
    unit, office, zone = p.unit("coworking"), Place([p.internet.fixed()]), p.zone()
    for _ in range(p.count(10, 60)):
        mail = p.mail(p.domain() if p.chance(0.4) else "")
        habits = Habits(zone=zone, weekend=0.2, hour=(13, 2.5))
        p.person(unit, Person(mail, [office, Place(p.internet.home())], habits=habits))


UNITS: dict[Callable[[Platform], object], float] = {
    several_accounts: 20, couple: 20, family: 6, firm: 2.5, new_firm: 0.8, firm_with_ci: 0.8, firm_on_free_mail: 0.6,
    research_group: 0.6, school: 0.17, agency: 0.5, hackathon: 0.11, internet_cafe: 0.14, office_vpn: 0.1,
    program_by_cron: 0.17, promotion: 0.1, course: 0.14, qa_team: 0.3, coworking: 0.28,
}  # fmt: skip
"""How many units of each kind are expected among a thousand accounts, before the world's own taste."""
