"""What is known of an item beforehand, from files that the user has: whose an address is, and what is allowed.

An item that is set aside (`public`, `ignored`) links nobody, and implies nothing: neither its /24 nor its mail domain
comes back in its place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from graphlink import allowlist, engine, labels, networks, values
from graphlink.allowlist import AllowList
from graphlink.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.cards import Key
    from graphlink.networks import Networks
    from graphlink.settings import Settings

SERVES_MANY = frozenset({"carrier", "vpn", "campus"})
"""Makes of networks whose addresses are the public's: behind one of them are people who never met."""

TOLD = {"value": "string", "use": "string", "reason": "string"}
_SCHEMA = pa.schema(dict.fromkeys(TOLD, pa.string()))


@dataclass(frozen=True, slots=True)
class Known:
    """The files that were consulted, each by its path and SHA-256, and what they hold."""

    allowed: AllowList
    networks: Networks | None = None
    labels: Labels = field(default_factory=Labels)
    consulted: tuple[tuple[str, str], ...] = ()

    @property
    def operators(self) -> Networks | None:
        """The networks, if they say whose an address is."""
        return self.networks if self.networks and len(self.networks.spans["asn"].lower) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the files."""
        refused = self.networks.refused if self.networks else ()
        return (f"--networks: passed over {refused[0]}, {len(refused):,} in all",) if refused else ()


def read(settings: Settings, *, key: Key = bytes) -> Known:
    """Return what the files of `--allow`, `--networks` and `--labels` say; nothing, where none is given."""
    given = [path for path in (settings.allow, settings.networks, settings.labels) if path]
    return Known(
        allowed=allowlist.read(settings.allow, key=key) if settings.allow else allowlist.AllowList(),
        networks=networks.read(settings.networks) if settings.networks else None,
        labels=labels.read(settings.labels, key=key) if settings.labels else Labels(),
        consulted=tuple((path, hashlib.sha256(Path(path).read_bytes()).hexdigest()) for path in given),
    )


def told(known: Known, kind: str, seen: ir.Table, backend: Backend) -> ir.Table | None:
    """Return value, use and reason of the items of a kind of which something is known, or None if nothing can be."""
    allowed = known.allowed.items.get(kind, frozenset())
    good = known.labels.good.items.get(kind, frozenset()) - allowed
    said = ((allowed, allowlist.REASON), (good, labels.REASON))
    tables = [_ignored(items, reason) for items, reason in said if items]
    if kind == "ip" and known.networks is not None:
        batches = engine.batches(seen.select("value").distinct(), values.AT_ONCE)
        tables += [_of_networks(known.networks, set(batch["value"].to_pylist()) - allowed - good) for batch in batches]
    return engine.bring(pa.concat_tables(tables), backend) if tables else None


def operators(known: Networks, seen: ir.Table, backend: Backend) -> ir.Table:
    """Return the sightings of the operators (`asn`) of addresses."""

    def of(addresses: list[str]) -> pa.Table:
        found = networks.lookup(known, addresses)
        found = found[found["asn"] != ""]
        return pa.table({"value": pa.array(found["ip"], pa.string()), "canonical": pa.array(found["asn"], pa.string())})

    return values.added_up(values.implied_by(seen, of, backend))


def marked(accounts: ir.Table, known: Known, seen: ir.Table) -> ir.Table:
    """Return the accounts with `allowed` (linked to nobody) and `bad` (it, or what it touches, is labelled bad).

    Args:
        accounts: with the column account.
        known: what is known.
        seen: the sightings: account, kind, value.

    """
    allowed = known.allowed.accounts | known.labels.good.accounts
    bad = known.labels.bad
    tainted = set(bad.accounts)
    for kind, items in bad.items.items():
        touching = seen.filter((seen.kind == kind) & seen.value.isin(sorted(items)))
        tainted |= set(engine.fetch(touching.select("account").distinct())["account"].to_pylist())
    return _flagged(_flagged(accounts, "allowed", allowed), "bad", tainted)


def _flagged(accounts: ir.Table, flag: str, named: Iterable[str]) -> ir.Table:
    """Return the accounts with a column that says whether they are named."""
    if not named:
        return accounts.mutate(**{flag: ibis.literal(value=False)})
    listed = ibis.memtable({"listed": sorted(named)})
    joined = accounts.left_join(listed, accounts.account == listed.listed)
    return joined.mutate(**{flag: joined.listed.notnull()}).drop("listed")


def not_found(known: Known, accounts: ir.Table, about: ir.Table | None) -> Iterator[str]:
    """Yield what to say of a list that names what is not in the records: a slip there accuses somebody."""
    lists = (
        ("--allow", known.allowed),
        ("--labels", known.labels.good),
        ("--labels", AllowList(known.labels.bad.accounts)),
    )
    if not any(named for _, named in lists):
        return
    there = set(engine.fetch(accounts.filter(accounts.allowed | accounts.bad).select("account"))["account"].to_pylist())
    told = [] if about is None else engine.fetch(about.filter(about.use == "ignored")).to_pylist()
    items = {(item["kind"], item["value"]) for item in told}
    for option, named in lists:
        missing = [("account", account) for account in named.accounts - there]
        missing += {(kind, value) for kind, values in named.items.items() for value in values} - items
        if missing:
            kind, value = min(missing)
            yield f"{option}: {len(missing):,} of what it names is not in the records, the first: {kind} {value!r}"


def _ignored(items: Iterable[str], reason: str) -> pa.Table:
    texts = sorted(items)
    columns = (texts, ["ignored"] * len(texts), [reason] * len(texts))
    return pa.table(dict(zip(TOLD, columns, strict=True)), _SCHEMA)


def _of_networks(known: Networks, addresses: Iterable[str]) -> pa.Table:
    found = networks.lookup(known, sorted(addresses))
    rows = [
        (ip, "public" if kind in SERVES_MANY else "", _reason(kind, asn, country))
        for ip, country, asn, kind in found[["ip", "country", "asn", "kind"]].itertuples(index=False)
        if country or asn or kind
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(dict(zip(TOLD, map(list, columns), strict=True)), _SCHEMA)


def _reason(kind: str, asn: str, country: str) -> str:
    said = f"{', '.join(filter(None, (kind, asn, country)))} by --networks"
    return f"{said}: it serves people who never met, and links nobody" if kind in SERVES_MANY else said
