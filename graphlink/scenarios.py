"""The table of scenarios: which crews a simulated world holds, and what is done to make detection hard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from graphlink.errors import UsageError
from graphlink.worlds import (
    AGENCY,
    ALL,
    CLASSIC,
    DEVICE_FARM,
    FRESH,
    HOUSEHOLD,
    HYDRA,
    OFF,
    ORGANISATION,
    PARAPHRASED,
    PROXY_POOL,
    REPLACED,
    SHARED_CARDS,
    TEST_ACCOUNTS,
    TINY,
    Make,
    Prior,
    wide,
)


class Casting(NamedTuple):
    """How many crews of a make a world holds: a number, or a share of its accounts."""

    make: Make
    crews: int = 0
    share: Prior = OFF


INNOCENT = (
    Casting(HOUSEHOLD, share=Prior(0.18, 0.18)),
    Casting(ORGANISATION, share=Prior(0.03, 0.1)),
    Casting(AGENCY, share=wide(0.001, 0.005)),
    Casting(TEST_ACCOUNTS, share=wide(0.001, 0.004)),
)
_FEWEST_RINGS = 5
_RING_SHARE = 0.1
"""What part of a small world its fewest rings may be."""
_LARGE = 1_000
"""Crews of this size are scaled with the world; of smaller ones there are fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One adversarial world, as the knobs that make it."""

    name: str
    meaning: str
    accounts: int = 200_000
    days: int = 45
    events: float = 7
    """Requests of an ordinary account, on average."""
    rings: tuple[Casting, ...] = ()
    innocent: tuple[Casting, ...] = INNOCENT
    poisoned: bool = False
    """Every ring account also uses one campus, one carrier and one VPN address; the biggest serves a tenth of all."""
    twins: bool = False
    """Beside each ring stands an organisation of the same size, cards, devices and addresses."""
    stained: int = 0
    """Innocents for each ring whose address is visited, whose card is used once, whose user agent is copied."""
    bridged: float = 0.0
    """Share of ring accounts that also use things of the next ring and of three organisations."""
    lost: float = 0.0
    skewed: float = 0.0
    """Share of accounts whose clock is wrong, by a zone or by milliseconds."""
    repeated: float = 0.0
    recased: bool = False
    """Whether usage and payments write device and card tokens in capitals, as some systems do."""
    foreign: bool = False
    life: tuple[tuple[str, Prior], ...] = ()
    """What is ordinary in this world, where it is not what `worlds.ORDINARY` says."""

    def scaled(self, accounts: int | None) -> Scenario:
        """Return this world with another number of accounts, its rings scaled too (but at least a few)."""
        if accounts is None or accounts == self.accounts:
            return self
        factor = accounts / self.accounts
        room = accounts * _RING_SHARE / max(1, len(self.rings))
        return replace(self, accounts=accounts, rings=tuple(_scaled(ring, factor, room) for ring in self.rings))


def _sized(make: Make, factor: float) -> Make:
    """Return the make of a crew `factor` times as large, each member of which uses as many things as before."""
    return replace(
        make,
        size=make.size.times(factor),
        cards=make.cards.times(factor),
        devices=make.devices.times(factor),
        addresses=make.addresses.times(factor),
        reach=wide(min(1.0, make.reach.low / factor), min(1.0, make.reach.high / factor)),
    )


def _scaled(ring: Casting, factor: float, room: float) -> Casting:
    """Return fewer rings, or a smaller one where it is large; a few, if there is room for so many accounts."""
    make = ring.make
    if make.size.low >= _LARGE:
        return ring._replace(make=_sized(make, factor))
    few = min(ring.crews, _FEWEST_RINGS, int(room / make.size.high / (1 + 12 * make.weekly_bans.high)))
    return ring._replace(crews=max(1, few, round(ring.crews * factor)))


_S1 = (Casting(CLASSIC, 50),)
_S8 = (Casting(FRESH, 20),)
_LIKE_FIRMS = replace(CLASSIC, size=wide(8, 60), cards=Prior(1, 3), devices=Prior(1, 4), addresses=Prior(1, 4))
_FIFTH, _SEVENTH = (replace(FRESH, participation=Prior(share, share)) for share in (0.2, 0.15))
_HEADS = tuple(Casting(_sized(HYDRA, factor), 1) for factor in (1, 1 / 5, 1 / 20))

_ANY, _ANY_HOURS = Prior(0, 1), Prior(0, 0.8)
_ANY_FIRM = replace(
    ORGANISATION,
    sleepless=_ANY_HOURS,
    office=_ANY,
    domain=_ANY,
    generated=Prior(0, 0.5),
    lead_days=wide(2, 600),
    aged=_ANY,
)
_ANY_AGENCY = replace(
    AGENCY, sleepless=_ANY_HOURS, office=_ANY, domain=Prior(0, 0.5), batch_hours=wide(1, 6000), aged=_ANY
)
_UNUSUAL = (
    Casting(HOUSEHOLD, share=Prior(0.1, 0.25)),
    Casting(_ANY_FIRM, share=Prior(0.03, 0.1)),
    Casting(_ANY_AGENCY, share=wide(0.002, 0.02)),
    Casting(TEST_ACCOUNTS, share=wide(0.001, 0.004)),
)
"""Innocents by no rule: round the clock, on free mail, opened last week; agencies that run many clients' accounts."""
_DISGUISED = tuple(
    replace(make, aged=_ANY, domain=_ANY, office=_ANY, lead_days=wide(5, 400))
    for make in (CLASSIC, SHARED_CARDS, DEVICE_FARM, PROXY_POOL)
)
"""Rings of aged accounts, in office hours, on a mail domain of their own, each as it comes."""
_LIFE = (("sleepless", Prior(0.02, 0.5)), ("newcomers", Prior(0.05, 0.6)), ("throwaway", Prior(0.005, 0.1)))

SCENARIOS: dict[str, Scenario] = {
    row.name: row
    for row in (
        Scenario(
            name="sample",
            meaning="four rings of different make among households, organisations, a carrier and a campus",
            accounts=5_000,
            days=30,
            events=20,
            rings=tuple(Casting(make, 1) for make in (SHARED_CARDS, DEVICE_FARM, PROXY_POOL, REPLACED)),
        ),
        Scenario(name="s1", meaning="50 rings of 12 with 3 cards, 4 devices and 6 proxies each", rings=_S1),
        Scenario(
            name="s2", meaning="s1, all rings also on one campus, carrier and VPN address", rings=_S1, poisoned=True
        ),
        Scenario(name="s3", meaning="no rings at all"),
        Scenario(
            name="s4",
            meaning="20 rings beside 20 organisations that share as much",
            rings=(Casting(_LIKE_FIRMS, 20),),
            twins=True,
        ),
        Scenario(name="s5", meaning="s1, each ring stains 50 innocents", rings=_S1, stained=50),
        Scenario(
            name="s6",
            meaning="s1, 5 % of ring accounts tie rings to each other and to organisations",
            rings=_S1,
            bridged=0.05,
        ),
        Scenario(
            name="s7",
            meaning="200 rings of 3 to 5 with two shared things each",
            accounts=5_000_000,
            events=3,
            rings=(
                Casting(replace(TINY, cards=ALL, devices=ALL), 67),
                Casting(replace(TINY, cards=ALL, addresses=ALL), 67),
                Casting(replace(TINY, devices=ALL, addresses=ALL), 66),
            ),
        ),
        Scenario(name="s8", meaning="everything used once: only timing (30 %) and templates", rings=_S8),
        Scenario(name="s9", meaning="s8 at 20 % participation", rings=(Casting(_FIFTH, 20),)),
        Scenario(name="s9-15", meaning="s8 at 15 % participation", rings=(Casting(_SEVENTH, 20),)),
        Scenario(
            name="s10",
            meaning="s8 at 15 %, 40 % of traffic from five own templates, 60 % copied",
            rings=(Casting(PARAPHRASED, 20),),
        ),
        Scenario(
            name="s11",
            meaning="30 % of each ring banned and replaced every week for 12 weeks",
            days=91,
            rings=(Casting(REPLACED, 20),),
        ),
        Scenario(
            name="s12",
            meaning="hydra: rings of 20,000, 4,000 and 1,000 among a million",
            accounts=1_025_000,
            events=44,
            rings=_HEADS,
        ),
        Scenario(
            name="s13",
            meaning="rings of every make, all knobs from another prior",
            rings=tuple(
                Casting(make, 10) for make in (CLASSIC, SHARED_CARDS, DEVICE_FARM, PROXY_POOL, REPLACED, FRESH)
            ),
            foreign=True,
        ),
        Scenario(
            name="s14",
            meaning="s1 and s8 with rows lost, repeated, clocks wrong and tokens re-cased",
            rings=_S1 + _S8,
            lost=0.02,
            skewed=0.03,
            repeated=0.05,
            recased=True,
        ),
        Scenario(
            name="s15",
            meaning="rings in disguise among innocents of every habit: all hours, any mail, old accounts or new",
            rings=tuple(Casting(make, 10) for make in _DISGUISED),
            innocent=_UNUSUAL,
            life=_LIFE,
        ),
    )
}
"""Every world by name, as the documentation numbers them."""


def scenario(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        UsageError: there is none.

    """
    if name not in SCENARIOS:
        raise UsageError(f"no scenario is called {name}", then=f"choose one of {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
