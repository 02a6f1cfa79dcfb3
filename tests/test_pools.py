"""Of the addresses of one carrier or office, only the first that two accounts share is news."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tiny_graph import crowd, graph, layout

from graphlink import links, pools, sharing
from graphlink.settings import Settings

Touches = list[tuple[str, str, str, int]]
EXITS = [f"203.0.113.{x}" for x in range(20)]


def network(touches: Touches, one: str = "a-0", other: str = "a-1") -> float:
    """Return the bits of the network family between two accounts."""
    of = graph([*crowd(kinds=("ip", "ip_prefix")), *touches])
    names = of.accounts["account_id"].tolist()
    shared = sharing.weigh(layout(of), *(np.array([names.index(name)], np.int32) for name in (one, other)))
    return float(shared.by_family[0, shared.families.index("network")])


def customers(number: int, each: int) -> Touches:
    """Return customers of one VPN, each seen on so many of its exits."""
    rng = np.random.default_rng(0)
    return [(f"a-{i}", "ip", EXITS[x], 3) for i in range(number) for x in rng.choice(20, each, replace=False)]


def test_a_pool_is_a_24_or_a_64() -> None:
    values = ["10.0.0.1", "10.0.0.2", "10.0.1.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "10.0.0.1"]
    items = pd.DataFrame({"kind": ["ip"] * 6 + ["device"], "value": values})
    assert pools.named(items, stretches=False)["pool"].tolist() == [0, 0, 1, 2, 2, 3, -1]
    assert set(pools.named(items, stretches=True)["pool"]) == {-1}


def test_customers_who_come_by_nearly_all_exits_of_a_vpn_share_hardly_more_than_one() -> None:
    apart = [(a, k, v.replace(".", "-"), n) for a, k, v, n in customers(60, 17)]
    assert network(apart) > 15  # were each exit a thing by itself
    assert network(customers(60, 17)) < 6


def test_the_first_exit_says_what_it_says_by_itself() -> None:
    one, other = [("a-0", "ip", "203.0.113.1", 3), ("a-1", "ip", "203.0.113.1", 3)], [("a-1", "ip", "203.0.114.1", 3)]
    elsewhere = [("a-0", "ip", "198.51.100.7", 3), ("a-1", "ip", "198.51.100.7", 3)]
    assert network([*one, *other]) == pytest.approx(network([*elsewhere, *other]))


def test_two_who_share_two_of_many_exits_that_hardly_anybody_touches_share_more_than_one() -> None:
    others = [(f"a-{i}", "ip", EXITS[x], 3) for i in range(2, 20) for x in (i % 18 + 2, (i + 1) % 18 + 2)]
    two = [(name, "ip", EXITS[x], 3) for name in ("a-0", "a-1") for x in range(2)]
    one = [touch for touch in two if touch[2] == EXITS[0]]
    assert network([*others, *two]) > network([*others, *one]) + 1


def test_a_pool_of_one_s_own_says_what_the_24_says_in_which_it_lies() -> None:
    ring = [(f"a-{i}", "ip", EXITS[x], 3) for i in range(12) for x in range(6)]
    lies_in = [(f"a-{i}", "ip_prefix", "203.0.113.0/24", 18) for i in range(12)]
    assert network(ring) < network([*ring, *lies_in]) == pytest.approx(network(lies_in), abs=1.01)


def test_the_number_of_a_pool_is_a_name_and_no_more() -> None:
    of = graph([*crowd(kinds=("ip", "ip_prefix")), *customers(60, 17)])
    far = replace(of, items=of.items.assign(pool=of.items["pool"].where(of.items["pool"] < 0, of.items["pool"] * 997)))
    pairs = tuple(side.astype(np.int32) for side in np.triu_indices(60, 1))
    one, other = (sharing.weigh(layout(each), *pairs) for each in (of, far))
    assert np.array_equal(one.by_family, other.by_family)


def users(of: str, number: int, templates: int, each: int) -> Touches:
    """Return users of a program, each of whom sends so many of its templates."""
    rng = np.random.default_rng(number)
    return [
        (f"{of}-{i:03}", "prompt", f"{of}-{x}", 2)
        for i in range(number)
        for x in rng.choice(templates, each, replace=False)
    ]


def programs(touches: Touches) -> dict[str, int]:
    """Return the program of each template, among people who ask for themselves."""
    of = graph([*crowd(kinds=("ip", "device", "prompt")), *touches])
    return dict(zip(of.items["value"], pools.programs(of).tolist(), strict=True))


def test_templates_that_are_on_mostly_the_same_accounts_are_one_program() -> None:
    found = programs([*users("small", 20, 5, 4), *users("popular", 400, 6, 5)])
    one, other = ({found[f"{name}-{x}"] for x in range(many)} for name, many in (("small", 5), ("popular", 6)))
    assert len(one) == len(other) == 1
    assert one != other
    assert {program for value, program in found.items() if not value.startswith(("small", "popular"))} == {-1}


def test_templates_that_some_send_and_some_do_not_are_no_program() -> None:
    assert set(programs(users("library", 200, 20, 5)).values()) == {-1}


def test_what_everybody_sends_is_no_part_of_a_program_that_few_use() -> None:
    found = programs([*users("small", 20, 5, 4), *((f"crowd-{i:05}", "prompt", "hello", 1) for i in range(1500))])
    assert found["hello"] == -1


def test_where_the_data_tell_of_nothing_but_what_people_do_there_are_no_programs() -> None:
    of = graph([*crowd(kinds=("prompt",)), *users("small", 20, 5, 4)])
    assert set(pools.programs(of)) == {-1}


def test_a_program_ties_as_one_thing_and_links_by_each_of_its_templates() -> None:
    home = [(f"small-{i:03}", "ip", f"home-{i // 2}", 5) for i in range(8)]
    of = graph([*crowd(kinds=("ip", "device", "prompt")), *users("small", 8, 8, 8), *home])
    linked = links.link(of, Settings())
    content = linked.families.index("content")
    found = linked.stands == 0
    assert found.any()
    assert (linked.by_family[found, content] > 3 * linked.tied[found, content]).all()
