"""Worlds of chance keep every degree and lose every ring; evidence that was held back agrees only where it is true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tiny_graph

from graphlink import communities, links, significance
from graphlink.settings import Settings
from graphlink.significance import Decoys

if TYPE_CHECKING:
    from graphlink.model import AccountGraph, Partition


def world(*, ring: bool = True) -> AccountGraph:
    """Return a crowd that shares a little, with or without a ring of twelve in it; nobody knows when they came."""
    touches = [*tiny_graph.crowd(), *(tiny_graph.ring("ring", 12) if ring else [])]
    return tiny_graph.graph(touches)


def find(graph: AccountGraph) -> Partition:
    return communities.find(links.link(graph, Settings()), len(graph.accounts), Settings())


def degrees(graph: AccountGraph) -> tuple[list[int], list[int]]:
    account = np.bincount(graph.account, minlength=len(graph.accounts))
    return account.tolist(), np.bincount(graph.item, minlength=len(graph.items)).tolist()


def test_a_rewired_world_keeps_every_degree_and_moves_most_sightings() -> None:
    graph = world()
    made = significance.rewired(graph, seed=1)
    assert degrees(made)[1] == degrees(graph)[1]
    before, after = (set(zip(g.account.tolist(), g.item.tolist(), strict=True)) for g in (graph, made))
    assert len(before) == len(after)
    assert len(before & after) < 0.5 * len(before)


def test_what_is_rewired_stays_within_its_kind_and_no_account_touches_more_than_it_did() -> None:
    graph = world()
    made = significance.rewired(graph, seed=1)
    kind = graph.items["kind"].map({kind.name: i for i, kind in enumerate(graph.kinds)}).to_numpy()
    shared = [np.zeros(graph.breadth.shape, np.int64) for _ in "ab"]
    for count, of in zip(shared, (graph, made), strict=True):
        np.add.at(count, (of.account, kind[of.item]), 1)
    assert shared[0].sum(axis=0).tolist() == shared[1].sum(axis=0).tolist()
    assert (shared[1] <= graph.breadth).all()
    assert np.array_equal(made.breadth, graph.breadth)


def test_a_crew_that_alone_shares_slots_swaps_them_with_everybody_who_has_some() -> None:
    alone = [(f"u{i}", "slot", f"{j} of u{i}", 1) for i in range(300) for j in range(12)]
    crew = [(f"m{i}", "slot", f"{j}", 1) for i in range(12) for j in range(12)]
    graph = tiny_graph.graph([*alone, *crew])
    made = significance.rewired(graph, seed=1)
    members = graph.accounts["account_id"].str.startswith("m").to_numpy()
    assert degrees(made)[1] == degrees(graph)[1]
    assert members[graph.account].all()
    assert members[made.account].mean() < 0.2
    assert (made.touched["events"] == 1).all()


def test_the_same_seed_rewires_alike() -> None:
    one, same, other = (significance.rewired(world(), seed=seed).item.tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_a_sample_keeps_what_two_of_its_accounts_share() -> None:
    graph = significance.sampled(world(), 500, seed=0)
    assert len(graph.accounts) == len(graph.breadth) == 500
    assert degrees(graph)[1] == graph.items["accounts"].tolist()
    assert graph.items["accounts"].min() > 1
    assert significance.sampled(graph, 500, seed=0) is graph


def test_decoys_are_counted_by_tier() -> None:
    found = significance.decoys(world(), lambda _: (np.array(["coordinated", "explained", "review"]), 7), 3, seed=0)
    assert found == Decoys(worlds=3, accounts=2012, links=21, clusters=9, coordinated=3, review=3)


@pytest.mark.parametrize(
    ("decoys", "accused", "fdr"),
    [
        (Decoys(2, 1000, 0, 0, 0, 0), 10, 0.001),  # what the links state is the least that can be said
        (Decoys(2, 1000, 0, 4, 2, 1), 10, 0.1),
        (Decoys(2, 500, 0, 4, 2, 1), 10, 0.2),  # a sample of half of the accounts
        (Decoys(1, 1000, 0, 9, 9, 0), 3, 1.0),
    ],
)
def test_what_is_stated_is_the_share_of_accused_clusters_that_chance_made(
    decoys: Decoys, accused: int, fdr: float
) -> None:
    told = significance.stated(decoys, 1000, accused, 0.001)
    assert told["fdr"] == pytest.approx(fdr)
    assert told["fdr"] <= told["fdr_high"] <= 1


def test_without_decoys_nothing_is_stated() -> None:
    assert significance.stated(Decoys(0, 1000, 0, 0, 0, 0), 1000, 5, 0.001) == {}


def test_a_ring_found_by_some_evidence_is_proved_by_other() -> None:
    graph = world()
    told = significance.proofs(graph, find(graph), find)
    (clause,) = told["clause"]
    assert clause.startswith(
        "evidence of payment, device, content and relation alone finds a group of 6 accounts, all of them here; "
    )  # they share a card
    assert re.search(r"they agree as chance has it (less than )?once in (a|ten) [a-z ]*worlds$", clause)


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        (1, "once in ten"),
        (5, "once in a hundred thousand"),
        (6, "once in a million"),
        (12, "once in a trillion"),
        (9000, "less than once in a trillion"),
    ],
)
def test_how_rare_it_is_is_said_in_words(orders: int, said: str) -> None:
    assert significance.rarity(orders) == said


def test_held_back_evidence_that_says_nothing_proves_nothing() -> None:
    graph = world()
    addresses = np.flatnonzero(graph.items["kind"].to_numpy()[graph.item] == "ip")
    graph.item[addresses] = np.random.default_rng(0).permutation(graph.item[addresses])
    (clause,) = significance.proofs(graph, find(world()), find)["clause"]
    assert clause.endswith("agree no more than by chance")


def test_without_either_half_of_the_evidence_there_is_no_proof() -> None:
    graph = tiny_graph.graph(tiny_graph.crowd(kinds=("device", "payment")))
    assert significance.proofs(graph, find(graph), find).empty
