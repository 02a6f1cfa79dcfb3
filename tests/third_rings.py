"""The rings of the worlds by a third hand (`third_hand`): what each shares, hides and poisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from third_things import DAY, HOUR
from third_units import firm
from third_world import FIRST_NAMES, LAST_NAMES, Habits, Person, Place, Requests, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from third_world import Account, Platform

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
MOST_ORDINARY = 800  # requests of one account


class Means(NamedTuple):
    """What a ring has: counts of things in common, and what it does to hide.

    `templates`: of its own (-1: as many as come); `passes`: pools of strangers that it passes by; `ordinary`: its share
    of traffic that looks like everybody's (-1: as comes); `banned`: the share of its accounts that are banned and
    replaced; `together`: every account uses all, as one does with a handful.
    """

    size: int
    cards: int = 0
    devices: int = 0
    proxies: int = 0
    templates: int = -1
    passes: tuple[str, ...] = ()
    ordinary: float = -1
    banned: float = 0
    together: bool = False


class Plan(NamedTuple):
    """A ring, as it sets out."""

    unit: Unit
    cards: list[str]
    devices: list[str]
    proxies: list[str]
    each: tuple[int, int]
    """How many devices and proxies an account uses."""
    templates: list[str]
    ordinary: float
    mail: int
    domain: str
    opened: int
    within: float
    active: int
    waves: NDArray[np.float64]
    takes: float
    late: float
    library: str


def ring(p: Platform, kind: str, means: Means) -> list[Account]:
    """Make a ring; return its accounts, those that were banned and their successors too."""
    plan = _planned(p, kind, means)
    due = [plan.opened + int(p.between(0, plan.within)) for _ in range(means.size)]
    members: list[Account] = []
    while due:
        members.append(_member(p, means, plan, p.in_time(due.pop(0), 3)))
        if members[-1].banned_at is not None:
            due.append(members[-1].banned_at + p.after(3 * HOUR))
    return members


def _planned(p: Platform, kind: str, means: Means) -> Plan:
    opened = p.whole(p.start - 10 * DAY, p.end - 12 * DAY)
    aged = p.chance(0.3)
    active = p.whole(p.start, p.end - 12 * DAY) if aged else max(opened, p.start)
    templates = p.things("t", p.count(4, 60) if means.templates < 0 else means.templates)
    ordinary = p.between(0, 0.4) if p.chance(0.5) else 0.0
    each = [p.count(1, min(4, many)) if many else 0 for many in (means.devices, means.proxies)]
    return Plan(
        p.unit(kind, ring=True), p.things("pm_", means.cards), p.things("d", means.devices),
        [p.internet.fixed() if p.chance(0.6) else p.internet.cloud() for _ in range(means.proxies)], (each[0], each[1]),
        templates, ordinary if means.ordinary < 0 else means.ordinary, p.whole(0, 4),
        p.domain(("com", "xyz", "top", "online")), int(p.start - p.wide(20, 200) * DAY) if aged else opened,
        p.wide(600, 5 * DAY), active, _waves(p, active), p.between(0.2, 0.6), p.wide(3, 60),
        p.software.library() if p.chance(0.5) else "",
    )  # fmt: skip


def _waves(p: Platform, active: int) -> NDArray[np.float64]:
    """Return when the ring's machine sends to many of its accounts; a third keeps office hours."""
    waves = np.sort(p.rng.uniform(active, p.end, max(40, int(p.wide(8, 45) * 27))))
    hour = (waves / HOUR + p.zone()) % 24
    return waves[(hour > 8) & (hour < 18)] if p.chance(0.3) else waves


def _member(p: Platform, means: Means, plan: Plan, born: int) -> Account:
    proxies, devices = _own(p, means, plan)
    ban = int(born + p.wide(3, 12) * DAY) if p.chance(means.banned) else p.end
    place = Place(proxies or [p.internet.fixed()])
    one = p.account(plan.unit, Person(_mail(p, plan), [place], born=born), ban if ban < p.end - 3 * DAY else None)
    agent = plan.library or p.software.browser(one.account_id)
    since = max(born + p.after(6 * HOUR), plan.active)
    taken = plan.waves[(plan.waves > since) & (p.rng.random(len(plan.waves)) < plan.takes)]
    times = taken + p.rng.exponential(plan.late, len(taken))
    ips, machines = _addresses(p, means, proxies, len(times)), p.rng.choice(devices, len(times))
    tokens = p.rng.lognormal(6.5, 0.6, len(times)).astype(int)
    sent = p.prompts(len(times), plan.templates, p.between(0.5, 0.95))
    p.put(one, Requests(times, ips, machines, agent, sent, tokens))
    _disguise(p, one, plan.ordinary * len(times) / (1 - plan.ordinary), proxies, devices)
    if means.together and not plan.templates:
        p.work(one, [Place(proxies or p.internet.home())], devices, Habits(3))
    p.pay(one, plan.cards or p.things("pm_", 1), 0.9 if plan.cards else 0.5)
    return one


def _own(p: Platform, means: Means, plan: Plan) -> tuple[list[str], list[str]]:
    """Return the proxies and the devices of one account."""
    if means.together:
        return plan.proxies, plan.devices or p.things("d", 1)
    proxies, devices = (
        [str(each) for each in p.rng.choice(of, many, replace=False)] if many else []
        for of, many in zip((plan.proxies, plan.devices), plan.each[::-1], strict=True)
    )
    return proxies, devices or p.things("d", 1)


def _mail(p: Platform, plan: Plan) -> str:
    name = p.one(FIRST_NAMES) + p.one(LAST_NAMES)
    noise = "".join(p.one(LETTERS) for _ in range(10))
    return str([p.mail(), f"{name}{p.whole(100, 999)}@gmail.com", f"{name[:4]}{p.whole(0, 9999)}@{plan.domain}",
                f"{noise}@outlook.com"][plan.mail])  # fmt: skip


def _addresses(p: Platform, means: Means, proxies: list[str], n: int) -> NDArray[Any]:
    """Return an address for each request: of a proxy, or ever new; and those of strangers that it passes by."""
    pools = {"carrier": p.internet.carriers[0], "campus": [p.crowded] if p.crowded else [], "vpn": p.internet.vpns[0]}
    if not proxies and "carrier" in means.passes:
        return p.rng.choice(pools["carrier"], n).astype(object)
    ips = np.array([p.one(proxies) if proxies else p.internet.fixed() for _ in range(n)], object)
    for name in means.passes:
        at = p.rng.random(n) < (0.3 if name == "carrier" else 0.1)
        if pools[name]:
            ips[at] = p.rng.choice(pools[name], at.sum())
    return ips


def _disguise(p: Platform, one: Account, n: float, proxies: list[str], devices: list[str]) -> None:
    """Put down traffic as everybody has: at any time, of a popular program."""
    times = p.rng.uniform(max(one.created_at, p.start), p.end, min(int(n), MOST_ORDINARY))
    ips = [p.one(proxies) if proxies else p.internet.fixed() for _ in times]
    sent, agent = p.prompts(len(times), p.software.program(), 0.5), p.software.browser(one.email)
    p.put(one, Requests(times, ips, p.rng.choice(devices, len(times)), agent, sent))


def _cards(p: Platform) -> None:
    ring(p, "ring by cards", Means(p.count(8, 70), cards=p.count(1, 6)))


def _devices(p: Platform) -> None:
    ring(p, "ring by devices", Means(p.count(8, 70), devices=p.count(2, 12)))


def _proxies(p: Platform) -> None:
    ring(p, "ring by proxies", Means(p.count(8, 70), proxies=p.count(3, 25)))


def _full(p: Platform) -> Means:
    return Means(p.count(8, 70), cards=p.count(2, 5), devices=p.count(3, 10), proxies=p.count(3, 12))


def _by_all(p: Platform) -> None:
    ring(p, "ring by all", _full(p))


def _rotating(p: Platform) -> None:
    ring(p, "ring, rotating", Means(p.count(20, 80)))


def _carrier(p: Platform) -> None:
    means = Means(p.count(8, 70), cards=p.whole(0, 4), devices=p.count(2, 10), passes=("carrier",))
    ring(p, "ring on a carrier", means)


def _campus(p: Platform) -> None:
    ring(p, "ring that passes by", _full(p)._replace(passes=("campus", "carrier", "vpn")))


def _small(p: Platform) -> None:
    k = p.whole(0, 4)
    means = Means(p.whole(3, 6), int(k < 2), int(k > 0), int(k != 1), 0 if p.chance(0.5) else 8, together=True)
    ring(p, "ring of 3 to 5", means)


def _replaced(p: Platform) -> None:
    means = Means(p.count(8, 30), p.count(1, 4), p.count(1, 6), p.count(2, 10), banned=p.between(0.3, 0.8))
    ring(p, "ring, banned and replaced", means)


def _mixed(p: Platform) -> None:
    means = Means(p.count(8, 70), p.whole(0, 4), p.count(2, 10), p.count(3, 12), ordinary=0.8)
    ring(p, "ring, four fifths ordinary", means)


def _bridged(p: Platform) -> None:
    """Make two rings and a firm, of which a twentieth act once with the things of another."""
    one, two = (ring(p, "ring with a bridge", _full(p)) for _ in range(2))
    staff = firm(p, "firm with a bridge")
    for left, right in ((one, two), (one, staff), (two, staff)):
        for _ in range(max(1, len(left) // 20)):
            _borrow(p, p.one(left), p.one(right))


def _borrow(p: Platform, who: Account, whose: Account) -> None:
    if not {who.account_id, whose.account_id} <= set(p.first):
        return
    mine, theirs = p.first[who.account_id][:3], p.first[whose.account_id][:3]
    n = min(len(mine), len(theirs))
    things = (theirs[column].to_numpy()[:n] for column in ("ip", "device_id", "user_agent"))
    p.put(who, Requests(mine["timestamp"].to_numpy()[:n] + 5, *things, p.prompts(n)))


RINGS: tuple[Callable[[Platform], None], ...] = (
    _cards, _devices, _proxies, _by_all, _rotating, _carrier, _campus, _small, _replaced, _mixed, _bridged,
)  # fmt: skip
"""Each is in three of five worlds, one to three times."""
