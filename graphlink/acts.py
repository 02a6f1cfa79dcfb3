"""What accounts did themselves, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphlink.columns import plain
from graphlink.kinds import BUILT_IN
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from graphlink.model import Input, Records

PURCHASES = frozenset(
    map(plain, ("purchase_time", "purchased_at", "order_time", "ordered_at", "payment_time", "paid_at"))
)
"""Names of time columns that tell when the account bought something."""


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


def first(records: Records) -> ir.Table:
    """Return account, acted: the first act of each account after it was opened, where one is known.

    The only event of a row at the instant of the opening is the opening; a second one there is an act.
    """
    opened = records.accounts.filter(records.accounts.signed_up != NO_TIME).select("account", "signed_up")
    events = of(records).join(opened, "account")
    acted = events.filter(events.time > events.signed_up).group_by("account").aggregate(acted=events.time.min())
    several = [number for number, each in enumerate(records.inputs) if len(each.columns.times) > 1]
    if not several:  # then a row is one event, and to look for a second one is a pass over all of them
        return acted
    then = events.filter((events.time == events.signed_up) & events.file.isin(several))
    at_once = then.group_by("account", "file", "row", "time").aggregate(times=then.count())
    both = acted.union(at_once.filter(at_once.times > 1).select("account", acted="time"))
    return both.group_by("account").aggregate(acted=both.acted.min())


def purchases(records: Records) -> bool:
    """Return whether the acts of accounts are purchases, by the names of their columns."""
    names = {name for each in records.inputs for name in each.columns.times if name != each.columns.signup}
    return bool(names) and all(plain(name) in PURCHASES for name in names)
