"""A world by a fifth hand, in small: it is what it says, and graphlink reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fifth_hand
import measured
import pandas as pd
import pytest
from fifth_plans import HARD, INNOCENT, RING
from fifth_tables import ALONE, Tables
from fifth_units import unit
from fifth_world import World

from graphlink import records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from graphlink.model import Records


@pytest.mark.parametrize("seed", [3, 4])
def test_a_world_is_made_again_alike_and_its_tables_are_read_whole(seed: int, tmp_path: Path) -> None:
    made, again = (fifth_hand.make("free", seed, 450) for _ in range(2))
    for one, other in zip(made, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    ids = set(made.truth["account_id"])
    assert len(ids) == len(made.truth) >= 450
    assert set(made.signups["account_id"]) == ids
    assert ids >= set(made.usage["account_id"]) | set(made.payments["account_id"])
    measured.write(made, tmp_path)
    assert _rows(records.read([str(tmp_path / "records")], settings=Settings())) == {
        f"{name}.parquet": len(table)
        for name, table in zip(measured.World._fields, made, strict=True)
        if name != "truth" and len(table)
    }


def _rows(read: Records) -> dict[str, int]:
    return {of.path.rsplit("/", 1)[-1]: of.rows_accepted for of in read.inputs}


@pytest.mark.parametrize("world", fifth_hand.WORLDS)
def test_the_truth_names_unit_and_kind_of_everybody(world: str) -> None:
    truth = fifth_hand.make(world, 6, 450).truth
    assert (truth[["unit", "kind", "role"]] != "").all(axis=None)
    assert truth[["unit", "kind"]].drop_duplicates()["unit"].is_unique
    assert (truth["kind"].str.startswith("ring ") == (truth["ring"] != "")).all()
    kinds = set(truth["kind"])
    assert {kind for kind in kinds if kind.startswith("ring ")}
    assert kinds <= {f"ring {kind}" for kind in RING} | set(INNOCENT) | ALONE | (
        set(HARD) if world == "hard" else set()
    )


def test_every_kind_of_unit_and_of_ring_can_be_made() -> None:
    for kind, plan in (INNOCENT | HARD | RING).items():
        w = World(7, 0)
        members = unit(w, kind, plan, kind, kind if kind in RING else "")
        assert plan.size[0] <= len(members) == len(w.accounts) <= plan.size[1]
        assert set(Tables(w).usage()["account_id"]) <= {one.id for one in members}


def test_those_for_review_are_counted_by_kind() -> None:
    truth = pd.DataFrame({"account_id": list("abcd"), "unit": list("uuvv"), "kind": ["cafe"] * 2 + ["ring tiny"] * 2})
    truth["ring"] = ["", "", "v", "v"]
    clusters = pd.DataFrame({"cluster_id": ["x", "y"], "tier": ["review", "coordinated"]})
    members = pd.DataFrame({"account_id": list("abc"), "cluster_id": ["x", "y", "x"]})
    found = fifth_hand.figures(clusters, members, truth)
    assert {kind: (of["accused"], of["looked at"]) for kind, of in found.items() if kind != "in all"} == {
        "cafe": (1, 1), "ring tiny": (0, 1),
    }  # fmt: skip
