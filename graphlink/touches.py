"""What accounts touch, over all tables: one sighting for each account, kind and value, and what it implies.

Most of what accounts touch, each touches alone. It links nobody, so of many records it is counted and not kept: a first
grouping, by the hash of the value, tells what one account alone touches; only of the rest are sightings computed. Where
two values have one hash, at most more is kept than links somebody.

Items that are set aside (see `reputation`) are not among the sightings, and imply nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import ibis

from graphlink import bursts, engine, reputation, values
from graphlink.errors import UsageError
from graphlink.model import NO_TIME
from graphlink.sightings import CITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.reputation import Known


FEW = 10_000_000
"""Up to so many records all sightings are kept: one grouping is cheaper than two, and they fit into memory."""


class Rows(NamedTuple):
    """The rows that touch items of a kind: account, value, first, last, cited."""

    kind: str
    every: ir.Table
    repeated: ir.Table
    """Those of them whose account has another row at the same instant, with `part`, the table they are of."""

    def through(self, kind: str, change: Callable[[ir.Table], ir.Table]) -> Rows:
        """Return the rows, changed into those of a kind."""
        return Rows(kind, change(self.every), change(self.repeated))


class Touches(NamedTuple):
    """The kinds there are, and the tables of `Records`."""

    kinds: tuple[str, ...]
    sightings: ir.Table
    shared: ir.Table
    alone: ir.Table
    known: ir.Table | None


def gather(  # noqa: PLR0913 - how many records there are and the window decide how
    seen: Sequence[Rows], accounts: ir.Table, known: Known, backend: Backend, *, many: int, window: int = 0
) -> Touches:
    """Return what the rows of each table and kind come to together.

    Args:
        seen: the rows.
        accounts: all accounts.
        known: what is known of items.
        backend: the engine.
        many: how many records there are.
        window: how close in time an item has to be touched to be shared (microseconds), or 0.

    """
    implied: list[Rows] = []
    told: list[ir.Table] = []
    counted: list[Rows] = []
    # what implies other kinds comes first
    kinds = {rows.kind for rows in seen} | _implicit(seen, known)
    for kind in sorted(kinds, key=lambda k: (k not in values.DERIVED, k)):
        whole = _together([rows for rows in (*seen, *implied) if rows.kind == kind], backend)
        rows, about = _set_aside(whole, known, backend)
        told += [about] if about is not None else []
        counted.append(rows.through(kind, partial(bursts.cut, kind=kind, window=window)))
        implied += _implied(rows, known, backend)
    if not counted:
        raise UsageError("no column holds an item", then="name one with --item column=kind")
    apart = many > FEW and _hashes_differ(accounts)
    divided = [_divided(rows, accounts, backend) if apart else _whole(rows, backend) for rows in counted]
    shared, alone = (ibis.union(*tables, distinct=False) for tables in zip(*divided, strict=True))
    return Touches(
        tuple(sorted(kinds)),
        ibis.union(*(_sightings(rows, backend) for rows in counted), distinct=False) if apart else shared,
        shared,
        alone,
        engine.keep(ibis.union(*told, distinct=False), backend) if told else None,
    )


def _implicit(seen: Sequence[Rows], known: Known) -> set[str]:
    kinds = {implied for rows in seen for implied in values.DERIVED.get(rows.kind, ())}
    return kinds | ({"asn"} if known.operators and any(rows.kind == "ip" for rows in seen) else set())


def _implied(rows: Rows, known: Known, backend: Backend) -> Iterator[Rows]:
    for implied in values.DERIVED.get(rows.kind, ()):
        yield rows.through(implied, values.derived(rows.kind, implied, rows.every, backend))
    if rows.kind == "ip" and known.operators:
        yield rows.through("asn", reputation.operators(known.operators, rows.every, backend))


def _together(parts: Sequence[Rows], backend: Backend) -> Rows:
    every, repeated = (ibis.union(*tables, distinct=False) for tables in list(zip(*parts, strict=True))[1:])
    # under names: what is built on them is compiled by itself
    return Rows(parts[0].kind, engine.call(every, backend), engine.call(repeated, backend))


def _set_aside(rows: Rows, known: Known, backend: Backend) -> tuple[Rows, ir.Table | None]:
    """Return the rows that count, and kind, value, accounts, use and reason of the items something is known of."""
    told = reputation.told(known, rows.kind, rows.every, backend)
    if told is None:
        return rows, None
    joined = rows.every.join(told, "value").mutate(kind=ibis.literal(rows.kind))
    about = joined.group_by("kind", "value", "use", "reason").aggregate(accounts=joined.account.nunique())
    aside = told.filter(told.use != "")
    columns = ["kind", "value", "accounts", "use", "reason"]
    return rows.through(rows.kind, lambda table: table.anti_join(aside, "value")), about.select(columns)


def _hashes_differ(accounts: ir.Table) -> bool:
    """Return whether no two accounts have one hash: else what they share would seem to be of one alone."""
    counted = engine.fetch(accounts.agg(ids=accounts.count(), hashes=accounts.account.hash().nunique())).to_pylist()[0]
    return bool(counted["ids"] == counted["hashes"])


def _whole(rows: Rows, backend: Backend) -> tuple[ir.Table, ir.Table]:
    """Return the sightings of all items, and nothing besides."""
    every = engine.keep(_sightings(rows, backend), backend)
    return every, every.select("account", "kind", items="events", events="events").limit(0)


def _divided(rows: Rows, accounts: ir.Table, backend: Backend) -> tuple[ir.Table, ir.Table]:
    """Return the sightings of items that more than one account may touch, and what each account touches alone."""
    owners = rows.every.group_by(item=rows.every.value.hash()).agg(
        least=rows.every.account.hash().min(),
        most=rows.every.account.hash().max(),
        events=rows.every["first"].count(),
    )
    alone = owners.least == owners.most
    counted = engine.keep(
        owners.group_by(
            item=ibis.ifelse(alone, ibis.null(owners.item.type()), owners.item),
            owner=ibis.ifelse(alone, owners.least, ibis.null(owners.least.type())),
        ).agg(items=owners.count(), events=ibis.greatest(owners.events, 1).sum()),
        backend,
    )
    several = counted.filter(counted.item.notnull()).select("item")

    def kept(table: ir.Table) -> ir.Table:
        return table.semi_join(several, table.value.hash() == several.item)

    own = rows.repeated.anti_join(several, rows.repeated.value.hash() == several.item)
    touching = engine.keep(_sightings(rows.through(rows.kind, kept), backend), backend)
    return touching, engine.keep(_alone(rows.kind, counted, own, accounts), backend)


def _alone(kind: str, counted: ir.Table, repeated: ir.Table, accounts: ir.Table) -> ir.Table:
    owned = counted.filter(counted.owner.notnull())
    named = accounts.select("account", owner=accounts.account.hash())
    surplus = _surplus(repeated).group_by("account").agg(surplus=lambda t: t.surplus.sum())
    joined = owned.join(named, "owner").left_join(surplus, "account")
    return joined.select(
        "account",
        kind=ibis.literal(kind),
        items=joined["items"].cast("int64"),
        events=(joined.events - joined.surplus.fill_null(0)).cast("int64"),
    )


def _surplus(repeated: ir.Table) -> ir.Table:
    """Return account, value and how many of their instants were told before in the same table."""
    per = repeated.group_by("part", "account", "value").agg(
        surplus=repeated["first"].count() - repeated["first"].nunique()
    )
    found = per.filter(per.surplus > 0)
    return found.group_by("account", "value").agg(surplus=found.surplus.sum())


def _sightings(rows: Rows, backend: Backend) -> ir.Table:
    """Return one row for each account and value; `events` counts distinct instants, of which there is at least one."""
    every = rows.every
    counted = every.group_by("account", "value").agg(
        first_seen=every["first"].min().fill_null(NO_TIME),
        last_seen=every["last"].max().fill_null(NO_TIME),
        events=every["first"].count(),
        cited=every.cited.min(),
    )
    surplus = engine.keep(_surplus(rows.repeated), backend)
    if not engine.is_empty(surplus):  # to join millions of groups with nothing costs a sixth of making them
        joined = counted.left_join(surplus, ["account", "value"])
        counted = joined.mutate(events=joined.events - joined.surplus.fill_null(0)).select(counted.columns)
    return counted.select(
        "account",
        "value",
        "first_seen",
        "last_seen",
        kind=ibis.literal(rows.kind),
        events=ibis.greatest(counted.events, 1).cast("int64"),
        file=(counted.cited // CITE).cast("int32"),
        row=counted.cited % CITE,
    ).select("account", "kind", "value", "first_seen", "last_seen", "events", "file", "row")
