"""A ring of any size, made: each account on a card, a device and three of the addresses of its pools. For pictures."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd
from sample_case import RING_ID, case_file

if TYPE_CHECKING:
    from graphlink.model import CaseFile

BITS = {"payment": 14.0, "device": 11.0, "ip": 5.0}


def made_ring(accounts: int) -> CaseFile:
    """Return a case of one ring."""
    rng = random.Random(0)  # noqa: S311 - a made-up ring, no secret
    ids = [f"acct-{i:05d}" for i in range(accounts)]
    touches = [(name, *item) for name in ids for item in _pool(rng, accounts)]
    first = pd.Timestamp("2026-05-01", tz="UTC") + pd.to_timedelta([rng.randrange(30 * 86400) for _ in ids], unit="s")
    begun = dict(zip(ids, first.strftime("%Y-%m-%dT%H:%M:%SZ"), strict=True))
    times = {"first_seen": [begun[name] for name, _, _ in touches], "last_seen": "2026-06-10T00:00:00Z"}
    sightings = pd.DataFrame(touches, columns=["account_id", "kind", "value"])
    sightings = sightings.assign(**times, events=3, file="usage.csv", row=range(1, len(touches) + 1))
    held = sightings.groupby(["kind", "value"])["account_id"].agg(list).reset_index()
    sample = case_file()
    evidence = f"{accounts:,} accounts share cards, devices and addresses of a few pools."
    span = {"first_seen": min(begun.values()), "last_seen": times["last_seen"]}
    counts = span | {"accounts": accounts, "core_accounts": accounts, "events": 21 * accounts, "evidence": evidence}
    return replace(
        sample,
        clusters=sample.clusters.head(1).assign(**counts),
        members=pd.DataFrame({"account_id": ids, "cluster_id": RING_ID, "role": "core", "confidence": 0.98}),
        links=pd.DataFrame([_link(*pair, *item) for *item, held_by in held.to_numpy() for pair in pairwise(held_by)]),
        items=held.assign(
            accounts=held["account_id"].map(len), corroboration=1.0, use="shared", reason="on few accounts"
        ).drop(columns="account_id"),
        sightings=sightings,
        taken=_days(first),
        facts=pd.DataFrame({"account_id": ids, "events": 21, "first_seen": [begun[name] for name in ids]}).assign(
            last_seen=times["last_seen"], signed_up=lambda table: table["first_seen"], banned="", label=""
        ),
    )


def _days(begun: pd.DatetimeIndex) -> pd.DataFrame:
    """Return what the ring took: the more of it there is, the more a day, and half as much at weekends."""
    days = pd.date_range("2026-05-01", "2026-06-09", tz="UTC")
    events = [int((begun < day + pd.Timedelta("1D")).sum()) * (1 if day.weekday() > 4 else 2) for day in days]
    return pd.DataFrame({"cluster_id": RING_ID, "day": days.strftime("%Y-%m-%d"), "model": "large", "events": events})


def _pool(rng: random.Random, accounts: int) -> list[tuple[str, str]]:
    card, device = rng.randrange(2 + accounts // 12), rng.randrange(2 + accounts // 8)
    addresses = rng.sample(range(3 + accounts // 5), 3)
    return [
        ("payment", f"card_{card}"),
        ("device", f"dev_{device:04d}"),
        *(("ip", f"203.0.{i // 250}.{i % 250}") for i in addresses),
    ]


def _link(left: str, right: str, kind: str, value: str) -> dict[str, object]:
    items = [{"kind": kind, "value": value, "bits": BITS[kind]}]
    return {"left": left, "right": right, "bits": BITS[kind], "families": [], "items": items}
