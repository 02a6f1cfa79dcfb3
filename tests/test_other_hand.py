"""The worlds by another hand, in small: they are what they say, and nobody is accused where there is no ring."""

from __future__ import annotations

import other_hand
import pytest


@pytest.mark.parametrize("world", other_hand.WORLDS)
def test_worlds_are_whole_and_made_again_alike(world: str) -> None:
    made, again = (other_hand.make(world, 3, 400) for _ in range(2))
    assert made.usage.equals(again.usage)
    assert made.signups.equals(again.signups)
    ids = set(made.truth["account_id"])
    assert set(made.signups["account_id"]) == set(made.usage["account_id"]) == ids >= set(made.payments["account_id"])
    assert len(ids) == len(made.truth)
    assert {"organisation", "household", "agency", "test accounts"} <= set(made.truth["role"])
    assert (made.truth["ring"] != "").any() == (world != "none")


def test_no_ring_no_accusation_and_a_farm_is_found() -> None:
    innocent = other_hand.investigate("none", 3, 600)[other_hand.measured.OURS]
    assert innocent["accused"] == 0
    farm = other_hand.investigate("devices", 3, 600)[other_hand.measured.OURS]
    assert farm["accused"] == 0
    assert farm["whole"] >= 1
