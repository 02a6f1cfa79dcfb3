"""The platform of the worlds by a fourth hand (`fourth_hand`), and its people: what each has, where and how he works.

Times are days from the start of the records.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from fourth_things import EVER, FIRST, FREE_MAIL, LAST, WORDS, Fixed, Internet, Pool, Software, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fourth_things import City, Device, Source
    from numpy.typing import NDArray

MOST = 12.0  # requests in a day of one account, jobs apart
HOURS = {"eve": (20, 3.2, 1.2), "office": (13.5, 2.6, 0.12), "day": (14.5, 4.5, 0.8), "night": (1.5, 3, 1)}
"""The usual hour, its spread, and what a day of the weekend is to a weekday."""


class Use(NamedTuple):
    """Something that is used, so often beside others, from and to a time (of a card: charges in a day)."""

    weight: float
    what: Any
    since: float = -EVER
    until: float = EVER


class Job(NamedTuple):
    """A program that starts at given times, mostly, some seconds late; without a source, from its account's."""

    times: NDArray[np.float64]
    share: float
    late: float
    templates: NDArray[Any]
    source: Source | None = None


class Unit(NamedTuple):
    """To what somebody belongs: `close` where its members know each other or work for one."""

    name: str
    kind: str
    close: bool = True


@dataclass(eq=False)
class Account:
    """An account, and all its owner's habits."""

    number: int
    city: City
    home: Source
    last: str
    created: float
    hours: NDArray[np.float64]
    weekend: float
    start: float
    end: float
    agent: str
    rate: float
    email: str
    phone: str
    sources: list[Use]
    devices: list[Use]
    templates: list[Use] = field(default_factory=list)
    cards: list[Use] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    unit: Unit | None = None
    ring: str = ""
    role: str = ""
    inviter: Account | None = None
    banned: float | None = None
    signup_from: Source | None = None
    logins: float = 0.25

    def at(self, source: Source, weight: float = 1.0, since: float = -EVER, until: float = EVER) -> None:
        """Work from there, too."""
        self.sources.append(Use(weight, source, since, until))

    def on(self, device: Device, weight: float = 0.5, since: float = -EVER, until: float = EVER) -> None:
        """Work on that device, too."""
        self.devices.append(Use(weight, device, since, until))

    def ask(self, templates: NDArray[Any], weight: float = 1.0, since: float = -EVER, until: float = EVER) -> None:
        """Send those templates, too."""
        self.templates.append(Use(weight, templates, since, until))

    def join(self, name: str, kind: str, *, close: bool = True) -> None:
        """Belong to a unit; the first close one is the account's own."""
        self.units.append(Unit(name, kind, close))
        if close and self.unit is None:
            self.unit = self.units[-1]

    def begin(self, time: float) -> None:
        """Be opened at that time."""
        self.created = self.start = time


class Settled(NamedTuple):
    """What is settled of a person; the rest is drawn."""

    city: City | None = None
    home: Source | None = None
    first: str = ""
    last: str = ""
    domain: str = ""
    created: float | None = None
    rate: float | None = None
    hours: str = ""


class Firm(NamedTuple):
    """An employer whose offices, templates and cards others come to use."""

    unit: Unit
    staff: list[Account]
    office: Fixed
    templates: NDArray[Any]
    cards: list[str]


class Course(NamedTuple):
    """A course at a university: its templates for some days, and what else it has."""

    name: str
    templates: NDArray[Any]
    begun: float
    opened: float
    new: bool
    voucher: str
    lab: list[Device]


class Campus(NamedTuple):
    """A university behind few addresses."""

    egress: Pool
    courses: list[Course]
    students: list[Account]
    domain: str


class Ring(NamedTuple):
    """What another ring may use, too."""

    proxies: NDArray[np.int64]
    campaign: NDArray[Any]
    card: str


COLUMNS = {
    "logins": 0.7, "device_id": 0.9, "phone": 0.5, "email": 0.9, "ja3": 0.35, "prompt_hash": 0.95, "payments": 0.95,
    "api_key_id": 0.5, "referred_by": 0.5, "banned_at": 0.5, "user_agent": 0.85,
}  # fmt: skip
"""How likely a platform is to hand them over."""


class Platform:
    """An AI platform for some weeks, with all who are there; nearly every parameter is drawn anew."""

    def __init__(self, seed: int, world: str, accounts: int) -> None:
        self.seed, self.world, self.accounts = seed, world, accounts
        self.rng = rng = np.random.default_rng([seed, 77])
        self.days = float(rng.integers(14, 43))
        self.begins = pd.Timestamp("2026-01-05", tz="UTC") + pd.Timedelta(days=int(rng.integers(0, 200)))
        self.rate = self.wide(0.35, 1.2)  # requests a day of an ordinary person
        self.once = rng.uniform(0.15, 0.7)  # prompts that are seen once
        self.new = rng.uniform(0.08, 0.5)  # accounts that are opened while we look
        self.has = {column: self.chance(share) for column, share in COLUMNS.items()}
        self.has["payments"] |= not self.has["device_id"]
        self.internet, self.software = Internet(rng), Software(rng, seed)
        self.sms = [self.phone() for _ in range(int(rng.integers(20, 120)))]
        self.people: list[Account] = []
        self.firms: list[Firm] = []
        self.campuses: list[Campus] = []
        self.rings: list[Ring] = []
        self._units: Counter[str] = Counter()
        self._mails: set[str] = set()
        self._patterns: dict[str, int] = {}
        self._cards = 0

    def chance(self, share: float) -> bool:
        """Return whether what is so likely happens."""
        return bool(self.rng.random() < share)

    def whole(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def wide(self, low: float, high: float) -> float:
        """Return a number of any magnitude between."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def size(self, low: float, high: float) -> int:
        """Return a whole number of any magnitude between."""
        return int(self.wide(low, high + 0.9))

    def one(self, of: Sequence[Any]) -> Any:
        """Return one of these."""
        return of[int(self.rng.integers(len(of)))]

    def times(self, low: int, high: int) -> NDArray[np.float64]:
        """Return times, in order."""
        return np.sort(self.rng.uniform(0, self.days, self.whole(low, high - 1)))

    def kind(self, kind: str) -> str:
        """Return the name of a new unit of a kind."""
        self._units[kind] += 1
        return f"{kind}-{self._units[kind]}"

    def card(self) -> str:
        """Return a new card."""
        self._cards += 1
        return "card_" + digest(self.seed, "card", self._cards)[:16]

    def voucher(self) -> str:
        """Return a new voucher, which is paid with like a card."""
        return "voucher_" + self.card()[5:15]

    def phone(self) -> str:
        """Return a telephone number."""
        return f"+{self.rng.integers(1, 99)}{self.rng.integers(10**8, 10**10)}"

    def name(self, *, numbers: int = 99, words: Sequence[str] = WORDS) -> str:
        """Return the name of a firm."""
        return f"{self.one(WORDS)}{self.one(words)}{self.rng.integers(1, numbers)}"

    def mail(self, first: str = "", last: str = "", domain: str = "") -> str:
        """Return an address that is nobody's yet: on a domain all are made by its rule."""
        first, last, n = first or self.one(FIRST), last or self.one(LAST), self._number()
        at = domain or str(self.rng.choice(list(FREE_MAIL), p=list(FREE_MAIL.values())))
        rules = [f"{first}.{last}", f"{first[0]}{last}", first, f"{first}{last}", f"{first}{last}{n}",
                 f"{self.one(WORDS)}{self.one(WORDS)}{n}", f"{first}_{last}{n}"]  # fmt: skip
        rule = self._patterns.setdefault(domain, self.whole(0, 3)) if domain else self.whole(0, 6)
        mail, k = f"{rules[rule]}@{at}", 2
        while mail in self._mails:
            mail, k = f"{rules[rule]}{k if domain else self.rng.integers(10, 99999)}@{at}", k + 1
        self._mails.add(mail)
        return mail

    def _number(self) -> int:
        return int(self.one([self.whole(1, 98), self.whole(1960, 2007), self.whole(100, 9998)]))

    def hours(self, kind: str = "") -> tuple[NDArray[np.float64], float]:
        """Return how often somebody works in each hour of the day, and at weekends."""
        kind = kind or str(self.rng.choice(["eve", "office", "flat", "day", "night"], p=[0.34, 0.28, 0.12, 0.2, 0.06]))
        if kind == "flat":
            return np.ones(24), 1.0
        usual, spread, weekend = HOURS[kind]
        away = np.abs(np.arange(24) - (usual + self.rng.normal(0, 1.2)) % 24)
        return np.exp(-(np.minimum(away, 24 - away) ** 2) / 2 / spread**2) + 0.004, weekend

    def created(self) -> float:
        """Return when an account is opened."""
        if self.chance(self.new):
            return float(self.rng.uniform(0, self.days * 0.95))
        return -float(self.rng.exponential(250)) - 0.01

    def person(self, of: Settled = Settled()) -> Account:  # noqa: B008 (it cannot be changed)
        """Return the account of an ordinary person."""
        rng = self.rng
        city = of.city or self.internet.city()
        hours, weekend = self.hours(of.hours)
        created = self.created() if of.created is None else of.created
        home, last = of.home or self.internet.home(city), of.last or str(self.one(LAST))
        account = Account(
            number=len(self.people), city=city, home=home, last=last, created=created, hours=hours, weekend=weekend,
            start=max(0.0, created), end=self.days, agent=self.software.client(),
            rate=(of.rate or self.rate) * float(np.exp(rng.normal())), email=self.mail(of.first, last, of.domain),
            phone=self.phone(), sources=[Use(1.0, home)], devices=[Use(1.0, self.software.device())],
        )  # fmt: skip
        self._elsewhere(account)
        self._software(account)
        if self.chance(0.62):
            account.cards.append(Use(rng.uniform(0.02, 0.12), self.card()))
        account.rate = min(account.rate, MOST)
        if self.chance(0.15):
            account.end = min(self.days, account.start + rng.exponential(self.days / 3) + 0.5)
        if self.chance(0.008):
            account.banned = float(rng.uniform(account.start, self.days))
            account.end = min(account.end, account.banned)
        self.people.append(account)
        return account

    def _elsewhere(self, account: Account) -> None:
        """Let somebody work by telephone, VPN, hosted notebook or server, too."""
        rng, net = self.rng, self.internet
        if self.chance(0.35):
            account.at(Pool(self.one(account.city.carriers)), rng.uniform(0.1, 0.7))
        for kind, pools, share, weights in (("vpn", net.vpns, 0.08, (0.3, 3)), ("paas", net.notebooks, 0.07, (0.5, 5))):
            if self.chance(share):
                k = int(rng.integers(len(pools)))
                account.at(Pool(pools[k]), rng.uniform(*weights))
                account.join(f"{kind}{k}", kind, close=False)
        if self.chance(0.1):
            account.at(Fixed(net.cloud()), rng.uniform(1, 6))
            account.rate *= 1.5

    def _software(self, account: Account) -> None:
        rng = self.rng
        if self.chance(0.3):
            account.on(self.software.device(), rng.uniform(0.2, 0.8))
        if self.chance(0.55):
            programs = dict(self.software.program() for _ in range(self.whole(1, 3)))
            for name, templates in programs.items():
                self.program(account, name, templates, "app")
        account.ask(self.software.templates(self.whole(1, 6)), rng.uniform(0.3, 1.5))

    def program(self, account: Account, name: str, templates: NDArray[Any], kind: str) -> None:
        """Let somebody use some of a program."""
        some = self.rng.choice(templates, self.whole(1, len(templates)), replace=False)
        account.ask(some, self.rng.uniform(0.2, 2))
        account.join(name, kind, close=False)

    def some(self, n: int) -> list[Account]:
        """Return innocent accounts, strangers to each other."""
        of = [each for each in self.people if not each.ring]
        return [of[k] for k in self.rng.choice(len(of), min(n, len(of)), replace=False)]

    def near(self, n: int) -> tuple[list[Account], City]:
        """Return accounts of one city."""
        city = self.internet.city()
        of = [each for each in self.people if each.city is city]
        return [of[k] for k in self.rng.choice(len(of), min(n, len(of)), replace=False)] if of else [], city
