"""Which pairs are weighed: all that share two rare items, few of those on large ones."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_graph import crowd, graph

from graphlink import candidates

if TYPE_CHECKING:
    import pytest

    from graphlink.model import AccountGraph


def proposed(of: AccountGraph) -> candidates.Pairs:
    return candidates.whole(candidates.batches(of))


TOUCHES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), min_size=2, max_size=40)


@settings(max_examples=40)
@given(TOUCHES)
def test_pairs_that_share_two_rare_items_are_all_proposed(touches: list[tuple[int, int]]) -> None:
    people = [(f"crowd-{i}", "payment", f"own-{i}", 1) for i in range(400)]  # sightings enough for all to be rare
    of = graph([*people, *((f"a{account}", "device", f"x{item}", 1) for account, item in touches)])
    left, right = proposed(of)
    names = of.accounts["account_id"].tolist()
    on = {item: sorted({f"a{a}" for a, x in touches if x == item}) for _, item in touches}
    common = Counter(pair for accounts in on.values() for pair in combinations(accounts, 2))
    expected = sorted(pair for pair, times in common.items() if times > 1)
    assert [(names[a], names[b]) for a, b in zip(left, right, strict=True)] == expected


def test_of_many_partners_those_are_weighed_that_most_items_propose(monkeypatch: pytest.MonkeyPatch) -> None:
    group = [(f"a{i:02}", "device", f"all-{j}", 1) for i in range(20) for j in range(2)]
    close = [(f"a{i:02}", "payment", f"card-{i // 5}", 1) for i in range(20)]
    of = graph([*crowd(), *group, *close])
    every = {(int(a), int(b)) for a, b in zip(*proposed(of), strict=True)}
    monkeypatch.setattr(candidates, "PARTNERS", 4)
    names = of.accounts["account_id"].tolist()
    kept = {(names[a], names[b]) for a, b in zip(*proposed(of), strict=True)}
    assert max(Counter(left for left, _ in kept).values()) == 4
    for card in range(4):  # who shares a card too comes first
        assert set(combinations([f"a{i:02}" for i in range(5 * card, 5 * card + 5)], 2)) <= kept
    assert len(kept) < len(every)


def test_items_on_many_accounts_propose_a_few_partners_for_each() -> None:
    many = [(f"crowd-{i:05}", kind, "same", 1) for i in range(400) for kind in ("ip", "user_agent")]
    left, _ = proposed(graph([*crowd(), *many]))
    assert 0 < len(left) <= 400 * candidates.SORTS * candidates.NEIGHBOURS * 2


def test_items_on_every_account_propose_nobody() -> None:
    everybody = [(f"crowd-{i:05}", kind, "same", 1) for i in range(2000) for kind in ("ip", "user_agent")]
    assert len(proposed(graph([*crowd(), *everybody]))[0]) == len(proposed(graph(crowd()))[0])


def test_an_item_on_every_account_is_not_rare() -> None:
    of = graph([*crowd(), *((f"crowd-{i:05}", "ip", "same", 1) for i in range(2000))])
    rare = candidates.rare_items(of)
    assert rare.sum() == len(rare) - 1
    assert not rare[of.items["value"] == "same"]


def test_no_account_proposes_more_for_touching_more_large_items() -> None:
    large = [(f"crowd-{i:05}", "prompt", f"template-{j}", 1) for i in range(300) for j in range(100)]
    left, right = proposed(graph([*crowd(), *large]))
    partners = np.bincount(np.concatenate([left, right]))
    assert partners.max() <= 2 * candidates.LARGE * candidates.SORTS * candidates.NEIGHBOURS


def test_the_same_graph_proposes_the_same_pairs() -> None:
    touches = [*crowd(300), *((f"crowd-{i:05}", "ip", f"hub-{i % 2}", 1) for i in range(300))]
    one, other = proposed(graph(touches)), proposed(graph(touches[::-1]))
    assert np.array_equal(one, other)
