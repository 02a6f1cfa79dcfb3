"""Records -> Records with timing as items: the minutes accounts were opened in, and the schedules that crews keep.

Both kinds are items like any other: a `signup_batch` is the five minutes in which accounts were opened; a `slot` five
minutes in which they started to work. A slot that a crew keeps (`synchrony`) is one item of its members. Whoever else
happened to start then does not touch it: being awake is no evidence. Every other start is an item of the account alone,
so that the null of `weights` knows how often each account starts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from graphlink import acts, degrees, engine, synchrony
from graphlink.kinds import own_kind
from graphlink.sightings import CITE

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from graphlink.model import Records
    from graphlink.settings import Settings

    Ints = NDArray[np.int64]

_MICRO = 1_000_000
_WIDTH = synchrony.SLOT * _MICRO
_HOUR = 3600 * _MICRO
_SLOTS = 2**32  # more than there are slots between any two instants
GROUP, CROWD = 8, 1_000
"""How many accounts an item is on that suspects them of working together: in a crowd no crew stands out."""


def add(records: Records, settings: Settings) -> Records:
    """Return the records with sightings of signup batches and synchronised slots; notes say what is not measurable."""
    backend = records.sightings.get_backend()
    records, accounts = replace(records, shared=degrees.of(records)), engine.keep(_numbers(records), backend)
    events = engine.call(_timed(records, accounts), backend)
    batches, starts = engine.keep(_batches(events), backend), _starts(events)
    notes = _not_measurable(events, batches, starts)
    found = {} if "signup_batch" in notes else {"signup_batch": batches}
    if "slot" not in notes:
        found |= _schedules(events, starts, _groups(records, accounts), settings)
    return _with(records, found, notes)


def _with(records: Records, found: dict[str, ir.Table], notes: dict[str, str]) -> Records:
    backend, told = records.sightings.get_backend(), (*records.notes, *notes.values())
    if not found:
        return replace(records, notes=told)
    more = ibis.union(*(engine.keep(_sightings(kind, named), backend) for kind, named in found.items()), distinct=False)
    return replace(
        records,
        sightings=ibis.union(records.sightings, more, distinct=False),
        shared=ibis.union(degrees.of(records), degrees.shared(more, found), distinct=False),
        kinds=tuple(dict.fromkeys([*records.kinds, *map(own_kind, found)])),
        notes=told,
    )


def _numbers(records: Records) -> ir.Table:
    accounts = records.accounts
    return accounts.select("account", "signed_up", number=ibis.row_number().over(order_by=accounts.account))


def _timed(records: Records, accounts: ir.Table) -> ir.Table:
    """Return the acts with the account's number by bytes, their slot, and whether they are its opening."""
    events = acts.of(records).join(accounts, "account")
    return events.select(
        *("account", "number", "time", "file", "row"),
        slot=events.time // _WIDTH,
        opening=events.time == events.signed_up,
    )


def _seen(events: ir.Table, *more: str) -> ir.Table:
    """Return number, slot, account, first_seen, last_seen, events and cited of who was active in which slot."""
    return events.group_by("number", "slot", *more).aggregate(
        account=events.account.max(),
        first_seen=events.time.min(),
        last_seen=events.time.max(),
        events=events.time.nunique(),
        cited=(events.file.cast("int64") * CITE + events.row).min(),
    )


def _batches(events: ir.Table) -> ir.Table:
    opened = _seen(events.filter(events.opening))
    return opened.mutate(value=_written(opened.slot))


def _starts(events: ir.Table) -> tuple[Ints, Ints]:
    """Return number and slot of all who started to work, sorted: who acted, but not in the slot before.

    Both as one number, which the engine tells apart at a fraction of the cost of two.
    """
    active = events.filter(~events.opening)
    keys = active.select(key=active.number * _SLOTS + active.slot + _SLOTS // 2).distinct()
    key = np.sort(engine.fetch(keys)["key"].to_numpy())
    key = key[np.diff(key, prepend=-2) != 1]
    return key // _SLOTS, key % _SLOTS - _SLOTS // 2


def _not_measurable(events: ir.Table, batches: ir.Table, starts: tuple[Ints, Ints]) -> dict[str, str]:
    """Return for the kinds that the data cannot tell why."""
    notes = {}
    if engine.is_empty(batches):
        notes["signup_batch"] = "signup batches are not measurable: no column tells when accounts were opened"
    if not len(starts[0]):
        notes["slot"] = "synchronised slots are not measurable: no column tells when accounts were active"
    elif not (starts[1] * _WIDTH % _HOUR).any() and engine.is_empty(_fine(events)):
        notes["slot"] = "synchronised slots are not measurable: all times are whole hours"
    return notes


def _fine(events: ir.Table) -> ir.Table:
    return events.filter(~events.opening & (events.time % _HOUR != 0))


def _groups(records: Records, accounts: ir.Table) -> ir.Table:
    """Return account (by number) and group of all who touch an item that some do, but few: who may work together."""
    degree = degrees.of(records)
    degree = degree.filter(degree.accounts.between(GROUP, CROWD))
    degree = degree.mutate(group=ibis.row_number().over(order_by=[degree.kind, degree.value]))
    return records.sightings.join(degree, ["kind", "value"]).join(accounts, "account").select("number", "group")


def _schedules(
    events: ir.Table, starts: tuple[Ints, Ints], groups: ir.Table, settings: Settings
) -> dict[str, ir.Table]:
    """Return the starts with the slot that each is, and who keeps which schedule; nothing where no crew keeps one."""
    backend = events.get_backend()
    number, slot = starts
    together = tuple(column.to_numpy().astype(np.int64) for column in engine.fetch(groups).columns)
    engine.put_away(backend)  # what follows works on arrays
    kept = synchrony.find(number, slot, together, rate=settings.false_links, seed=settings.seed)
    if not kept.any():
        return {}
    found = pd.DataFrame({"number": number, "slot": slot, "crew": kept, "told": _told(number, slot, kept)})
    active = events.filter(~events.opening).join(ibis.memtable(found), ["number", "slot"])
    crews = engine.keep(_seen(active, "crew", "told"), backend)
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
