"""Touches of one item close in time, for `--window`: what a window makes of an item is items, one for each stretch.

An item is cut into stretches of twice the window, which begin a window apart, so that two touches within the window
of each other are in a stretch together, and each touch is in two. Who is in a stretch twice was there for less than
twice the window, so one end of theirs is within the window of whatever lies between: to hold the ends of two accounts
against each other (`sharing`) is exact. It costs two sightings a touch, however many touch an item at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ibis
import numpy as np

from graphlink.errors import UsageError
from graphlink.identifiers import OF_ACCOUNTS

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MICRO = 1_000_000
_FROM = " from "
_NAMED = re.compile(_FROM + r"[0-9-]{10}T[0-9:]{8}Z$")


def length(window: str) -> int:
    """Return a window in microseconds, 0 where there is none.

    >>> length("30s")
    30000000

    Raises:
        UsageError: it is no time.

    """
    if not window:
        return 0
    written = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", window)
    if written is None:
        raise UsageError(f"--window {window!r} is no length of time", then="write it as 30s, 5m, 2h or 1d")
    return int(written[1]) * _UNITS[written[2]] * _MICRO


def cut(touches: ir.Table, kind: str, window: int) -> ir.Table:
    """Return touches (with `first`, the instant) in both of their stretches: each is a value that says when it begins.

    What has no time stays whole, and so does an account that others name: it is an id, wherever it stands.
    """
    if not window or kind in OF_ACCOUNTS:
        return touches
    whole = touches.filter(touches["first"].isnull())
    timed = touches.filter(touches["first"].notnull())
    stretch = timed["first"] // window
    return ibis.union(whole, _named(timed, stretch, window), _named(timed, stretch - 1, window), distinct=False)


def _named(timed: ir.Table, stretch: ir.IntegerColumn, window: int) -> ir.Table:
    begins = (stretch * (window // _MICRO)).as_timestamp("s").strftime("%Y-%m-%dT%H:%M:%SZ")
    return timed.mutate(value=timed.value + _FROM + begins)


def whole(sightings: ir.Table) -> ir.Table:
    """Return sightings with the item itself as the value of each of its stretches."""
    return sightings.mutate(value=sightings.value.re_replace(_NAMED.pattern, ""))


def wholes(graph: AccountGraph) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return of which item each item is a stretch, by number, and whether it is one at all."""
    items = graph.items
    text = items["kind"] + "\0" + items["value"].str.replace(_NAMED, "", regex=True)
    return text.factorize()[0].astype(np.int64), items["value"].str.contains(_NAMED).to_numpy(bool)
