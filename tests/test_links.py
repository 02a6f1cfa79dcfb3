"""Links: rings are found, chance is not, and who is visited is left alone."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from tiny_graph import crowd, graph, linked, ring

from graphlink import links
from graphlink.settings import Settings
from graphlink.significance import rewired

TWO_RINGS = [*ring("red", 8), *ring("blue", 5)]


def found(touches: list, *, allowed: tuple[str, ...] = (), rate: float = 0.001) -> dict[tuple[str, str], float]:  # type: ignore[type-arg]
    of = graph([*crowd(), *touches], allowed=allowed)
    return linked(of, links.link(of, Settings(false_links=rate)))


def in_both(pairs: dict[tuple[str, str], float]) -> set[str]:
    return {name for pair in pairs for name in pair}


@pytest.fixture(scope="module")
def two_rings() -> dict[tuple[str, str], float]:
    return found(TWO_RINGS)


def test_every_member_of_a_ring_is_linked_and_nobody_else(two_rings: dict[tuple[str, str], float]) -> None:
    assert in_both(two_rings) == {name for name, *_ in TWO_RINGS}


def test_no_link_ties_two_rings(two_rings: dict[tuple[str, str], float]) -> None:
    assert all(a.split("-")[0] == b.split("-")[0] for a, b in two_rings)


def test_three_accounts_with_one_card_and_one_device_are_linked() -> None:
    assert len(found(ring("tiny", 3, cards=1, devices=1, addresses=3))) == 3


def test_items_add_up_to_the_bits_of_a_link_and_to_its_families() -> None:
    of = graph([*crowd(), *TWO_RINGS])
    made = links.link(of, Settings())
    per_link = np.add.reduceat(made.item_bits, made.start[:-1])
    assert per_link == pytest.approx(made.bits, abs=1e-6)
    assert made.by_family.sum(axis=1) == pytest.approx(made.bits, abs=1e-6)
    assert (np.diff(made.start) > 0).all()


def test_pairs_are_sorted_left_before_right() -> None:
    made = links.link(graph([*crowd(), *TWO_RINGS]), Settings())
    pairs = list(zip(made.left, made.right, strict=True))
    assert pairs == sorted(set(pairs))
    assert (made.left < made.right).all()


def test_the_order_of_rows_changes_nothing(two_rings: dict[tuple[str, str], float]) -> None:
    touches = [*crowd(), *TWO_RINGS]
    random.Random(1).shuffle(touches)  # noqa: S311 - rows, not secrets
    of = graph(touches)
    assert linked(of, links.link(of, Settings())) == two_rings


def test_other_names_change_nothing(two_rings: dict[tuple[str, str], float]) -> None:
    other = {"red": "zebra", "blue": "aardvark"}
    named = [(f"{other[n.split('-')[0]]}-{n.split('-')[1]}", *rest) for n, *rest in TWO_RINGS]
    back = {new: old for old, new in other.items()}
    again = {tuple(f"{back[n.split('-')[0]]}-{n.split('-')[1]}" for n in pair): b for pair, b in found(named).items()}
    assert again == pytest.approx(two_rings)


def test_an_unrelated_account_changes_next_to_nothing(two_rings: dict[tuple[str, str], float]) -> None:
    more = found([*TWO_RINGS, ("stranger", "device", "own", 3), ("stranger", "ip", "ip-7", 3)])
    assert more == pytest.approx(two_rings, abs=0.1)


def test_without_a_cited_item_a_link_is_weaker_or_gone(two_rings: dict[tuple[str, str], float]) -> None:
    pair = ("red-00", "red-02")
    left = found([touch for touch in TWO_RINGS if touch[:2] != ("red-00", "payment")])
    assert left.get(pair, 0) < two_rings[pair] - 1


def test_who_is_allowed_is_linked_to_nobody() -> None:
    assert "red-00" not in in_both(found(TWO_RINGS, allowed=("red-00",)))


def test_duplicated_rows_change_counts_and_no_links(two_rings: dict[tuple[str, str], float]) -> None:
    of = graph([*crowd(), *crowd(), *TWO_RINGS, *TWO_RINGS])
    assert linked(of, links.link(of, Settings())) == pytest.approx(two_rings)


def test_whose_home_is_visited_and_card_stolen_is_not_linked() -> None:
    victims = [(f"victim-{i}", kind, f"{kind}-of-{i}", 6) for i in range(8) for kind in ("ip", "payment", "device")]
    stains = [(f"red-{i:02}", kind, f"{kind}-of-{i}", 1) for i in range(8) for kind in ("ip", "payment", "device")]
    assert in_both(found([*TWO_RINGS, *victims, *stains])) == {name for name, *_ in TWO_RINGS}


def test_an_address_on_every_account_links_nobody(two_rings: dict[tuple[str, str], float]) -> None:
    everybody = [
        (name, kind, "hub", 5) for name in {n for n, *_ in [*crowd(), *TWO_RINGS]} for kind in ("ip", "device")
    ]
    assert set(found([*TWO_RINGS, *everybody])) == set(two_rings)


def test_with_one_family_two_rare_items_link_and_one_does_not() -> None:
    posts = [(f"crowd-{i:05}", "url", f"url-{(i * 7 + j) % 4000}", 1) for i in range(2000) for j in range(3)]
    same = [(name, "url", f"secret-{j}", 1) for name in ("ann", "bob") for j in range(4)]
    once = [(name, "url", "rare", 1) for name in ("cyd", "dan")]
    of = graph([*posts, *same, *once])
    assert set(linked(of, links.link(of, Settings()))) == {("ann", "bob")}


@pytest.mark.parametrize("kinds", range(1, 8))
def test_in_a_world_of_chance_there_are_no_more_links_than_stated(kinds: int) -> None:
    # all are linked by chance there, so any link is one too many: in `rate` of the worlds at most
    names, rate, worlds = ("api_key", "device", "ip", "payment", "phone", "prompt", "referrer")[:kinds], 0.05, 12
    rng = np.random.default_rng(kinds)
    touches = [
        (f"a{account}", kind, f"x{item}", 1)
        for kind in names
        for account, item in zip(np.repeat(np.arange(200), 3), rng.zipf(1.5, 600) % 300, strict=True)
    ]
    of = graph(touches)
    met = [len(links.link(rewired(of, seed=seed), Settings(false_links=rate)).left) > 0 for seed in range(worlds)]
    assert sum(met) <= 3  # of twelve at 5 %; four by luck is less likely than 1 in 400


def test_rings_vanish_when_the_world_is_rewired() -> None:
    assert not len(links.link(rewired(graph([*crowd(), *TWO_RINGS]), seed=1), Settings()).left)


def test_a_graph_without_shared_items_has_no_links() -> None:
    of = graph([("ann", "device", "a", 1), ("bob", "device", "b", 1)])
    assert not len(links.link(of, Settings()).left)


def test_of_very_many_links_the_strongest_of_each_account_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    people = crowd(kinds=("device", "ip", "payment", "prompt"))
    of = graph([*people, *ring("blue", 30, cards=3), *[(f"blue-{i:02}", "prompt", "close", 1) for i in range(4)]])
    every = links.link(of, Settings())
    monkeypatch.setattr(links, "MANY", 0)
    monkeypatch.setattr(links, "HELD_BY", 3)
    some = links.link(of, Settings())
    names = of.accounts["account_id"].to_numpy(object)
    told = {(names[a], names[b]) for a, b, s in zip(some.left, some.right, some.stands, strict=True) if not s}
    assert len(told) <= 30 * 3 < (every.stands == 0).sum()
    assert set(combinations([f"blue-{i:02}" for i in range(4)], 2)) <= told
    assert set(np.concatenate([some.left, some.right])) == set(np.concatenate([every.left, every.right]))


def test_what_lies_behind_links_is_told_some_links_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_LOOKED_AT", 7)
    made = links.link(graph([*crowd(), *ring("ring", 10)]), Settings())
    chosen = np.arange(0, len(made.left), 2)
    told = [
        (link, item, bits)
        for some in links.behind(made, chosen)
        for link, item, bits in zip(some.links[some.place], some.item, some.bits, strict=True)
    ]
    mine = [(link, slice(made.start[link], made.start[link + 1])) for link in chosen]
    assert told == [(a, i, b) for a, s in mine for i, b in zip(made.item[s], made.item_bits[s], strict=True)]
    assert len(list(links.behind(made, chosen))) > 1
