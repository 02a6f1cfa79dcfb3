"""A case file made by hand: one ring of four, one household of two, and what they share. For rooms that show things."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from graphlink.model import CaseFile

RING = ["acct-01", "acct-02", "acct-03", "acct-04"]
HOME = ["acct-07", "acct-08"]
RING_ID, HOME_ID = "c-1a2b3c4d5e", "c-6f7a8b9c0d"
FIRST, LAST = "2026-05-01T08:00:00Z", "2026-05-20T21:30:00Z"


def _sighting(account: str, kind: str, value: str, row: int) -> dict[str, object]:
    return {
        "account_id": account,
        "kind": kind,
        "value": value,
        "first_seen": FIRST,
        "last_seen": LAST,
        "events": 7,
        "file": "records/usage.csv",
        "row": row,
    }


def _link(left: str, right: str, *items: tuple[str, str, float]) -> dict[str, object]:
    shared = [{"kind": kind, "value": value, "bits": bits} for kind, value, bits in items]
    families = sorted({{"payment": "payment", "ip": "network", "device": "device"}[kind] for kind, _, _ in items})
    return {
        "left": left,
        "right": right,
        "bits": sum(bits for _, _, bits in items),
        "families": families,
        "items": shared,
    }


def interested(sample: CaseFile) -> CaseFile:
    """Return the case with strangers of a common interest in the place of the household, as a run tells them."""
    clusters, findings = sample.clusters, sample.findings
    home = {"explanation": clusters["explanation"].where(clusters["cluster_id"] != HOME_ID, "")}
    told = {"explanation": findings["explanation"].where(findings["cluster_id"] != HOME_ID, "common interest")}
    return replace(sample, clusters=clusters.assign(**home), findings=findings.assign(**told))


def case_file() -> CaseFile:
    """Return the case file."""
    card, device, proxy = ("payment", "card_9"), ("device", "dev_5"), ("ip", "203.0.113.7")
    home = ("ip", "198.51.100.4")
    sightings = [
        _sighting(account, *item, row=10 * i + j)
        for i, account in enumerate(RING)
        for j, item in enumerate((card, device, proxy), 1)
    ] + [_sighting(account, *home, row=90 + i) for i, account in enumerate(HOME)]
    links = [
        _link(a, b, (*card, 16.5), (*device, 15.25), (*proxy, 9.0)) for i, a in enumerate(RING) for b in RING[i + 1 :]
    ] + [_link(*HOME, (*home, 17.0))]
    clusters = [
        {
            "rank": 1,
            "cluster_id": RING_ID,
            "tier": "coordinated",
            "score": 5.125,
            "explanation": "",
            "accounts": 4,
            "core_accounts": 4,
            "events": 84,
            "first_seen": FIRST,
            "last_seen": LAST,
            "evidence": "4 accounts share one card, one device and one address, and nobody else uses them.",
        },
        {
            "rank": 2,
            "cluster_id": HOME_ID,
            "tier": "explained",
            "score": -1.5,
            "explanation": "household",
            "accounts": 2,
            "core_accounts": 2,
            "events": 14,
            "first_seen": FIRST,
            "last_seen": LAST,
            "evidence": "2 accounts share one home address.",
        },
    ]
    return CaseFile(
        clusters=pd.DataFrame(clusters),
        members=pd.DataFrame(
            [
                {"account_id": a, "cluster_id": c, "role": "core", "confidence": 1.0}
                for c, ids in ((RING_ID, RING), (HOME_ID, HOME))
                for a in ids
            ]
        ),
        links=pd.DataFrame(links),
        items=pd.DataFrame(
            [
                {
                    "kind": "device",
                    "value": "dev_5",
                    "accounts": 4,
                    "corroboration": 1.0,
                    "use": "private",
                    "reason": "on 4 accounts, as one household's may be",
                },
                {
                    "kind": "ip",
                    "value": "198.51.100.4",
                    "accounts": 2,
                    "corroboration": 0.0,
                    "use": "private",
                    "reason": "on 2 accounts, as one household's may be",
                },
                {
                    "kind": "ip",
                    "value": "203.0.113.7",
                    "accounts": 4,
                    "corroboration": 1.0,
                    "use": "private",
                    "reason": "on 4 accounts, as one household's may be",
                },
                {
                    "kind": "ip",
                    "value": "203.0.113.200",
                    "accounts": 4120,
                    "corroboration": 0.001,
                    "use": "public",
                    "reason": "on 4,120 accounts that agree in nothing else: adds 0.3 bits",
                },
                {
                    "kind": "payment",
                    "value": "card_9",
                    "accounts": 4,
                    "corroboration": 1.0,
                    "use": "private",
                    "reason": "on 4 accounts, as one household's may be",
                },
            ]
        ),
        sightings=pd.DataFrame(sightings),
        facts=pd.DataFrame(
            [
                {
                    "account_id": a,
                    "events": 21,
                    "first_seen": FIRST,
                    "last_seen": LAST,
                    "signed_up": FIRST,
                    "banned": "",
                    "label": "",
                }
                for a in RING + HOME
            ]
        ),
        findings=pd.DataFrame(
            [
                {
                    "cluster_id": RING_ID,
                    "finding": "one card",
                    "side": "for",
                    "weight": 2.0,
                    "explanation": "household",
                    "sentence": "One card pays for all 4 accounts.",
                },
                {
                    "cluster_id": RING_ID,
                    "finding": "size",
                    "side": "against",
                    "weight": -0.5,
                    "explanation": "household",
                    "sentence": "4 accounts are as many as a household may have.",
                },
                {
                    "cluster_id": HOME_ID,
                    "finding": "size",
                    "side": "against",
                    "weight": -1.5,
                    "explanation": "household",
                    "sentence": "2 accounts that share nothing but an address live together.",
                },
            ]
        ),
        taken=pd.DataFrame(
            [
                {"cluster_id": cluster, "day": day, "model": "large", "events": events, "tokens": 1000.0 * events}
                for cluster, day, events in ((RING_ID, FIRST[:10], 44), (RING_ID, LAST[:10], 40), (HOME_ID, "", 14))
            ]
        ),
        hours=pd.DataFrame(
            [
                {"cluster_id": RING_ID, "weekday": weekday, "hour": hour, "events": 28}
                for weekday, hour in ((0, 3), (2, 3), (6, 4))
            ]
        ),
        sensitivity=pd.DataFrame(
            [
                {"cluster_id": RING_ID, "left_out": left_out, "tier": tier, "kept": 4 - len(lost), "lost": lost}
                for left_out, tier, lost in (
                    ("device", "coordinated", []),
                    ("network", "coordinated", [RING[3]]),
                    ("payment", "review", RING),
                    ("payment card_9", "coordinated", []),
                )
            ]
        ),
        candidates=pd.DataFrame({"left": [], "right": [], "items": []}),
        outsiders=pd.DataFrame(
            [
                {
                    "account_id": "acct-09",
                    "cluster_id": RING_ID,
                    "role": "bystander",
                    "sentence": "It uses ip 203.0.113.7 as the cluster does, and nothing else ties it.",
                }
            ]
        ),
        manifest={
            "version": "0.1.0",
            "command": "graphlink clusters records",
            "settings": {"seed": 0},
            "seed": 0,
            "inputs": [
                {
                    "path": "records/usage.csv",
                    "sha256": "0" * 64,
                    "bytes": 1234,
                    "form": "csv",
                    "columns": {"account": "acct"},
                    "rows_read": 100,
                    "rows_accepted": 99,
                    "rows_quarantined": 1,
                }
            ],
            "stages": [{"stage": "read", "seconds": 0.1, "rows": 99}],
            "chance": {"stated": 0.001, "tried": 4950},
            "usage": {"noun": "exchanges", "events": 200, "measures": {"tokens": 250_000.0}},
        },
    )
