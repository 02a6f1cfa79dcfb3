"""The worlds by a third hand, in small: they are what they say, and nobody innocent is accused in one."""

from __future__ import annotations

import pandas as pd
import third_hand
import third_units
from third_rings import RINGS
from third_world import Platform

ACCOUNTS = ["account_id", "created_at", "email", "signup_ip", "invited_by", "banned_at"]
EVENTS = ["account_id", "timestamp", "ip", "device_id", "user_agent", "prompt_hash", "model", "tokens_out"]
BILLS = ["account_id", "timestamp", "payment_id"]


def test_a_world_is_whole_and_made_again_alike() -> None:
    made, again = (third_hand.make("all", 3, 400) for _ in range(2))
    for one, other in zip(made, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert [list(made.signups), list(made.usage), list(made.payments)] == [ACCOUNTS, EVENTS, BILLS]
    ids = set(made.truth["account_id"])
    assert len(ids) == len(made.truth) >= 400
    assert set(made.signups["account_id"]) == ids >= set(made.usage["account_id"]) | set(made.payments["account_id"])


def test_the_truth_names_unit_and_kind_of_everybody() -> None:
    truth = third_hand.make("all", 3, 400).truth
    assert (truth[["unit", "kind"]] != "").all(axis=None)
    assert truth[["unit", "kind"]].drop_duplicates()["unit"].is_unique
    assert (truth["kind"].str.startswith("ring") == (truth["ring"] != "")).all()
    assert (third_hand.make("none", 3, 400).truth["ring"] == "").all()


def test_every_kind_of_unit_and_of_ring_can_be_made() -> None:
    for make in (*third_units.UNITS, *RINGS):
        p = Platform(5, 0)
        make(p)
        acted = {name for part in p.usage for name in part["account_id"]}
        assert acted
        assert acted <= {each.account_id for each in p.people}
        assert all(each.email.count("@") == 1 for each in p.people)
        assert all(part["timestamp"].between(p.start, p.end).all() for part in p.usage)


def test_units_are_counted_by_the_gravest_of_their_clusters() -> None:
    of = {"firm-1": "aabbb", "ring-1": "cccccc", "crowd-1": "c", "crowd-2": "-"}
    rows = [(f"{unit}.{k}", unit, mark) for unit, marks in of.items() for k, mark in enumerate(marks)]
    table = pd.DataFrame(rows, columns=["account_id", "unit", "cluster_id"])
    truth = table[["account_id", "unit"]].assign(kind=table["unit"].str.split("-").str[0])
    truth["ring"] = truth["unit"].where(truth["kind"] == "ring", "")
    clusters = pd.DataFrame({"cluster_id": list("abc"), "tier": ["review", "explained", "coordinated"]})
    found = third_hand.figures(clusters, table[table["cluster_id"] != "-"], truth)
    nothing = {"coordinated": 0, "review": 0, "explained": 0, "accused": 0, "ring": 0, "whole": 0}
    assert found["in all"] == {"clusters": 3, "two rings": 0}
    assert found["firm"] == nothing | {"units": 1, "accounts": 5, "review": 1}
    assert found["crowd"] == nothing | {"units": 2, "accounts": 2, "coordinated": 1, "accused": 1}
    assert found["ring"] == nothing | {
        "units": 1, "accounts": 6, "coordinated": 1, "accused": 6, "ring": 1,
    }  # fmt: skip


def test_nobody_innocent_is_accused_in_a_small_world_and_rings_are() -> None:
    found = third_hand.HAND.investigate("all", 1, 600)
    accused = {kind for kind, of in found.items() if of.get("accused")}
    assert accused
    assert all(kind.startswith("ring") for kind in accused)
