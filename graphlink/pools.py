"""Things that lie in a larger one: the addresses of one carrier, VPN, school or firm, which take turns.

Who comes by a carrier's addresses comes by many of them, as all its customers do: that two share a second one is hardly
news once they share the first. So in a pair only the first of a pool says what an item says; each further one says how
seldom an account that is in the pool comes by it, given how many of the pool's it touches and how common each is there.
The pool of an address is its /24 or /64.

The templates of one program come together as well: who uses it sends most of them. No name tells which they are, so it
is learnt from the data (`programs`): items that are on mostly the same accounts. The templates of a ring are just so.
Therefore they count by themselves where it is asked whether two accounts are linked, and once where it is asked who
belongs together: what holds a group must not be that some in it use one program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from graphlink import dependence, identifiers, pieces, weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

MEMBER = "ip"
_LAST = r"\.\d+$"
_DONE = "content"  # the family of what people do of which some comes together
_SKETCH = 64  # accounts of an item that are compared: enough to tell a half, and it costs no more for a popular one


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


def programs(graph: AccountGraph) -> NDArray[np.int32]:
    """Return a number for all items that come together as the templates of one program do, -1 for those that do not.

    Two do that are on three accounts or more, if each is on most of the accounts of the other. Of a popular item only
    some accounts are looked at, the same ones for all (bottom-k sketches: Cohen 1997). Where the data tell of nothing
    but what people do, there are none: that accounts do the same again and again is all that ties them.
    """
    families = dependence.witnesses(graph.kinds, graph.moving)
    number = np.full(len(graph.items), -1, np.int32)
    if graph.window or not weights.rich(families):
        return number
    done = np.array([kind.family == _DONE for kind in graph.kinds], bool)[weights.kind_numbers(graph)]
    some = np.flatnonzero(done & (graph.items["accounts"].to_numpy() >= dependence.FEW))
    accounts, item = _sketched(graph, some)
    shape = (len(some), len(graph.accounts))
    on = csr_array((np.ones(len(item), np.int32), (item, accounts)), shape=shape)
    both = coo_array(on @ on.T)
    of = np.bincount(item, minlength=len(some))
    most = (both.row < both.col) & (2 * both.data > np.maximum(of[both.row], of[both.col]))
    piece = pieces.hanging(both.row[most], both.col[most], len(some))
    several = np.bincount(piece)[piece] > 1
    number[some[several]] = piece[several]
    return number


def _sketched(graph: AccountGraph, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return account and item (its place among these) of the sightings that are compared."""
    place = np.full(len(graph.items), -1)
    place[items] = np.arange(len(items))
    chosen = np.flatnonzero(place[graph.item] >= 0)
    account, item = graph.account[chosen].astype(np.int64), place[graph.item[chosen]]
    rank = np.random.default_rng(0).permutation(len(graph.accounts))
    order = np.lexsort((rank[account], item))
    nth = np.arange(len(order)) - np.searchsorted(item[order], item[order])
    kept = order[nth < _SKETCH]
    return account[kept], item[kept]


def again(graph: AccountGraph, pools: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return what each sighting says of an account that is in the item's pool anyway; infinite outside of pools."""
    pool = pools[graph.item].astype(np.int64)
    told = np.flatnonzero(pool >= 0)
    pool, degree = pool[told], graph.items["accounts"].to_numpy(np.int64)[graph.item[told]]
    _, at, times = np.unique(
        graph.account[told] * (pool.max(initial=0) + 1) + pool, return_inverse=True, return_counts=True
    )
    size = np.bincount(pool)[pool]  # sightings in the pool
    bits = np.full(len(graph.item), np.inf)
    bits[told] = -np.log2(np.minimum(times[at] * degree / size, 1))
    return bits
