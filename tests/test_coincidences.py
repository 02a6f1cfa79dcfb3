"""Two items that the same accounts touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tiny_graph import crowd, graph

from graphlink import candidates, coincidences, weights
from graphlink.links import link
from graphlink.settings import Settings
from graphlink.significance import rewired

if TYPE_CHECKING:
    from graphlink.model import AccountGraph

THREE = [(name, kind, f"{kind}-x", 5) for name in ("ann", "bob", "cyd") for kind in ("device", "payment")]


def crews(of: AccountGraph, rate: float = 0.001) -> list[tuple[str, str]]:
    chosen = candidates.rare_items(of)[of.item]
    left, right = coincidences.crews(of, weights.null(of), chosen, chosen, rate)
    names = of.accounts["account_id"].to_numpy(object)
    return list(zip(names[left], names[right], strict=True))


def test_the_same_three_on_a_card_and_a_device_are_found() -> None:
    assert crews(graph([*crowd(), *THREE])) == [("ann", "bob"), ("ann", "cyd"), ("bob", "cyd")]


def test_the_same_three_on_two_addresses_are_not() -> None:
    two = [(name, "ip", f"ip-{j}", 5) for name in ("ann", "bob", "cyd") for j in "xy"]
    assert crews(graph([*crowd(), *two])) == []


def test_three_of_whom_two_each_share_something_are_not() -> None:
    chain = [("ann", "payment", "card", 1), ("bob", "payment", "card", 1)]
    chain += [("bob", "device", "laptop", 1), ("cyd", "device", "laptop", 1)]
    assert crews(graph([*crowd(), *chain])) == []


def test_chance_makes_no_crews() -> None:
    of = graph([*crowd(1000), *THREE])
    assert not any(crews(rewired(of, seed=seed), 0.1) for seed in range(5))


def test_where_nothing_is_chosen_nothing_is_found() -> None:
    of = graph([*crowd(100), *THREE])
    nothing = np.zeros(len(of.item), np.bool_)
    left, _ = coincidences.crews(of, weights.null(of), nothing, nothing, 0.5)
    assert not len(left)


FIFTH = [(f"u{i}", "user_agent", f"agent{i % 5}", 5) for i in range(1000)]


def found_among_usual(kind: str) -> set[str]:
    """Return who is tied, of twelve who share one thing of a kind and a user agent that every fifth account has."""
    names = [f"u{5 * i}" for i in range(12)]
    of = graph([*crowd(), *FIFTH, *[(name, kind, "x1", 5) for name in names]])
    links = link(of, Settings())
    return {of.accounts["account_id"][i] for i in np.concatenate([links.left, links.right])} & set(names)


def test_many_who_hold_one_card_are_told_by_a_user_agent_that_others_have_too() -> None:
    assert len(found_among_usual("payment")) == 12


def test_many_at_one_address_are_not() -> None:
    assert found_among_usual("ip") == set()


def test_many_who_are_all_on_the_same_common_things_are_one_group() -> None:
    of = graph(
        [
            (f"u{i}", kind, "firm" if i < 300 else f"{i % 2990}", 5)
            for i in range(3000)
            for kind in ("payment", "ip", "phone", "api_key")
        ]
    )
    links = link(of, Settings())
    found = {of.accounts["account_id"][i] for i in np.concatenate([links.left, links.right])}
    assert {f"u{i}" for i in range(300)} <= found


def test_two_common_things_that_some_have_both_make_no_group() -> None:
    both = [(f"u{i}", "user_agent", f"agent{i % 5}", 5) for i in range(1000)]
    both += [(f"u{i}", "prompt", f"t{(i // 5 + (i % 7 == 0) * i) % 6}", 5) for i in range(1000)]
    assert not len(link(graph([*crowd(), *both]), Settings()).left)
