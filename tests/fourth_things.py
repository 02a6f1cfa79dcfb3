"""What people of the worlds by a fourth hand (`fourth_hand`) use: addresses, software, names."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Addresses = NDArray[np.int64]

_FIRST = """james mary li wei anna peter sofia lucas emma noah olga ivan priya arjun fatima omar yuki hiro chen mei jose
maria carlos ana lars ingrid pierre claire marco giulia kwame ama tunde ngozi david sarah tom lena felix paul laura nina
sven karin ravi deepa sanjay minh linh huy thi kim jun hana soo raj amit neha ali zara hassan leila pavel dasha jan eva
piotr ewa tomas petra adam zoe max mia ben ella sam"""
_LAST = """smith johnson wang li zhang chen liu garcia martinez lopez mueller schmidt weber fischer dubois martin
bernard
rossi russo ferrari ivanov petrov novak svoboda kowalski nowak patel sharma singh kumar gupta khan ahmed hassan ali
nguyen tran le pham kim park lee choi tanaka sato suzuki okafor mensah adeyemi silva santos souza costa jansen devries
berg larsen hansen nilsson virtanen brown davis miller wilson moore taylor clark lewis walker young king wright hill
green baker adams nelson carter mitchell roberts turner"""
_WORDS = """blue fast cloud nova pixel orbit delta lumen quark forge spark tide north river stone maple cedar iron echo
vertex logic data smart bright open prime atlas zen kite fox owl bear wolf hawk lime mint sage coral amber onyx jade
flint"""
FIRST, LAST, WORDS = _FIRST.split(), _LAST.split(), _WORDS.split()
FREE_MAIL = {
    "gmail.com": 0.48, "outlook.com": 0.12, "yahoo.com": 0.1, "hotmail.com": 0.07, "proton.me": 0.04, "qq.com": 0.06,
    "163.com": 0.04, "icloud.com": 0.04, "gmx.de": 0.03, "mail.ru": 0.02,
}  # fmt: skip
EVER = 1e9  # days
ZONES = (-8, -6, -5, -3, 0, 1, 2, 3, 5.5, 7, 8, 9)


def digest(*of: object) -> str:
    """Return a name that says nothing."""
    return hashlib.sha256("|".join(map(str, of)).encode()).hexdigest()


def dotted(addresses: Addresses) -> NDArray[Any]:
    """Return addresses as they are written."""
    return np.array([f"{x >> 24}.{x >> 16 & 255}.{x >> 8 & 255}.{x & 255}" for x in addresses.tolist()], object)


class Source(Protocol):
    """Where requests come from: an address for each time, of sessions that are numbered."""

    def get(self, times: NDArray[np.float64], session: NDArray[np.int64], rng: np.random.Generator) -> Addresses:
        """Return an address for each."""


class Fixed:
    """One address, or a few that are used alike."""

    def __init__(self, *ips: int) -> None:
        self.ips = np.array(ips, np.int64)

    def get(self, times: NDArray[np.float64], session: NDArray[np.int64], rng: np.random.Generator) -> Addresses:
        """Return an address for each."""
        del session
        return self.ips[rng.integers(0, len(self.ips), len(times))]


class Lease:
    """An address that changes every so many days, from a pool that others of the region use as well."""

    def __init__(self, pool: Addresses, days: float, rng: np.random.Generator) -> None:
        self.days, self.phase = days, rng.random() * days
        self.ips = pool[rng.integers(0, len(pool), int(80 / days) + 6)]

    def get(self, times: NDArray[np.float64], session: NDArray[np.int64], rng: np.random.Generator) -> Addresses:
        """Return an address for each."""
        del session, rng
        return self.ips[np.clip(((times + self.phase + 20) / self.days).astype(int), 0, len(self.ips) - 1)]


class Pool:
    """Carrier, VPN, proxies, egress of a cloud: another address for each session."""

    def __init__(self, ips: Addresses) -> None:
        self.ips = np.asarray(ips, np.int64)

    def get(self, times: NDArray[np.float64], session: NDArray[np.int64], rng: np.random.Generator) -> Addresses:
        """Return an address for each."""
        del times
        return self.ips[rng.integers(0, len(self.ips), int(session.max(initial=0)) + 1)][session]


class Device(NamedTuple):
    """A machine as it is seen."""

    device_id: str
    user_agent: str
    ja3: str


class Provider(NamedTuple):
    """Who sells access in a city; `days` of a lease (0: a few addresses that all customers share)."""

    pool: Addresses
    days: float


class City(NamedTuple):
    """A place with its providers; hours from UTC."""

    zone: float
    providers: list[Provider]
    carriers: list[Addresses]
    business: Addresses


class Internet:
    """All addresses of a world."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        first = [a for a in range(20, 200) if a not in (127, 169, 172, 192)]
        self._free = list(rng.permutation([(a << 24) | (b << 16) for a in first for b in range(0, 250, 7)]))
        self.cities = [city for _ in range(int(rng.integers(4, 9))) for city in self._region()]
        self.people = rng.dirichlet(np.full(len(self.cities), 1.2))
        self.vpns = [self.block(int(rng.integers(6, 80)), close=True) for _ in range(int(rng.integers(2, 6)))]
        self.clouds = [self.block(8000) for _ in range(3)]
        self.notebooks = [self.block(int(rng.integers(4, 40)), close=True) for _ in range(int(rng.integers(2, 5)))]
        self.ci = [self.block(int(rng.integers(20, 200))) for _ in range(2)]
        self.homes = np.concatenate([each.pool for city in self.cities for each in city.providers])

    def block(self, n: int, *, close: bool = False) -> Addresses:
        """Return so many addresses of a network of their own."""
        base = int(self._free.pop())
        return base + 256 + (np.arange(n) if close else self.rng.choice(65000, n, replace=False))

    def _region(self) -> list[City]:
        """Return cities of one zone and with the same carriers."""
        rng = self.rng
        zone = float(rng.choice(ZONES))
        carriers = []
        for _ in range(int(rng.integers(1, 4))):
            many = int(np.exp(rng.uniform(np.log(4), np.log(120))))
            carriers.append(self.block(256, close=True)[rng.choice(256, many, replace=False)])
        return [City(zone, self._providers(), carriers, self.block(3000)) for _ in range(int(rng.integers(1, 6)))]

    def _providers(self) -> list[Provider]:
        rng = self.rng
        of = [
            Provider(self.block(int(rng.integers(600, 9000))), float(rng.choice([1, 3, 7, 14, 45, 400])))
            for _ in range(int(rng.integers(1, 4)))
        ]
        small = [Provider(self.block(int(rng.integers(2, 10)), close=True), 0)] if rng.random() < 0.25 else []
        return of + small

    def city(self) -> City:
        """Return a city, a large one more often."""
        return self.cities[self.rng.choice(len(self.cities), p=self.people)]

    def cloud(self) -> int:
        """Return the address of a server."""
        return int(self.rng.choice(self.clouds[self.rng.integers(3)]))

    def office(self, city: City, n: int = 1) -> Fixed:
        """Return addresses of a business."""
        return Fixed(*map(int, self.rng.choice(city.business, n, replace=False)))

    def home(self, city: City) -> Source:
        """Return how somebody there is connected."""
        of = city.providers[self.rng.integers(len(city.providers))]
        if not of.days:
            return Pool(of.pool)
        return Fixed(int(self.rng.choice(of.pool))) if of.days > 100 else Lease(of.pool, of.days, self.rng)


class Software:
    """Programs with their templates, client libraries, browsers, and devices."""

    def __init__(self, rng: np.random.Generator, seed: int) -> None:
        self.rng, self.seed, self._devices, self._templates = rng, seed, 0, 0
        self.programs = [(f"app{k}", self.templates(int(rng.integers(1, 14)))) for k in range(rng.integers(15, 50))]
        popular = 1 / (np.arange(len(self.programs)) + 1.5) ** rng.uniform(0.8, 1.4)
        self.popular = popular / popular.sum()
        names = ("ai-python", "ai-node", "langkit", "go-ai", "python-requests", "axios", "curl", "okhttp")
        self.clients = [f"{name}/{a}.{b}.{c}" for name in names for a, b, c in rng.integers(0, 9, (6, 3))]
        self.usual_client = rng.dirichlet(np.full(len(self.clients), 0.35))
        systems = ("Windows NT 10.0", "Macintosh", "X11; Linux", "iPhone", "Android 14")
        browsers = [(of, name) for of in systems for name in ("Chrome", "Safari", "Firefox", "Edge")]
        self.browsers = [f"Mozilla/5.0 ({of}) {name}/{v}" for of, name in browsers for v in rng.integers(110, 130, 4)]
        self.usual_browser = rng.dirichlet(np.full(len(self.browsers), 0.5))
        self.same = ["fp_" + digest(seed, "same", k)[:14] for k in range(rng.integers(1, 8))]
        self.same_share = float(rng.choice([0, 0.02, 0.08, 0.15]))

    def templates(self, n: int) -> NDArray[Any]:
        """Return new templates."""
        first, self._templates = self._templates, self._templates + n
        return np.array([digest(self.seed, "t", k)[:16] for k in range(first, first + n)], object)

    def client(self) -> str:
        """Return a client library, a usual one more often."""
        return str(self.rng.choice(self.clients, p=self.usual_client))

    def program(self) -> tuple[str, NDArray[Any]]:
        """Return a program and its templates, a popular one more often."""
        return self.programs[self.rng.choice(len(self.programs), p=self.popular)]

    def device(self, *, own: bool = False) -> Device:
        """Return a device; unless it is `own`, it may look like others of its model."""
        if not own and self.rng.random() < self.same_share:
            name = str(self.rng.choice(self.same))
        else:
            self._devices += 1
            name = "fp_" + digest(self.seed, "device", self._devices)[:14]
        agent = str(self.rng.choice(self.browsers, p=self.usual_browser))
        return Device(name, agent, digest("tls", agent)[:12])
