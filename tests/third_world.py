"""The platform of the worlds by a third hand (`third_hand`), its people's names, and all that is done there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from third_things import DAY, HOUR, Draw, Internet, Software

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FIRST_NAMES = [
        "anna", "ben", "carla", "david", "elif", "farid", "gina", "hugo", "ines", "jan", "kemal", "lena", "milo",
    "nora", "otto", "paula", "quinn", "rosa", "sami", "tara", "umut", "vera", "will", "xenia", "yuri", "zoe", "marta",
    "liam", "noah", "olga", "priya", "ravi",
]  # fmt: skip
LAST_NAMES = [
        "abel", "brandt", "costa", "diaz", "ekin", "fuchs", "grau", "haas", "ito", "jansen", "koch", "lima", "marx",
    "nagy", "olsen", "popa", "quist", "rossi", "silva", "tan", "unger", "vogt", "wolf", "xu", "young", "zeller",
    "mehta", "singh", "kowalski", "nowak", "dubois", "martin",
]  # fmt: skip
FREE_MAIL = {
    "gmail.com": 0.55, "outlook.com": 0.14, "yahoo.com": 0.07, "icloud.com": 0.07, "proton.me": 0.03, "gmx.de": 0.04,
    "qq.com": 0.04, "mail.ru": 0.03, "163.com": 0.03,
}  # fmt: skip
ENDINGS = ("com", "de", "io", "co.uk", "org", "ai")
MOST_RUNS = 900  # of one account's job that are kept


class Unit(NamedTuple):
    """Those who belong together: what they are, and whether they are a ring."""

    name: str
    kind: str
    ring: bool


class Account(NamedTuple):
    """A row of the signup table, and whose it is; times in seconds."""

    account_id: str
    created_at: int
    email: str
    signup_ip: str
    invited_by: str
    banned_at: int | None
    unit: Unit


class Place(NamedTuple):
    """Where somebody is: a share of the sessions, with machines that stay there (none: with any of his).

    Of a pool each session has another address; else one comes after the other, every four days.
    """

    ips: Sequence[str]
    weight: float = 1.0
    devices: Sequence[str] = ()
    pool: bool = False


class Habits(NamedTuple):
    """How somebody works.

    `rate`: sessions in four days; `zone`: hours from UTC; `share`: of requests, by template; `weekend`: of a weekday;
    `hour`: the usual one, and its spread.
    """

    rate: float | None = None
    zone: int | None = None
    templates: Sequence[str] = ()
    share: float = 0.0
    weekend: float = 0.5
    hour: tuple[float, float] = (14, 3.8)
    since: float | None = None
    until: float | None = None


class Person(NamedTuple):
    """What is settled of an ordinary account; the rest is drawn."""

    mail: str = ""
    places: Sequence[Place] = ()
    devices: Sequence[str] = ()
    born: int | None = None
    cards: Sequence[str] = ()
    pays: float | None = None
    invited: str = ""
    habits: Habits = Habits()


class Job(NamedTuple):
    """A program that starts by the clock: every so many seconds, at so many after the full period, a bit late.

    Of very many runs the first are kept, or `scattered` ones.
    """

    every: int
    templates: Sequence[str]
    ips: Sequence[str]
    devices: Sequence[str]
    agent: str
    at: int = 0
    late: float = 5.0
    since: float | None = None
    until: float | None = None
    nightly: bool = False
    share: float = 1.0
    scattered: bool = False


class Requests(NamedTuple):
    """Requests of one account, in columns; one value stands for all."""

    times: NDArray[np.float64]
    ips: Sequence[str] | NDArray[Any] | str
    devices: Sequence[str] | NDArray[Any] | str
    agents: Sequence[str] | NDArray[Any] | str
    prompts: Sequence[str] | NDArray[Any]
    tokens: NDArray[np.int64] | None = None


class Platform(Draw):
    """An AI platform for some weeks, with all that is done there."""

    def __init__(self, seed: int, accounts: int) -> None:
        super().__init__(seed)
        self.accounts, self.days = accounts, self.whole(24, 38)
        self.start = 1_780_000_000 // DAY * DAY + self.whole(0, 60) * DAY
        self.end = self.start + self.days * DAY
        self.internet, self.software = Internet(self), Software(self)
        self.same_card, self.same_card_share = self.things("pm_", self.whole(1, 6)), self.wide(0.001, 0.01)
        self.program_share, self.paying = self.between(0.03, 0.3), self.between(0.3, 0.9)
        self.on_carrier, self.on_vpn = self.between(0.08, 0.4), self.between(0.02, 0.12)
        self.try_at_once, self.old = self.between(0.3, 0.9), self.between(0.3, 0.8)
        self.outage = self.start + self.whole(3, self.days - 2) * DAY + self.whole(0, DAY) // 60 * 60
        self.release = self.start + self.whole(5, self.days) * DAY
        self.people: list[Account] = []
        self.usage: list[pd.DataFrame] = []
        self.first: dict[str, pd.DataFrame] = {}
        self.payments: list[tuple[str, float, str]] = []
        self.crowded = ""
        """An address that hundreds share, once there is one."""
        self._units: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._mails: set[str] = set()
        self._prompts = 0

    def unit(self, kind: str, *, ring: bool = False) -> Unit:
        """Return a new unit of a kind."""
        self._units[kind] += 1
        return Unit(f"{kind.replace(' ', '-')}-{self._units[kind]}", kind, ring)

    def zone(self) -> int:
        """Return hours from UTC."""
        return self.whole(-8, 10)

    def card(self) -> str:
        """Return a fingerprint of a card; a few are those of many cards."""
        return str(self.one(self.same_card)) if self.chance(self.same_card_share) else self.things("pm_", 1)[0]

    def templates(self, low: float, high: float) -> list[str]:
        """Return so many new templates."""
        return self.things("t", self.count(low, high))

    def domain(self, endings: Sequence[str] = ENDINGS) -> str:
        """Return a mail domain of somebody's own."""
        sounds = [self.one("bcdfglmnprstv") + self.one("aeiou") for _ in range(self.whole(2, 5))]
        return "".join(sounds) + self.one(["", "soft", "lab", "group", "works"]) + "." + self.one(endings)

    def provider(self) -> str:
        """Return a public mail provider."""
        return str(self.rng.choice(list(FREE_MAIL), p=list(FREE_MAIL.values())))

    def mail(self, domain: str = "") -> str:
        """Return an address: first.last where there is a domain, else as people call themselves."""
        first, last = self.one(FIRST_NAMES), self.one(LAST_NAMES)
        if domain:
            return f"{first}.{last}@{domain}"
        patterns = [f"{first}.{last}", f"{first[0]}{last}", f"{first}{last}{self.whole(1, 99)}", first,
                    f"{last}.{first}", f"{first}_{self.whole(1960, 2010)}"]  # fmt: skip
        return f"{self.one(patterns)}{self.one(['', str(self.whole(1, 9999))])}@{self.provider()}"

    def born(self) -> int:
        """Return when an account is opened: long ago, or while we look."""
        if self.chance(self.old):
            return self.start - self.after(200 * DAY)
        return self.whole(self.start, self.end - DAY)

    def in_time(self, time: float, days: int = 1) -> int:
        """Return the time, or where less than so many days are left after it, one of the week before those."""
        last = self.end - days * DAY
        return int(time) if time < last else last - self.whole(0, 7 * DAY)

    def weekdays(self, *days: int) -> list[int]:
        """Return the midnights of days of the week (Monday is 0), in the platform's weeks."""
        return [day for day in range(self.start, self.end, DAY) if (day // DAY + 3) % 7 in days]

    def account(self, unit: Unit, person: Person, banned: int | None = None) -> Account:
        """Return a new account, opened at the person's first place."""
        while (name := f"u_{self.rng.integers(36**7):08x}") in self._ids:
            pass
        self._ids.add(name)
        born = self.born() if person.born is None else person.born
        mail = person.mail or self.mail()
        while mail in self._mails:
            mail = f"{self.whole(2, 100)}@".join(mail.split("@"))
        self._mails.add(mail)
        self.people.append(Account(name, born, mail, person.places[0].ips[0], person.invited, banned, unit))
        return self.people[-1]

    def person(self, unit: Unit, person: Person) -> Account:
        """Return an ordinary account that was used and paid for, perhaps by telephone and VPN, too."""
        places = list(person.places or [Place(self.internet.home())])
        devices = list(person.devices or [self.software.device()])
        account = self.account(unit, person._replace(places=places))
        if self.chance(self.on_carrier):
            devices.append(self.software.device(phone=True))
            places.append(Place(self.internet.mobile(), self.between(0.2, 2), devices[-1:], pool=True))
        if self.chance(self.on_vpn):
            places.append(Place(self.one(self.internet.vpns), self.between(0.2, 2), pool=True))
        self.work(account, places, devices, person.habits)
        self.pay(account, person.cards or [self.card()], person.pays)
        return account

    def put(self, account: Account, of: Requests) -> None:
        """Put down requests, as far as the account exists and the platform looks."""
        until = self.end if account.banned_at is None else min(self.end, account.banned_at)
        keep = (of.times >= max(self.start, account.created_at)) & (of.times < until)
        n = len(keep)
        tokens = (self.rng.lognormal(5.5, 1.1, n)).astype(int) + 1 if of.tokens is None else of.tokens
        newest = (of.times > self.release) & (self.rng.random(n) < 0.6)
        if not keep.any():
            return
        rows = pd.DataFrame({
            "account_id": account.account_id, "timestamp": of.times, "ip": of.ips, "device_id": of.devices,
            "user_agent": of.agents, "prompt_hash": of.prompts,
            "model": np.where(newest, "m-5", self.rng.choice(["m-4", "m-4-mini"], n)), "tokens_out": tokens,
        })[keep]  # fmt: skip
        self.usage.append(rows)
        self.first.setdefault(account.account_id, rows)

    def prompts(self, n: int, templates: Sequence[str] = (), share: float = 0.0) -> NDArray[Any]:
        """Return hashes of prompts: a share from templates, the rest written by hand."""
        written = range(self._prompts, self._prompts + n)
        self._prompts += n
        sent = np.array([f"h{k * 2_654_435_761 % (1 << 40):010x}" for k in written], object)
        if templates and share > 0:
            at = self.rng.random(n) < share
            sent[at] = self.rng.choice(np.asarray(templates, object), at.sum())
        return sent

    def work(self, account: Account, places: Sequence[Place], devices: Sequence[str], habits: Habits) -> None:
        """Put down the sessions of a human being: by day and hour, some requests each."""
        begun = self._sessions(account, habits)
        if not len(begun):
            return
        weight = np.array([place.weight for place in places])
        at = [places[k] for k in self.rng.choice(len(places), len(begun), p=weight / weight.sum())]
        ips = [self._address(place, time) for place, time in zip(at, begun.tolist(), strict=True)]
        used = [str(self.one(place.devices or devices)) for place in at]
        times = 1 + self.rng.poisson(3, len(begun))
        session = np.repeat(np.arange(len(begun)), times)
        when = begun[session] + np.concatenate([np.cumsum(self.rng.exponential(110, k)) for k in times])
        until = self.end if habits.until is None else habits.until
        keep = when < until
        session, when = session[keep], when[keep]
        templates, share = habits.templates, habits.share
        if not templates and self.chance(self.program_share):
            templates, share = self.software.program(), self.between(0.1, 0.9)
        agents = np.array([self.software.browser(device) for device in used], object)
        sent = self.prompts(len(when), templates, share)
        self.put(
            account,
            Requests(when, np.array(ips, object)[session], np.array(used, object)[session], agents[session], sent),
        )

    def _sessions(self, account: Account, habits: Habits) -> NDArray[np.float64]:
        """Return when sessions begin."""
        since = max(self.start, account.created_at if habits.since is None else habits.since)
        until = self.end if habits.until is None else habits.until
        day = np.arange(self.start, self.end, DAY)
        open_ = (day + DAY > since) & (day < until)
        like = np.where((day // DAY + 3) % 7 >= 5, habits.weekend, 1.0) * open_
        like *= self.rng.random(len(day)) < self.between(0.3, 1)
        like = like if like.any() else open_.astype(float)
        if not like.any():
            return np.empty(0)
        rate = self.wide(0.2, 12) if habits.rate is None else habits.rate
        zone = self.zone() if habits.zone is None else habits.zone
        n = max(1, self.rng.poisson(rate * (like > 0).sum() / 4))
        hours = self.rng.normal(*habits.hour, n) - zone
        begun = self.rng.choice(day, n, p=like / like.sum()) + hours * HOUR
        if since == account.created_at and self.chance(self.try_at_once):
            begun[0] = since + self.after(600)
        return begun[(begun >= since) & (begun < until)]

    def _address(self, place: Place, time: float) -> str:
        if place.pool:
            return str(self.one(place.ips))
        return place.ips[int((time - self.start) // (4 * DAY)) % len(place.ips)]

    def run(self, account: Account, job: Job) -> None:
        """Put down the runs of a job; what an outage stops begins again within the minute of its end."""
        since = max(self.start, account.created_at if job.since is None else job.since)
        until = self.end if job.until is None else job.until
        times = np.arange(since // job.every * job.every + job.at, until, job.every, dtype=float)
        times = times[times % DAY < 5 * HOUR] if job.nightly else times
        times = times[self.rng.random(len(times)) > 0.03]
        if len(times) > MOST_RUNS:
            kept = np.sort(self.rng.choice(len(times), MOST_RUNS, replace=False)) if job.scattered else slice(MOST_RUNS)
            times = times[kept]
        stopped = (times > self.outage - 3 * HOUR) & (times < self.outage)
        times[stopped] = self.outage + self.rng.uniform(0, 60, stopped.sum())
        times += self.rng.exponential(job.late, len(times))
        ips, devices = (self.rng.choice(np.array(of, object), len(times)) for of in (job.ips, job.devices))
        self.put(account, Requests(times, ips, devices, job.agent, self.prompts(len(times), job.templates, job.share)))

    def pay(self, account: Account, cards: Sequence[str], share: float | None = None) -> None:
        """Put down a bill every thirty days, if the account pays at all."""
        if not self.chance(self.paying if share is None else share):
            return
        time = max(account.created_at + self.after(2 * DAY), self.start + self.between(0, 28) * DAY)
        while time < min(self.end, account.banned_at or self.end):
            self.payments.append((account.account_id, time, str(self.one(cards))))
            time += 30 * DAY + self.rng.normal(0, 600)
