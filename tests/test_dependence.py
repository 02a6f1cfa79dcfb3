"""Kinds that move together are one witness, wherever families are counted; a ring's own things make no such rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tiny_graph
from tiny_graph import crowd, graph, linked, ring

import graphlink as gl
from graphlink import dependence, explain, links, sharing, weights

SIGNUPS = Path(__file__).parents[2] / "shared/data/ecommerce_fraud/fraud_data.csv"
SHOPS = [(f"shop-{i}-{m}", kind, f"{kind}-of-{i}", 5) for i in range(30) for m in range(3) for kind in ("device", "ip")]
CARDS = [(f"shop-{i}-{m}", "payment", f"card-{i}-{m}", 5) for i in range(30) for m in range(3)]


def test_an_address_that_is_always_on_the_accounts_of_its_device_moves_with_it() -> None:
    assert dependence.measured(graph([*crowd(200), *SHOPS, *CARDS])) == (("device", "ip", 1.0, 1.0),)


def test_a_few_rings_with_one_card_and_one_device_say_nothing_of_cards_and_devices() -> None:
    rings = [touch for i in range(3) for touch in ring(f"tiny{i}", 3, cards=1, devices=1, addresses=3)]
    assert dependence.measured(graph([*crowd(), *rings])) == ()


def test_it_takes_both_ways() -> None:
    # every address of three is a device's, but most devices have no address of their own
    wide = [(f"fleet-{i}-{m}", "device", f"fleet-{i}", 5) for i in range(90) for m in range(3)]
    assert dependence.measured(graph([*SHOPS, *wide])) == ()


def test_families_that_move_together_bear_one_name() -> None:
    kinds = graph([*SHOPS, *CARDS]).kinds
    assert [kind.name for kind in kinds] == ["device", "ip", "payment"]
    assert dependence.witnesses(kinds, (("device", "ip", 0.9, 0.9),)) == (*["device and network"] * 2, "payment")
    assert dependence.witnesses(kinds, ()) == ("device", "network", "payment")


def test_who_shares_both_is_linked_by_one_witness_with_the_bits_of_one() -> None:
    apart = graph([*crowd(), *SHOPS])
    as_one = replace(apart, moving=(("device", "ip", 0.9, 0.9),))
    two, one = (linked(of, links.link(of, gl.Settings())) for of in (apart, as_one))
    assert set(one) == set(two)
    assert all(bits < two[pair] - 5 for pair, bits in one.items())
    assert links.link(as_one, gl.Settings()).families == ("device and network", "payment")


def test_two_that_move_together_do_not_agree() -> None:
    of = replace(graph([*crowd(), *SHOPS]), moving=(("device", "ip", 0.9, 0.9),))
    layout = tiny_graph.layout(of)
    by_family, items = sharing.agreement(layout, *tiny_graph.pair(of, "shop-0-0", "shop-0-1"))
    assert not weights.agree(by_family, items, layout.families).any()


@pytest.mark.skipif(not SIGNUPS.exists(), reason="the signups of ecommerce_fraud are not on this machine")
def test_devices_and_addresses_of_the_shop_are_one_witness_and_signing_up_together_is_the_second() -> None:
    settings = gl.Settings(decoys=0)
    read = gl.read(
        SIGNUPS, account="user_id", time="signup_time", item=("device_id=device", "ip_address=ip"), settings=settings
    )
    case = gl.investigate(read, settings).case_file
    moving = case.manifest["moving"][0]
    assert moving["kinds"] == ["device", "ip"]
    assert min(moving["shares"]) > 0.85
    assert {family for families in case.links["families"] for family in families} == {"device and network", "timing"}
    assert len(case.members) > 1400
    left, right = case.links.loc[0, ["left", "right"]]
    assert "Here device and network move together: one witness." in explain.pair(case, left, right).sentence
