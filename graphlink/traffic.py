"""When the accounts of a simulated world are active, and what they show then: sessions, and the requests in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from graphlink import habits, names
from graphlink.crews import CRON, OFFICE, SLEEPLESS, START, WEEK, Plan, fraction, mix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from graphlink.habits import Floats, Habits, Ints

Rows = TypeVar("Rows", "Sessions", "Habits")
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


class Requests(NamedTuple):
    """What the usage table is spelt from: aligned arrays, one row a request; times in seconds."""

    account: Ints
    time: Floats
    address: Ints
    device: Ints
    prompt: Ints

    def where(self, chosen: Ints) -> Requests:
        """Return some of the rows."""
        return Requests(*(column[chosen] for column in self))


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
    share = plan.people["pace"].cumsum() / plan.people["pace"].sum()
    expected = plan.scenario.events * len(plan.people) + len(together.account) * plan.life["burst"]
    blocks = max(1, round(expected / _BLOCK))
    edges = np.searchsorted(share, np.arange(1, blocks) / blocks)
    for number, (first, after) in enumerate(zip(np.r_[0, edges], np.r_[edges, len(plan.people)], strict=True), 100):
        rng = plan.random(number)
        made = _block(plan, drawn, together, int(first), int(after), rng)
        yield _table(plan, drawn, _spoilt(plan, made, rng), rng)


def at_signup(plan: Plan, drawn: Drawing) -> tuple[Ints, Ints]:
    """Return the address and the device each account was opened with."""
    rng, created = plan.random(21), plan.people["created"].to_numpy()
    everybody = np.arange(len(created))
    return tuple(_shown(kind, everybody, created, rng) for kind in (drawn.addresses, drawn.devices))  # type: ignore[return-value]


def _block(
    plan: Plan, drawn: Drawing, together: Sessions, first: int, after: int, rng: np.random.Generator
) -> Requests:
    """Return all requests of some accounts."""
    active = _joined(
        _of(together, first, after), _visits(plan, drawn, first, after, rng), _alone(plan, first, after, rng)
    )
    address = _shown(_of(drawn.addresses, first, after), active.account, active.start, rng)
    visiting = active.visit >= 0
    address[visiting] = drawn.visits.where(active.visit[visiting]).shows(active.start[visiting])
    device = _shown(_of(drawn.devices, first, after), active.account, active.start, rng)
    session, time = _moments(plan, active, rng)
    account = active.account[session]
    prompt = _shown(_of(drawn.templates, first, after), account, time.astype(np.int64), rng)
    return Requests(account, time, address[session], device[session], prompt)


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


def _alone(plan: Plan, first: int, after: int, rng: np.random.Generator) -> Sessions:
    """Return the sessions that accounts start by themselves, as their rhythm has it."""
    people = plan.people[first:after]
    begins, until = people["begins"].to_numpy(), people["until"].to_numpy()
    week = (begins - START) // WEEK
    weeks = (until - START) // WEEK - week + 1
    # drawn for whole weeks, then cut to the days the account lived: a thinned Poisson stays one
    many = np.where(until > begins, rng.poisson(people["pace"].to_numpy() * weeks.clip(0)), 0)
    who = np.repeat(np.arange(len(people)), many)
    at = (week[who] + (rng.random(len(who)) * weeks[who]).astype(np.int64)) * WEEK + START
    at += _in_week(people["rhythm"].to_numpy()[who], people["zone"].to_numpy()[who], rng)
    alive = (at >= begins[who]) & (at < until[who])
    return Sessions(first + who[alive], at[alive], np.full(alive.sum(), -1))


def _together(plan: Plan) -> Sessions:
    """Return the sessions that a crew's controller starts: at each slot, by a share of the members."""
    rng, crew = plan.random(22), plan.people["crew"].to_numpy()
    begins, until = plan.people["begins"].to_numpy(), plan.people["until"].to_numpy()
    parts = [_none()]
    for row in plan.crews[(plan.crews["slots_a_day"] > 0) & (plan.crews["participation"] > 0)].itertuples():
        members = np.flatnonzero(crew == row.Index)
        slots = np.full(rng.poisson(row.slots_a_day * plan.scenario.days), SLEEPLESS)
        if rng.random() > row.sleepless:
            slots[:] = OFFICE
        zone = np.full(len(slots), plan.people["zone"][members[0]])
        week = rng.integers(0, plan.scenario.days // 7 + 1, len(slots))
        moment = START + week * WEEK + _in_week(slots, zone, rng)
        who, slot = np.nonzero(rng.random((len(members), len(slots)), np.float32) < row.participation)
        at = moment[slot] + (rng.random(len(slot)) * row.jitter_seconds).astype(np.int64)
        alive = (at >= begins[members[who]]) & (at < until[members[who]])
        parts.append(Sessions(members[who[alive]], at[alive], np.full(alive.sum(), -1)))
    return _joined(*parts)


def _visits(plan: Plan, drawn: Drawing, first: int, after: int, rng: np.random.Generator) -> Sessions:
    low, high = np.searchsorted(drawn.visits.account, [first, after])
    account = drawn.visits.account[low:high]
    at = rng.uniform(plan.people["begins"].to_numpy()[account], plan.people["until"].to_numpy()[account])
    return Sessions(account, at.astype(np.int64), np.arange(low, high))


def _moments(plan: Plan, active: Sessions, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return the requests of all sessions: which session, and when (seconds)."""
    length = rng.geometric(1 / plan.life["burst"], len(active.start))
    session = np.repeat(np.arange(len(length)), length)
    gap = rng.exponential(45, len(session))
    first = np.cumsum(length) - length
    gap[first] = 0
    since = np.cumsum(gap)
    return session, active.start[session] + since - since[first][session] + rng.random(len(session))


def _in_week(rhythm: NDArray[np.int8], zone: Ints, rng: np.random.Generator) -> Ints:
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


def _of(rows: Rows, first: int, after: int) -> Rows:
    """Return the rows of some accounts; `rows` are in the order of accounts."""
    low, high = np.searchsorted(rows.account, [first, after])
    return rows._replace(**{name: column[low:high] for name, column in zip(rows._fields, rows, strict=True)})


def _joined(*parts: Sessions) -> Sessions:
    rows = Sessions(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.argsort(rows.account, kind="stable")
    return Sessions(*(column[order] for column in rows))


def _none() -> Sessions:
    return Sessions(*(np.array([], np.int64) for _ in range(3)))
