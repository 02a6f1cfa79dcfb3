"""The interactive graph: what it shows, that it shows it exactly, and that it does nothing else."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from browser import Visit, chromium, visit
from sample_case import RING_ID, case_file

from graphlink import view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from graphlink.model import CaseFile

__all__ = ["chromium"]  # the fixture

HOSTILE = Path(__file__).parents[2] / "shared" / "hostile"
OWN_PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "<!--<script>",
    "javascript:alert(4)",
    "{{ 7 * 7 }}",
    "${alert(5)}",
    "__proto__",
    "constructor",
    "\u2028alert(6)\u2029",
    "\u202egnp.exe",
    "a\x00b",
    "\ud800",
    " leading and trailing ",
    "' onmouseover='alert(7)",
    "<a href=https://example.invalid/>x</a>",
)


@contextmanager
def opened(browser: Browser, case: CaseFile, folder: Path, *, dark: bool = False) -> Iterator[Visit]:
    """Yield the drawn page of the case's first cluster."""
    path = view.write(case, case.clusters["cluster_id"].iloc[0], folder / "ring.html")
    with visit(browser, path, dark=dark) as seen:
        seen.page.wait_for_selector("html[data-drawn]", state="attached")
        yield seen


def made_ring(accounts: int) -> CaseFile:
    """Return a case of one ring: each account on a card, a device and three of the addresses of its pools."""
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
    return replace(
        sample,
        clusters=sample.clusters.head(1).assign(accounts=accounts, core_accounts=accounts),
        members=pd.DataFrame({"account_id": ids, "cluster_id": RING_ID, "role": "core", "confidence": 0.98}),
        links=pd.DataFrame([_link(*pair, *item) for *item, held_by in held.to_numpy() for pair in pairwise(held_by)]),
        items=held.assign(
            accounts=held["account_id"].map(len), corroboration=1.0, use="shared", reason="on few accounts"
        ).drop(columns="account_id"),
        sightings=sightings,
        facts=pd.DataFrame({"account_id": ids, "events": 21, "first_seen": [begun[name] for name in ids]}).assign(
            last_seen=times["last_seen"], signed_up=lambda table: table["first_seen"], banned="", label=""
        ),
    )


def _pool(rng: random.Random, accounts: int) -> list[tuple[str, str]]:
    card, device = rng.randrange(2 + accounts // 12), rng.randrange(2 + accounts // 8)
    addresses = rng.sample(range(3 + accounts // 5), 3)
    return [
        ("payment", f"card_{card}"),
        ("device", f"dev_{device:04d}"),
        *(("ip", f"203.0.{i // 250}.{i % 250}") for i in addresses),
    ]


def _link(left: str, right: str, kind: str, value: str) -> dict[str, object]:
    bits = {"payment": 14.0, "device": 11.0, "ip": 5.0}[kind]
    return {
        "left": left,
        "right": right,
        "bits": bits,
        "families": [],
        "items": [{"kind": kind, "value": value, "bits": bits}],
    }
