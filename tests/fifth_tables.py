"""The tables of the worlds by a fifth hand (`fifth_hand`): which columns there are, and their names, differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from fifth_people import AWAKE, DAY, DESK, HOUR

if TYPE_CHECKING:
    import numpy.typing as npt
    from fifth_people import Account, Floats, Texts
    from fifth_world import World

THERE = {
    "device": 0.8,
    "prompt": 0.8,
    "payment": 0.85,
    "phone": 0.6,
    "referrer": 0.6,
    "banned": 0.6,
    "agent": 0.75,
    "email": 0.9,
    "tokens": 0.85,
    "usage_device": 0.6,
    "payments_table": 0.6,
}
"""How often a world has a column, or the table of payments."""
FORMS = 4  # of times, see `clock`
ALONE = {"crowd", "cron", "template_user", "egress_user"}
"""Kinds of accounts that belong to no unit."""
MOST = 500  # events of one account, or the busiest would make half of the table
MODELS = np.array(["small-4", "medium-4", "large-4", "vision-2"], dtype=object)


def starts(world: World, one: Account) -> Floats:
    """Give the times at which an account's sessions begin."""
    r, begin, end = world.rng, max(world.start, one.created), min(world.end, one.until)
    if end <= begin:
        return np.zeros(0)
    days = (end - begin) / DAY
    if one.hours == "cron":
        ticks = np.arange(begin - begin % one.period + (hash_of(one.id) % 3600), end, one.period)
        return np.asarray(ticks + r.uniform(0, 20, len(ticks)))
    count = min(int(r.poisson(one.rate * days)), MOST)
    count = max(count, 1) if r.random() < 0.8 else count
    day = np.floor(r.uniform(begin / DAY, end / DAY, count))
    weights = {"human": AWAKE, "office": DESK}.get(one.hours, np.ones(24))
    if one.hours == "shift":
        weights = np.roll(np.r_[np.ones(8), np.zeros(16)], [6, 14, 22][hash_of(one.id) % 3])
    hour = r.choice(24, count, p=weights / weights.sum()) + r.random(count) - one.zone
    found = day * DAY + hour * HOUR
    if one.hours == "office":
        weekend = (np.floor((found + one.zone * HOUR) / DAY) + 3) % 7 >= 5
        found = found[~weekend | (r.random(count) < 0.08)]
    first = begin + r.exponential(2 * HOUR, 1)
    jobs = one.meets + r.exponential(one.late, len(one.meets))
    found = np.concatenate([first if one.created > world.start and r.random() < 0.7 else [], found, jobs])
    return np.asarray(found[(found > begin) & (found < end)])


def hash_of(text: str) -> int:
    """Give a number that is always the same for a text."""
    return sum(ord(c) * (i + 7) * 31 for i, c in enumerate(text))


def events(world: World, one: Account) -> pd.DataFrame:
    """Give all events of one account."""
    r, begun = world.rng, starts(world, one)
    long = r.geometric(1 / one.length if one.hours != "cron" else 0.9, len(begun))
    at = np.repeat(np.arange(len(begun)), long)
    gaps = r.exponential(one.gap, len(at))
    total = np.cumsum(gaps)
    head = np.r_[0, np.cumsum(long)[:-1]].astype(int) if len(begun) else np.zeros(0, int)
    times = begun[at] + total - total[head][at] if len(at) else np.zeros(0)
    keep = np.sort(r.permutation(len(times))[:MOST])
    times, at = times[keep], at[keep]
    weights = np.array([w for _, w in one.nets]) / sum(w for _, w in one.nets)
    where, what = r.choice(len(one.nets), len(begun), p=weights)[at], r.integers(len(one.devices), size=len(begun))[at]
    ips: Texts = np.empty(len(times), dtype=object)
    for n, (net, _) in enumerate(one.nets):
        ips[where == n] = net.at(times[where == n])
    return pd.DataFrame(
        {
            "account_id": one.id,
            "time": times,
            "ip": ips,
            "device": np.array(one.devices, dtype=object)[what],
            "agent": np.array(one.agents, dtype=object)[what % len(one.agents)],
            "prompt": prompts(world, one, len(times)),
            "model": r.choice(MODELS, len(times), p=[0.5, 0.25, 0.2, 0.05]),
            "tokens_in": np.exp(r.normal(6, 1.2, len(times))).astype(int) + 3,
            "tokens_out": np.exp(r.normal(6.5 if one.ring else 6, 1, len(times))).astype(int) + 1,
        }
    )


def prompts(world: World, one: Account, count: int) -> Texts:
    """Give a template for each event: one that is used once, one's own, everybody's, or the unit's."""
    r, roll = world.rng, world.rng.random(count)
    found: Texts = np.array([r.bytes(8).hex() for _ in range(count)], dtype=object)
    again = r.random(count) > one.once
    found[again] = r.choice(np.array(one.own, dtype=object), int(again.sum()))
    usual = roll < one.popular
    rank = np.minimum(r.zipf(1.4, int(usual.sum())), len(world.shops)) - 1
    found[usual] = np.array(world.shops, dtype=object)[rank]
    if one.bank:
        work = r.random(count) < one.banked
        found[work] = r.choice(np.array(one.bank, dtype=object), int(work.sum()))
    return found


def clock(times: npt.ArrayLike, form: int) -> pd.Series:
    """Write times in one of the forms that providers use; nothing where there is none."""
    number = pd.Series(np.asarray(times, dtype=float))
    stamp = pd.to_datetime(number.where(number > 0), unit="s")
    match form:
        case 0:
            text = stamp.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        case 1:
            text = stamp.dt.strftime("%Y-%m-%d %H:%M:%S.%f")
        case 2:
            text = (number * 1000).astype("int64").astype(str)
        case _:
            text = number.astype("int64").astype(str)
    return text.where(number > 0, "").fillna("")


class Tables:
    """The tables of one world, as one provider writes them."""

    def __init__(self, world: World) -> None:
        self.world, r = world, world.rng
        self.there = {name for name, share in THERE.items() if r.random() < share}
        self.form = int(r.integers(FORMS))

    def signups(self) -> pd.DataFrame:
        """Return the accounts."""
        r, people, form = self.world.rng, self.world.accounts, self.form
        columns = {
            "email": ("email", [p.mail for p in people]),
            "phone": ("phone", [p.phone for p in people]),
            "referrer": (str(r.choice(["referrer", "referred_by", "invited_by"])), [p.referrer for p in people]),
            "device": (str(r.choice(["device_id", "fingerprint"])), [p.devices[0] for p in people]),
            "banned": ("banned_at", list(clock([p.banned for p in people], form))),
        }
        table = pd.DataFrame({"account_id": [p.id for p in people]})
        table[r.choice(["created_at", "signup_time", "registered_at"])] = clock([p.created for p in people], form)
        for name, (column, values) in columns.items():
            if name in self.there:
                table[column] = values
        table["signup_ip"] = [(p.signup or p.nets[0][0]).at(np.array([p.created]))[0] for p in people]
        table["plan"] = ["pro" if p.cards else "free" for p in people]
        if "payment" in self.there and "payments_table" not in self.there:
            table[r.choice(["payment_id", "card_fingerprint"])] = [p.cards[0] if p.cards else "" for p in people]
        return table

    def usage(self) -> pd.DataFrame:
        """Return what the accounts asked, in order of time."""
        r, there = self.world.rng, self.there
        every = pd.concat([events(self.world, one) for one in self.world.accounts], ignore_index=True)
        every = every.sort_values("time", kind="stable", ignore_index=True)
        table = every[["account_id"]].copy()
        table[r.choice(["timestamp", "ts", "event_time"])] = clock(every["time"], self.form)
        table[r.choice(["ip", "client_ip", "ip_address"])] = every["ip"]
        if {"device", "usage_device"} <= there:
            table["device_id"] = every["device"]
        if "agent" in there:
            table["user_agent"] = every["agent"]
        if "prompt" in there:
            table[r.choice(["prompt_hash", "template_hash"])] = every["prompt"]
        table["model"] = every["model"]
        if "tokens" in there:
            table[["tokens_in", "tokens_out"]] = every[["tokens_in", "tokens_out"]]
        return table

    def payments(self) -> pd.DataFrame:
        """Return payments twice a month by each account's cards; nothing where the world has no such table."""
        w, rows = self.world, []
        for one in w.accounts if {"payment", "payments_table"} <= self.there else ():
            first = max(w.start, one.created) + w.rng.exponential(2 * DAY)
            rows += [
                (one.id, at, str(w.rng.choice(one.cards)), float(w.rng.choice([5, 10, 20, 50, 100])))
                for at in np.arange(first, min(one.until, w.end), 15 * DAY)
                if one.cards
            ]
        table = pd.DataFrame(rows, columns=["account_id", "timestamp", "payment_id", "amount"])
        return table.assign(timestamp=clock(table["timestamp"], self.form))

    def truth(self) -> pd.DataFrame:
        """Return unit and kind of every account, and what `graphlink evaluate` asks for."""
        return pd.DataFrame([_true(n, one) for n, one in enumerate(self.world.accounts)])


def _true(n: int, one: Account) -> dict[str, str]:
    kind = f"ring {one.kind}" if one.ring else one.kind
    unit = one.unit or f"{one.kind}-{n}"
    group = "" if one.ring or one.kind in ALONE else unit
    role = "ring" if one.ring else one.kind
    return {"account_id": one.id, "unit": unit, "kind": kind, "ring": one.ring, "role": role, "group": group}
