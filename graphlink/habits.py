"""What the accounts of a simulated world use: addresses, devices, templates and cards, with how often.

A habit is one row: an account draws on a source with a weight. A source is a key; what it shows at a given time follows
from the key alone, so that nothing has to be kept for a home whose address changes, a proxy that is rotated, or a
device that is replaced: only the lease differs. A source with a lease of a second never shows the same thing twice.
"""

from __future__ import annotations

from itertools import count as counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from graphlink.crews import DAY, Plan, fraction, mix, popular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.crews import Floats, Ints, Keys

FOR_EVER = 10**12
"""A lease in seconds that no world outlives."""
ANYTHING = 2**62
"""The width of what is no address: any number."""

_tags = counter(1)
HOME, CARRIER, VPN, CAMPUS, SERVER, FRESH, ADDRESS, DEVICE, CARD, TEMPLATE, APP, OWN, ONCE, POISON, LAB = (
    next(_tags) for _ in range(15)
)
"""What a key is for: keys of different purpose never meet."""

# First octets: public by form and outside the reserved ranges, so that tools take them for what they stand for.
_PROVIDERS = (6, 7, 11, 21, 22, 26, 28, 29, 30, 33, 55, 56, 214, 215)
_HOMES = 2**21
"""How many homes of a provider a residential proxy network reaches."""
_CARRIERS, _VPNS, _CAMPUSES, _BUSINESS, _HOSTING = (octet << 24 for octet in (25, 53, 152, 48, 57))


class Habits(NamedTuple):
    """Who draws on what: aligned arrays, one row a habit."""

    account: Ints
    weight: Floats
    key: Keys
    lease: Ints
    base: Ints
    width: Ints

    def where(self, chosen: NDArray[np.bool_] | Ints | slice) -> Habits:
        """Return some of the rows."""
        return Habits._make(column[chosen] for column in self)

    def shows(self, time: Ints) -> Ints:
        """Return the number of what each row's source shows at a time (seconds): an address, device, template, card."""
        with np.errstate(over="ignore"):
            phase = (mix(self.key, 1) % self.lease.astype(np.uint64)).astype(np.int64)
        return self.base + (mix(self.key, (time + phase) // self.lease) % self.width.astype(np.uint64)).astype(np.int64)


def joined(*parts: Habits) -> Habits:
    """Return all rows that have a weight, in the order of their accounts."""
    rows = Habits._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(rows.account, kind="stable")
    return rows.where(order[rows.weight[order] > 0])


def addresses(plan: Plan) -> Habits:
    """Return what addresses everybody comes from."""
    crew_share = np.where(plan.knob("addresses") > 0, plan.knob("address_share"), 0)
    fresh = (1 - crew_share) * plan.knob("fresh")
    rest = 1 - crew_share - fresh
    hubs = [_carriers(plan), _vpns(plan), _campuses(plan), _servers(plan)]
    away = np.zeros(len(rest), bool)
    for hub in hubs:
        away[hub.account] = True
    share = plan.life["away"]
    at_hubs = (hub._replace(weight=hub.weight * rest[hub.account] * share) for hub in hubs)
    everybody = np.arange(len(rest))
    return joined(
        _homes(plan, everybody, rest * np.where(away, 1 - share, 1)),
        *at_hubs,
        _residential(plan, everybody, fresh),
        _pool(plan, "addresses", crew_share),
        _bystanders(plan),
        _bridges(plan, "addresses"),
    )


def devices(plan: Plan) -> Habits:
    """Return what devices everybody uses."""
    rng = plan.random("devices")
    share = np.where(plan.knob("devices") > 0, plan.knob("device_share"), 0)
    many = 1 + rng.poisson(max(0.0, plan.life["devices"] - 1), len(share))
    account, nth = _repeat(np.arange(len(share)), many)
    lease = int(plan.life["device_lease_days"] * DAY)
    own = _things(account, ((1 - share) / many)[account], mix(OWN, account, nth), lease)
    return joined(own, _pool(plan, "devices", share), _labs(plan), _bridges(plan, "devices"))


def cards(plan: Plan) -> Habits:
    """Return what card each paying account uses: one row for each, in order."""
    rng = plan.random("cards")
    crew = plan.account("crew")
    ring = plan.knob("ring") != ""
    shared = (plan.knob("cards") > 0) & (rng.random(len(crew)) < plan.knob("card_share"))
    pays = shared | ring | (rng.random(len(crew)) >= plan.life["free"])
    everybody = np.arange(len(crew))
    nth = mix(CARD, everybody, plan.seed) % np.maximum(plan.knob("cards"), 1).astype(np.uint64)
    key = np.where(shared, mix(CARD, crew, nth.astype(np.int64)), mix(CARD, everybody + len(plan.crews), ANYTHING))
    lease = np.where(shared, plan.knob("lease_days"), 1100) * DAY
    return _things(everybody, np.ones(len(crew)), key, 1)._replace(lease=lease.astype(np.int64)).where(pays)


def templates(plan: Plan) -> Habits:
    """Return what templates of prompts everybody sends; a prompt written by hand is a template used once."""
    rng = plan.random("templates")
    crew_share = np.where(plan.knob("templates") > 0, plan.knob("template_share"), 0)
    copied = (1 - crew_share) * plan.knob("copied")
    ordinary = _ordinary_templates(plan, 1 - crew_share - copied, rng)
    return joined(ordinary, _crew_templates(plan, crew_share, rng), _copies(ordinary, copied, rng))


def _ordinary_templates(plan: Plan, rest: Floats, rng: np.random.Generator) -> Habits:
    people, life = plan.people, plan.life
    everybody = np.arange(len(people))
    developer, user = people["developer"].to_numpy(), rng.random(len(people)) < life["app_users"]
    app_share = rest * np.where(user, life["app_share"], 0)
    own_share = (rest - app_share) * np.where(developer, 0.7, 0)
    account, nth = _repeat(everybody[developer], rng.integers(1, 6, developer.sum()))
    size = np.bincount(account, minlength=len(people))
    own = _things(account, (own_share / np.maximum(size, 1))[account], mix(OWN, account, nth), 90 * DAY)
    app, _ = _repeat(everybody[user], rng.integers(1, 4, user.sum()))
    size = np.bincount(app, minlength=len(people))
    rank = popular(int(life["apps"]), life["app_exponent"], rng, len(app))
    version = rng.integers(0, 4, len(app))
    apps = _things(app, (app_share / np.maximum(size, 1))[app], mix(APP, rank, version), FOR_EVER)
    by_hand = _things(everybody, rest - app_share - own_share, mix(ONCE, everybody), 1)
    return joined(own, apps, by_hand)


def _crew_templates(plan: Plan, share: Floats, rng: np.random.Generator, most: int = 20) -> Habits:
    """Return the crew's own templates: all of them for each member, or a choice where there are very many."""
    using = np.flatnonzero(share)
    known = plan.knob("templates")[using].astype(np.int64)
    account, nth = _repeat(using, np.minimum(known, most))
    known = plan.knob("templates")[account].astype(np.int64)
    which = np.where(known > most, mix(TEMPLATE, account, nth) % known.astype(np.uint64), nth).astype(np.int64)
    liking = np.exp(plan.knob("taste")[account] * rng.normal(size=len(account))) / np.sqrt(1 + which)
    total = np.bincount(account, liking, minlength=len(share))
    crew = plan.account("crew")[account]
    return _things(account, share[account] * liking / total[account], mix(TEMPLATE, crew, which), FOR_EVER)


def _copies(ordinary: Habits, share: Floats, rng: np.random.Generator, many: int = 8) -> Habits:
    """Return habits copied from ordinary users: what is common among them is copied often."""
    account, _ = _repeat(np.flatnonzero(share), np.full((share > 0).sum(), many))
    rising = np.cumsum(ordinary.weight)
    rows = ordinary.where(np.searchsorted(rising, rng.random(len(account)) * rising[-1]))
    by_hand = rows.lease == 1  # nobody can copy what is written for the moment: they write as well
    key = np.where(by_hand, mix(ONCE, account, 1), rows.key)
    return rows._replace(account=account, weight=share[account] / many, key=key)


def visits(plan: Plan) -> Habits:
    """Return what addresses are visited exactly once: hubs that rings hide in, homes of innocents they stain."""
    stains = stained(plan)
    victims = _homes(plan, stains["victim"].to_numpy(), np.ones(len(stains)))
    return joined(victims._replace(account=stains["visitor"].to_numpy()), _poison(plan))


def loans(plan: Plan) -> Habits:
    """Return what cards are used exactly once by somebody else: stolen ones, and ones lent between rings."""
    stains, own = stained(plan), cards(plan)
    position = np.full(len(plan.people), -1)
    position[own.account] = np.arange(len(own.account))
    lender = np.r_[stains["victim"], _bridge_pairs(plan)["lender"]].astype(np.int64)
    borrower = np.r_[stains["visitor"], _bridge_pairs(plan)["account"]].astype(np.int64)
    lends = position[lender] >= 0
    return own.where(position[lender[lends]])._replace(account=borrower[lends])


def stained(plan: Plan) -> pd.DataFrame:
    """Return which innocents are stained, and by which ring account: victim, visitor."""
    rng, crew = plan.random("stained"), plan.account("crew")
    alone = np.flatnonzero(crew == 0)
    rings = np.flatnonzero(plan.crew("ring") != "")
    many = min(plan.scenario.stained, len(alone) // max(1, len(rings)) // 4)
    visitors = [rng.choice(np.flatnonzero(crew == ring), many) for ring in rings if many]
    visitor = np.concatenate([np.array([], np.int64), *visitors])
    return pd.DataFrame({"victim": rng.choice(alone, len(visitor), replace=False), "visitor": visitor})


def bystanders(plan: Plan) -> pd.DataFrame:
    """Return which ordinary customers stand behind a crew's addresses: account, crew."""
    rng = plan.random("bystanders")
    crews = np.flatnonzero((plan.crews["bystanders"] > 0) & (plan.crews["addresses"] > 0))
    many = (plan.crews["bystanders"] * plan.crews["members"]).to_numpy()[crews].round().astype(int)
    alone = np.flatnonzero(plan.people["crew"] == 0)
    crew, _ = _repeat(crews, many)
    return pd.DataFrame({"account": rng.choice(alone, len(crew), replace=False), "crew": crew})


def _homes(plan: Plan, account: Ints, weight: Floats) -> Habits:
    provider = plan.account("provider")[account]
    base, width = _provider(plan, provider)
    lease = np.full(len(account), int(plan.life["home_lease_days"] * DAY))
    lease = (lease * (0.3 + 1.4 * fraction(HOME, account))).astype(np.int64)
    # who is stained stays where they are, or most visits would come to an address that nobody was seen at
    lease = np.where(np.isin(account, stained(plan)["victim"]), FOR_EVER, lease)
    return Habits(account, weight, mix(HOME, account), lease, base, width)


def _residential(plan: Plan, account: Ints, weight: Floats) -> Habits:
    """Return addresses of other people's homes, a new one for each session."""
    base, width = _provider(plan, mix(FRESH, account, 1).astype(np.int64) % int(plan.life["providers"]))
    # most of those people are no customers here: the network has far more homes than the world has
    return Habits(account, weight, mix(FRESH, account), np.full(len(account), 900), base, np.maximum(width, _HOMES))


def _provider(plan: Plan, provider: Ints) -> tuple[Ints, Ints]:
    customers = np.bincount(plan.people["provider"], minlength=len(_PROVIDERS))
    width = np.clip(customers * plan.life["addresses_a_customer"], 512, 2**24 - 1).astype(np.int64)
    return np.array(_PROVIDERS)[provider] << 24, width[provider]


def _carriers(plan: Plan) -> Habits:
    load = plan.life["accounts_a_carrier_address"]
    return _hub(plan, _CARRIERS, CARRIER, share="mobile", hubs="carriers", load=load, lease=DAY // 4)


def _vpns(plan: Plan) -> Habits:
    load = plan.life["accounts_a_vpn_address"]
    return _hub(plan, _VPNS, VPN, share="vpn", hubs="vpns", load=load, lease=DAY // 8)


def _campuses(plan: Plan) -> Habits:
    return _hub(plan, _CAMPUSES, CAMPUS, share="campus", hubs="campuses", load=3e3, lease=90 * DAY)


def _hub(  # noqa: PLR0913 - one row of the table that the three functions above are
    plan: Plan, base: int, tag: int, *, share: str, hubs: str, load: float, lease: int
) -> Habits:
    """Return the habits of those who come from a hub: each address serves `load` of them, at most a tenth of all."""
    rng = plan.random(hubs)
    member = np.flatnonzero(rng.random(len(plan.people)) < plan.life[share])
    hub = popular(max(1, round(plan.life[hubs])), 0.7, rng, len(member))
    load = min(load, len(plan.people) / 10)
    width = np.ceil(np.bincount(hub) / load).astype(np.int64).clip(1)
    lease_of = np.full(len(member), lease)
    return Habits(member, np.ones(len(member)), mix(tag, member), lease_of, base + (hub << 16), width[hub])


def _labs(plan: Plan) -> Habits:
    """Return who sits at the public computers of a campus: strangers who share a device and an address."""
    rng, campus = plan.random("labs"), _campuses(plan)
    there = campus.where(
        (rng.random(len(campus.account)) < plan.life["lab_users"]) & (plan.knob("ring")[campus.account] == "")
    )
    seat = rng.integers(0, max(1, round(plan.life["lab_devices"])), len(there.account))
    weight = np.full(len(seat), plan.life["away"])
    return _things(there.account, weight, mix(LAB, there.base, seat), 1000 * DAY)


def _servers(plan: Plan) -> Habits:
    rng = plan.random("servers")
    account = np.flatnonzero(rng.random(len(plan.people)) < plan.life["hosted"])
    lease, width = np.full(len(account), 200 * DAY), np.full(len(account), 2**22)
    return Habits(account, np.ones(len(account)), mix(SERVER, account), lease, np.full(len(account), _HOSTING), width)


def _pool(plan: Plan, what: str, share: Floats) -> Habits:
    """Return what each member uses of its crew's addresses or devices."""
    using = np.flatnonzero(share)
    size = plan.knob(what)[using]
    each = np.maximum(1, np.round(size * plan.knob("reach")[using])).astype(np.int64)
    account, nth = _repeat(using, each)
    known = plan.knob(what)[account].astype(np.uint64)
    # all of the pool, or a choice that differs from member to member
    which = np.where(plan.knob("reach")[account] == 1, nth, mix(account, nth) % known).astype(np.int64)
    weight = share[account] / np.repeat(each, each)
    return _crew_things(plan, what, account, plan.account("crew")[account], which)._replace(weight=weight)


def _crew_things(plan: Plan, what: str, account: Ints, crew: Ints, which: Ints) -> Habits:
    tag = {"addresses": ADDRESS, "devices": DEVICE}[what]
    rows = _things(account, np.ones(len(account)), mix(tag, crew, which), 1)
    rows = rows._replace(lease=(plan.crew("lease_days")[crew] * DAY).astype(np.int64))
    if what == "devices":
        return rows
    base, width = _blocks(plan)
    return rows._replace(base=base[crew], width=width[crew])


def _blocks(plan: Plan) -> tuple[Ints, Ints]:
    """Return the block of addresses that each crew's own lie in: a few subnets of a host, a business or a provider."""
    crews, number = plan.crews, np.arange(len(plan.crews))
    subnets = np.maximum(256 * 2 ** (mix(ADDRESS, number) % 7), crews["addresses"] * 16).astype(np.int64)
    subnet = (mix(ADDRESS, number, 1) % 2**15).astype(np.int64) << 8
    hosted = fraction(ADDRESS, number, 2) < crews["hosted"]
    # everybody but a household may as well have a business line
    at_home = (crews["role"] == "household") | (fraction(ADDRESS, number, 4) < 0.5)  # noqa: PLR2004 - even odds
    base, width = _provider(plan, (mix(ADDRESS, number, 3) % int(plan.life["providers"])).astype(np.int64))
    base = np.select([hosted, at_home], [_HOSTING + subnet, base], _BUSINESS + subnet)
    return base, np.where(~hosted & at_home, width, subnets)


def _bystanders(plan: Plan) -> Habits:
    pairs = bystanders(plan)
    crew = pairs["crew"].to_numpy().astype(np.int64)
    which = mix(pairs["account"].to_numpy(), 2) % plan.crew("addresses")[crew].astype(np.uint64)
    rows = _crew_things(plan, "addresses", pairs["account"].to_numpy(), crew, which.astype(np.int64))
    return rows._replace(weight=np.full(len(pairs), 0.4))


def _bridge_pairs(plan: Plan) -> pd.DataFrame:
    """Return which ring accounts use things of which other crews: account, crew, lender (one of its accounts)."""
    rng, crew = plan.random("bridges"), plan.account("crew")
    rings = np.flatnonzero(plan.crews["ring"] != "") if plan.scenario.bridged else np.array([], int)
    organisations = np.flatnonzero(plan.crews["role"] == "organisation")
    rows = []
    for ring, following in zip(rings, np.roll(rings, -1), strict=True):
        members = np.flatnonzero(crew == ring)
        others = [following, *rng.choice(organisations, min(3, len(organisations)), replace=False)]
        for member in rng.choice(members, max(1, round(plan.scenario.bridged * len(members))), replace=False):
            rows += [(member, other, rng.choice(np.flatnonzero(crew == other))) for other in others if other != ring]
    return pd.DataFrame(rows, columns=["account", "crew", "lender"], dtype=np.int64)


def _bridges(plan: Plan, what: str) -> Habits:
    pairs = _bridge_pairs(plan)
    pairs = pairs[plan.crews[what].to_numpy()[pairs["crew"]] > 0]
    account, crew = pairs["account"].to_numpy(), pairs["crew"].to_numpy()
    which = mix(account, crew) % plan.crews[what].to_numpy()[crew].astype(np.uint64)
    rows = _crew_things(plan, what, account, crew, which.astype(np.int64))
    return rows._replace(weight=np.full(len(pairs), 0.1))


def _poison(plan: Plan) -> Habits:
    """Return visits of all ring accounts, and a part of all others, to one campus, one carrier and one VPN address."""
    rng = plan.random("poison")
    ring = plan.knob("ring") != ""
    places = ((_CARRIERS, 0.1), (_CAMPUSES, 0.03), (_VPNS, 0.01)) if plan.scenario.poisoned else ()
    rows = [_things(np.array([], int), np.array([]), mix(np.array([], int)), 1)]
    for base, share in places:
        account = np.flatnonzero(ring | (rng.random(len(ring)) < share))
        there = _things(account, np.ones(len(account)), mix(POISON, np.full(len(account), base)), FOR_EVER)
        rows.append(there._replace(base=np.full(len(account), base + 0xFF00), width=np.ones(len(account), int)))
    return joined(*rows)


def _things(account: Ints, weight: Floats, key: Keys, lease: int) -> Habits:
    """Return habits of what is no address."""
    size = len(account)
    width = np.full(size, ANYTHING)
    return Habits(np.asarray(account), weight, key, np.full(size, lease), np.zeros(size, np.int64), width)


def _repeat(values: Ints, times: Ints) -> tuple[Ints, Ints]:
    """Return each value as often as said, and a count from 0 beside it."""
    repeated = np.repeat(values, times)
    return repeated, np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
