"""Clusters hold together, stay apart, and do not hang on what is elsewhere."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from tiny_graph import crowd, graph, ring, ties

from graphlink import communities, links
from graphlink.settings import METHODS, Settings

TRIANGLES = {(0, 1): 30.0, (0, 2): 30.0, (1, 2): 30.0, (3, 4): 30.0, (3, 5): 30.0, (4, 5): 30.0}
CLIQUES = {pair: 30.0 for start in (0, 6) for pair in combinations(range(start, start + 6), 2)}


def groups(pairs: dict[tuple[int, int], float], accounts: int = 12, **settings: object) -> list[set[int]]:
    partition = communities.find(ties(pairs), accounts, Settings().changed(**settings))
    return [set(np.flatnonzero(partition.cluster == c)) for c in range(partition.cluster.max(initial=-1) + 1)]


@pytest.mark.parametrize("method", METHODS)
def test_two_triangles_are_two_clusters(method: str) -> None:
    assert groups(TRIANGLES, method=method) == [{0, 1, 2}, {3, 4, 5}]


def test_two_triangles_joined_by_one_link_are_two_clusters() -> None:
    assert groups(TRIANGLES | {(2, 3): 20.0}) == [{0, 1, 2}, {3, 4, 5}]


def test_two_cliques_that_agree_across_are_one_cluster() -> None:
    across = {(a, b): 15.0 for a in range(6) for b in range(6, 12) if (a + b) % 2}
    assert groups(CLIQUES | across) == [set(range(12))]


def test_parts_that_agree_across_in_what_was_drawn_are_one_cluster() -> None:
    across = {(a, b): 15.0 for a in range(6) for b in range(6, 12) if (a + 2 * b) % 5 == 0}
    tied = ties(CLIQUES | across)
    stands = np.where((tied.left < 6) & (tied.right >= 6), 5.0, 0.0)
    kept = (
        communities.find(tied, 12, Settings()).cluster,
        communities.find(replace(tied, stands=stands), 12, Settings()).cluster,
    )
    assert [len(np.unique(cluster)) for cluster in kept] == [2, 1]


def test_the_newest_accounts_are_with_the_ring_that_they_replace() -> None:
    ring = dict.fromkeys(combinations(range(12), 2), 30.0)
    newest = dict.fromkeys(combinations(range(12, 16), 2), 30.0)
    by_old_cards = {(a, b): 12.0 for a in range(6, 12) for b in range(12, 16) if (a + b) % 2}
    assert groups(ring | newest | by_old_cards, 16) == [set(range(16))]


def test_a_go_between_makes_two_crews_no_one() -> None:
    to_ring = {(5, b): 24.0 for b in range(6, 12)}
    assert groups(CLIQUES | to_ring) == [set(range(6)), set(range(6, 12))]


def test_who_lives_with_one_that_a_ring_is_tied_to_is_not_of_the_ring() -> None:
    ring = dict.fromkeys(combinations(range(12), 2), 30.0)
    assert groups(ring | {(12, 13): 30.0, (0, 12): 20.0}, 14) == [set(range(12)), {12, 13}]


def test_a_ring_that_shares_its_addresses_with_a_campus_is_not_the_campus() -> None:
    addresses = dict.fromkeys(combinations(range(18), 2), 6.0)
    templates = dict.fromkeys(combinations(range(6), 2), 30.0)
    domain = dict.fromkeys(combinations(range(6, 18), 2), 3.0)
    families = [[each.get(pair, 0.0) for each in (addresses, templates, domain)] for pair in sorted(addresses)]
    tied = replace(
        ties({pair: sum(bits) for pair, bits in zip(sorted(addresses), families, strict=True)}),
        families=("network", "content", "contact"),
        by_family=np.array(families),
        tied=np.array(families, np.float32),
    )
    cluster = communities.find(tied, 18, Settings()).cluster.tolist()
    assert cluster == [0] * 6 + [1] * 12


def test_a_pair_is_a_cluster_unless_more_are_asked_for() -> None:
    assert groups({(3, 7): 12.0}) == [{3, 7}]
    assert groups({(3, 7): 12.0}, min_accounts=3) == []


def test_no_links_no_clusters() -> None:
    assert groups({}) == []


@pytest.mark.parametrize("method", METHODS)
def test_another_piece_changes_nothing(method: str) -> None:
    alone = groups(CLIQUES | {(0, 6): 20.0}, method=method)
    beside = groups(CLIQUES | {(0, 6): 20.0, (20, 21): 9.0, (21, 22): 9.0, (20, 22): 9.0}, 30, method=method)
    assert beside == [*alone, {20, 21, 22}]


def test_other_numbers_change_nothing() -> None:
    order = np.random.default_rng(3).permutation(12)
    pairs = CLIQUES | {(0, 6): 20.0, (1, 7): 20.0}
    moved = {(min(order[a], order[b]), max(order[a], order[b])): bits for (a, b), bits in pairs.items()}
    expected = sorted(sorted(order[list(group)]) for group in groups(pairs))
    assert sorted(sorted(group) for group in groups(moved)) == expected


def test_an_account_that_hangs_by_one_link_on_many_is_no_member() -> None:
    clique = dict.fromkeys(combinations(range(11), 2), 30.0)
    assert groups(clique | {(0, 11): 30.0}) == [set(range(11))]


def test_members_tied_by_many_items_are_core_and_one_tied_by_one_item_is_edge() -> None:
    clique = dict.fromkeys(combinations(range(6), 2), 30.0)
    partition = communities.find(ties(clique | {(0, 6): 30.0}), 7, Settings())
    assert partition.core.tolist() == [*[True] * 6, False]
    assert partition.confidence[6] < partition.confidence[0] == 1


def test_two_rings_among_a_crowd_are_two_clusters_of_all_their_members() -> None:
    of = graph([*crowd(), *ring("blue", 6), *ring("red", 12, cards=2, devices=3, addresses=4)])
    partition = communities.find(links.link(of, Settings()), len(of.accounts), Settings())
    names = of.accounts["account_id"].to_numpy(object)
    found = [sorted(names[partition.cluster == c]) for c in range(partition.cluster.max() + 1)]
    assert found == [[f"blue-{i:02}" for i in range(6)], [f"red-{i:02}" for i in range(12)]]


def test_the_same_seed_finds_the_same() -> None:
    rng = np.random.default_rng(0)
    ends = rng.integers(0, 60, (200, 2))
    pairs = {
        (int(min(p)), int(max(p))): float(b) for p, b in zip(ends, rng.random(200) * 30, strict=True) if p[0] != p[1]
    }
    one, other = (communities.find(ties(pairs), 60, Settings(seed=4)) for _ in range(2))
    assert np.array_equal(one.cluster, other.cluster)
    assert np.array_equal(one.confidence, other.confidence)


def test_a_chain_of_many_small_cliques_is_cut_in_no_time() -> None:
    cliques = {(i * 5 + a, i * 5 + b): 30.0 for i in range(600) for a, b in combinations(range(5), 2)}
    chain = {(i * 5 + 4, i * 5 + 5): 20.0 for i in range(599)}
    begun = time.process_time()
    found = groups(cliques | chain, 3000)
    assert time.process_time() - begun < 5
    assert found == [set(range(i * 5, i * 5 + 5)) for i in range(600)]
