"""Who stands beside an accused cluster is named for what it is, and not accused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from test_sensitivity import ring_and

from graphlink import outsiders
from graphlink.sensitivity import Hanging, unaccused

if TYPE_CHECKING:
    import pytest

    from graphlink.model import AccountGraph, Links, Partition

ACCUSED = np.array([True])
FEWEST = np.array([3])


def named(graph: AccountGraph, found: Links, partition: Partition, *, first: str = "") -> dict[str, tuple[str, str]]:
    """Return role and clause of each outsider; things were touched first by the account named."""
    ids = graph.accounts["account_id"].to_numpy(object)
    graph.touched["first_seen"] = np.where(ids[graph.account] == first, 1, 2)
    firm, _ = unaccused(found, partition, ACCUSED, FEWEST)
    table = outsiders.name(graph, found, partition, firm, ACCUSED)
    return {ids[a]: (role, clause) for a, role, clause in table[["account", "role", "clause"]].itertuples(index=False)}


def test_an_ordinary_customer_behind_an_exit_of_the_ring_is_a_bystander() -> None:
    found = named(*ring_and(("crowd-00001", "ip", "ring-ip-0", 1)))
    role, clause = found["crowd-00001"]
    assert role == "bystander"
    assert clause == "it uses ip ring-ip-0 as the cluster does, and no other evidence ties it to the cluster"


def test_whose_card_the_ring_used_later_is_a_victim() -> None:
    case = ring_and(("crowd-00001", "payment", "mine", 9), ("ring-00", "payment", "mine", 1))
    assert named(*case, first="crowd-00001")["crowd-00001"] == ("victim", "it used payment mine before the cluster did")


def test_whose_address_one_of_the_ring_visited_is_a_victim() -> None:
    case = ring_and(("crowd-00001", "ip", "home", 9), ("ring-00", "ip", "home", 1))
    assert named(*case, first="crowd-00001")["crowd-00001"][0] == "victim"


def test_who_used_a_members_address_later_is_nobody() -> None:
    case = ring_and(("crowd-00001", "ip", "passed on", 9), ("ring-00", "ip", "passed on", 1))
    assert "crowd-00001" not in named(*case, first="ring-00")


def test_what_everybody_uses_makes_nobody_a_bystander() -> None:
    carrier = [(f"crowd-{i:05}", "ip", "carrier", 1) for i in range(200)]
    case = ring_and(*carrier, *((f"ring-{i:02}", "ip", "carrier", 1) for i in range(10)))
    assert named(*case) == {}


def test_beside_a_cluster_that_is_not_accused_stands_nobody() -> None:
    graph, found, partition = ring_and(("crowd-00001", "ip", "ring-ip-0", 1))
    assert outsiders.name(graph, found, partition, partition, ~ACCUSED).empty


def test_who_hangs_on_one_thing_is_named_with_the_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, found, partition = ring_and()
    last = int(np.flatnonzero(partition.cluster < 0)[-1])
    cluster = np.where(np.arange(len(partition.cluster)) == last, 0, partition.cluster)
    before = replace(partition, cluster=cluster.astype(np.int32))
    needs = np.where(np.arange(len(cluster)) == last, 0, -1).astype(np.int32)
    monkeypatch.setattr(outsiders.sensitivity, "hanging", lambda *_: Hanging(needs, np.full_like(needs, -1)))
    table = outsiders.name(graph, found, before, partition, ACCUSED)
    assert table.loc[table["account"] == last, "role"].tolist() == ["one thing"]


def test_who_shares_only_what_others_have_is_named_and_not_accused() -> None:
    everybody = [(f"crowd-{i:05}", "ip", "carrier", 1) for i in range(200)]
    beside = [(f"crowd-{i:05}", "payment", "family card", 1) for i in range(2)]
    graph, found, partition = ring_and(*everybody, *beside, ("ring-00", "ip", "carrier", 1))
    family = np.isin(graph.accounts["account_id"].to_numpy(object), ["crowd-00000", "crowd-00001"])
    before = replace(partition, cluster=np.where(family, 0, partition.cluster).astype(np.int32))
    assert outsiders.aside(graph, before, ACCUSED).tolist() == family.tolist()
    assert not outsiders.aside(graph, before, ~ACCUSED).any()
    nobody = replace(before, cluster=np.full_like(before.cluster, -1))
    assert not outsiders.aside(graph, nobody, ACCUSED[:0]).any()
    table = outsiders.name(graph, found, before, partition, ACCUSED)
    said = table.set_index("account").loc[np.flatnonzero(family), ["role", "clause"]].to_numpy().tolist()
    assert said == [["bystander", "it has in common with the cluster only what others have, too"]] * 2
