"""The accounts of a made world, and the addresses they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

DAY, HOUR = 86_400.0, 3_600.0
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]
FIRST = (
    "anna", "ben", "carla", "dmitri", "elena", "farid", "grace", "hugo", "ines", "jon", "kai", "lena", "marco",
    "nadia", "omar", "pia", "quentin", "rosa", "sam", "tara", "uri", "vera", "wei", "xenia", "yusuf", "zoe",
)  # fmt: skip
LAST = (
    "abbott", "baker", "cruz", "diaz", "evans", "fischer", "gupta", "haas", "ito", "jansen", "kowal", "lopez",
    "meyer", "novak", "okafor", "patel", "quinn", "rossi", "silva", "tanaka", "urban", "vogel", "wong",
    "yilmaz", "zhang",
)  # fmt: skip
FREE = (
    "gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me", "gmx.de", "qq.com", "163.com",
    "mail.ru", "hotmail.com", "web.de", "orange.fr",
)  # fmt: skip
OCTETS = (
    5, 23, 31, 37, 45, 46, 62, 77, 78, 81, 83, 86, 88, 91, 93, 95, 109, 129, 134, 145, 151, 176, 178, 184, 188,
    193, 201, 213,
)  # fmt: skip
AWAKE = np.array([1, 0.5, 0.3, 0.2, 0.1, 0.2, 0.5, 1, 2, 3, 4, 4, 3, 3, 4, 4, 4, 3, 3, 4, 5, 5, 4, 2])
DESK = np.array([0, 0, 0, 0, 0, 0, 0, 0.5, 2, 5, 6, 5, 3, 4, 6, 6, 5, 3, 1, 0.4, 0.3, 0.2, 0.1, 0])


@dataclass(frozen=True)
class Net:
    """Addresses, and how long one who uses them keeps one."""

    ips: Texts
    lease: float  # seconds
    key: int  # who shares the lease: a household, or one account

    def at(self, times: Floats) -> Texts:
        """Give the address at each time."""
        slot = (np.floor(times / self.lease)).astype(np.uint64) + np.uint64(self.key)
        with np.errstate(over="ignore"):
            mixed = (slot ^ (slot >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return self.ips[((mixed >> np.uint64(20)) % np.uint64(len(self.ips))).astype(np.int64)]


@dataclass
class Account:
    """One account, and all it uses."""

    id: str
    unit: str
    kind: str
    mail: str
    created: float
    until: float
    zone: float
    ring: str = ""
    rate: float = 0.2  # sessions a day
    length: float = 4
    gap: float = 120
    hours: str = "human"
    period: float = DAY
    nets: list[tuple[Net, float]] = field(default_factory=list)
    signup: Net | None = None
    devices: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    phone: str = ""
    referrer: str = ""
    banned: float = 0
    own: list[str] = field(default_factory=list)
    bank: list[str] = field(default_factory=list)
    banked: float = 0
    popular: float = 0.1
    once: float = 0.5
    meets: Floats = field(default_factory=lambda: np.zeros(0))
    late: float = 300

    def away(self) -> float:
        """Tell how much they use what is not their home, by how much they use that."""
        return sum(weight for _, weight in self.nets[1:]) / self.nets[0][1]
