"""The units of the worlds by a fifth hand (`fifth_hand`), innocent and rings: ordinary accounts that share things."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from fifth_people import DAY, HOUR, LAST, Net
from fifth_plans import HARD, INNOCENT, RING

if TYPE_CHECKING:
    from fifth_people import Account, Floats
    from fifth_plans import Plan
    from fifth_world import World

USUAL = 6500
"""Accounts in a world that has as many units as the plans say; others have them in proportion."""


@dataclass(frozen=True)
class Shared:
    """What is drawn once for a unit, and what its members share."""

    kind: str
    plan: Plan
    ring: str
    once: dict[str, float]  # of each range of the plan
    places: Net | None
    devices: list[str]
    cards: list[str]
    phones: list[str]
    bank: list[str]
    agent: str
    domain: str
    meets: Floats


def fill(w: World, *, hard: bool) -> None:
    """Put units, rings and a crowd into the world."""
    r, units = w.rng, {}
    for kind, plan in (INNOCENT | (HARD if hard else {})).items():
        for n in range(_many(w, *plan.count)):
            units[f"{kind}-{n}"] = members = unit(w, kind, plan, f"{kind}-{n}")
            if kind == "outage":
                _outage(w, members)
    kinds = r.choice(list(RING), max(1, min(len(RING), _many(w, 5, 12))), replace=False)
    names = {f"ring-{n}-{kind}": str(kind) for n, kind in enumerate(kinds)}
    rings = {name: unit(w, kind, RING[kind], name, name) for name, kind in names.items()}
    for name, members in rings.items():
        if names[name] == "ban_replace":
            _replaced(w, members)
        elif names[name] == "bridge":
            others = [those for other, those in rings.items() if other != name] if w.chance(0.5) else []
            others = others or sorted(units.values(), key=len)[-(len(units) // 5 + 1) :]  # the larger ones
            _bridge(w, members, others[r.integers(len(others))])
    while len(w.accounts) < w.size:
        w.crowd()
    for members in rings.values():  # a stolen card: its owner is an account too
        if members[0].cards and w.chance(0.2):
            w.accounts[-1 - int(r.integers(w.size // 13))].cards = [members[0].cards[0]]


def _many(w: World, low: float, high: float) -> int:
    """Draw how many there are, in proportion to the world."""
    return int(w.rng.integers(int(low), int(high) + 1) * w.size / USUAL + w.rng.random())


def unit(w: World, kind: str, plan: Plan, name: str, ring: str = "") -> list[Account]:
    """Add a unit: ordinary accounts, who then share what the plan says."""
    of = _shared(w, kind, plan, ring)
    opened = w.end - min(of.once["age"], w.days * 9) * DAY
    members: list[Account] = []
    for number in range(max(2, round(of.once["size"]))):
        one = w.single(kind, name)
        one.ring, one.late, one.zone = ring, of.once["late"], (members or [one])[0].zone
        if plan.mail != "free":
            one.mail = w.address(plan.mail, of.domain, number)
        _lives(w, of, one, opened)
        _comes(w, of, one)
        _uses(w, of, one)
        if members and w.chance(of.once["invited"]):
            one.referrer = members[0].id
        members.append(one)
    return members


def _shared(w: World, kind: str, plan: Plan, ring: str) -> Shared:
    r, once = w.rng, {name: w.draw(bounds) for name, bounds in vars(plan).items() if isinstance(bounds, tuple)}
    size = max(2, round(once["size"]))
    devices, cards, phones = (w.pool(once[name], size, kind) for name in ("devices", "cards", "phones"))
    own = f"{r.choice(['tool', 'app', 'sdk', 'runner'])}-{w.hex(4)}/{r.integers(1, 9)}.{r.integers(0, 20)}"
    places = w.home() if plan.net == "home" else Net(*w.place(plan), w.key()) if plan.net else None
    return Shared(
        kind,
        plan,
        ring,
        once,
        places,
        devices,
        cards,
        [f"+{int(x[:6], 16) % 98 + 1}{int(x[6:], 16) % 10**9 + 10**8}" for x in phones],
        [w.hex(16) for _ in range(round(once["bank"]))],
        own if w.chance(0.5) else str(r.choice(w.sdks)),
        f"{r.choice(LAST)}{w.hex(4)}.{r.choice(['com', 'io', 'org', 'xyz', 'net'])}",
        w.start + np.sort(r.uniform(0, w.days * DAY, r.poisson(once["meets"] * w.days))),
    )


def _lives(w: World, of: Shared, one: Account, opened: float) -> None:
    """Say when the account is opened, when it works, and when it ends."""
    r, once = w.rng, of.once
    if once["batch"] >= 0.1:
        one.created = opened + float(r.uniform(0, once["batch"])) * HOUR
    elif of.ring or one.created <= w.end - 7 * DAY:  # who came lately, did
        one.created = w.end - float(r.uniform(1, max(2, once["age"]))) * DAY
    one.created = min(one.created, w.end - HOUR * 12)
    one.until = min(w.end, max(one.created, w.start if of.plan.life[0] > 99 else 0) + once["life"] * DAY)
    one.hours = of.plan.hours if of.plan.hours != "human" else one.hours
    one.period = float(r.choice([6, 12, 24])) * HOUR
    one.rate *= once["busy"]
    one.meets = of.meets[r.random(len(of.meets)) < once["come"]]
    one.banned = one.until if w.chance(once["banned"]) else (0 if of.ring else one.banned)


def _comes(w: World, of: Shared, one: Account) -> None:
    """Let the account come by what the unit comes by, as often as the unit does."""
    if of.places:
        via, all_in_all = of.once["via"], sum(weight for _, weight in one.nets)
        places = of.places if of.plan.net == "home" else replace(of.places, key=w.key())
        one.nets = [*((net, weight * (1 - via)) for net, weight in one.nets), (places, via * all_in_all)]
        one.signup = places if w.chance(max(0.5, via)) else one.signup


def _uses(w: World, of: Shared, one: Account) -> None:
    """Give the account what the unit shares."""
    r, once = w.rng, of.once
    if of.devices and w.chance(once["farmed"]):
        keeps = not of.ring and w.chance(0.5)
        one.devices = [str(r.choice(of.devices)), *(one.devices[:1] if keeps else [])]
        if of.kind == "hot_desk":
            many = min(len(of.devices), int(r.integers(2, 12)))
            one.devices = [str(each) for each in r.choice(of.devices, many, replace=False)]
    if of.cards and w.chance(once["carded"]):
        one.cards = [str(r.choice(of.cards))]
    if of.phones:
        one.phone = str(r.choice(of.phones))
    if w.chance(once["agent"]):
        one.agents = [of.agent]
    if of.bank:
        one.bank = list(r.choice(of.bank, max(1, round(once["part"] * len(of.bank))), replace=False))
        one.banked = once["banked"]


def _outage(w: World, members: list[Account]) -> None:
    """Let a company lose its sign-on: half of the accounts are the other half's, opened anew in two days."""
    when, half = w.start + w.draw((0.3, 0.8)) * (w.end - w.start), len(members) // 2
    for old, new in zip(members[:half], members[half:], strict=False):
        new.created = when + w.draw((0, 40)) * HOUR
        new.devices, new.agents, new.phone, new.own = old.devices, old.agents, old.phone, old.own
        new.hours, new.nets, old.until = "human", old.nets, when


def _replaced(w: World, members: list[Account]) -> None:
    """Let every wave be banned, and the next be opened within hours with what the last one had."""
    waves = int(w.rng.integers(2, 6))
    step = w.days / waves
    for n, one in enumerate(members):
        wave = n % waves
        one.created = w.start + (wave * step + w.draw((-0.1, 0.3)) * step) * DAY
        one.until = one.created + step * w.draw((0.7, 1.1)) * DAY
        one.banned = one.until if wave < waves - 1 and w.chance(0.9) else 0
        if wave and w.chance(0.5):
            one.devices, one.cards, one.agents = members[n - 1].devices, members[n - 1].cards, members[n - 1].agents


def _bridge(w: World, ring: list[Account], other: list[Account]) -> None:
    """Let some of a ring use what belongs to others: their network, and at times one card."""
    net = max(other[0].nets, key=lambda x: x[1])[0]
    for one in ring:
        if w.chance(0.25):
            one.nets = [*one.nets, (replace(net, key=w.key()), 0.2 * sum(weight for _, weight in one.nets))]
    holders = [x for x in other if x.cards]
    if holders and w.chance(0.6):
        for one in ring[: int(w.rng.integers(1, 4))]:
            one.cards = [*one.cards, holders[0].cards[0]]
