"""How long accounts keep what they touch: what two touches of one thing say less the farther they are apart.

An address is given to somebody else in time, a telephone is sold. The chance that whoever had a thing has it still
halves with each half-life; so two accounts that touch it one after the other, a half-life apart, share one bit less
than two that touch it at the same time. The half-life of each kind is learnt from the shared things at hand. What
people do, and do not have, is nobody's to give away: it does not fade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphlink import weights
from graphlink.kinds import HAD
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph


def measured(graph: AccountGraph) -> tuple[float, ...]:
    """Return for each kind how many bits its items lose in a microsecond: none for what is done, and never let go."""
    had = np.array([kind.family in HAD for kind in graph.kinds], np.bool_)
    return tuple((had / half_lives(graph)).tolist())


def half_lives(graph: AccountGraph) -> NDArray[np.float64]:
    """Return for each kind in how many microseconds half of those who have a thing let it go; infinite if none does.

    Who uses others of the kind for longer than it was used has let it go; everybody else has it still, as far as is
    known (the estimate of a constant rate from censored times). One act on a thing does not tell how long it is kept.
    """
    first, last = (graph.touched[end].to_numpy(np.int64) for end in ("first_seen", "last_seen"))
    number, kinds = weights.kind_numbers(graph)[graph.item], len(graph.kinds)
    at, ended = graph.account.astype(np.int64) * kinds + number, np.full(len(graph.accounts) * kinds, NO_TIME)
    np.maximum.at(ended, at, last)  # who pays once a month has not let a card go
    told = np.flatnonzero((first != NO_TIME) & (last > first))
    kind = number[told]
    kept, since = (last - first)[told].astype(np.float64), (ended[at] - last)[told].astype(np.float64)
    gone = since > kept
    let_go, time = np.bincount(kind, gone, kinds), np.bincount(kind, np.where(gone, kept, kept + since), kinds)
    half: NDArray[np.float64] = np.log(2) * np.divide(time, let_go, out=np.full(kinds, np.inf), where=let_go > 0)
    return half
