"""Worlds by a fourth hand: dense, every parameter drawn anew for each seed, columns left out at random.

    python tests/fourth_hand.py [--accounts 6000] [--seeds 801,802] [--worlds mixed,norings] (`make fourth-hand`)
    python tests/fourth_hand.py --write FOLDER --seeds 801    # the records and truth.csv, for `graphlink clusters`

Written by an independent hand to find where judging errs. Honest people and organisations come first (`fourth_units`,
`fourth_firms`), then what strangers share (`fourth_strangers`), then rings of fifteen kinds (`fourth_rings`). Nothing
in graphlink may be fitted to these worlds: they find harms, and reasons mend them.
"""

from __future__ import annotations

import measured
import numpy as np
from fourth_people import Platform
from fourth_rings import KINDS, ring
from fourth_strangers import happen
from fourth_tables import Tables
from fourth_units import UNITS, university
from hands import Hand
from third_hand import USUAL, figures, told

MORE: dict[str, dict[str, float]] = {
    "mixed": {},
    "business": {
        "firm_office": 4, "firm_remote": 4, "startup": 4, "call_centre": 4, "contractors": 3, "agency": 2,
    },
    "consumer": {"household": 3, "couple": 3, "roommates": 3, "family_cities": 4, "same_person": 4},
    "campus": {"school_class": 5, "roommates": 2},
    "agency": {"agency": 6, "testers": 4},
    "programs": {},
    "norings": {},
    "framing": {"household": 2, "firm_office": 2},
    "tiny": {},
    "waves": {"startup": 5},
}  # fmt: skip
"""The worlds, and of which units each has so many times as many."""
TOUCHY = ("framing", "bridge_org", "campus_poison", "bridge_ring")
MOST_IN_RINGS = 0.14


def make(world: str, seed: int, accounts: int) -> measured.World:
    """Return a world (`MORE`); its truth has account_id, unit, kind, ring, role and group."""
    p = Platform(seed, world, accounts)
    of_rings = _sizes(p)
    units = list(UNITS)
    likely = np.array([_many(p, unit.__name__, UNITS[unit]) for unit in units])
    for _ in range(p.whole(2, 4) if world == "campus" else p.whole(0, 2)):
        if accounts >= 2000:  # a university has up to five hundred
            university(p)
    while len(p.people) < accounts * 0.975 - sum(of_rings):
        units[p.rng.choice(len(units), p=likely / likely.sum())](p)
    happen(p)
    kinds = [*(TOUCHY * 2 if world == "framing" else ()), *[str(kind) for kind in p.rng.permutation(KINDS)] * 3]
    for kind, n in zip(kinds, of_rings, strict=False):
        ring(p, kind, n)
    tables = Tables(p)
    return measured.World(tables.signups(), tables.usage(), tables.payments(), tables.truth(), tables.logins())


def _many(p: Platform, name: str, usual: float) -> float:
    usual = p.wide(60, 1500) if name == "single" else usual
    return usual * MORE[p.world].get(name, 1) * float(p.rng.gamma(2, 0.5))


def _sizes(p: Platform) -> list[int]:
    """Return how large each ring is; the largest do not come where together they were too many."""
    if p.world == "norings":
        return []
    sizes = [
        3 + p.size(0.6, 9) if p.world == "tiny" or p.chance(0.4) else p.size(6, 400) for _ in range(p.whole(9, 21))
    ]
    while sum(sizes) > MOST_IN_RINGS * p.accounts:
        sizes.remove(max(sizes))
    return sizes


HAND = Hand("fourth hand", __doc__ or "", make, figures, told, worlds=tuple(MORE), seeds="801", accounts=USUAL)

if __name__ == "__main__":
    HAND.main()
