"""What there is on the platform of `third_hand`: addresses, machines, programs; and how all of it is drawn."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY, HOUR = 86_400, 3_600
SYSTEMS = (
    "Windows NT 10.0; Win64",
    "Macintosh; Intel 14_5",
    "Linux; Android 14; SM-S921B",
    "iPhone; CPU iPhone OS 18_1",
)
LIBRARIES = [*(f"openai-python/1.{v}" for v in range(30, 50)), *(f"node-fetch/{v}" for v in range(2, 5)), "curl/8.5"]
CARRIERS, VPNS = range(80, 86), 185
PLACES = [a for a in range(24, 200) if a not in {100, 127, 169, 172, 192, 198, VPNS, *CARRIERS}]
CLOUDS = [3, 13, 15, 18, 20, 34, 35, 52, 54]


class Draw:
    """Draws from wide ranges."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([77, seed])

    def between(self, low: float, high: float) -> float:
        """Return a number of a range."""
        return float(self.rng.uniform(low, high))

    def wide(self, low: float, high: float) -> float:
        """Return a number of a range, where each order of magnitude is as likely as another."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def count(self, low: float, high: float) -> int:
        """Return a whole number of a range, where each order of magnitude is as likely as another."""
        return int(self.wide(low, high))

    def whole(self, low: int, below: int) -> int:
        """Return a whole number of a range, the end of which is not in it."""
        return int(self.rng.integers(low, below))

    def after(self, mean: float) -> int:
        """Return for how many seconds something lets itself be waited for."""
        return int(self.rng.exponential(mean))

    def chance(self, share: float) -> bool:
        """Return whether something of this chance happens."""
        return bool(self.rng.random() < share)

    def one(self, of: Sequence[Any]) -> Any:
        """Return one of these."""
        return of[self.whole(0, len(of))]

    def things(self, letter: str, number: int) -> list[str]:
        """Return names of new things: of templates (t), devices (d), cards (pm_)."""
        return [f"{letter}{self.rng.integers(1 << 44):011x}" for _ in range(number)]


class Internet:
    """Addresses: homes, offices, carriers, VPNs, clouds."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.nets = self._nets(PLACES, 4000)
        self.clouds = self._nets(CLOUDS, 40)
        self.carriers = [self._carrier(80 + c) for c in range(draw.whole(2, 6))]
        self.vpns = [self._vpn() for _ in range(4)]

    def _nets(self, first: Sequence[int], number: int) -> list[str]:
        rng = self.draw.rng
        parts = zip(rng.choice(first, number), *rng.integers(0, 255, (2, number)), strict=True)
        return [".".join(map(str, each)) for each in parts]

    def _carrier(self, first: int) -> list[str]:
        rng = self.draw.rng
        return [
            f"{first}.{rng.integers(255)}.{rng.integers(9)}.{k}" for k in rng.integers(1, 255, self.draw.count(2, 25))
        ]

    def _vpn(self) -> list[str]:
        rng = self.draw.rng
        return [
            f"{VPNS}.{rng.integers(9, 250)}.{rng.integers(9, 250)}.{k}" for k in range(2, 2 + self.draw.count(3, 40))
        ]

    def fixed(self) -> str:
        """Return an address of an office, a school, a shop."""
        return f"{self.draw.one(self.nets)}.{self.draw.whole(1, 255)}"

    def cloud(self) -> str:
        """Return the address of a rented machine."""
        return f"{self.draw.one(self.clouds)}.{self.draw.whole(1, 255)}"

    def home(self) -> list[str]:
        """Return the addresses of a home, one after the other: one for ever, or of a small pool."""
        net = self.draw.one(self.nets)
        leases = 1 if self.draw.chance(0.6) else self.draw.whole(2, 9)
        return [f"{net}.{self.draw.whole(1, 255)}" for _ in range(leases)]

    def mobile(self) -> list[str]:
        """Return the addresses of one carrier."""
        return list(self.draw.one(self.carriers))


class Software:
    """Browsers, libraries, popular programs, and fingerprints that many machines have."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        browsers = [f"{name}/{v}" for name in ("Chrome", "Firefox", "Safari", "Edg") for v in range(120, 126)]
        self.browsers = [f"Mozilla/5.0 ({system}) {each}" for system in SYSTEMS for each in browsers]
        self.popular = np.cumsum(draw.rng.dirichlet(np.full(len(self.browsers), 0.25)))
        self.library_use = draw.rng.dirichlet(np.full(len(LIBRARIES), 0.3))
        self.common = [f"fpc{k:04x}" for k in draw.rng.integers(0, 65536, draw.whole(2, 9))]
        self.common_share = draw.wide(0.005, 0.06)
        self.programs = [draw.things("app", draw.count(1, 12)) for _ in range(draw.count(20, 120))]
        fame = 1 / np.arange(1, len(self.programs) + 1) ** draw.wide(0.7, 1.3)
        self.fame = fame / fame.sum()

    def device(self, *, phone: bool = False) -> str:
        """Return a machine's fingerprint: its own, or one that thousands have."""
        if self.draw.chance(self.common_share * (3 if phone else 1)):
            return str(self.draw.one(self.common))
        return self.draw.things("d", 1)[0]

    def browser(self, of: str) -> str:
        """Return the browser of somebody or something: always the same."""
        at = zlib.crc32(of.encode()) / 2**32
        return self.browsers[min(int(np.searchsorted(self.popular, at)), len(self.browsers) - 1)]

    def library(self) -> str:
        """Return a library for programs."""
        return str(self.draw.rng.choice(LIBRARIES, p=self.library_use))

    def program(self) -> list[str]:
        """Return the templates of one popular program."""
        return self.programs[int(self.draw.rng.choice(len(self.programs), p=self.fame))]
