"""Touches of one item close in time, for `--window`: what a window makes of an item is items, one for each stretch.

An item is cut into stretches of twice the window, which begin a window apart, so that two touches within the window
of each other are in a stretch together, and each touch is in two. Who is in a stretch twice was there for less than
twice the window, so one end of theirs is within the window of whatever lies between: to hold the ends of two accounts
against each other (`lookup`) is exact. It costs two sightings a touch, however many touch an item at once.
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

COLUMN = "burst"
"""The column of sightings that numbers the stretches of an item; without a window there is none."""
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
    """Return touches (with `first`, the instant) in both of their stretches.

    What has no time stays whole, and so does an account that others name: it is an id, wherever it stands.
    """
    if not window:
        return touches
    if kind in OF_ACCOUNTS:
        return touches.mutate(**{COLUMN: ibis.null("int64")})
    stretch = touches["first"] // window
    timed = touches.filter(touches["first"].notnull())
    return touches.mutate(**{COLUMN: stretch}).union(timed.mutate(**{COLUMN: stretch - 1}))


def by(columns: tuple[str, ...]) -> list[str]:
    """Return by what sightings with these columns are told apart."""
    return ["account", "value", *({COLUMN} & set(columns))]


def named(sightings: ir.Table, window: int) -> ir.Table:
    """Return sightings with each stretch as a value of its own, that says when it begins."""
    if COLUMN not in sightings.columns:
        return sightings
    begins = (sightings[COLUMN] * (window // _MICRO)).as_timestamp("s").strftime("%Y-%m-%dT%H:%M:%SZ")
    value = ibis.ifelse(sightings[COLUMN].isnull(), sightings.value, sightings.value + _FROM + begins)
    return sightings.mutate(value=value).drop(COLUMN)


def wholes(graph: AccountGraph) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return of which item each item is a stretch, by number, and whether it is one at all."""
    items = graph.items
    text = items["kind"] + "\0" + items["value"].str.replace(_NAMED, "", regex=True)
    return text.factorize()[0].astype(np.int64), items["value"].str.contains(_NAMED).to_numpy(bool)
