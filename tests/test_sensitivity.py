"""Who hangs on one thing is never accused, and what is left out is said with what it costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tiny_graph

from graphlink import links, sensitivity
from graphlink.features import FAMILY, FINDINGS
from graphlink.model import EXPLANATIONS, FAMILIES, Partition
from graphlink.scoring import Judged
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphlink.model import AccountGraph, Links

ACCUSED = np.array([True])
FEWEST = np.array([3])


def ring_and(*touches: tuple[str, str, str, int]) -> tuple[AccountGraph, Links, Partition]:
    """Return a ring of ten in a crowd, with further touches; all that is linked is one cluster."""
    graph = tiny_graph.graph([*tiny_graph.crowd(), *tiny_graph.ring("ring", 10), *touches])
    found = links.link(graph, Settings())
    return graph, found, together(found, len(graph.accounts))


def together(found: Links, accounts: int) -> Partition:
    cluster = np.full(accounts, -1, np.int32)
    cluster[np.union1d(found.left, found.right)] = 0
    return Partition(cluster=cluster, core=cluster >= 0, confidence=(cluster >= 0).astype(float))


def one_item(bits: float, *ends: tuple[int, int]) -> Links:
    """Return links whose bits are those of one item, the same for all."""
    made = tiny_graph.ties(dict.fromkeys(ends, bits))
    return replace(made, item=np.zeros(len(ends), np.int32))


def cluster_of(accounts: int) -> Partition:
    cluster = np.zeros(accounts, np.int32)
    return Partition(cluster=cluster, core=cluster == 0, confidence=np.ones(accounts))


def judged(*tiers: str, accounts: Iterable[int] = (10,)) -> Judged:
    """Return a judgement that rests on cards alone."""
    ratios = {name: np.zeros((len(tiers), len(EXPLANATIONS))) for name in FINDINGS}
    ratios["cards"] += 5.0
    return Judged(
        table=pd.DataFrame({"tier": tiers, "score": 5.0, "explanation": ""}),
        findings=pd.DataFrame(),
        traits=pd.DataFrame({"accounts": list(accounts)}),
        lacking=(),
        ratios=ratios,
    )


def test_nobody_in_a_ring_that_shares_several_things_hangs_on_one() -> None:
    _, found, partition = ring_and()
    assert (partition.cluster >= 0).sum() == 10
    assert not sensitivity.hanging(found, partition).any.any()


def test_who_is_tied_by_one_item_hangs_on_it() -> None:
    hangs = sensitivity.hanging(one_item(20.0, (0, 1), (1, 2)), cluster_of(3))
    assert hangs.item.tolist() == [0, 0, 0]


def test_two_items_of_one_family_are_one_family_only_where_others_have_two() -> None:
    alone = tiny_graph.ties({(0, 1): 20.0, (0, 2): 20.0, (1, 2): 20.0})
    assert not sensitivity.hanging(alone, cluster_of(3)).any.any()
    bits = np.array([[20.0, 0.0], [10.0, 10.0], [10.0, 10.0], [10.0, 10.0]])
    ends = np.array([[0, 1], [1, 2], [1, 3], [2, 3]], np.int32)
    both = replace(
        alone,
        families=("device", "payment"),
        left=ends[:, 0],
        right=ends[:, 1],
        bits=bits.sum(axis=1),
        by_family=bits,
        start=np.array([0, 2, 4, 6, 8]),
        item=np.arange(8, dtype=np.int32),
        item_bits=np.full(8, 10.0),
        stands=np.zeros(4),
    )
    hangs = sensitivity.hanging(both, cluster_of(4))
    assert hangs.item.tolist() == [-1] * 4
    assert hangs.family.tolist() == [0, -1, -1, -1]


def test_who_hangs_on_one_thing_is_at_the_edge() -> None:
    found, partition = one_item(20.0, (0, 1)), cluster_of(2)
    assert not sensitivity.at_the_edge(partition, sensitivity.hanging(found, partition)).core.any()


def with_a_hanger_on() -> tuple[Links, Partition]:
    """Return three accounts that share six items two by two, and a fourth that shares one item with the first."""
    ends = {(0, 1): 20.0, (0, 2): 20.0, (1, 2): 20.0, (0, 3): 20.0}
    found = tiny_graph.ties(ends)
    number = np.array([2, 2, 1, 2])
    return replace(
        found,
        start=np.concatenate([[0], np.cumsum(number)]),
        item=np.arange(7, dtype=np.int32),
        item_bits=np.repeat(20.0 / number, number),
    ), cluster_of(4)


def test_who_hangs_on_one_thing_is_taken_out_of_an_accused_cluster_and_stays_in_any_other() -> None:
    found, partition = with_a_hanger_on()
    firm, frail = sensitivity.unaccused(found, partition, ACCUSED, FEWEST)
    assert firm.cluster.tolist() == [0, 0, 0, -1]
    assert not frail.any()
    assert sensitivity.unaccused(found, partition, ~ACCUSED, FEWEST)[0] is partition


@pytest.mark.parametrize("fewest", [3, 4])
def test_how_many_must_be_left_is_for_the_judgement_to_say(fewest: int) -> None:
    firm, frail = sensitivity.unaccused(*with_a_hanger_on(), ACCUSED, np.array([fewest]))
    assert frail.tolist() == [fewest > 3]
    assert (firm.cluster >= 0).sum() == (4 if frail.any() else 3)


def test_a_cluster_of_which_too_few_would_be_left_stays_whole_and_is_frail() -> None:
    partition = cluster_of(3)
    firm, frail = sensitivity.unaccused(one_item(20.0, (0, 1), (1, 2)), partition, ACCUSED, FEWEST)
    assert firm is partition  # so whoever asks again is told the same
    assert frail.tolist() == [True]


def test_what_is_left_out_is_each_family_and_the_strongest_item() -> None:
    graph, found, partition = ring_and()
    table = sensitivity.table(graph, found, partition, judged("coordinated"))
    assert table["left_out"].tolist()[:3] == ["device", "network", "payment"]
    kind, _, value = table["left_out"].iloc[3].partition(" ")
    assert ((graph.items["kind"] == kind) & (graph.items["value"] == value)).any()


def test_where_the_tier_falls_everybody_is_lost() -> None:
    graph, found, partition = ring_and()
    table = sensitivity.table(graph, found, partition, judged("coordinated")).set_index("left_out")
    assert table.loc["payment", ["tier", "kept"]].tolist() == ["explained", 0]
    assert table.loc["payment", "lost"] == [f"ring-{i:02}" for i in range(10)]
    assert table.loc["device", ["tier", "kept", "lost"]].tolist() == ["coordinated", 10, []]


def test_an_explained_cluster_is_not_tried() -> None:
    graph, found, partition = ring_and()
    assert sensitivity.table(graph, found, partition, judged("explained")).empty


@pytest.mark.parametrize("finding", sorted(FAMILY))
def test_findings_rest_on_families_that_there_are(finding: str) -> None:
    assert finding in FINDINGS
    assert set(FAMILY[finding]) <= set(FAMILIES)


@pytest.mark.parametrize(("rest", "needs"), [(2.0, 0), (12.0, -1)])
def test_who_are_tied_to_a_ring_by_one_family_hang_on_it_together_unless_a_witness_is_left(
    rest: float, needs: int
) -> None:
    """Nine share a program with a ring of eleven, and with each other something small, or what is worth a witness."""
    ring, others = range(11), range(11, 20)
    own = dict.fromkeys(combinations(ring, 2), (10.0, 12.0))
    program = {(a, b): (10.0, 0.0) for a in ring for b in others}
    small = dict.fromkeys(combinations(others, 2), (10.0, rest))
    bits = own | program | small
    made = tiny_graph.ties({pair: sum(both) for pair, both in bits.items()})
    told = np.array([bits[pair] for pair in sorted(bits)])
    found = replace(made, families=("content", "device"), by_family=told)
    family = sensitivity.hanging(found, cluster_of(20)).family
    assert (family[:11] == -1).all()
    assert (family[11:] == needs).all()
