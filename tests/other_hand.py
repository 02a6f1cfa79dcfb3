"""Worlds by another hand: made without a look at `graphlink simulate`, to see what judging does where nobody tuned it.

    python tests/other_hand.py [--accounts 6000] [--seeds 1,2] [--worlds cards,mixed] (`make other-hand`)

Everybody belongs to a unit: a ring, a household, an organisation, an agency, a team of testers, or the crowd. A unit is
a row of knobs, drawn anew for each seed from wide ranges; accounts and events follow from it in whole columns. Nothing
in graphlink may be fitted to these worlds: they find harms, and reasons mend them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kept
import marks
import measured
import numpy as np
import pandas as pd
import scenarios

from graphlink import evaluate, pipeline, records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE = Path(__file__).parents[1] / "docs" / "detection.md"
START, DAY, DAYS = 1_780_272_000, 86_400, 28  # Monday, 2026-06-01
END = START + DAYS * DAY
NOTHING = {
    "cards": 0, "device_use": 0.0, "devices": 0, "ip_use": 0.0, "ips": 0, "fresh": 0.0, "template_use": 0.0,
    "templates": 0, "taste": 1.0, "busy": 1.0, "uneven": 1.1, "clock": "people", "own_clock": 0.0, "batch_days": 0.0,
    "mail": "free", "numbered": 0.35, "agents": 0, "carrier": 0.0, "bridge": 0.0, "replaced": 0.0, "campus": 0,
}  # fmt: skip
"""The knobs of somebody who shares nothing. Shares are of sessions; `batch_days` is the age of accounts opened at once
(0: each at a time of its own), `own_clock` the share of sessions that a schedule of the unit starts, `campus` whether
all pass by one campus."""


SYLLABLES = [
    "ka", "mi", "ro", "ta", "le", "an", "so", "vi", "ne", "lu", "ber", "ton", "ari", "del", "os", "mar", "jo", "sil",
    "pet", "wen",
]  # fmt: skip


class Draw:
    """Draws from wide ranges."""

    def __init__(self, seed: int, world: str) -> None:
        self.rng = np.random.default_rng([seed, *world.encode()])

    def between(self, low: float, high: float) -> float:
        """Return a number of a range."""
        return float(self.rng.uniform(low, high))

    def count(self, low: float, high: float) -> int:
        """Return a count of a range, small ones as likely as large ones."""
        return max(1, round(float(np.exp(self.rng.uniform(np.log(low), np.log(high))))))

    def chance(self, share: float) -> bool:
        """Return whether something of this chance happens."""
        return bool(self.rng.random() < share)

    def one(self, *of: str) -> str:
        """Return one of these."""
        return str(self.rng.choice(of))


def ring(draw: Draw, size: int) -> dict[str, Any]:
    """Return what every ring does: it extracts, by script, from accounts that it opened itself."""
    return NOTHING | {
        "role": "ring", "size": size, "template_use": draw.between(0.3, 0.95), "templates": draw.count(4, 60),
        "taste": draw.between(0.05, 0.4), "busy": draw.between(0.8, 4), "uneven": draw.between(0.1, 0.6),
        "clock": "always", "own_clock": draw.between(0, 0.5), "batch_days": draw.between(8, 120),
        "numbered": draw.between(0.2, 1), "agents": draw.count(1, 3),
    }  # fmt: skip


def _shared(draw: Draw, n: int) -> dict[str, Any]:
    return {
        "cards": max(1, n // draw.count(3, 8)),
        "ips": max(1, n // draw.count(1, 6)),
        "ip_use": draw.between(0.4, 1),
    }


def guilty(draw: Draw, world: str, most: int) -> dict[str, Any]:
    """Return one ring of a world, by what it shares and hides."""
    n = draw.count(3, 5) if world == "small" else draw.count(8, most)
    base = ring(draw, n)
    farm = {"devices": max(1, n // draw.count(2, 6)), "device_use": draw.between(0.5, 1)}
    kinds: dict[str, dict[str, Any]] = {
        "cards": {"cards": max(1, n // draw.count(3, 10))},
        "devices": farm,
        "proxies": {"ips": max(2, n // draw.count(1, 5)), "ip_use": draw.between(0.5, 1)},
        "rotating": {"fresh": draw.between(0.9, 1), "own_clock": draw.between(0.2, 0.6)},
        "carriers": {"carrier": draw.between(0.7, 1), **farm},
        "campus": {"campus": 1, **_shared(draw, n)},
        "bridges": {"bridge": 0.05, **_shared(draw, n), **farm},
        "small": {"cards": 1, "devices": 1, "device_use": draw.between(0.3, 1)},
        "replaced": {"replaced": draw.between(0.1, 0.35), **_shared(draw, n)},
        "mixed": {"template_use": 0.2, "own_clock": draw.between(0, 0.15), **_shared(draw, n), **farm},
        "office": {"clock": "office", **_shared(draw, n)},
        "aged": {"batch_days": 0.0, **_shared(draw, n), **farm},
        "domain": {"mail": "own", "numbered": draw.between(0, 0.4), **_shared(draw, n)},
    }
    return base | kinds[world]


WORLDS = (
    "none", "cards", "devices", "proxies", "rotating", "carriers", "campus", "bridges", "small", "replaced", "mixed",
    "office", "aged", "domain",
)  # fmt: skip


def household(draw: Draw) -> dict[str, Any]:
    """Return people of one home: one address, often a card or a tablet in common."""
    return NOTHING | {
        "role": "household", "size": 2 + int(draw.rng.geometric(0.6) - 1), "ips": 1, "ip_use": draw.between(0.5, 0.95),
        "cards": int(draw.chance(0.4)), "devices": int(draw.chance(0.3)), "device_use": draw.between(0.05, 0.5),
        "clock": "always" if draw.chance(0.3) else "people",
    }  # fmt: skip


def organisation(draw: Draw, most: float) -> dict[str, Any]:
    """Return employees: one card, one egress, one domain, templates of their own that each uses in his own way."""
    new, nightly = draw.chance(0.15), draw.chance(0.4)
    return NOTHING | {
        "role": "organisation", "size": draw.count(5, most), "cards": 1, "ips": draw.count(1, 4),
        "ip_use": draw.between(0.4, 0.98), "devices": draw.count(1, 3), "device_use": draw.between(0, 0.1),
        "templates": draw.count(3, 60), "template_use": draw.between(0.1, 0.8), "taste": draw.between(0.6, 1.6),
        "busy": draw.between(0.6, 3), "uneven": draw.between(0.7, 1.4), "clock": "always" if nightly else "office",
        "own_clock": draw.between(0, 0.3) if nightly and draw.chance(0.3) else 0.0, "numbered": draw.between(0, 0.15),
        "mail": "free" if draw.chance(0.2) else "own", "agents": draw.count(1, 4),
        "batch_days": draw.between(1, 7) if new else draw.between(30, 400) if draw.chance(0.15) else 0.0,
    }  # fmt: skip


def agency(draw: Draw) -> dict[str, Any]:
    """Return clients whose accounts an agency runs beside them, from its machines, with cards and mail of their own."""
    return NOTHING | {
        "role": "agency", "size": draw.count(10, 80), "ips": draw.count(1, 4), "ip_use": draw.between(0.3, 0.9),
        "devices": draw.count(3, 15), "device_use": draw.between(0.2, 0.8), "templates": draw.count(3, 40),
        "template_use": draw.between(0.05, 0.5), "taste": draw.between(0.6, 1.5), "clock": "office",
        "own_clock": draw.between(0, 0.2) if draw.chance(0.3) else 0.0, "mail": draw.one("each", "each", "free"),
        "numbered": draw.between(0, 0.3), "busy": draw.between(0.7, 2), "uneven": draw.between(0.6, 1.3),
    }  # fmt: skip


def testers(draw: Draw) -> dict[str, Any]:
    """Return test accounts: opened at once by a script, used little, on one machine, never paid for."""
    return NOTHING | {
        "role": "test accounts", "size": draw.count(4, 30), "ips": 1, "ip_use": 1.0, "devices": draw.count(1, 3),
        "device_use": 1.0, "templates": draw.count(2, 10), "template_use": draw.between(0.6, 1), "taste": 0.2,
        "busy": draw.between(0.05, 0.4), "uneven": draw.between(0.1, 0.6), "clock": "office", "numbered": 1.0,
        "own_clock": draw.between(0, 0.6), "batch_days": draw.between(2, 200), "mail": "own", "agents": 1, "cards": -1,
    }  # fmt: skip


def units(draw: Draw, world: str, accounts: int) -> pd.DataFrame:
    """Return the units of a world; the last is the crowd of those who share nothing."""
    most = max(10.0, min(400.0, accounts / 25))
    wanted = {"household": 0.18, "organisation": draw.between(0.15, 0.35), "agency": 0.03, "test accounts": 0.01}
    makes = {"household": household, "organisation": lambda of: organisation(of, most), "agency": agency,
             "test accounts": testers}  # fmt: skip
    rings = draw.count(2, 8) * (1 if world != "small" else 4) if world != "none" else 0
    rows = [guilty(draw, world, max(9, min(60, accounts // 50))) for _ in range(rings)]
    for role, share in wanted.items():
        left = accounts * share
        while left > 0:
            rows.append(makes[role](draw))
            left -= rows[-1]["size"]
    rows.append(NOTHING | {"role": "", "size": max(0, accounts - sum(row["size"] for row in rows))})
    return pd.DataFrame(rows).assign(number=lambda made: made.groupby("role").cumcount() + 1)


def make(world: str, seed: int, accounts: int) -> measured.World:
    """Return a world; its truth has account_id, ring, role and group."""
    draw = Draw(seed, world)
    unit = units(draw, world, accounts)
    people = _people(draw, unit)
    usage = _events(draw, unit, people)
    name = unit["role"].str.replace(" ", "-") + "-" + unit["number"].astype(str)
    own = name.to_numpy()[people["unit"]]
    is_ring = (people["role"] == "ring").to_numpy()
    alone = is_ring | (people["role"] == "").to_numpy()
    truth = people[["account_id", "role"]].assign(ring=np.where(is_ring, own, ""), group=np.where(alone, "", own))
    signups = people[["account_id", "created_at", "email", "banned_at"]].copy()
    for column in ("created_at", "banned_at"):
        signups[column] = pd.to_datetime(signups[column], unit="s")
    return measured.World(signups.sample(frac=1, random_state=seed), usage, _payments(draw, people), truth)


def _people(draw: Draw, unit: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each account: its unit's knobs, when it lives, how much it is used, its mail, its hours."""
    rng = draw.rng
    times = unit["size"] + np.round(unit["size"] * unit["replaced"] * (DAYS // 7 - 1)).astype(int)
    people = unit.loc[unit.index.repeat(times)].assign(unit=lambda made: made.index).reset_index(drop=True)
    n = len(people)
    people["account_id"] = [f"u{code:07x}" for code in rng.permutation(16**6)[:n]]
    nth = people.groupby("unit").cumcount().to_numpy()
    lives = np.where(rng.random(n) < 0.15, rng.uniform(0, DAYS, n), -rng.exponential(300, n) - 1) * DAY
    created = START + lives
    spread = np.where(people["role"] == "ring", rng.choice([600, 7200, 2 * DAY, 5 * DAY], len(unit))[people["unit"]],
                      rng.choice([1800, DAY], len(unit))[people["unit"]])  # fmt: skip
    created = np.where(people["batch_days"] > 0, END - people["batch_days"] * DAY + rng.random(n) * spread, created)
    weekly = np.maximum(1, np.round(people["size"] * people["replaced"]))
    week = np.where(nth >= people["size"], 1 + (nth - people["size"]) // weekly, 0)
    created = np.where(week > 0, START + week * 7 * DAY + rng.random(n) * DAY, created)
    banned = np.where((people["replaced"] > 0) & (nth < people["size"] * people["replaced"] * 3),
                      START + (1 + nth // weekly) * 7 * DAY, 0)  # fmt: skip
    banned = np.where((banned == 0) & (rng.random(n) < 0.004), rng.uniform(START, END, n), banned)
    people["created_at"], people["begins"] = created.astype(int), np.maximum(created, START)
    people["banned_at"] = pd.array(banned.astype(int)).astype("Int64")
    people.loc[banned == 0, "banned_at"] = pd.NA
    people["until"] = np.where(banned > 0, np.maximum(banned, people["begins"] + 3600), END)
    people["pace"] = draw.between(0.6, 2) * people["busy"] * np.exp(people["uneven"] * rng.normal(size=n))
    people["zone"] = np.where(
        people["role"] == "", rng.integers(-8, 10, n), rng.integers(-8, 10, len(unit))[people["unit"]]
    )
    people.loc[(people["role"] == "") & (rng.random(n) < 0.3), "clock"] = "always"
    people["email"] = _mail(draw, people)
    return people


def _mail(draw: Draw, people: pd.DataFrame) -> NDArray[Any]:
    """Return addresses: names of syllables, in the pattern that people choose or that the unit has."""
    rng, n = draw.rng, len(people)
    syllables = np.array(SYLLABLES, object)
    first = syllables[rng.integers(0, 20, n)] + syllables[rng.integers(0, 20, n)]
    last = syllables[rng.integers(0, 20, n)] + syllables[rng.integers(0, 20, n)] + syllables[rng.integers(0, 20, n)]
    patterned = (people["role"].isin(["ring", "organisation", "test accounts"])).to_numpy()
    style = np.where(patterned & (rng.random(n) < 0.85), rng.integers(0, 3, people["unit"].max() + 1)[people["unit"]],
                     rng.integers(0, 4, n))  # fmt: skip
    local = np.choose(style, [first + "." + last, first + last, np.array([each[0] for each in first], object) + last,
                              last + "_" + first])  # fmt: skip
    digits = np.where(rng.random(n) < people["numbered"], rng.integers(1, 10**4, n).astype(str).astype(object), "")
    free = np.array([f"free{k}.example" for k in range(9)], object)[np.minimum(rng.zipf(1.6, n) - 1, 8)]
    number = people["unit"].astype(str).to_numpy(object)
    each = np.array([f"client{k}.example" for k in range(n)], object)
    domain = np.select([people["mail"] == "own", people["mail"] == "each"], ["firm" + number + ".example", each], free)
    return np.asarray(local + digits + "@" + domain)


def _times(draw: Draw, unit: pd.DataFrame, rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return when each session begins: by the hours of people, offices, scripts, or of the unit's schedule."""
    rng, n = draw.rng, len(rows)
    day = np.floor(rng.random(n) * DAYS)
    hour = np.select([rows["clock"] == "always", rows["clock"] == "office"],
                     [rng.random(n) * 24, rng.normal(13, 2.2, n)], rng.normal(18, 3.5, n))  # fmt: skip
    job = (rows["clock"] == "always").to_numpy() & (rng.random(n) < 0.3)  # cron: on the hour and the quarter
    hour = np.where(job, np.floor(hour * 4) / 4 + rng.random(n) * 0.03, hour)
    weekend = (day % 7 >= 5) & (rows["clock"] == "office").to_numpy()
    day = np.where(weekend & (rng.random(n) < 0.85), np.floor(day / 7) * 7 + rng.integers(0, 5, n), day)
    when = START + day * DAY + (hour - rows["zone"]) * 3600
    own = rng.random(n) < rows["own_clock"]
    runs = np.maximum(5, rng.integers(10, 200, len(unit)))[rows["unit"]]  # runs of the unit's schedule in all
    run = np.floor(rng.random(n) * runs)
    phase = rng.random(len(unit))[rows["unit"]]
    started = START + (run + phase) / runs * DAYS * DAY + rng.random(n) * 200
    when = np.where(own, started, when)
    late = (when < rows["begins"]) | (when >= rows["until"])
    inside = rows["begins"] + rng.random(n) * (rows["until"] - rows["begins"])
    return np.where(late, inside, when).astype(np.int64)


def _events(draw: Draw, unit: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return usage: sessions of some requests each, with address, device, agent, template and tokens."""
    rng = draw.rng
    share = ((people["until"] - people["begins"]) / (DAYS * DAY)).to_numpy()
    sessions = np.clip(rng.poisson(np.clip(12 * people["pace"] * share, 0, 400)), 1, None)
    rows = people.assign(account=people.index).loc[people.index.repeat(sessions)].reset_index(drop=True)
    rows["time"] = _times(draw, unit, rows)
    rows["ip"], rows["device"] = _addresses(draw, unit, people, rows), _devices(draw, rows)
    rows = rows.loc[rows.index.repeat(rng.geometric(0.5, len(rows)))].reset_index(drop=True)
    second = rows["time"].to_numpy() + (rng.exponential(40, len(rows))).astype(int)
    return pd.DataFrame({
        "account_id": rows["account_id"], "timestamp": pd.to_datetime(second, unit="s"), "ip": _dotted(rows["ip"]),
        "device_id": "d" + rows["device"].astype(str), "user_agent": _agents(draw, unit, rows),
        "prompt_hash": _templates(draw, rows), "model": rng.choice(["large", "small"], len(rows), p=[0.6, 0.4]),
        "tokens_out": rng.integers(20, 4000, len(rows)),
    }).sort_values("timestamp", ignore_index=True)  # fmt: skip


def _dotted(number: pd.Series) -> pd.Series:
    value = number.to_numpy()
    return pd.Series([f"{v >> 24}.{v >> 16 & 255}.{v >> 8 & 255}.{v & 255}" for v in value.tolist()], dtype=object)


def _of_unit(rng: np.random.Generator, rows: pd.DataFrame, many: str) -> NDArray[np.int64]:
    """Return one of a unit's things for each row; each account keeps to a part of them, or has them all."""
    size = np.maximum(rows[many].to_numpy(), 1)
    reach = np.maximum(1, size // np.where(rows["unit"] % 2, 1, 3))
    return (
        rows["unit"].to_numpy() * 1024
        + (rows["account"].to_numpy() + np.floor(rng.random(len(rows)) * reach).astype(int)) % size
    )


def _addresses(draw: Draw, unit: pd.DataFrame, people: pd.DataFrame, rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return addresses as numbers: homes that change, carriers, VPNs, campuses, a unit's own, residential exits."""
    rng, n = draw.rng, len(rows)
    lease = draw.between(4, 40) * DAY
    turn = np.floor((rows["time"] + rows["account"] * 7919) / lease).astype(np.int64)
    home = (20 << 24) + (rows["account"].to_numpy() * 2_654_435_761 + turn.to_numpy() * 40_503) % 2**24
    nomad = rng.random((4, len(people)))[:, rows["account"]]
    carrier = (100 << 24) + (rng.integers(0, max(2, len(people) // 800), n) << 8)
    vpn = (45 << 24) + rng.integers(0, max(2, len(people) // 300), n)
    campus = (130 << 24) + (rows["account"].to_numpy() % 3 << 16)
    away = rng.random(n) < 0.4
    ip = np.select([away & (nomad[0] < 0.3), away & (nomad[1] < 0.08), away & (nomad[2] < 0.06)],
                   [carrier, vpn, campus], home)  # fmt: skip
    at = rng.random(n)
    pool = (60 << 24) + _of_unit(rng, rows, "ips")
    ip = np.where((rows["ips"] > 0) & (at < rows["ip_use"]), pool, ip)
    ip = np.where(at < rows["fresh"], (70 << 24) + rng.integers(0, 2**24, n), ip)
    ip = np.where(at < rows["carrier"], carrier, ip)
    ip = np.where((rows["campus"] > 0) & (rng.random(n) < 0.05), 130 << 24, ip)
    bridged = (rows["bridge"] > 0) & (nomad[3] < rows["bridge"]) & (rng.random(n) < 0.3)
    hosts = np.flatnonzero(unit["ips"] > 0)
    return np.where(bridged, (60 << 24) + rng.choice(hosts, n) * 1024, ip)


def _devices(draw: Draw, rows: pd.DataFrame) -> NDArray[np.int64]:
    rng, n = draw.rng, len(rows)
    own = 10**9 + rows["account"].to_numpy() * 4 + rng.integers(0, 2, n)
    shared = (rows["devices"] > 0) & (rng.random(n) < rows["device_use"])
    return np.where(shared, _of_unit(rng, rows, "devices"), own)


def _agents(draw: Draw, unit: pd.DataFrame, rows: pd.DataFrame) -> NDArray[Any]:
    rng = draw.rng
    popular = np.array([f"sdk-{k}/{v}" for k in range(8) for v in range(6)], object)
    own = np.minimum(rng.zipf(1.5, rows["account"].max() + 1) - 1, 47)[rows["account"]]
    theirs = np.minimum(rng.zipf(1.5, (len(unit), 4)) - 1, 47)
    chosen = theirs[rows["unit"], rows["account"] % np.clip(rows["agents"], 1, 4)]
    return popular[np.where(rows["agents"] > 0, chosen, own)]


def _templates(draw: Draw, rows: pd.DataFrame) -> NDArray[Any]:
    """Return what is sent: written by hand, of a popular app, one's own, or of the unit, each to a member's taste."""
    rng, n = draw.rng, len(rows)
    at, app = rng.random(n), np.minimum(rng.zipf(1.4, n), 400)
    app_user = (rng.random(rows["account"].max() + 1) < 0.35)[rows["account"]]
    own = rng.integers(0, 4, n)
    sent = np.select([app_user & (at < 0.5), at < 0.7], ["app" + app.astype(str).astype(object),
                      "own" + (rows["account"] * 4 + own).astype(str).astype(object)],
                     "hand" + rng.integers(0, 2**50, n).astype(str).astype(object))  # fmt: skip
    theirs = np.flatnonzero((rows["templates"] > 0) & (rng.random(n) < rows["template_use"]))
    group = rows.loc[theirs]
    liking = rng.normal(size=(rows["account"].max() + 1, 60))
    score = np.exp(group["taste"].to_numpy()[:, None] * liking[group["account"]]) / np.sqrt(np.arange(1, 61))
    score *= np.arange(60) < group["templates"].to_numpy()[:, None]
    which = (rng.random((len(group), 1)) * score.sum(axis=1, keepdims=True) > np.cumsum(score, axis=1)).sum(axis=1)
    sent[theirs] = "unit" + (group["unit"].to_numpy() * 64 + which).astype(str).astype(object)
    return np.asarray(sent)


def _payments(draw: Draw, people: pd.DataFrame) -> pd.DataFrame:
    """Return one bill a month: for most each on the day they were opened, for a part all in one night's run."""
    rng, n = draw.rng, len(people)
    pays = (people["cards"] > 0) | ((people["cards"] == 0) & ((people["role"] == "ring") | (rng.random(n) < 0.6)))
    card = np.where(
        people["cards"] > 0, _of_unit(rng, people.assign(account=people.index), "cards"), 10**9 + people.index
    )
    run = START + 2 * DAY + rng.random(n) * 120
    due = np.where(rng.random(n) < 0.5, run, people["begins"])
    table = pd.DataFrame({"account_id": people["account_id"], "timestamp": pd.to_datetime(due.astype(int), unit="s"),
                          "card_fingerprint": "c" + card.astype(str).astype(object), "amount": 20.0})  # fmt: skip
    return table[pays].reset_index(drop=True)


def investigate(world: str, seed: int, accounts: int | None) -> dict[str, dict[str, float]]:
    """Return what the whole job makes of a world: linking and judging."""
    with tempfile.TemporaryDirectory() as folder:
        truth = evaluate.read_truth(measured.write(make(world, seed, accounts or 6000), Path(folder)))
        read = records.read([folder + "/records"], settings=Settings())
        case_file = pipeline.investigate(read, Settings())
        ids = read.accounts.select("account").to_pyarrow()["account"].to_pandas()
    cluster = case_file.members.set_index("account_id")["cluster_id"].reindex(ids)
    linking = measured.linking(ids, measured.labels(pd.factorize(cluster)[0]), truth)
    named = evaluate.evaluate(case_file, truth).named.get("agency")
    agencies = named.cases / named.of if named and named.of else float("nan")
    return {measured.OURS: linking | measured.judging(case_file, truth) | {"agencies": agencies}}


_PRECISION, _RECALL, _BOTH, _ACCUSED, _REVIEW, _NAMED = scenarios.JUDGING[:6]
_WHOLE, _STRANGERS = scenarios.LINKING[1], scenarios.LINKING[4]
_AGENCIES = scenarios.Column("agencies named", lambda found: found["agencies"])
COLUMNS = (_ACCUSED, _PRECISION, _RECALL, _BOTH, _WHOLE, _STRANGERS, _REVIEW, _NAMED, _AGENCIES)


def main() -> None:
    """Run the worlds that are asked for, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=6000)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--worlds", default=",".join(WORLDS))
    parser.add_argument("-o", dest="page", type=Path, default=PAGE)
    asked = parser.parse_args()
    runs = kept.run(
        investigate, asked.worlds.split(","), [int(seed) for seed in asked.seeds.split(",")], asked.accounts
    )
    marks.write("other hand", [*scenarios.told(runs, COLUMNS), ""], asked.page)


if __name__ == "__main__":
    main()
