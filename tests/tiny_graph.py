"""Graphs of a few accounts by name, among a crowd that shares nothing, or only what everybody shares: for linking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graphlink import kinds, lookup, pools, weights
from graphlink.model import AccountGraph, Links

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Touch = tuple[str, str, str] | tuple[str, str, str, int]
    """Account, kind, value, and how many events (1 if left out)."""

FAMILIES = {"url": "url", "wallet": "wallet"}
"""Kinds of a user's own."""


def graph(touches: Iterable[Touch], *, allowed: Sequence[str] = ()) -> AccountGraph:
    """Return the graph of these touches; touches of the same account and item are added up."""
    rows = [(*touch, 1)[:4] for touch in touches]
    seen = pd.DataFrame(rows, columns=["account", "kind", "value", "events"])
    seen = seen.groupby(["account", "kind", "value"], as_index=False)["events"].sum()
    names, kind_names = sorted(set(seen["account"])), sorted(set(seen["kind"]))
    seen["a"], seen["k"] = (
        seen[c].map({n: i for i, n in enumerate(o)})
        for c, o in zip(["account", "kind"], [names, kind_names], strict=True)
    )
    seen["accounts"] = seen.groupby(["kind", "value"])["a"].transform("size")
    breadth = np.zeros((len(names), len(kind_names)), np.int32)
    uses = np.zeros(breadth.shape, np.int64)
    np.add.at(breadth, (seen["a"], seen["k"]), 1)
    np.add.at(uses, (seen["a"], seen["k"]), seen["events"])
    shared = seen[seen["accounts"] > 1]
    items = shared[["kind", "value", "accounts"]].drop_duplicates().sort_values(["kind", "value"], ignore_index=True)
    number = items.reset_index(names="item")[["kind", "value", "item"]]
    shared = shared.merge(number, on=["kind", "value"]).sort_values(["a", "item"], ignore_index=True)
    return AccountGraph(
        kinds=tuple(kinds.own_kind(name, FAMILIES.get(name, "")) for name in kind_names),
        accounts=pd.DataFrame(
            {"account_id": names, "allowed": [name in allowed for name in names], "signed_up": 0, "first_seen": 0}
        ),
        items=pools.named(items, stretches=False),
        account=shared["a"].to_numpy(np.int32),
        item=shared["item"].to_numpy(np.int32),
        touched=pd.DataFrame({"first_seen": 0, "last_seen": 0, "events": shared["events"], "file": 0, "row": 1}),
        breadth=breadth,
        uses=uses,
        volume=np.bincount(seen["k"], minlength=len(kind_names)).astype(np.int64),
    )


def crowd(size: int = 2000, *, kinds: Sequence[str] = ("device", "ip", "payment")) -> list[Touch]:
    """Return people who have everything to themselves, but that two in a hundred share each thing with a stranger."""
    rng = np.random.default_rng(0)
    return [
        (f"crowd-{i:05}", kind, f"{kind}-{j}", 5)
        for kind in kinds
        for i, j in enumerate(np.where(rng.random(size) < 0.02, rng.integers(0, size, size), np.arange(size)))
    ]


def ring(name: str, members: int, cards: int = 2, devices: int = 2, addresses: int = 2) -> list[Touch]:
    """Return a ring whose members take turns with its cards, devices and addresses."""
    each = {"payment": cards, "device": devices, "ip": addresses}
    return [
        (f"{name}-{i:02}", kind, f"{name}-{kind}-{(i + step) % many}", 5)
        for i in range(members)
        for kind, many in each.items()
        for step in range(1 if kind == "payment" else 2)
    ]


def layout(of: AccountGraph) -> lookup.Layout:
    """Return the graph laid out for looking up."""
    return lookup.lay_out(of, weights.null(of), lookup.parts(of))


def pair(of: AccountGraph, *names: str) -> tuple[np.ndarray, np.ndarray]:
    """Return two accounts as a pair to weigh."""
    position = of.accounts["account_id"].tolist()
    left, right = sorted(position.index(name) for name in names)
    return np.array([left], np.int32), np.array([right], np.int32)


def linked(of: AccountGraph, links: Links) -> dict[tuple[str, str], float]:
    """Return the bits of each link by the names of its accounts."""
    names = of.accounts["account_id"].to_numpy(object)
    return {(a, b): bits for a, b, bits in zip(names[links.left], names[links.right], links.bits, strict=True)}


def ties(pairs: Mapping[tuple[int, int], float]) -> Links:
    """Return links between accounts by number, each with the bits given, behind each an item of its own."""
    left, right = np.array(sorted(pairs), np.int32).reshape(-1, 2).T
    bits = np.array([pairs[key] for key in sorted(pairs)])
    return Links(
        families=("device",),
        left=left,
        right=right,
        bits=bits,
        by_family=bits[:, None],
        tied=bits[:, None].astype(np.float32),
        start=np.arange(len(bits) + 1),
        item=np.arange(len(bits), dtype=np.int32),
        item_bits=bits,
        stands=np.zeros(len(bits)),
        stated=0.001,
        tried=len(bits),
    )
