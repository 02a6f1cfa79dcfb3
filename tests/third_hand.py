"""Worlds by a third hand: honest units that run like machines, beside rings; what judging does where nobody tuned it.

    python tests/third_hand.py [--accounts 6000] [--seeds 701,702] [--worlds all,none] (`make third-hand`)
    python tests/third_hand.py --write FOLDER --seeds 701     # the records and truth.csv, for `graphlink clusters`

Written without a look at `graphlink simulate` and `other_hand`. People have several accounts; firms, agencies and
research groups run jobs from shared machines; schools, courses, hackathons and promotions make strangers act alike; and
strangers run one program by the clock (`third_units`). There are rings of eleven kinds (`third_rings`). Everybody
acts on one platform (`third_world`, `third_things`). Nothing in graphlink may be fitted to these worlds: they find
harms, and reasons mend them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import kept
import marks
import measured
import pandas as pd
from hands import Hand
from third_rings import RINGS
from third_units import UNITS, crowd
from third_world import Platform

from graphlink import evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kept import Figures, Run

TIERS = ("coordinated", "review", "explained")
USUAL = 6000  # accounts


def make(world: str, seed: int, accounts: int) -> measured.World:
    """Return a world: with everybody ("all"), or without rings ("none").

    Its truth has account_id, unit, kind, ring, role and group.
    """
    p = Platform(seed, accounts)
    for unit, of_thousand in UNITS.items():
        for _ in range(p.rng.poisson(of_thousand * p.wide(0.3, 2.5) * accounts / 1000)):
            unit(p)
    for ring in RINGS if world == "all" else ():
        if p.chance(0.6):
            for _ in range(max(1, round(p.whole(1, 4) * accounts / USUAL))):
                ring(p)
    while len(p.people) < accounts:
        crowd(p)
    return measured.World(_signups(p), _usage(p), _payments(p), _truth(p))


def _signups(p: Platform) -> pd.DataFrame:
    """Return the accounts in no order."""
    table = pd.DataFrame([each[:6] for each in p.people], columns=list(p.people[0]._fields[:6]))
    table = table.sample(frac=1, random_state=int(p.rng.integers(2**31)), ignore_index=True)
    return table.assign(**{column: _instants(table[column]) for column in ("created_at", "banned_at")})


def _usage(p: Platform) -> pd.DataFrame:
    table = pd.concat(p.usage).sort_values("timestamp", kind="stable", ignore_index=True)
    return table.assign(timestamp=_instants(table["timestamp"]))


def _payments(p: Platform) -> pd.DataFrame:
    table = pd.DataFrame(p.payments, columns=["account_id", "timestamp", "payment_id"])
    table = table.sort_values("timestamp", kind="stable", ignore_index=True)
    return table.assign(timestamp=_instants(table["timestamp"]))


def _instants(seconds: pd.Series) -> pd.Series:
    return pd.to_datetime(seconds.astype(float), unit="s", utc=True).dt.floor("ms")


def _truth(p: Platform) -> pd.DataFrame:
    """Return unit and kind of every account, and what `graphlink evaluate` asks for."""
    of = pd.DataFrame(
        [(each.account_id, *each.unit) for each in p.people], columns=["account_id", "unit", "kind", "guilty"]
    )
    ring, group = of["unit"].where(of["guilty"], ""), of["unit"].where(~of["guilty"] & (of["kind"] != "crowd"), "")
    return of[["account_id", "unit", "kind"]].assign(
        ring=ring, role=of["kind"].where(~of["guilty"], "ring"), group=group
    )


def figures(clusters: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Figures]:
    """Return for each kind of unit: units, accounts, whole, units in each tier, accounts accused; `in all` is first.

    A unit is in a tier where a cluster of it holds two of its accounts (one, if it has no more): the gravest counts. It
    is whole where one cluster holds 80 % of it and is 90 % pure.
    """
    listed = members[["account_id", "cluster_id"]].merge(clusters[["cluster_id", "tier"]], on="cluster_id")
    table = truth.merge(listed, on="account_id", how="left")
    told = {
        str(kind): _of_kind(of) | {"ring": float((of["ring"] != "").any()), "whole": _whole(table, of)}
        for kind, of in table.groupby("kind")
    }
    rings = table[table["ring"] != ""].groupby("cluster_id")["ring"].nunique()
    in_all: dict[str, Figures] = {"in all": {"clusters": len(clusters), "two rings": int((rings > 1).sum())}}
    return in_all | told


def _of_kind(of: pd.DataFrame) -> Figures:
    size = of.groupby("unit").size()
    held = of.groupby(["unit", "cluster_id", "tier"]).size().rename("held").reset_index()
    held = held[held["held"] >= size.clip(upper=2).reindex(held["unit"]).to_numpy()]
    gravest = held.assign(rank=[TIERS.index(tier) for tier in held["tier"]]).groupby("unit")["rank"].min()
    tiers: Figures = {tier: int((gravest == k).sum()) for k, tier in enumerate(TIERS)}
    return {"units": len(size), "accounts": len(of), **tiers, "accused": int((of["tier"] == TIERS[0]).sum())}


def _whole(table: pd.DataFrame, of: pd.DataFrame) -> int:
    together = of.groupby(["unit", "cluster_id"]).size().rename("both").reset_index()
    of_unit, of_cluster = of.groupby("unit").size(), table.groupby("cluster_id").size()
    share = together["both"] / of_unit.reindex(together["unit"]).to_numpy()
    pure = together["both"] / of_cluster.reindex(together["cluster_id"]).to_numpy()
    return int(((share >= evaluate.WHOLE) & (pure >= evaluate.PURE)).sum())


COLUMNS = ("units", "accounts", "whole", *TIERS, "accused")


def told(runs: Sequence[Run]) -> list[str]:
    """Return how it was run, the table of kinds, the innocents first, and the totals."""
    table = pd.DataFrame([{"kind": kind, **of} for run in runs for kind, of in run.found.items()])
    kinds = table[table["kind"] != "in all"].groupby(["ring", "kind"])[list(COLUMNS)].sum().astype(int)
    head = ["kind", "units", "accounts", "linked whole", *TIERS, "accounts accused"]
    rows = [
        [kind, *(f"{value:,}" for value in of)] for (_, kind), of in zip(kinds.index, kinds.to_numpy(), strict=True)
    ]
    honest, guilty = (kinds[kinds.index.get_level_values("ring") == ring] for ring in (0, 1))
    of, rings = honest.sum(), guilty.sum()
    lines = [
        f"Innocents accused: {of['accused']:,} of {of['accounts']:,} accounts; units: {_named(honest)}.",
        f"Rings accused: {rings['coordinated']:,} of {rings['units']:,}: {_named(guilty)}.",
        f"Clusters with two rings: {table['two rings'].sum():,.0f} of {table['clusters'].sum():,.0f}.",
    ]
    return [kept.how(runs), "", *marks.table(head, rows), "", *lines, ""]


def _named(kinds: pd.DataFrame) -> str:
    of = kinds[kinds["coordinated"] > 0]
    kind = of.index.get_level_values("kind")
    return "; ".join(f"{name} {many}" for name, many in zip(kind, of["coordinated"], strict=True)) or "none"


SEEDS = "701,702,703,704,705,706"
HAND = Hand("third hand", __doc__ or "", make, figures, told, worlds=("all",), seeds=SEEDS, accounts=USUAL)

if __name__ == "__main__":
    HAND.main()
