"""Item values in their canonical form: the engine passes on what already is, Python sees each other value once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import ibis
import pyarrow as pa

from graphlink import arrays, bursts, cards, engine, identifiers
from graphlink.kinds import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.cards import Key


AT_ONCE = 500_000
"""Distinct values that Python holds at a time."""

DERIVED = {"ip": ("ip_prefix",), "email": ("email_pattern", "email_domain")}
"""The kinds that a value of a kind implies."""

_FALSE = ibis.literal(value=False)
_IPV4 = r"^([0-9]+\.[0-9]+\.[0-9]+)\.[0-9]+$"


class Change(NamedTuple):
    """What becomes of a value that is not canonical as it stands: a text, nothing, or the reason to refuse it.

    A text with a reason is taken, though it is not what its kind says; an empty one links nobody.
    """

    value: str
    canonical: str | None
    reason: str | None


def changes(
    values: ir.Table, kind: str, backend: Backend, *, key: Key, accounts: Collection[str] = ()
) -> ir.Table | None:
    """Return value, canonical and reason for each distinct value that does not pass as it stands; None if all do.

    Args:
        values: sightings of the kind.
        kind: its name.
        backend: the engine.
        key: what card numbers are hashed with.
        accounts: account ids that look like card numbers: where a kind holds accounts, they stay.

    """
    pattern = identifiers.plain(kind)
    passes = values.value.re_search(pattern) & ~values.value.isin(sorted(identifiers.NOBODY)) if pattern else _FALSE
    distinct = values.filter(~passes).select("value").distinct()
    kept = frozenset(accounts if kind in identifiers.OF_ACCOUNTS else ())
    found = [
        batch
        for texts in engine.batches(distinct, AT_ONCE)
        if (batch := _changed(kind, set(texts["value"].to_pylist()) - kept, key)) is not None
    ]
    return engine.bring(pa.concat_tables(found), backend) if found else None


def odd(columns: Iterable[tuple[str, str]], changed: Iterable[ir.Table | None]) -> Iterator[str]:
    """Yield what to say of columns, each with its kind, in which some values are not what their kind says."""
    for (column, kind), change in zip(columns, changed, strict=True):
        if change is None or kind not in identifiers.TYPED:
            continue
        number = engine.count(change.filter(change.reason.notnull()))  # which refuses none of these kinds
        if number:
            said = BUILT_IN[kind].meaning.partition(",")[0]
            yield f"{column}: {number:,} distinct values are not {said}: hashes stay as they are, others link nobody"


def like_cards(texts: ir.Column) -> list[str]:
    """Return the distinct texts of a column that are, or hold, what looks like a card number."""
    table = texts.name("text").as_table().distinct()
    # the length is asked first: most texts are short, and the engine looks at all of them, not at the distinct ones
    long = table.filter(table.text.length() >= cards.SHORTEST)
    some = engine.fetch(long.filter(long.text.re_search(cards.MAYBE)))["text"].to_pylist()
    return sorted(text for text in some if cards.hidden(text, bytes) != text)


def kept_ids(ids: Sequence[str]) -> Iterator[str]:
    """Yield what to say of account ids that look like card numbers: they are the one thing that is never hashed."""
    if ids:
        yield f"{len(ids):,} account ids look like card numbers, and are written as they are: ids are never changed"


def without_cards(table: ir.Table, column: str, found: Sequence[str], backend: Backend, *, key: Key) -> ir.Table:
    """Return a table with the card numbers in a text column hashed: `found` are the texts that hold one."""
    if not found:
        return table
    hidden = engine.bring(_table([Change(text, cards.hidden(text, key), None) for text in found]), backend)
    joined = table.left_join(hidden, table[column] == hidden.value)
    return joined.mutate(**{column: ibis.coalesce(joined.canonical, joined[column])}).select(table.columns)


def canonical(sightings: ir.Table, changed: ir.Table, backend: Backend) -> ir.Table:
    """Return sightings with canonical values; those of placeholders are gone, those now alike are added up."""
    named = sightings.join(changed.filter(changed.canonical != ""), "value")
    moved = engine.keep(named.mutate(value=named.canonical).select(sightings.columns), backend)
    stayed = sightings.anti_join(changed, "value")
    # only where spellings meet is there something to add up: to group all would cost as much as to read them
    met = added_up(moved.union(stayed.semi_join(moved, "value")))
    return stayed.anti_join(moved, "value").union(met.select(sightings.columns))


def added_up(sightings: ir.Table) -> ir.Table:
    """Return one row for each account and value, and stretch of it where there are any."""
    return sightings.group_by(bursts.by(sightings.columns)).agg(
        first_seen=sightings.first_seen.min(),
        last_seen=sightings.last_seen.max(),
        events=sightings.events.sum(),
        cited=sightings.cited.min(),
    )


def derived(sightings: ir.Table, kind: str, implied: str, backend: Backend) -> ir.Table:
    """Return the sightings of a kind that another kind's values imply, as the /24 of an address."""

    def by_spelling(texts: list[str]) -> pa.Table:
        return _implied(kind, implied, texts)

    if implied == "ip_prefix":
        colons = sightings.value.contains(":")
        dotted = sightings.filter(~colons).mutate(value=sightings.value.re_extract(_IPV4, 1) + ".0/24")
        return added_up(dotted.union(implied_by(sightings.filter(colons), by_spelling, backend)))
    return added_up(implied_by(sightings, by_spelling, backend))


def implied_by(sightings: ir.Table, told: Callable[[list[str]], pa.Table], backend: Backend) -> ir.Table:
    """Return the sightings with the values that theirs imply, as `told` has it: value, canonical."""
    batches = engine.batches(sightings.select("value").distinct(), AT_ONCE)
    tables = [told(batch["value"].to_pylist()) for batch in batches if batch.num_rows]
    if not tables:
        return sightings.filter(_FALSE)
    known = engine.bring(pa.concat_tables(tables), backend)
    joined = sightings.join(known, "value")
    return joined.mutate(value=joined.canonical).select(sightings.columns)


def _implied(kind: str, implied: str, values: Iterable[str]) -> pa.Table:
    derived = ((value, *each) for value in values for each in identifiers.derived(kind, value))
    return _table([Change(value, text, None) for value, name, text in derived if name == implied])


def _changed(kind: str, values: Iterable[str], key: Key) -> pa.Table | None:
    def each() -> Iterator[Change]:
        for value in values:
            try:
                text = identifiers.canonical(kind, value, key=key)
            except ValueError as error:
                yield Change(value, None, f"{error}")
                continue
            if identifiers.is_typed(kind, value) and not (text and identifiers.is_one(kind, text)):
                yield Change(value, text or "", f"no {kind}")
            elif text != value:
                yield Change(value, text, None)

    found = list(each())
    return _table(found) if found else None


def _table(rows: Sequence[Change]) -> pa.Table:
    return pa.table({name: arrays.texts([getattr(row, name) for row in rows]) for name in Change._fields})
