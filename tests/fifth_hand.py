"""Worlds by a fifth hand: free ones, and hard ones with honest units that are made to look like rings.

    python tests/fifth_hand.py [--accounts 6500] [--seeds 931,932] [--worlds free,hard] (`make fifth-hand`)
    python tests/fifth_hand.py --write FOLDER --seeds 931    # the records and truth.csv, for `graphlink clusters`

Written without a look at how graphlink judges. What every kind of unit shares is a range (`fifth_plans`), from which
each unit of each world draws its own values (`fifth_units`), on a platform that everybody uses (`fifth_world`). In hard
worlds there are innocents, too, who each have several of the marks of a ring at once. Nothing in graphlink may be
fitted to these worlds: they find harms, and reasons mend them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import kept
import marks
import measured
import pandas as pd
import third_hand
from fifth_tables import Tables
from fifth_units import USUAL, fill
from fifth_world import World
from hands import Hand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kept import Figures, Run

WORLDS = ("free", "hard")


def make(world: str, seed: int, accounts: int) -> measured.World:
    """Return a world (`WORLDS`); its truth has account_id, unit, kind, ring, role and group."""
    drawn = World(seed, accounts)
    fill(drawn, hard=world == "hard")
    tables = Tables(drawn)
    return measured.World(tables.signups(), tables.usage(), tables.payments(), tables.truth())


def figures(clusters: pd.DataFrame, members: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Figures]:
    """Return what `third_hand.figures` does, and of each kind the accounts that are for review, too."""
    review = clusters.loc[clusters["tier"] == "review", "cluster_id"]
    listed = members.loc[members["cluster_id"].isin(review), "account_id"]
    looked = truth["account_id"].isin(listed).groupby(truth["kind"]).sum()
    found = third_hand.figures(clusters, members, truth)
    return {kind: of | ({"looked at": int(looked[kind])} if kind in looked else {}) for kind, of in found.items()}


def told(runs: Sequence[Run]) -> list[str]:
    """Return how it was run, and for each world the totals, the table of rings and that of innocents."""
    lines = [kept.how(runs), ""]
    for world in dict.fromkeys(run.world for run in runs):
        lines += [f"### Worlds that are {world}", "", *_of_world([run for run in runs if run.world == world])]
    return lines


def _of_world(runs: Sequence[Run]) -> list[str]:
    table = pd.DataFrame([{"kind": kind, **of} for run in runs for kind, of in run.found.items()])
    in_all = table[table["kind"] == "in all"].sum(numeric_only=True)
    kinds = table[table["kind"] != "in all"].groupby("kind").sum().astype(int)
    rings, honest = kinds[kinds["ring"] > 0], kinds[kinds["ring"] == 0]
    totals = (
        f"Innocents accused: {honest['accused'].sum():,} of {honest['accounts'].sum():,} accounts. "
        f"Rings accused: {rings['coordinated'].sum():,} of {rings['units'].sum():,}. "
        f"Clusters with two rings: {in_all['two rings']:,.0f} of {in_all['clusters']:,.0f}."
    )
    return [
        totals,
        "",
        *marks.table(
            ["rings", "rings", "accused R", "R with review", "whole"], [*map(_ring, rings.index, _rows(rings))]
        ),
        "",
        *marks.table(
            ["innocents", "accounts", "accused", "for review"], [*map(_innocent, honest.index, _rows(honest))]
        ),
        "",
    ]


def _rows(kinds: pd.DataFrame) -> list[dict[str, int]]:
    return kinds.to_dict("records")  # type: ignore[return-value]


def _ring(kind: str, of: dict[str, int]) -> list[str]:
    accused, seen = of["accused"] / of["accounts"], (of["accused"] + of["looked at"]) / of["accounts"]
    return [kind.removeprefix("ring "), f"{of['units']:,}", f"{accused:.2f}", f"{seen:.2f}", f"{of['whole']:,}"]


def _innocent(kind: str, of: dict[str, int]) -> list[str]:
    return [kind, *(f"{of[column]:,}" for column in ("accounts", "accused", "looked at"))]


HAND = Hand("fifth hand", __doc__ or "", make, figures, told, worlds=WORLDS, seeds="931,932,933", accounts=USUAL)

if __name__ == "__main__":
    HAND.main()
