"""When the accounts of a simulated world are active, and what they show then: sessions, and the requests in them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from graphlink import habits, names
from graphlink.crews import CRON, OFFICE, SLEEPLESS, START, WEEK, Plan, fraction, mix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphlink.crews import Floats, Ints
    from graphlink.habits import Habits

_BLOCK = 1_500_000
"""About how many requests are made at a time: what bounds memory."""
_MODELS = pa.array(["small-4", "medium-4", "large-4", "large-5"])
_HOURS = np.array(
    [
        [2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 8, 10, 12, 12, 11, 8, 4],
        [1, 0, 0, 0, 0, 1, 2, 6, 14, 18, 18, 16, 11, 15, 17, 17, 14, 9, 4, 2, 2, 2, 1, 1],
        [1] * 24,
        [1] * 24,
    ],
    float,
)
_WEEKEND = np.array([1.3, 0.15, 1.0, 1.0])
"""Activity by local hour and on weekend days, of each rhythm."""


class Sessions(NamedTuple):
    """Who was active from when on; `visit` is the row of a visit whose address is shown, or -1."""

    account: Ints
    start: Ints
    visit: Ints

    def where(self, chosen: Ints | slice) -> Sessions:
        """Return some of the rows."""
        return Sessions._make(column[chosen] for column in self)


class Requests(NamedTuple):
    """What the usage table is spelt from: aligned arrays, one row a request; times in seconds."""

    account: Ints
    time: Floats
    address: Ints
    device: Ints
    prompt: Ints

    def where(self, chosen: Ints) -> Requests:
        """Return some of the rows."""
        return Requests._make(column[chosen] for column in self)


class Drawing(NamedTuple):
    """What each account draws on, ready to be drawn from."""

    addresses: Habits
    devices: Habits
    templates: Habits
    visits: Habits
    agents: Ints
    ids: pa.Array


def drawing(plan: Plan) -> Drawing:
    """Return everybody's habits."""
    agents = names.agents(plan)
    stains = habits.stained(plan)
    agents[stains["visitor"]] = agents[stains["victim"]]
    return Drawing(
        habits.addresses(plan),
        habits.devices(plan),
        habits.templates(plan),
        habits.visits(plan),
        agents,
        names.account_ids(plan),
    )


def requests(plan: Plan, drawn: Drawing) -> Iterator[pa.Table]:
    """Return the usage table in parts, each of a block of accounts and in the order of time.

    Columns: account_id, timestamp, ip, device_id, prompt_hash, model, tokens_in, tokens_out, user_agent.
    """
    together = _together(plan)
    share = np.cumsum(plan.account("pace")) / plan.account("pace").sum()
    expected = plan.scenario.events * len(share) + len(together.account) * plan.life["burst"]
    blocks = max(1, round(expected / _BLOCK))
    edges = np.searchsorted(share, np.arange(1, blocks) / blocks)
    for number, (first, after) in enumerate(pairwise([0, *edges.tolist(), len(share)])):
        rng = plan.random("requests", number)
        made = _block(plan, drawn, together, range(first, after), rng)
        yield _table(plan, drawn, _spoilt(plan, made, rng), rng)


def at_signup(plan: Plan, drawn: Drawing) -> tuple[Ints, Ints]:
    """Return the address and the device each account was opened with."""
    rng, created = plan.random("at signup"), plan.account("created")
    everybody = np.arange(len(created))
    return tuple(_shown(kind, everybody, created, rng) for kind in (drawn.addresses, drawn.devices))  # type: ignore[return-value]


def _block(plan: Plan, drawn: Drawing, together: Sessions, block: range, rng: np.random.Generator) -> Requests:
    """Return all requests of some accounts."""
    addresses, devices, templates = (
        kind.where(_rows(kind.account, block)) for kind in (drawn.addresses, drawn.devices, drawn.templates)
    )
    synchronised = together.where(_rows(together.account, block))
    active = _joined(synchronised, _visits(plan, drawn, block, rng), _alone(plan, block, rng))
    address = _shown(addresses, active.account, active.start, rng)
    visiting = active.visit >= 0
    address[visiting] = drawn.visits.where(active.visit[visiting]).shows(active.start[visiting])
    device = _shown(devices, active.account, active.start, rng)
    session, time = _moments(plan, active, rng)
    account = active.account[session]
    prompt = _shown(templates, account, time.astype(np.int64), rng)
    return Requests(account, time, address[session], device[session], prompt)


def _rows(account: Ints, block: range) -> slice:
    """Return where the rows of a block of accounts are; the rows are in the order of accounts."""
    return slice(*np.searchsorted(account, [block.start, block.stop]).tolist())


def _spoilt(plan: Plan, made: Requests, rng: np.random.Generator) -> Requests:
    """Return requests as a careless system would keep them: some lost, some twice, some clocks wrong."""
    scenario, account = plan.scenario, made.account
    zones, late = mix(42, account, plan.seed) % 25, mix(43, account, plan.seed) % 1999
    off = np.where(
        mix(44, account, plan.seed) % 2, (zones.astype(float) - 12) * 3600, (late.astype(float) - 999) / 1000
    )
    made = made._replace(time=made.time + np.where(fraction(41, account, plan.seed) < scenario.skewed, off, 0))
    kept = np.flatnonzero(rng.random(len(account)) >= scenario.lost)
    return made.where(np.r_[kept, kept[rng.random(len(kept)) < scenario.repeated]])


def _table(plan: Plan, drawn: Drawing, made: Requests, rng: np.random.Generator) -> pa.Table:
    """Return the requests as a log has them: spelt, and in the order of time."""
    made = made.where(np.argsort(made.time, kind="stable"))
    account, size = pa.array(made.account), len(made.account)
    columns = {
        "account_id": drawn.ids.take(account),
        "timestamp": pa.array((made.time * 1000).astype(np.int64), pa.timestamp("ms", tz="UTC")),
        "ip": names.addresses(made.address),
        "device_id": names.tokens("dev_", made.device, capitals=plan.scenario.recased),
        "prompt_hash": names.tokens("", made.prompt),
        "model": _MODELS.take(pa.array(rng.choice(len(_MODELS), size, p=[0.4, 0.3, 0.2, 0.1]))),
        "tokens_in": pa.array(rng.lognormal(6, 1.2, size).astype(np.int32)),
        "tokens_out": pa.array(rng.lognormal(5.5, 1, size).astype(np.int32)),
        "user_agent": pa.array(names.AGENTS).take(pa.array(drawn.agents).take(account)),
    }
    return pa.table(columns)


def _alone(plan: Plan, block: range, rng: np.random.Generator) -> Sessions:
    """Return the sessions that accounts start by themselves, as their rhythm has it."""
    pace, begins, until, rhythm, zone = (
        plan.account(column)[block.start : block.stop] for column in ("pace", "begins", "until", "rhythm", "zone")
    )
    week = (begins - START) // WEEK
    weeks = (until - START) // WEEK - week + 1
    # drawn for whole weeks, then cut to the days the account lived: a thinned Poisson stays one
    many = rng.poisson(pace * weeks)
    who = np.repeat(np.arange(len(block)), many)
    at = START + (week[who] + (rng.random(len(who)) * weeks[who]).astype(np.int64)) * WEEK
    at += _in_week(rhythm[who], zone[who], rng)
    alive = (at >= begins[who]) & (at < until[who])
    return _plain(block.start + who[alive], at[alive])


def _together(plan: Plan) -> Sessions:
    """Return the sessions that crews' controllers start, in the order of accounts."""
    rng = plan.random("slots")
    synchronised = np.flatnonzero(plan.crew("slots_a_day") * plan.crew("participation"))
    return _joined(*(_slots(plan, int(crew), rng) for crew in synchronised))


def _slots(plan: Plan, crew: int, rng: np.random.Generator) -> Sessions:
    """Return the sessions of one crew's slots: at each of them, a share of its members starts within seconds."""
    knobs, members = plan.crews.iloc[crew], np.flatnonzero(plan.account("crew") == crew)
    size = rng.poisson(float(knobs["slots_a_day"]) * plan.scenario.days)
    rhythm = SLEEPLESS if rng.random() < float(knobs["sleepless"]) else OFFICE
    zone = np.full(size, plan.account("zone")[members[0]])
    week = rng.integers(0, plan.scenario.days // 7 + 1, size)
    slots = START + week * WEEK + _in_week(np.full(size, rhythm), zone, rng)
    who, slot = np.nonzero(rng.random((len(members), size), np.float32) < float(knobs["participation"]))
    at = slots[slot] + (rng.random(len(slot)) * float(knobs["jitter_seconds"])).astype(np.int64)
    account = members[who]
    alive = (at >= plan.account("begins")[account]) & (at < plan.account("until")[account])
    return _plain(account[alive], at[alive])


def _visits(plan: Plan, drawn: Drawing, block: range, rng: np.random.Generator) -> Sessions:
    rows = _rows(drawn.visits.account, block)
    account = drawn.visits.account[rows]
    at = rng.uniform(plan.account("begins")[account], plan.account("until")[account])
    return Sessions(account, at.astype(np.int64), np.arange(rows.start, rows.stop))


def _moments(plan: Plan, active: Sessions, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return the requests of all sessions: which session, and when (seconds)."""
    length = rng.geometric(1 / plan.life["burst"], len(active.start))
    session = np.repeat(np.arange(len(length)), length)
    gap = rng.exponential(45, len(session))
    first = np.cumsum(length) - length
    gap[first] = 0
    since = np.cumsum(gap)
    return session, active.start[session] + since - since[first][session] + rng.random(len(session))


def _in_week(rhythm: Ints, zone: Ints, rng: np.random.Generator) -> Ints:
    """Return a second of the week (UTC, from Monday) at which somebody with that rhythm is active."""
    second = np.empty(len(rhythm), np.int64)
    for kind, hours in enumerate(_HOURS):
        chosen = np.flatnonzero(rhythm == kind)
        days = np.r_[np.ones(5), np.full(2, _WEEKEND[kind])]
        weights = np.outer(days, hours).ravel()
        second[chosen] = (rng.choice(168, len(chosen), p=weights / weights.sum()) * 3600).astype(np.int64)
    within = (rng.random(len(rhythm)) * 3600).astype(np.int64)
    second += np.where(rhythm == CRON, within // 900 * 900 + within % 20, within)
    return (second - zone * 3600) % WEEK


def _shown(drawn: Habits, account: Ints, time: Ints, rng: np.random.Generator) -> Ints:
    """Return what each account shows at that time, drawn from its habits by their weights."""
    rising = np.cumsum(drawn.weight)
    low = np.searchsorted(drawn.account, account, "left")
    high = np.searchsorted(drawn.account, account, "right") - 1
    below = rising[low] - drawn.weight[low]
    row = np.searchsorted(rising, below + rng.random(len(account)) * (rising[high] - below), "right")
    return drawn.where(np.clip(row, low, high)).shows(time)


def _joined(*parts: Sessions) -> Sessions:
    none = _plain(np.array([], np.int64), np.array([], np.int64))
    rows = Sessions._make(np.concatenate(columns) for columns in zip(none, *parts, strict=True))
    return rows.where(np.argsort(rows.account, kind="stable"))


def _plain(account: Ints, start: Ints) -> Sessions:
    """Return sessions that are no visits."""
    return Sessions(account, start, np.full(len(account), -1))
