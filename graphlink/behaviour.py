"""Records -> Records with timing as items: the minutes accounts were opened in, and the schedules that crews keep.

Both kinds are items like any other: a `signup_batch` is the five minutes in which accounts were opened; a `slot` five
minutes in which they started to work. A slot that a crew keeps (`synchrony`) is one item of its members. Whoever else
happened to start then does not touch it: being awake is no evidence. Every other start is an item of the account alone,
so that the null of `weights` knows how often each account starts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from graphlink import acts, engine, synchrony
from graphlink.kinds import own_kind
from graphlink.sightings import CITE

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from graphlink.model import Records
    from graphlink.settings import Settings

_MICRO = 1_000_000
_WIDTH = synchrony.SLOT * _MICRO
_HOUR = 3600 * _MICRO
GROUP, CROWD = 8, 1_000
"""How many accounts an item is on that suspects them of working together: in a crowd no crew stands out."""


def add(records: Records, settings: Settings) -> Records:
    """Return the records with sightings of signup batches and synchronised slots; notes say what is not measurable."""
    seen = engine.keep(_seen(records), records.sightings.get_backend())
    notes = _not_measurable(seen)
    found = {} if "signup_batch" in notes else {"signup_batch": _batches(seen)}
    if "slot" not in notes:
        found |= _schedules(seen, _groups(records), settings)
    more = {kind: _sightings(kind, named) for kind, named in found.items()}
    return replace(
        records,
        sightings=ibis.union(records.sightings, *more.values(), distinct=False) if more else records.sightings,
        kinds=tuple(dict.fromkeys([*records.kinds, *map(own_kind, more)])),
        notes=(*records.notes, *notes.values()),
    )


def _seen(records: Records) -> ir.Table:
    """Return who was active in which slot, with the account's number by bytes, and whether it was opened then.

    Columns: account, number, opening, slot, first_seen, last_seen, events, cited, fine (not all times are whole hours).
    """
    accounts = records.accounts.select(
        "account", "signed_up", number=ibis.row_number().over(order_by=records.accounts.account)
    )
    events = acts.of(records).join(accounts, "account")
    events = events.mutate(slot=events.time // _WIDTH, opening=events.time == events.signed_up)
    return events.group_by("account", "number", "opening", "slot").aggregate(
        first_seen=events.time.min(),
        last_seen=events.time.max(),
        events=events.time.nunique(),
        cited=(events.file.cast("int64") * CITE + events.row).min(),
        fine=(events.time % _HOUR != 0).any(),
    )


def _not_measurable(seen: ir.Table) -> dict[str, str]:
    """Return for the kinds that the data cannot tell why."""
    counted: dict[str, Any] = engine.fetch(
        seen.aggregate(opened=seen.opening.any(), worked=(~seen.opening).any(), fine=(seen.fine & ~seen.opening).any())
    ).to_pylist()[0]
    notes = {}
    if not counted["opened"]:
        notes["signup_batch"] = "signup batches are not measurable: no column tells when accounts were opened"
    if not counted["worked"]:
        notes["slot"] = "synchronised slots are not measurable: no column tells when accounts were active"
    elif not counted["fine"]:
        notes["slot"] = "synchronised slots are not measurable: all times are whole hours"
    return notes


def _batches(seen: ir.Table) -> ir.Table:
    opened = seen.filter(seen.opening)
    return opened.mutate(value=_written(opened.slot))


def _groups(records: Records) -> ir.Table:
    """Return account and group of all who touch an item that some touch, but few: who may work together."""
    touches = records.sightings.select("account", "kind", "value")
    degree = touches.group_by("kind", "value").aggregate(accounts=touches.account.count())
    degree = degree.filter(degree.accounts.between(GROUP, CROWD))
    degree = degree.mutate(group=ibis.row_number().over(order_by=[degree.kind, degree.value]))
    return touches.join(degree, ["kind", "value"]).select("account", "group")


def _schedules(seen: ir.Table, groups: ir.Table, settings: Settings) -> dict[str, ir.Table]:
    """Return the starts with the slot that each is, and who keeps which schedule; nothing where no crew keeps one."""
    backend = seen.get_backend()
    active = seen.filter(~seen.opening)
    before = active.select("account", slot=active.slot + 1)
    starts = engine.keep(active.anti_join(before, ["account", "slot"]), backend)
    numbers = engine.fetch(starts.select("number", "slot").order_by("number", "slot"))
    number, slot = (numbers[column].to_numpy().astype(np.int64) for column in ("number", "slot"))
    working = engine.fetch(starts.select("account", "number").distinct().join(groups, "account"))
    together = tuple(working[column].to_numpy().astype(np.int64) for column in ("number", "group"))
    kept = synchrony.find(number, slot, together, rate=settings.false_links, seed=settings.seed)
    if not kept.any():
        return {}
    found = pd.DataFrame({"number": number, "slot": slot, "crew": kept, "told": _told(number, slot, kept)})
    crews = starts.join(engine.keep(ibis.memtable(found), backend), ["number", "slot"])
    return {"slot": _slots(crews.filter(crews.told)), "schedule": _keepers(crews)}


def _slots(crews: ir.Table) -> ir.Table:
    moment = _written(crews.slot)
    own = moment + " of " + crews.account
    return crews.mutate(value=ibis.ifelse(crews.crew > 0, moment + " crew " + crews.crew.cast("string"), own))


def _keepers(crews: ir.Table) -> ir.Table:
    """Return who keeps which schedule; everybody else who starts as often keeps one of their own."""
    often = crews.group_by("account").mutate(starts=crews.count(), member=crews.crew.max())
    often = often.filter((often.starts >= synchrony.FEWEST) & ((often.member == 0) | (often.crew > 0)))
    value = ibis.ifelse(often.crew > 0, "crew " + often.crew.cast("string"), "of " + often.account)
    return often.group_by("account", value=value).aggregate(
        first_seen=often.first_seen.min(),
        last_seen=often.last_seen.max(),
        events=often.events.sum(),
        cited=often.cited.min(),
    )


def _told(number: NDArray[np.int64], slot: NDArray[np.int64], kept: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which starts become items: all of the members, and of everybody else's one account in so many.

    The null takes a slot for as common as the accounts on it are among all starts. On a slot are members only, so if of
    those who did start then one in m is a member, one start in m is told.
    """
    _, place = np.unique(slot, return_inverse=True)
    crowd, members = np.bincount(place), np.bincount(place[kept > 0], minlength=int(place.max()) + 1)
    one_in = max(1, round(float(crowd[members > 0].sum() / members.sum())))
    told: NDArray[np.bool_] = (number % one_in == 0) | np.isin(number, number[kept > 0])
    return told


def _written(slot: ir.IntegerColumn) -> ir.StringColumn:
    return (slot * synchrony.SLOT).as_timestamp("s").strftime("%Y-%m-%dT%H:%MZ")


def _sightings(kind: str, named: ir.Table) -> ir.Table:
    return named.select(
        "account",
        "value",
        "first_seen",
        "last_seen",
        "events",
        kind=ibis.literal(kind),
        file=(named.cited // CITE).cast("int32"),
        row=named.cited % CITE,
    ).select("account", "kind", "value", "first_seen", "last_seen", "events", "file", "row")
