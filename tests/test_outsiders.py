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


def test_who_is_tied_faintly_to_a_tight_ring_and_lives_by_nothing_of_it_is_named_and_not_accused() -> None:
    graph, found, partition = ring_and(("crowd-00000", "ip", "ring-ip-0", 1), ("crowd-00000", "ip", "home", 50))
    stranger = np.flatnonzero(graph.accounts["account_id"] == "crowd-00000")[0]
    ring = np.flatnonzero(partition.cluster == 0)
    before = replace(partition, cluster=np.where(np.arange(len(partition.cluster)) == stranger, 0, partition.cluster))
    tied = with_link(found, int(ring[0]), int(stranger), 2.0)
    assert np.flatnonzero(outsiders.faint(graph, tied, before, ACCUSED)).tolist() == [stranger]
    assert not outsiders.faint(graph, with_link(found, int(ring[0]), int(stranger), 20.0), before, ACCUSED).any()
    assert not outsiders.faint(graph, tied, before, ~ACCUSED).any()
    table = outsiders.name(graph, tied, before, partition, ACCUSED)
    said = table.set_index("account").loc[stranger]
    assert said["role"] == "bystander"
    assert (
        said["clause"]
        == "it is tied to the cluster by a tenth of what ties its members, and hardly uses what is theirs"
    )


def test_a_new_account_that_does_little_but_with_the_ring_s_things_is_of_it() -> None:
    graph, found, partition = ring_and(("crowd-00000", "ip", "ring-ip-0", 1))
    new = np.flatnonzero(graph.accounts["account_id"] == "crowd-00000")[0]
    ring = np.flatnonzero(partition.cluster == 0)
    before = replace(partition, cluster=np.where(np.arange(len(partition.cluster)) == new, 0, partition.cluster))
    own_home_gone = graph.uses.copy()
    own_home_gone[new] = 1
    graph = replace(graph, uses=own_home_gone)
    assert not outsiders.faint(graph, with_link(found, int(ring[0]), int(new), 2.0), before, ACCUSED).any()


def with_link(links: Links, one: int, other: int, bits: float) -> Links:
    """Return the links with one more, of two families and with the first two items behind it, half of its bits each."""
    left, right = np.append(links.left, min(one, other)), np.append(links.right, max(one, other))
    order = np.lexsort((right, left))
    row = np.zeros((1, links.by_family.shape[1]))
    row[0, :2] = bits / 2
    behind = [*zip(np.split(links.item, links.start[1:-1]), np.split(links.item_bits, links.start[1:-1]), strict=True)]
    behind.append((np.array([0, 1], np.int32), np.array([bits, bits]) / 2))
    return replace(
        links,
        left=left[order].astype(np.int32),
        right=right[order].astype(np.int32),
        bits=np.append(links.bits, bits)[order],
        by_family=np.concatenate([links.by_family, row])[order],
        start=np.concatenate([[0], np.cumsum([len(behind[i][0]) for i in order])]),
        item=np.concatenate([behind[i][0] for i in order]),
        item_bits=np.concatenate([behind[i][1] for i in order]),
        stands=np.append(links.stands, 0.0)[order],
    )
