"""Simpler methods: each is what its name says, on graphs that can be counted by hand."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import baselines
import pandas as pd
import pytest
from tiny_graph import graph

if TYPE_CHECKING:
    from tiny_graph import Touch

FOUR = ("ann", "bob", "cyd", "dan")
CROWD = [f"crowd-{i:02}" for i in range(11)]
NO_LINKS = pd.DataFrame({"left": [], "right": [], "bits": []}).astype({"left": str, "right": str})


def together(method: str, touches: list[Touch], links: pd.DataFrame = NO_LINKS) -> set[tuple[str, str]]:
    """Return the pairs among the four that a method puts into one cluster."""
    of = graph(touches)
    label = dict(zip(of.accounts["account_id"], baselines.METHODS[method](of, links), strict=True))
    return {(a, b) for a, b in combinations(FOUR, 2) if a in label and b in label and label[a] == label[b]}


def share(names: tuple[str, ...], *items: str) -> list[Touch]:
    """Return that all of them touch these items, each named for its kind."""
    return [(name, item.partition("-")[0], item) for name in names for item in items]


def links(**bits: float) -> pd.DataFrame:
    return pd.DataFrame([(*pair.split("_"), b) for pair, b in bits.items()], columns=["left", "right", "bits"])


def test_a_rare_identifier_and_two_more_link_by_the_rule_of_thumb() -> None:
    assert together("rule of thumb", share(FOUR[:2], "payment-1", "ip-1", "device-1")) == {("ann", "bob")}


def test_the_two_more_may_be_common() -> None:
    hub = share((*FOUR[:2], *CROWD), "ip-1", "device-1")
    assert together("rule of thumb", [*hub, *share(FOUR[:2], "payment-1")]) == {("ann", "bob")}


def test_two_identifiers_are_too_few_for_the_rule_of_thumb() -> None:
    assert together("rule of thumb", share(FOUR[:2], "payment-1", "ip-1")) == set()


def test_three_common_identifiers_link_nobody_by_the_rule_of_thumb() -> None:
    assert together("rule of thumb", share((*FOUR, *CROWD), "payment-1", "ip-1", "device-1")) == set()


def test_user_agents_and_templates_are_no_identifiers() -> None:
    assert together("rule of thumb", share(FOUR[:2], "payment-1", "user_agent-1", "prompt-1")) == set()


def test_components_join_what_a_hub_joins_and_capped_components_do_not() -> None:
    touches = [*share(FOUR[:2], "payment-1"), *share((*FOUR[1:], *CROWD), "ip-1")]
    assert together("components", touches) == set(combinations(FOUR, 2))
    assert together("capped", touches) == {("ann", "bob")}


@pytest.mark.parametrize("method", ["IDF + Leiden", "Louvain"])
def test_communities_part_two_pairs_that_one_item_joins(method: str) -> None:
    pairs = [*share(FOUR[:2], "payment-1", "device-1", "ip-1"), *share(FOUR[2:], "payment-2", "device-2", "ip-2")]
    assert together(method, [*pairs, *share(FOUR[1:3], "email-1")]) == {("ann", "bob"), ("cyd", "dan")}


def test_splink_joins_links_that_are_sure_and_leaves_the_others() -> None:
    touches = share(FOUR, "ip-1")
    assert together("Splink on our links", touches, links(ann_bob=40, bob_cyd=40, cyd_dan=2)) == {
        ("ann", "bob"),
        ("ann", "cyd"),
        ("bob", "cyd"),
    }


@pytest.mark.parametrize("method", baselines.METHODS)
def test_every_account_has_a_label(method: str) -> None:
    of = graph([*share(FOUR, "ip-1", "device-1"), *share(tuple(CROWD), "ip-2"), ("alone", "ip", "own")])
    label = baselines.METHODS[method](of, links(ann_bob=40))
    assert label.shape == (len(of.accounts),)
    assert (label >= 0).all()
