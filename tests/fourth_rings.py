"""Rings of the worlds by a fourth hand (`fourth_hand`): what they share, where they hide, whom they touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from fourth_people import Account, Job, Ring, Settled, Use
from fourth_things import FREE_MAIL, WORDS, Fixed, Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from fourth_people import Campus, Platform
    from numpy.typing import NDArray

KINDS = ("shared_cards", "device_farm", "proxy_pool", "residential", "carrier", "ban_replace", "mixed80", "bridge_ring",
         "bridge_org", "campus_poison", "aged", "office_hours", "throwaway", "freemail", "framing")  # fmt: skip
LEVERS = {"card": 0.5, "device": 0.4, "ip": 0.5, "prompt": 0.8, "sync": 0.35, "phone": 0.2}
ALWAYS = {"shared_cards": {"card"}, "device_farm": {"device", "ip"}, "proxy_pool": {"ip"}}
SEEN_BY = {"card": "payments", "device": "device_id", "prompt": "prompt_hash"}
FRAMED = ("household", "firm_office", "couple", "family_cities")


class Plan(NamedTuple):
    """How a ring works; `mixed`: the share of its work that is like others'."""

    name: str
    kind: str
    n: int
    levers: set[str]
    mixed: float
    hours: str
    rate: float
    city: Any
    campaigns: list[NDArray[Any]]
    cards: list[str]
    devices: list[Any]
    proxies: NDArray[np.int64]
    sticky: bool
    phones: list[str]
    mail: Callable[[str], str]
    age: str
    opened: float
    opening: float
    shots: NDArray[np.float64]
    client: str
    referred: bool
    life: float
    campus: Campus | None


def _levers(p: Platform, kind: str) -> set[str]:
    """Return what the members share: at least two things that are seen where the records allow it."""
    levers = {lever for lever, share in LEVERS.items() if p.chance(share)} | ALWAYS.get(kind, set())
    hidden = {"ip"} if kind in ("residential", "carrier") else set()
    levers -= hidden
    seen = {"ip", *(lever for lever, column in SEEN_BY.items() if p.has[column])} - hidden
    for lever in p.rng.permutation(sorted(seen)):
        if len(levers & seen) < 2:
            levers.add(str(lever))
    return levers if len(levers & seen) > 1 else levers | {"ip"}


def _mail(p: Platform, kind: str, n: int) -> Callable[[str], str]:
    """Return how addresses are made of the ordinary one that an account has: kept, after a pattern, on domains."""
    way = p.one(["name", "pattern", "throw", "name"])
    way = {"throwaway": "throw", "freemail": p.one(["pattern", "name"])}.get(kind, way)
    many = p.one([p.whole(1, 3), max(1, int(n / p.rng.uniform(2, 10)))])
    domains = [f"{p.name(numbers=999)}.{p.one(['xyz', 'top', 'site', 'online'])}" for _ in range(many)]
    provider, word, longer = p.one(list(FREE_MAIL)), p.one(WORDS), p.chance(0.67)
    if way == "throw":
        return lambda _: p.mail(domain=p.one(domains))
    if way == "pattern":
        return lambda _: f"{word}{p.one(WORDS) if longer else ''}{p.whole(1000, 99998)}@{provider}"
    return lambda mail: mail


def _plan(p: Platform, kind: str, n: int) -> Plan:
    rng, net, soft = p.rng, p.internet, p.software
    kind = "carrier" if kind == "campus_poison" and not p.campuses else kind
    hosted = p.chance(0.6) or kind == "proxy_pool"
    many = max(2, int(n / rng.uniform(1.5, 10))) if hosted else max(2, n // 4)
    return Plan(
        name=p.kind(f"ring-{kind}"),
        kind=kind,
        n=n,
        levers=_levers(p, kind),
        mixed=rng.uniform(0.6, 0.8) if kind == "mixed80" else p.one([0, rng.uniform(0, 0.5)]),
        hours="office"
        if kind == "office_hours"
        else rng.choice(["flat", "office", "eve", "night"], p=[0.4, 0.3, 0.2, 0.1]),
        rate=p.rate * float(np.exp(rng.uniform(0.3, 1.8))),
        city=p.one(net.cities),
        campaigns=[soft.templates(p.whole(2, 15)) for _ in range(p.whole(1, 3))],
        cards=[p.card() for _ in range(max(1, int(n / rng.uniform(2, 9))))],
        devices=[soft.device(own=True) for _ in range(max(1, int(n / rng.uniform(2, 10))))],
        proxies=np.array([net.cloud() if hosted else int(rng.choice(net.homes)) for _ in range(many)]),
        sticky=p.chance(0.5),
        phones=[p.phone() for _ in range(max(1, n // 4))],
        mail=_mail(p, kind, n),
        age="aged" if kind == "aged" else str(rng.choice(["batch", "spread", "aged"], p=[0.4, 0.45, 0.15])),
        opened=float(rng.uniform(-10, p.days * 0.6)),
        opening=p.one([0.05, 1, 6, 15]),
        shots=p.times(20, 120),
        client=soft.client() if p.chance(0.7) else "",
        referred=p.chance(0.3),
        life=rng.uniform(2, 7),
        campus=p.one(p.campuses) if p.campuses else None,
    )


def ring(p: Platform, kind: str, n: int) -> None:
    """Make a ring of a kind."""
    of, group = _plan(p, kind, n), []
    for k in range(n):
        group.append(_member(p, of, k))
        if of.referred and k:
            group[-1].inviter = group[max(0, k - p.whole(1, 4))]
    TOUCHING.get(of.kind, _alone)(p, of, group)
    for account in p.some(p.whole(0, 3)):
        account.ask(of.campaigns[0][:1], 0.1)
        account.role = account.role or "stained"
    for _ in range(p.whole(0, 2) if n >= 8 and p.chance(0.4) else 0):
        _steal(p, group)
    p.rings.append(Ring(of.proxies, of.campaigns[0], of.cards[0]))


def _member(p: Platform, of: Plan, k: int) -> Account:
    rng = p.rng
    created = {"aged": -float(rng.exponential(300)) - 5, "batch": of.opened + rng.uniform(0, of.opening),
               "spread": float(rng.uniform(-25, p.days * 0.75))}[of.age]  # fmt: skip
    city = of.city if p.chance(0.6) else None
    account = p.person(Settled(city, created=min(created, p.days - 1), hours=of.hours, rate=of.rate))
    account.ring, account.role, account.units, account.unit = of.name, "worker", [], None
    account.banned, account.end, account.email = None, p.days, of.mail(account.email)
    if p.chance(0.5):
        account.start += rng.uniform(0, 0.2) * (p.days - account.start)
    _places(p, of, account)
    _work(p, of, account, of.campaigns[k % len(of.campaigns)])
    _things(p, of, account)
    _span(p, of, account, k)
    return account


def _places(p: Platform, of: Plan, account: Account) -> None:
    rng, net, home = p.rng, p.internet, account.home
    account.sources = []
    if of.kind == "residential":
        account.at(Pool(rng.choice(net.homes, 400)))
    elif of.kind == "carrier":
        account.at(Pool(of.city.carriers[0]))
    elif of.kind == "campus_poison" and of.campus is not None:
        account.at(of.campus.egress, 2)
    elif "ip" not in of.levers:
        account.at(Pool(p.one(net.vpns) if p.chance(0.5) else rng.choice(net.homes, 200)))
    if "ip" in of.levers:
        some = rng.choice(of.proxies, min(len(of.proxies), p.whole(2, 4))) if of.sticky else of.proxies
        account.at(Pool(some), 3)
    if p.chance(0.2):  # a slip
        account.at(home, 0.15)


def _work(p: Platform, of: Plan, account: Account, campaign: NDArray[Any]) -> None:
    own, account.templates = account.templates, []
    shared = "prompt" in of.levers
    account.ask(campaign if shared else p.software.templates(6), (1 - of.mixed) * 4)
    if of.mixed > 0:
        for use in own:
            account.ask(use.what, 4 * of.mixed / len(own))
        for _ in range(2):
            account.ask(p.software.program()[1], 2 * of.mixed)
    if "sync" in of.levers:
        share, late = p.rng.uniform(0.4, 0.9) * (1 - of.mixed), p.rng.uniform(2, 120)
        account.jobs.append(Job(of.shots, share, late, campaign if shared else own[-1].what))
    account.agent = of.client or account.agent


def _things(p: Platform, of: Plan, account: Account) -> None:
    rng, first = p.rng, account.devices[0].what
    account.cards = [Use(0.06, p.card())] if p.chance(0.6) else []
    if "card" in of.levers:
        account.cards = [
            Use(rng.uniform(0.06, 0.2), card) for card in dict.fromkeys([p.one(of.cards), p.one(of.cards)])
        ]
    account.devices = [Use(1.0, p.software.device(own=True))]
    if "device" in of.levers:
        account.devices = [Use(1.0, p.one(of.devices)) for _ in range(2)]
    if of.age == "aged":
        account.on(first, 0.05, until=0.0)
    if "phone" in of.levers:
        account.phone = p.one(of.phones)
    account.logins = 0.3


def _span(p: Platform, of: Plan, account: Account, k: int) -> None:
    """Settle when a member works: one after the other where accounts are banned and replaced."""
    rng = p.rng
    if of.kind == "ban_replace":
        lanes = max(1, int(of.n / max(2, p.days / of.life)))
        account.start = (k // lanes * of.life + rng.uniform(0, 0.3 * of.life)) % max(1, p.days - 1)
        account.end = min(p.days, account.start + of.life * rng.uniform(0.8, 1.1))
        account.banned = account.end if account.end < p.days - 0.5 else None
        if of.age != "aged":
            account.created = account.start - rng.uniform(0.02, 2)
    elif p.chance(0.1):
        account.banned = account.end = float(rng.uniform(min(account.start + 0.5, p.days), p.days))
    account.role = "worker" if account.banned is None else "burned"
    account.start = max(account.start, account.created)
    if of.kind != "ban_replace" and p.chance(0.15):
        account.end = min(account.end, account.start + rng.exponential(p.days / 3) + 1)


def _steal(p: Platform, group: list[Account]) -> None:
    """Charge a card whose owner goes on using it."""
    owners = [account for account in p.some(20) if account.cards]
    if owners:
        p.one(group).cards.append(Use(0.3, owners[0].cards[0].what))
        owners[0].role = owners[0].role or "victim"


def _alone(p: Platform, of: Plan, group: list[Account]) -> None:
    """Touch nobody."""


def _poison(p: Platform, of: Plan, group: list[Account]) -> None:
    """Look like students, some of whom try the ring's prompts."""
    if of.campus is None:
        return
    for account in group:
        if p.chance(0.7):
            account.ask(of.campus.courses[0].templates, 0.8)
        if p.chance(0.4):
            account.email = p.mail(domain=of.campus.domain)
    for k in p.rng.choice(len(of.campus.students), min(len(of.campus.students), 12), replace=False):
        _stain(of.campus.students[k], of, 0.15)


def _stain(account: Account, of: Plan, weight: float) -> None:
    account.ask(of.campaigns[0][:2], weight)
    account.role = "stained"


def _visit(p: Platform, of: Plan, group: list[Account]) -> None:
    """Work from a firm's office with its templates, too."""
    if not p.firms:
        return
    firm = p.one(p.firms)
    for account in group[: max(1, len(group) // 6)]:
        account.at(firm.office, 0.4)
        account.ask(firm.templates, 0.4)
    _stain(p.one(firm.staff), of, 0.3)


def _frame(p: Platform, of: Plan, group: list[Account]) -> None:
    """Visit the addresses of innocents, copy their prompts, and charge their cards once."""
    rng = p.rng
    victims = [each for each in p.some(400) if each.unit is not None and each.unit.kind in FRAMED]
    for victim in victims[: p.whole(3, 15)]:
        victim.role, time = "framed", float(rng.uniform(0, p.days - 1))
        last = victim.sources[-1].what
        home = last if isinstance(last, Fixed) and p.chance(0.5) else victim.home
        for k in rng.choice(of.n, min(of.n, p.whole(1, 4)), replace=False):
            group[k].at(home, 1.5, time, time + rng.uniform(0.5, 4))
            group[k].ask(victim.templates[-1].what, 0.5, time, time + 6)
        if victim.cards and p.chance(0.7):
            p.one(group).cards.append(Use(0.5, victim.cards[0].what, time, time + 2))


def _bridge(p: Platform, of: Plan, group: list[Account]) -> None:
    """Lend a few members to another ring."""
    del of
    if not p.rings:
        return
    other = p.one(p.rings)
    for account in group[: p.whole(1, 3)]:
        account.at(Pool(other.proxies[:2]))
        account.ask(other.campaign[:2], 0.3)
        if p.chance(0.6):
            account.cards.append(Use(0.1, other.card))


TOUCHING = {"campus_poison": _poison, "bridge_org": _visit, "framing": _frame, "bridge_ring": _bridge}
