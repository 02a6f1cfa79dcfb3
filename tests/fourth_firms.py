"""Firms of the worlds by a fourth hand (`fourth_hand`): offices, remote ones, call centres, their contractors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from fourth_people import Account, Firm, Job, Platform, Settled, Unit, Use
from fourth_things import LAST, WORDS, Fixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fourth_things import City, Device
    from numpy.typing import NDArray


class Kind(NamedTuple):
    """What is settled of a firm: `new` while we look, `at_once`: all accounts in hours, `free`: without a domain."""

    name: str
    office: bool = True
    remote: bool = False
    new: float = 0.2
    at_once: bool = False
    free: float = 0.22


class Ways(NamedTuple):
    """How a firm works; shares are of its staff."""

    city: City
    domain: str
    opened: float
    office: Fixed
    vpn: Fixed | None
    cards: list[str]
    pays: float
    departments: list[NDArray[Any]]
    tasks: float
    client: str
    clients: float
    servers: Fixed | None
    serving: float
    clock: bool
    apart: float
    desks: Sequence[Device]
    shots: NDArray[np.float64]


def _ways(p: Platform, kind: Kind, n: int) -> Ways:
    rng, net, city = p.rng, p.internet, p.internet.city()
    shots = p.times(5, 90)
    if p.chance(0.5):  # at full hours, or some quarters after
        shots = np.round(shots * 24) / 24 + p.whole(0, 2) * 0.25 / 24
    new = p.chance(kind.new)
    return Ways(
        city=city,
        domain="" if p.chance(kind.free) else f"{p.name()}.{p.one(['com', 'io', 'ai', 'de', 'co'])}",
        opened=float(rng.uniform(0, p.days * 0.6)) if new else -float(rng.exponential(300)) - 1,
        office=net.office(city, p.one([1, 1, 1, 2, 3])),
        vpn=Fixed(net.cloud()) if p.chance(0.25) else None,
        cards=[p.card() for _ in range(p.one([1, 1, 2, 3]))],
        pays=p.one([0, 0.3, 0.9, 1]),
        departments=[p.software.templates(p.whole(2, 11)) for _ in range(max(1, n // 12))],
        tasks=p.one([0.2, 0.6, 0.95]),
        client=p.software.client(),
        clients=rng.random(),
        servers=Fixed(*(net.cloud() for _ in range(p.whole(1, 3)))) if p.chance(0.5) else None,
        serving=rng.uniform(0.05, 0.6),
        clock=p.chance(0.35),
        apart=p.one([0.0, rng.uniform(300, 14400)]),
        desks=[p.software.device(own=True) for _ in range(max(2, n // 3))] if p.chance(0.12) else [],
        shots=shots,
    )


def firm(p: Platform, kind: Kind, n: int) -> list[Account]:
    """Make a firm, and return its staff."""
    ways, unit = _ways(p, kind, n), Unit(p.kind(kind.name), kind.name)
    staff: list[Account] = []
    for k in range(n):
        account = p.person(
            Settled(
                None if kind.remote else ways.city, created=_opened(p, kind, ways.opened), domain=ways.domain,
                hours="office" if p.chance(0.7) else "",
            )
        )  # fmt: skip
        account.join(*unit[:2])
        _employ(p, account, kind, ways)
        _serve(p, account, ways, ways.departments[k % len(ways.departments)])
        staff.append(account)
        if k and p.chance(0.06):
            account.inviter = staff[0]
        if p.chance(0.05):
            _family(p, account)
    p.firms.append(Firm(unit, staff, ways.office, ways.departments[0], ways.cards))
    return staff


def _opened(p: Platform, kind: Kind, first: float) -> float:
    rng = p.rng
    later = rng.uniform(0, 0.3) if kind.at_once else rng.exponential(3 if p.chance(0.4) else 150)
    if first + later < p.days - 1:
        return float(first + later)
    return float(first + rng.uniform(0, max(0.2, min(p.days - 1 - first, 5))))


def _employ(p: Platform, account: Account, kind: Kind, ways: Ways) -> None:
    rng = p.rng
    if p.chance(0.5) and account.banned is None:
        account.end = p.days
    if kind.office:
        account.at(ways.office, rng.uniform(0.5, 6))
    if p.chance(ways.pays):
        account.cards = [Use(rng.uniform(0.03, 0.15), p.one(ways.cards))]
    elif p.chance(0.5):
        account.cards = []
    if ways.vpn is not None and p.chance(0.6):
        account.at(ways.vpn, rng.uniform(0.5, 3))
    if p.chance(ways.clients):
        account.agent = ways.client
    if ways.desks and p.chance(0.8):
        for _ in range(2):
            account.on(p.one(ways.desks), 2)
    if kind.at_once:
        account.signup_from = ways.office if kind.office else None


def _serve(p: Platform, account: Account, ways: Ways, department: NDArray[Any]) -> None:
    """Let a member of the staff do the department's tasks, perhaps by a server and its jobs."""
    rng = p.rng
    if p.chance(ways.tasks):
        account.ask(department, rng.uniform(0.5, 5))
    if ways.servers is None or not p.chance(ways.serving):
        return
    account.at(ways.servers, rng.uniform(3, 20))
    account.rate = min(12, account.rate * 3)
    if ways.clock:
        account.hours, account.weekend = p.hours("flat")
    if p.chance(0.6):
        times = ways.shots + rng.uniform(0, ways.apart) / 86400
        account.jobs.append(Job(times, rng.uniform(0.3, 1), rng.uniform(1, 90), department, ways.servers))


def _family(p: Platform, account: Account) -> None:
    """Give somebody of the staff one at home."""
    unit = p.kind("household")
    other = p.person(Settled(account.city, account.home, last=account.last))
    for each in (other, account):
        each.join(unit, "household")


def firm_office(p: Platform) -> None:
    """Make a firm with an office."""
    firm(p, Kind("firm_office"), p.size(3, 90))


def firm_remote(p: Platform) -> None:
    """Make a firm whose staff works from many cities."""
    firm(p, Kind("firm_remote", office=False, remote=True), p.size(3, 40))


def startup(p: Platform) -> None:
    """Make a firm that opens all its accounts within hours."""
    firm(p, Kind("startup_oneday", office=p.chance(0.8), new=0.6, at_once=True), p.size(4, 25))


def call_centre(p: Platform) -> None:
    """Shifts round the clock behind one egress, often on free mail."""
    for account in firm(p, Kind("call_centre", free=0.6), p.size(8, 60)):
        account.hours, account.weekend = ((np.arange(24) - p.whole(0, 2) * 8) % 24 < 8) + 0.01, 1.0


def contractors(p: Platform) -> None:
    """Those who work for a firm for a while."""
    if not p.firms:
        return
    rng, unit, of = p.rng, p.kind("contractors"), p.one(p.firms)
    for _ in range(p.whole(2, 7)):
        account = p.person()
        account.join(*of.unit[:2])
        account.join(unit, "contractors")
        account.ask(of.templates, rng.uniform(1, 5))
        if p.chance(0.5):
            account.at(of.office, 0.6)
        if p.chance(0.3):
            account.cards = [Use(0.07, of.cards[0])]


def franchise(p: Platform) -> None:
    """Branches in many towns, each behind its own address, with one card and common templates."""
    rng, net, unit, card = p.rng, p.internet, p.kind("franchise"), p.card()
    templates, domain = p.software.templates(p.whole(1, 7)), f"{p.one(WORDS)}{p.one(LAST)}.com"
    domain = domain if p.chance(0.6) else ""
    numbered, brand = p.chance(0.5), f"{p.one(WORDS)}{p.one(LAST)}"
    created, roll_out = p.created(), p.one([0.2, 5, 100])
    for k in range(p.size(5, 60)):
        city = net.city()
        opened = min(p.days - 1, created + rng.uniform(0, roll_out))
        account = p.person(Settled(city, net.office(city), domain=domain, hours="day", created=opened))
        account.join(unit, "franchise")
        if numbered:
            account.email = f"{brand}.branch{k + 1}@{domain or 'gmail.com'}"
        account.cards = [Use(0.05, card if p.chance(0.8) else p.card())]
        account.ask(templates, rng.uniform(0.5, 4))
