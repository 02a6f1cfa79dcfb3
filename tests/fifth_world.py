"""The platform of the worlds by a fifth hand (`fifth_hand`): networks, mailboxes, and who comes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from fifth_people import DAY, FIRST, FREE, HOUR, LAST, OCTETS, Account, Net, Texts

if TYPE_CHECKING:
    from fifth_plans import Plan, Range


class World:
    """All that is drawn for one seed."""

    def __init__(self, seed: int, size: int) -> None:
        self.rng, self.size = np.random.default_rng(seed), size
        r = self.rng
        self.days = int(r.integers(30, 46))
        self.start = float(pd.Timestamp("2026-01-05").timestamp() + DAY * r.integers(0, 200))
        self.end = self.start + self.days * DAY
        self.rate, self.spread = self.draw((0.12, 0.35)), self.draw((0.7, 1.3))
        self.isps = [self.space(int(r.integers(15, 60))) for _ in range(int(r.integers(5, 14)))]
        self.carriers = [self.space(1)[: int(r.integers(16, 128))] for _ in range(int(r.integers(2, 6)))]
        self.vpns = [self.space(1)[: int(r.integers(8, 60))] for _ in range(int(r.integers(2, 8)))]
        self.campuses = [self.space(1)[: int(r.integers(2, 24))] for _ in range(2)]
        self.isp_share = r.dirichlet(np.ones(len(self.isps)))
        self.mobile, self.hop = self.draw((0.2, 0.7)), self.draw((0.05, 0.25))
        self.v6 = self.draw((0, 0.5))
        self.shops = [self.hex(16) for _ in range(300)]  # templates that everybody copies
        self.browsers = [
            f"Mozilla/5.0 ({o}) Chrome/{v}.0"
            for o in ("Windows NT 10.0", "Macintosh", "X11; Linux", "Android 14", "iPhone OS 18")
            for v in range(128, 142)
        ]
        self.sdks = [
            f"{n}/{v}"
            for n in ("python-sdk", "node-sdk", "curl", "langchain", "go-http-client")
            for v in ("0.9.1", "1.0.4", "1.2.0", "2.1.3")
        ]
        self.common = [self.hex(20) for _ in range(30)]  # fingerprints of phones that look alike
        self.alike = self.draw((0, 0.08))
        self.providers = r.dirichlet(np.linspace(3, 0.4, len(FREE)))
        self.form = int(r.integers(4))
        self.names: set[str] = set()
        self.accounts: list[Account] = []
        self.zones = r.dirichlet(np.ones(5) * 0.7)

    def draw(self, bounds: Range) -> float:
        """Draw one value between the bounds, by its logarithm where they are far apart."""
        low, high = bounds
        if low > 0 and high / low > 5:
            return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Say yes to this share of the questions."""
        return bool(self.rng.random() < share)

    def hex(self, digits: int) -> str:
        """Give a random word."""
        return self.rng.bytes(digits // 2).hex()

    def space(self, nets: int) -> Texts:
        """Give all addresses of some networks of 256."""
        heads = [
            f"{self.rng.choice(OCTETS)}.{self.rng.integers(1, 255)}.{self.rng.integers(0, 256)}" for _ in range(nets)
        ]
        found = np.array([f"{head}.{i}" for head in heads for i in range(1, 255)], dtype=object)
        self.rng.shuffle(found)
        return found

    def key(self) -> int:
        """Give the key of a lease."""
        return int(self.rng.integers(1, 2**60))

    def home(self) -> Net:
        """Give a connection of an ISP: the address changes daily, weekly, monthly or never."""
        if self.chance(self.v6):
            head = f"2a0{self.rng.integers(0, 10)}:" + ":".join(f"{x:x}" for x in self.rng.integers(256, 65535, 3))
            ips = np.array(
                [f"{head}:{self.hex(4)}:{self.hex(4)}:{self.hex(4)}:{self.hex(4)}" for _ in range(3)], dtype=object
            )
            return Net(ips, 3 * DAY, self.key())
        isp = self.isps[self.rng.choice(len(self.isps), p=self.isp_share)]
        return Net(isp, float(self.rng.choice([1, 7, 30, 999])) * DAY, self.key())

    def place(self, plan: Plan) -> tuple[Texts, float]:
        """Give the addresses at which a unit meets, and the lease there."""
        count, lease, r = max(1, round(self.draw(plan.ips))), self.draw(plan.lease) * HOUR, self.rng
        match plan.net:
            case "carrier":
                return self.carriers[r.integers(len(self.carriers))], lease
            case "vpn":
                return self.vpns[r.integers(len(self.vpns))], lease
            case "campus":
                return self.campuses[r.integers(len(self.campuses))], lease
            case "exits":
                return np.concatenate([r.choice(isp, count // len(self.isps) + 1) for isp in self.isps]), lease
            case "pool":
                return r.choice(self.space(1 + count // int(r.integers(4, 30))), count, replace=False), lease
            case _:
                return self.space(1)[:count], lease

    def address(self, style: str, domain: str, number: int) -> str:
        """Give a mailbox nobody else has."""
        r = self.rng
        free = str(r.choice(FREE, p=self.providers))
        while True:
            first, last, digits = r.choice(FIRST), r.choice(LAST), r.integers(1, 9999)
            person = str(
                r.choice(
                    [
                        f"{first}.{last}{digits % 100}",
                        f"{first}{last}{digits}",
                        f"{first[0]}{last}{digits % 1000}",
                        f"{last}_{first}{digits % 100}",
                        f"{first}{digits}",
                    ]
                )
            )
            match style:
                case "corp":
                    found = f"{first}.{last}{'' if self.chance(0.5) else digits % 100}@{domain}"
                case "client":
                    found = f"{r.choice(['info', 'ads', 'marketing', first])}@{self.hex(6)}-{last}.com"
                case "numbered":
                    found = f"student{number:02d}.{domain[:4]}@{domain}"
                case "plus":
                    found = f"qa+{number:03d}@{domain}"
                case "pattern":
                    found = f"{first}{last}{r.integers(1000, 9999)}@{FREE[len(domain) % 3]}"
                case "throwaway":
                    found = f"{first}{self.hex(4)}@{domain}"
                case _:
                    found = f"{person}@{free}"
            if found not in self.names:
                self.names.add(found)
                return found

    def name(self) -> str:
        """Give an id in the form of this world."""
        n = len(self.accounts)
        return [f"acct_{self.hex(10)}", str(100_000 + n * 7), f"org-{self.hex(24)}", f"u{n:06d}"][self.form]

    def single(self, kind: str, unit: str) -> Account:
        """Give an ordinary account, with nothing shared but what all share."""
        r = self.rng
        fresh = self.chance(0.15)
        age = self.draw((0.2, 7)) if fresh else self.draw((7, 900))
        found = Account(
            self.name(),
            unit,
            kind,
            "",
            self.end - age * DAY,
            self.end,
            float(r.choice([-8, -5, 1, 5.5, 8], p=self.zones)),
        )
        found.mail = self.address("free", "", 0)
        found.rate = self.rate * float(np.exp(r.normal(0, self.spread)))
        found.length, found.gap = self.draw((2, 9)), self.draw((20, 400))
        found.hours = "clock" if self.chance(0.3) else "human"
        mobile, hop = self.chance(self.mobile), self.chance(self.hop)
        found.nets = [(self.home(), 1.0)]
        found.signup = found.nets[0][0]
        if mobile:
            carrier = self.carriers[r.integers(len(self.carriers))]
            found.nets.append((Net(carrier, self.draw((0.5, 12)) * HOUR, self.key()), self.draw((0.05, 1.5))))
        if hop:
            vpn = self.vpns[r.integers(len(self.vpns))]
            found.nets.append((Net(vpn, self.draw((1, 24)) * HOUR, self.key()), self.draw((0.2, 5))))
        count = int(r.integers(1, 4))
        found.devices = [str(r.choice(self.common)) if self.chance(self.alike) else self.hex(20) for _ in range(count)]
        coder = self.chance(0.4)
        found.agents = [str(r.choice(self.sdks if coder else self.browsers)) for _ in range(count)]
        found.cards = [f"card_{self.hex(12)}" for _ in range(int(r.integers(1, 3)))] if self.chance(0.5) else []
        found.phone = f"+{r.integers(1, 99)}{r.integers(10**8, 10**9)}" if self.chance(0.6) else ""
        found.own = [self.hex(16) for _ in range(int(r.integers(1, 12)))]
        found.popular, found.once = self.draw((0, 0.3)), self.draw((0, 1))
        if self.accounts and self.chance(0.08):
            found.referrer = self.accounts[r.integers(len(self.accounts))].id
        if self.chance(0.01):
            found.banned = self.end - self.draw((0.1, 20)) * DAY
        self.accounts.append(found)
        return found

    def crowd(self) -> None:
        """Add one who belongs to nothing."""
        found = self.single("crowd", "")
        roll = self.rng.random()
        if roll < 0.05:
            found.kind, found.hours, found.period = "cron", "cron", float(self.rng.choice([1, 2, 6, 12, 24])) * HOUR
        elif roll < 0.1:
            found.kind, found.popular, found.once = "template_user", 0.9, 0.1
        elif found.away() > 1:
            found.kind = "egress_user"

    def pool(self, per: float, size: int, kind: str) -> list[str]:
        """Give so many shared things that each has about this many accounts."""
        head = "gift_" if kind == "gift_cards" else ""
        return [head + self.hex(18) for _ in range(max(1, round(size / per)))] if per >= 1 else []
