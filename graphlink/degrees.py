"""How many accounts touch each item. Counted once: it is a pass over all that was seen, as dear as reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from graphlink import engine

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from graphlink.model import Records

SHARED = 2


def of(records: Records) -> ir.Table:
    """Return kind, value and accounts of the items that two accounts touch or more, counted now if not before."""
    if records.shared is not None:
        return records.shared
    return shared(records.sightings, (kind.name for kind in records.kinds))


def shared(sightings: ir.Table, kinds: Iterable[str]) -> ir.Table:
    """Return kind, value and accounts of the items of these kinds that two accounts touch or more.

    Kind by kind: most items are on one account alone, and those of one kind are forgotten before the next is counted.
    """
    counted = ibis.union(*(_of_kind(sightings, kind) for kind in kinds), distinct=False)
    return engine.keep(counted, sightings.get_backend())


def _of_kind(sightings: ir.Table, kind: str) -> ir.Table:
    seen = sightings.filter(sightings.kind == kind)
    degree = seen.group_by("value").aggregate(accounts=seen.count())
    return degree.filter(degree.accounts >= SHARED).select(kind=ibis.literal(kind), value="value", accounts="accounts")
