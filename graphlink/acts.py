"""What accounts did themselves, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphlink.kinds import BUILT_IN
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from graphlink.model import Input, Records


def of(records: Records) -> ir.Table:
    """Return the events with a time that are acts of the account: not those of tables that hold payments alone.

    A card is charged when the platform charges it: all on one day, or each a month after the account was opened, to
    the minute. Nobody was there. Where no other table has times, a payment is all the act there is.
    """
    events = records.events.filter(records.events.time != NO_TIME)
    charged = {number for number, each in enumerate(records.inputs) if _charges(each)}
    acted = [n for n, each in enumerate(records.inputs) if n not in charged and each.columns.times]
    return events.filter(~events.file.isin(sorted(charged))) if charged and acted else events


def _charges(table: Input) -> bool:
    """Return whether a table tells of payments and nothing else."""
    families = [BUILT_IN[kind].family if kind in BUILT_IN else "" for _, kind in table.columns.items]
    return set(families) == {"payment"} and table.columns.signup is None
