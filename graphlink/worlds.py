"""The tables of simulated worlds: what is ordinary, and how crews are made.

A *crew* is any set of accounts that shares things: a household, an organisation, a ring. They are built from one table
of knobs, so that what differs between the innocent and the guilty can be read side by side. No knob is a constant that
detection could be fitted to: each is a `Prior`, drawn anew for each crew and each seed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Prior(NamedTuple):
    """What a knob may be: uniform between low and high, or uniform in the logarithm.

    Shares lie in 0..1; a prior whose ends are 0 and 0 switches a knob off.
    """

    low: float
    high: float
    log: bool = False

    def draw(self, rng: np.random.Generator, count: int, *, foreign: bool = False) -> NDArray[np.float64]:
        """Return `count` draws; a foreign world draws from a wider prior that favours the ends."""
        if not foreign:
            return self._at(rng.random(count))
        share = self.high <= 1
        wider = Prior(self.low * 0.7, min(1.0, self.high * 1.2) if share else self.high * 1.5, self.log)
        return wider._at(rng.beta(0.5, 0.5, count))

    def times(self, factor: float) -> Prior:
        """Return the prior of a crew `factor` times as large; what is shared at all stays shared."""
        return Prior(max(1, self.low * factor), max(1, self.high * factor), self.log) if self.high else self

    def _at(self, where: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.log:
            return self.low * (self.high / self.low) ** where
        return self.low + (self.high - self.low) * where


def wide(low: float, high: float) -> Prior:
    """Return a prior that is uniform in the logarithm, for counts and spans over orders of magnitude."""
    return Prior(low, high, log=True)


OFF, ALL, MOSTLY = Prior(0, 0), Prior(1, 1), Prior(0.5, 1)
_FOR_EVER, _ALIKE, _FEW = wide(1e4, 1e5), Prior(0, 0.3), Prior(1, 4)
_HUMAN, _SECONDS, _DAYS, _YEAR = Prior(0.8, 1.4), wide(10, 200), wide(0.2, 100), wide(5, 400)

ORDINARY: dict[str, Prior] = {
    # where people are
    "providers": Prior(4, 9),
    "addresses_a_customer": wide(2, 20),  # the rest of a provider's pool: how rarely an address is recycled
    "home_lease_days": wide(15, 300),
    "mobile": Prior(0.3, 0.8),  # accounts that also use a carrier
    "carriers": Prior(1, 6),
    "accounts_a_carrier_address": wide(1e3, 1e5),
    "vpn": Prior(0.02, 0.12),
    "vpns": Prior(1, 5),
    "accounts_a_vpn_address": wide(50, 3e3),
    "campus": Prior(0.01, 0.06),
    "campuses": Prior(1, 6),
    "lab_users": Prior(0, 0.5),  # students who also sit at public computers
    "lab_devices": wide(3, 60),  # of one campus
    "hosted": Prior(0.02, 0.1),  # accounts that call from a server of their own
    "away": Prior(0.1, 0.5),  # share of sessions on carrier, VPN or campus, of those who use one
    # what they use
    "devices": Prior(1.2, 2.2),
    "device_lease_days": wide(250, 1200),
    "free": Prior(0.2, 0.6),  # accounts without a card
    "no_phone": Prior(0.1, 0.6),
    "referred": Prior(0.05, 0.25),
    "throwaway": Prior(0.005, 0.03),  # ordinary people with a throw-away address
    "banned": wide(0.0005, 0.005),
    # what they do
    "newcomers": Prior(0.1, 0.4),
    "developers": Prior(0.1, 0.4),  # they call with templates of their own
    "apps": wide(40, 400),
    "app_users": Prior(0.2, 0.6),
    "app_share": Prior(0.2, 0.9),
    "app_exponent": Prior(0.8, 1.4),
    "cron": Prior(0.01, 0.05),  # jobs on the hour and the quarter
    "office": Prior(0.2, 0.5),
    "sleepless": Prior(0.02, 0.08),
    "spread": Prior(0.8, 1.4),  # sigma of the logarithm of the number of sessions
    "burst": Prior(2, 4),  # requests in a session
}
"""Ordinary life: drawn once a world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """How crews of one make are built: what they share, and how they behave. Drawn once a crew."""

    role: str
    size: Prior
    # what is shared: how many there are, and how much of a member's life goes over them
    cards: Prior = OFF
    card_share: Prior = ALL
    devices: Prior = OFF
    device_share: Prior = MOSTLY
    addresses: Prior = OFF
    address_share: Prior = MOSTLY
    reach: Prior = ALL
    """Share of the crew's devices and addresses that one member uses."""
    phones: Prior = OFF
    hosted: Prior = OFF
    """Whether the crew's addresses lie with hosting providers (else with ordinary or business ones)."""
    lease_days: Prior = _FOR_EVER
    """How long the crew keeps a card, device or address."""
    fresh: Prior = OFF
    """Share of the remaining sessions that come over a residential address never used before."""
    # content
    templates: Prior = OFF
    template_share: Prior = OFF
    taste: Prior = _ALIKE
    """How differently members use the templates: sigma of the logarithm."""
    copied: Prior = OFF
    """Share of the remaining traffic that is copied from ordinary users."""
    # time
    slots_a_day: Prior = OFF
    participation: Prior = OFF
    jitter_seconds: Prior = _SECONDS
    pace: Prior = ALL
    """Sessions beside the synchronised ones, against an ordinary account's."""
    spread: Prior = _HUMAN
    office: Prior = OFF
    sleepless: Prior = OFF
    one_zone: Prior = OFF
    # signup
    generated: Prior = OFF
    domain: Prior = OFF
    agents: Prior = OFF
    referred: Prior = OFF
    batches: Prior = _FEW
    batch_hours: Prior = _DAYS
    lead_days: Prior = _YEAR
    aged: Prior = OFF
    """Share of accounts opened at an unrelated time: bought, or simply someone's."""
    weekly_bans: Prior = OFF
    bystanders: Prior = OFF
    """Ordinary customers behind the crew's addresses, for each of its members."""


KNOBS = tuple(knob.name for knob in fields(Make) if knob.name != "role")
ALONE = Make(role="", size=ALL, spread=OFF, aged=ALL)

HOUSEHOLD = Make(
    role="household",
    size=wide(2, 5),
    cards=Prior(0, 1),
    card_share=Prior(0.3, 1),
    devices=Prior(0, 2),
    device_share=Prior(0.05, 0.6),
    addresses=ALL,
    address_share=Prior(0.5, 0.95),
    phones=Prior(0, 0.7),
    lease_days=wide(15, 300),
    one_zone=ALL,
    referred=Prior(0, 0.3),
    batches=Prior(1, 3),
    batch_hours=wide(0.2, 2000),
    aged=Prior(0.5, 1),
)
ORGANISATION = Make(
    role="organisation",
    size=wide(5, 400),
    cards=Prior(1, 2),
    card_share=Prior(0.6, 1),
    devices=Prior(0, 4),
    device_share=Prior(0.02, 0.3),
    addresses=wide(1, 4),
    address_share=Prior(0.4, 0.95),
    reach=Prior(0.4, 1),
    hosted=Prior(0, 0.3),
    templates=wide(1, 30),
    template_share=Prior(0.1, 0.7),
    taste=Prior(0.8, 2),
    spread=Prior(0.7, 1.5),
    office=Prior(0.5, 1),
    sleepless=Prior(0, 0.3),
    one_zone=Prior(0.5, 1),
    generated=Prior(0, 0.2),
    domain=Prior(0, 1),
    agents=Prior(0, 2),
    referred=Prior(0, 0.3),
    batches=Prior(1, 8),
    batch_hours=wide(2, 4000),
    lead_days=wide(3, 600),
    aged=Prior(0, 0.6),
)
AGENCY = replace(
    ORGANISATION,
    role="agency",
    size=wide(8, 80),
    cards=OFF,
    devices=wide(1, 8),
    device_share=Prior(0.2, 0.7),
    address_share=Prior(0.3, 0.7),
    template_share=Prior(0.1, 0.5),
    one_zone=Prior(0, 0.5),
    domain=OFF,
    batch_hours=wide(100, 6000),
)
TEST_ACCOUNTS = Make(
    role="test accounts",
    size=wide(5, 60),
    cards=Prior(0, 1),
    devices=wide(1, 3),
    addresses=wide(1, 3),
    templates=wide(1, 8),
    template_share=Prior(0.6, 1),
    slots_a_day=Prior(0, 2),
    participation=Prior(0.3, 1),
    pace=Prior(0.1, 0.6),
    spread=Prior(0, 0.5),
    office=Prior(0.3, 1),
    sleepless=Prior(0, 0.5),
    one_zone=ALL,
    generated=ALL,
    domain=ALL,
    agents=ALL,
    batches=Prior(1, 3),
    batch_hours=wide(0.05, 3),
)

_OPERATED = Make(
    role="ring",
    size=wide(8, 40),
    templates=Prior(0, 4),
    template_share=Prior(0, 0.5),
    copied=Prior(0, 0.5),
    slots_a_day=Prior(0, 1.5),
    participation=Prior(0.1, 0.5),
    pace=wide(2, 12),
    spread=Prior(0.05, 0.8),
    office=Prior(0, 1),
    sleepless=Prior(0, 1),
    one_zone=Prior(0.3, 1),
    fresh=Prior(0, 1),
    generated=Prior(0.2, 1),
    domain=Prior(0, 0.6),
    agents=Prior(0, 1.5),
    referred=Prior(0, 0.3),
    batch_hours=wide(0.1, 500),
    lead_days=wide(7, 200),
    aged=Prior(0, 0.6),
)
"""What all rings have in common; the makes below say what each of them shares."""

CLASSIC = replace(
    _OPERATED,
    size=Prior(12, 12),
    cards=Prior(3, 3),
    devices=Prior(4, 4),
    addresses=Prior(6, 6),
    address_share=Prior(0.4, 1),
    reach=Prior(0.5, 1),
    hosted=Prior(0, 1),
    lead_days=wide(15, 200),
)
SHARED_CARDS = replace(
    _OPERATED, cards=Prior(1, 3), phones=Prior(0, 3), addresses=Prior(1, 3), address_share=Prior(0.2, 0.6)
)
DEVICE_FARM = replace(
    _OPERATED,
    devices=Prior(3, 8),
    device_share=Prior(0.8, 1),
    reach=Prior(0.4, 0.9),
    addresses=Prior(1, 3),
    address_share=Prior(0.2, 0.8),
    sleepless=Prior(0.6, 1),
)
PROXY_POOL = replace(
    _OPERATED,
    addresses=wide(5, 15),
    address_share=Prior(0.6, 0.95),
    reach=Prior(0.5, 1),
    hosted=Prior(0.5, 1),
    templates=wide(2, 8),
    template_share=Prior(0.3, 0.8),
    generated=Prior(0.8, 1),
    bystanders=Prior(0, 1),
)
REPLACED = replace(
    _OPERATED,
    size=wide(15, 60),
    cards=wide(3, 10),
    devices=wide(4, 12),
    device_share=Prior(0.6, 1),
    addresses=wide(4, 12),
    address_share=Prior(0.4, 0.9),
    reach=Prior(0.3, 0.6),
    lease_days=Prior(28, 28),
    fresh=Prior(0.5, 1),
    templates=wide(2, 6),
    template_share=Prior(0.2, 0.7),
    batch_hours=wide(0.5, 48),
    lead_days=wide(150, 400),
    aged=OFF,
    weekly_bans=Prior(0.3, 0.3),
)
FRESH = replace(
    _OPERATED,
    size=Prior(40, 40),
    fresh=ALL,
    templates=wide(1, 6),
    template_share=Prior(0.4, 0.9),
    slots_a_day=wide(1.5, 5),
    participation=Prior(0.3, 0.3),
    jitter_seconds=wide(10, 120),
    pace=Prior(0.3, 1.5),
    generated=OFF,
    domain=OFF,
    agents=OFF,
    referred=OFF,
    batch_hours=wide(24, 2000),
    aged=Prior(0.3, 0.9),
)
PARAPHRASED = replace(
    FRESH, templates=Prior(5, 5), template_share=Prior(0.4, 0.4), copied=ALL, participation=Prior(0.15, 0.15)
)
_NEARLY_ALL = Prior(0.9, 1)
TINY = replace(
    _OPERATED,
    size=Prior(2.51, 5.49),
    device_share=_NEARLY_ALL,
    address_share=_NEARLY_ALL,
    templates=OFF,
    slots_a_day=OFF,
    domain=OFF,
)
"""A ring of 3 to 5; what it shares is said where it is cast, and nearly all of what each account does is done there."""
HYDRA = replace(
    _OPERATED,
    size=Prior(20_000, 20_000),
    cards=Prior(800, 800),
    devices=Prior(900, 900),
    device_share=Prior(0.7, 1),
    addresses=Prior(3_000, 3_000),
    address_share=Prior(0.8, 1),
    reach=wide(0.003, 0.02),
    hosted=Prior(0, 1),
    templates=wide(50, 400),
    template_share=Prior(0.7, 0.7),
    copied=ALL,
    slots_a_day=Prior(15, 30),
    participation=Prior(0.2, 0.4),
    pace=Prior(1, 3),
    batches=wide(20, 100),
    lead_days=wide(70, 300),
    bystanders=Prior(0.05, 0.3),
)
