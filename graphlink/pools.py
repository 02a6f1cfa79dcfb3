"""Things that lie in a larger one: the addresses of one carrier, VPN, school or firm, which take turns.

Who comes by a carrier's addresses comes by many of them, as all its customers do: that two share a second one is hardly
news once they share the first. So in a pair only the first of a pool says what an item says; each further one says how
seldom an account that is in the pool comes by it, given how many of the pool's it touches and how common each is there.
The pool of an address is its /24 or /64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import identifiers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

MEMBER = "ip"
_LAST = r"\.\d+$"


def named(items: pd.DataFrame, *, stretches: bool) -> pd.DataFrame:
    """Return the items (kind, value) with `pool`: a number for all that lie in one larger thing, -1 for those in none.

    Stretches of an item are in no pool: they are told apart by time.
    """
    if stretches:
        return items.assign(pool=np.int32(-1))
    inside = items["kind"] == MEMBER
    values = items.loc[inside, "value"].astype(object)
    colons = values.str.contains(":", regex=False)
    outer = values.str.replace(_LAST, "", regex=True)
    outer[colons] = values[colons].map(lambda value: identifiers.derived(MEMBER, value)[0][1])
    pool = np.full(len(items), -1, np.int32)
    pool[inside], _ = pd.factorize(outer)
    return items.assign(pool=pool)


def again(graph: AccountGraph) -> NDArray[np.float64]:
    """Return what each sighting says of an account that is in the item's pool anyway; infinite outside of pools."""
    pool = graph.items["pool"].to_numpy(np.int64)[graph.item]
    told = np.flatnonzero(pool >= 0)
    pool, degree = pool[told], graph.items["accounts"].to_numpy(np.int64)[graph.item[told]]
    _, at, times = np.unique(
        graph.account[told] * (pool.max(initial=0) + 1) + pool, return_inverse=True, return_counts=True
    )
    size = np.bincount(pool)[pool]  # sightings in the pool
    bits = np.full(len(graph.item), np.inf)
    bits[told] = -np.log2(np.minimum(times[at] * degree / size, 1))
    return bits
