"""Who lives in a simulated world: crews with what was drawn for each, and the accounts in them.

All instants are whole seconds since 1970 UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from graphlink import worlds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from numpy.typing import NDArray

    from graphlink.scenarios import Casting, Scenario
    from graphlink.worlds import Make

    Ints: TypeAlias = NDArray[np.integer[Any]]
    Floats: TypeAlias = NDArray[np.float64]
    Keys: TypeAlias = NDArray[np.uint64]

START = 1_772_409_600
"""2026-03-02 00:00 UTC, a Monday: the first day of usage in every world."""
DAY, WEEK = 86_400, 604_800
ZONES = np.array([-8, -6, -5, -3, 0, 1, 2, 3, 5, 8, 9])
HOME, OFFICE, SLEEPLESS, CRON = range(4)
"""Rhythms: evenings and weekends, office hours, round the clock, jobs on the hour and the quarter."""
_COUNTS = ("size", "cards", "devices", "addresses", "phones", "templates", "agents", "batches")
_RESOURCES = ("size", "cards", "card_share", "devices", "device_share", "addresses", "address_share", "reach", "hosted")


class Plan(NamedTuple):
    """What every room of a simulation reads.

    `life`: the ordinary world's draws (see `worlds.ORDINARY`). `crews`: a row for each crew, first the one that stands
    for everybody alone: role, ring (name or empty), group, members and all knobs of `worlds.Make`. `people`: a row for
    each account: crew, created, begins, until, banned (0: never), zone (hours from UTC), rhythm, pace (sessions a
    week), provider, developer.
    """

    scenario: Scenario
    seed: int
    life: Mapping[str, float]
    crews: pd.DataFrame
    people: pd.DataFrame

    def account(self, column: str) -> NDArray[Any]:
        """Return a column of the accounts."""
        return np.asarray(self.people[column])

    def crew(self, column: str) -> NDArray[Any]:
        """Return a column of the crews."""
        return np.asarray(self.crews[column])

    def knob(self, column: str) -> NDArray[Any]:
        """Return a column of the crews, for each account."""
        return np.take(self.crew(column), self.account("crew"))

    def random(self, purpose: str, *number: int) -> np.random.Generator:
        """Return the random numbers for one purpose."""
        return random(self.seed, purpose, *number)

    @property
    def end(self) -> int:
        """The last second of usage."""
        return START + self.scenario.days * DAY


def random(seed: int, purpose: str, *number: int) -> np.random.Generator:
    """Return the random numbers for one purpose: what is drawn for one never moves another's."""
    return np.random.default_rng([seed, *number, *purpose.encode()])


def gather(scenario: Scenario, seed: int) -> Plan:
    """Return the world with its crews and people drawn."""
    life = {
        name: float(prior.draw(random(seed, f"life {name}"), 1, foreign=scenario.foreign)[0])
        for name, prior in {**worlds.ORDINARY, **dict(scenario.life)}.items()
    }
    plan = Plan(scenario, seed, life, _crews(scenario, seed), pd.DataFrame())
    return plan._replace(people=_people(plan))


def _crews(scenario: Scenario, seed: int) -> pd.DataFrame:
    """Return all crews; the first stands for everybody alone and takes the accounts that are left."""
    casts = enumerate([*scenario.innocent, *scenario.rings])
    drawn = [_cast(casting, scenario, seed, number) for number, casting in casts]
    innocent, rings = drawn[: len(scenario.innocent)], drawn[len(scenario.innocent) :]
    twins = [_twins(pd.concat(rings), scenario, seed)] if scenario.twins else []
    alone = _drawn(worlds.ALONE, 1, seed, len(drawn), foreign=False)
    crews = pd.concat([alone, *innocent, *twins, *rings], ignore_index=True)
    weeks = max(0, scenario.days // 7 - 1)
    crews["members"] = np.round(crews["size"] * (1 + crews["weekly_bans"] * weeks)).astype(int)
    crews.loc[0, "members"] = max(0, scenario.accounts - int(crews["members"][1:].sum()))
    return _named(crews)


def _named(crews: pd.DataFrame) -> pd.DataFrame:
    number = crews.groupby("role").cumcount() + 1
    name = crews["role"] + "-" + number.astype(str).str.zfill(3)
    is_ring = crews["role"] == "ring"
    return crews.assign(ring=name.where(is_ring, ""), group=name.where(~is_ring & (crews["role"] != ""), ""))


def _cast(casting: Casting, scenario: Scenario, seed: int, number: int) -> pd.DataFrame:
    """Return the crews of one casting: as many as it says, or as fill its share of the accounts."""
    make, foreign = casting.make, scenario.foreign
    if casting.crews or not casting.share.high:
        return _drawn(make, casting.crews, seed, number, foreign=foreign)
    wanted = scenario.accounts * float(casting.share.draw(random(seed, "share", number), 1)[0])
    crews = _drawn(make, 1 + int(wanted / make.size.low), seed, number, foreign=foreign)
    crews["size"] = crews["size"].clip(upper=max(make.size.low, scenario.accounts // 50))
    return crews[: max(1, int(np.searchsorted(crews["size"].cumsum().to_numpy(), wanted)))]


def _drawn(make: Make, count: int, seed: int, number: int, *, foreign: bool) -> pd.DataFrame:
    """Return so many crews of a make: role, and what each knob came to."""
    crews = pd.DataFrame(
        {name: getattr(make, name).draw(random(seed, name, number), count, foreign=foreign) for name in worlds.KNOBS}
    )
    crews[list(_COUNTS)] = crews[list(_COUNTS)].round()
    crews["size"] = crews["size"].clip(lower=1)
    crews["batches"] = crews["batches"].clip(lower=1)
    return crews.assign(role=make.role)


def _twins(rings: pd.DataFrame, scenario: Scenario, seed: int) -> pd.DataFrame:
    """Return organisations that share just what the rings share; only how they behave tells them apart."""
    twins = _drawn(worlds.ORGANISATION, len(rings), seed, 100, foreign=scenario.foreign)
    twins[list(_RESOURCES)] = rings[list(_RESOURCES)].to_numpy()
    return twins


def _people(plan: Plan) -> pd.DataFrame:
    crew = np.repeat(np.arange(len(plan.crews), dtype=np.int32), plan.crews["members"])
    plan.random("crew").shuffle(crew)  # so that neither numbers nor the order of rows tell who belongs together
    people = pd.DataFrame({"crew": crew})
    plan = plan._replace(people=people)
    people["zone"] = _zones(plan)
    people["rhythm"] = _rhythms(plan)
    people["provider"] = popular(int(plan.life["providers"]), 1.0, plan.random("provider"), len(crew))
    people["developer"] = plan.random("developer").random(len(crew)) < plan.life["developers"]
    people["created"] = _created(plan)
    people["begins"] = np.maximum(people["created"], START)
    people["banned"] = _banned(plan)
    people["until"] = people["banned"].where(people["banned"] > 0, plan.end)
    _replace_banned(plan)
    people["pace"] = _paces(plan)
    return people


def _zones(plan: Plan) -> Ints:
    rng = plan.random("zone")
    own = rng.choice(ZONES, len(plan.people))
    of_crew = rng.choice(ZONES, len(plan.crews))[plan.people["crew"]]
    return np.where(rng.random(len(own)) < plan.knob("one_zone"), of_crew, own)


def _rhythms(plan: Plan) -> Ints:
    """Return when each account is awake; a crew's own habits go before the ordinary ones."""
    rng = plan.random("rhythm")
    at = rng.random((3, len(plan.people)))
    ordinary = np.select(
        [at[0] < plan.life["cron"], at[1] < plan.life["sleepless"], at[2] < plan.life["office"]],
        [CRON, SLEEPLESS, OFFICE],
        HOME,
    )
    at = rng.random((2, len(plan.people)))
    return np.select(
        [at[0] < plan.knob("sleepless"), at[1] < plan.knob("office")], [SLEEPLESS, OFFICE], ordinary
    ).astype(np.int8)


def _created(plan: Plan) -> Ints:
    """Return when each account was opened: in one of its crew's batches, or at a time of its own."""
    rng = plan.random("created")
    count = len(plan.people)
    new = rng.random(count) < plan.life["newcomers"]
    own = np.where(new, rng.uniform(START, plan.end, count), START - rng.exponential(250 * DAY, count) - DAY)
    lead = plan.knob("lead_days") * DAY
    batch = (rng.random(count) * plan.knob("batches")).astype(int)
    # batches lie within a third of the lead of each other; the same crew and batch is the same moment
    moment = fraction(plan.people["crew"].to_numpy() * 4096 + batch, plan.seed)
    spread = np.minimum(plan.knob("batch_hours") * 3600, lead / 3)
    batched = plan.end - lead * (2 / 3 + moment / 3) + rng.random(count) * spread
    created = np.where(rng.random(count) < plan.knob("aged"), own, batched)
    return created.astype(np.int64)


def _banned(plan: Plan) -> Ints:
    rng = plan.random("banned")
    count = len(plan.people)
    when = rng.uniform(plan.people["begins"], plan.end)
    return np.where(rng.random(count) < plan.life["banned"], when, 0).astype(np.int64)


def _replace_banned(plan: Plan) -> None:
    """Ban a share of the living members of some crews every week, and open as many accounts within two days."""
    rng = plan.random("weekly bans")
    people = plan.people
    for crew in np.flatnonzero(plan.crews["weekly_bans"]):
        members = np.flatnonzero(people["crew"] == crew)
        first, weekly = int(plan.crews["size"][crew]), float(plan.crews["weekly_bans"][crew])
        joins = ((np.arange(len(members)) - first) / (first * weekly)).astype(int) + 1
        created, banned = people["created"].to_numpy()[members].clip(max=START), np.zeros(len(members), np.int64)
        alive = np.arange(first)
        for week in range(1, joins[-1] + 1):
            new = first + np.flatnonzero(joins[first:] == week)
            gone = rng.choice(alive, min(len(new), len(alive)), replace=False)
            banned[gone] = START + week * WEEK + rng.integers(0, DAY // 2)
            created[new] = banned[gone[0]] + rng.integers(600, 2 * DAY, len(new))
            alive = np.r_[np.setdiff1d(alive, gone), new]
        people.loc[members, "created"] = created
        people.loc[members, "begins"] = created.clip(min=START)
        people.loc[members, "banned"] = banned
        people.loc[members, "until"] = np.where(banned > 0, banned, plan.end)


def _paces(plan: Plan) -> Floats:
    """Return each account's sessions a week, so that ordinary accounts make as many requests as the scenario says."""
    rng = plan.random("pace")
    people, life = plan.people, plan.life
    drawn = rng.normal(0, np.where(people["crew"] == 0, life["spread"], plan.knob("spread")))
    pace = np.exp(drawn - drawn.var() / 2)
    weeks = (people["until"] - people["begins"]).clip(lower=0) / WEEK
    ordinary = (pace * weeks)[people["crew"] == 0].mean() * life["burst"]
    return np.asarray(pace * plan.knob("pace") * plan.scenario.events / ordinary)


def popular(values: int, exponent: float, rng: np.random.Generator, size: int) -> Ints:
    """Return numbers below `values`, the first the most common (Zipf)."""
    weights = np.arange(1, values + 1) ** -exponent
    return rng.choice(values, size, p=weights / weights.sum())


def mix(*parts: Ints | int) -> Keys:
    """Return a number that the parts fix and that looks random (SplitMix64; Steele, Lea & Flood 2014)."""
    state: Keys = np.zeros(1, np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = state * np.uint64(0x9E3779B97F4A7C15) + np.asarray(part).astype(np.uint64)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state ^= state >> np.uint64(31)
    return state


def fraction(*parts: Ints | int) -> Floats:
    """Return a number in 0..1 that the parts fix."""
    return mix(*parts) / 2.0**64
