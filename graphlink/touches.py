"""What accounts touch, over all tables: one sighting for each account, kind and value, and what it implies.

Items that are set aside (see `reputation`) are not among the sightings, and imply nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import ibis

from graphlink import bursts, engine, reputation, values
from graphlink.errors import UsageError
from graphlink.sightings import CITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.reputation import Known

    OfKind = tuple[str, ir.Table]


class Touches(NamedTuple):
    """The kinds there are, the sightings, and what is known of items; the tables are as `Records` has them."""

    kinds: tuple[str, ...]
    sightings: ir.Table
    known: ir.Table | None


def gather(seen: Sequence[OfKind], known: Known, backend: Backend) -> Touches:
    """Return what the sightings of each table and kind (account, value, times, events, cited) come to together."""
    implied: list[OfKind] = []
    counted: dict[str, ir.Table] = {}
    told: list[ir.Table] = []
    # what implies other kinds comes first
    for kind in sorted({kind for kind, _ in seen} | _implicit(seen, known), key=lambda k: (k not in values.DERIVED, k)):
        whole = _added_up([table for name, table in (*seen, *implied) if name == kind], backend)
        counted[kind], about = _set_aside(kind, whole, known, backend)
        told += [about] if about is not None else []
        implied += _implied(kind, counted[kind], known, backend)
    if not counted:
        raise UsageError("no column holds an item", then="name one with --item column=kind")
    return Touches(
        tuple(sorted(counted)),
        ibis.union(*(_cited(kind, table) for kind, table in counted.items()), distinct=False),
        engine.keep(ibis.union(*told, distinct=False), backend) if told else None,
    )


def _implicit(seen: Sequence[OfKind], known: Known) -> set[str]:
    kinds = {implied for kind, _ in seen for implied in values.DERIVED.get(kind, ())}
    return kinds | ({"asn"} if known.operators and any(kind == "ip" for kind, _ in seen) else set())


def _implied(kind: str, seen: ir.Table, known: Known, backend: Backend) -> Iterator[OfKind]:
    for implied in values.DERIVED.get(kind, ()):
        yield implied, engine.keep(values.derived(seen, kind, implied, backend), backend)
    if kind == "ip" and known.operators:
        yield "asn", engine.keep(reputation.operators(known.operators, seen, backend), backend)


def _added_up(tables: Sequence[ir.Table], backend: Backend) -> ir.Table:
    if len(tables) == 1:
        return tables[0]
    return engine.keep(values.added_up(ibis.union(*tables, distinct=False)), backend)


def _set_aside(kind: str, seen: ir.Table, known: Known, backend: Backend) -> tuple[ir.Table, ir.Table | None]:
    """Return the sightings that count, and kind, value, accounts, use and reason of the items something is known of."""
    told = reputation.told(known, kind, seen, backend)
    if told is None:
        return seen, None
    joined = seen.join(told, "value").mutate(kind=ibis.literal(kind))
    about = joined.group_by("kind", "value", "use", "reason").aggregate(accounts=joined.account.nunique())
    columns = ["kind", "value", "accounts", "use", "reason"]
    return engine.keep(seen.anti_join(told.filter(told.use != ""), "value"), backend), about.select(columns)


def _cited(kind: str, seen: ir.Table) -> ir.Table:
    cited = seen.mutate(kind=ibis.literal(kind), file=(seen.cited // CITE).cast("int32"), row=seen.cited % CITE)
    columns = ["account", "kind", "value", "first_seen", "last_seen", "events", "file", "row"]
    return cited.select(*columns, *({bursts.COLUMN} & set(seen.columns)))
