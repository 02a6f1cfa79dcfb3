"""The graph holds all accounts and the items that several of them share, whatever the order of the rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tiny_world import at, dice, read

from graphlink import graph
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from pathlib import Path

    from graphlink.model import AccountGraph

# b and c pay with one card; a and b share an address; d shares nothing; b acts twice
SHOP = [
    {"account_id": "b", "timestamp": at(10), "ip": "203.0.113.7", "payment_id": "card_1"},
    {"account_id": "b", "timestamp": at(90), "ip": "203.0.113.7", "payment_id": "card_2"},
    {"account_id": "a", "timestamp": at(20), "ip": "203.0.113.7", "payment_id": ""},
    {"account_id": "c", "timestamp": at(30), "ip": "198.51.100.9", "payment_id": "card_1"},
    {"account_id": "d", "timestamp": at(40), "ip": "192.0.2.44", "payment_id": "card_9"},
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> AccountGraph:
    return graph.build(read(tmp_path_factory.mktemp("shop"), acts=SHOP))


def edges(made: AccountGraph) -> list[tuple[str, str, str]]:
    """Return account, kind and value of each sighting, in the order of the graph."""
    ids, items = made.accounts["account_id"], made.items
    return [
        (ids[a], items["kind"][x], items["value"][x])
        for a, x in zip(made.account.tolist(), made.item.tolist(), strict=True)
    ]


def column(made: AccountGraph, kind: str) -> int:
    return [each.name for each in made.kinds].index(kind)


def test_every_account_is_there_and_only_shared_items_are(shop: AccountGraph) -> None:
    assert list(shop.accounts["account_id"]) == ["a", "b", "c", "d"]
    assert set(zip(shop.items["kind"], shop.items["value"], shop.items["accounts"], strict=True)) >= {
        ("ip", "203.0.113.7", 2),
        ("payment", "card_1", 2),
    }
    assert not {"card_2", "card_9", "192.0.2.44"} & set(shop.items["value"])


def test_an_item_of_one_account_is_counted_where_it_is_not_drawn(shop: AccountGraph) -> None:
    payment, ip = column(shop, "payment"), column(shop, "ip")
    assert shop.breadth[:, payment].tolist() == [0, 2, 1, 1]
    assert shop.breadth[:, ip].tolist() == [1, 1, 1, 1]
    assert shop.volume[[payment, ip]].tolist() == [4, 4]


def test_breadth_counts_items_and_uses_count_events(shop: AccountGraph) -> None:
    ip = column(shop, "ip")
    assert (shop.breadth[1, ip], shop.uses[1, ip]) == (1, 2)
    assert list(shop.accounts["events"]) == [1, 2, 1, 1]


def test_a_sighting_knows_when_how_often_and_where_it_is_written(shop: AccountGraph) -> None:
    touched = shop.touched.iloc[edges(shop).index(("b", "ip", "203.0.113.7"))]
    assert (touched["events"], touched["file"], touched["row"]) == (2, 0, 1)
    assert touched["last_seen"] - touched["first_seen"] == 80 * 60 * 1_000_000


def test_sightings_stand_in_the_order_of_accounts_and_items(shop: AccountGraph) -> None:
    order = np.lexsort((shop.item, shop.account))
    assert order.tolist() == list(range(len(shop.account)))
    assert len(shop.touched) == len(shop.account) == len(set(edges(shop)))


def test_the_degree_of_an_item_is_the_number_of_its_sightings(shop: AccountGraph) -> None:
    assert np.bincount(shop.item).tolist() == shop.items["accounts"].tolist()


def test_accounts_and_values_are_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    ids = ["Zoë", "zoe", "9", "10", "é", "\U0001f600", "a b"]
    made = graph.build(read(tmp_path, acts=[{"account_id": i, "device_id": d} for i in ids for d in ("é", "z", "Z")]))
    assert list(made.accounts["account_id"]) == sorted(ids, key=str.encode)
    assert list(made.items["value"]) == ["Z", "z", "é"]


def test_a_kind_that_no_row_has_a_value_of_is_not_there(tmp_path: Path) -> None:
    made = graph.build(read(tmp_path, acts=[{"account_id": i, "device_id": "x", "phone": ""} for i in "ab"]))
    assert [kind.name for kind in made.kinds] == ["device"]


def test_without_a_time_there_is_none(tmp_path: Path) -> None:
    made = graph.build(read(tmp_path, acts=[{"account_id": i, "device_id": "x"} for i in "ab"]))
    assert set(made.accounts[["first_seen", "last_seen", "signed_up", "banned"]].to_numpy().ravel()) == {NO_TIME}
    assert set(made.touched["first_seen"]) == {NO_TIME}


def test_accounts_that_share_nothing_make_a_graph_without_items(tmp_path: Path) -> None:
    made = graph.build(read(tmp_path, acts=[{"account_id": i, "device_id": f"{i}'s"} for i in "abc"]))
    assert (len(made.accounts), len(made.items), len(made.account)) == (3, 0, 0)
    assert made.volume.tolist() == [3]


def test_the_graph_is_what_counting_by_hand_gives_for_any_order_of_rows(tmp_path: Path) -> None:
    draw = dice(3)
    rows: list[dict[str, Any]] = [
        {
            "account_id": f"a{draw.randrange(40)}",
            "device_id": f"d{draw.randrange(60)}",
            "prompt_hash": f"p{draw.randrange(9)}",
        }
        for _ in range(300)
    ]
    touches = {
        (row["account_id"], kind, row[name])
        for row in rows
        for kind, name in (("device", "device_id"), ("prompt", "prompt_hash"))
    }
    degree = Counter((kind, value) for _, kind, value in touches)
    shared = sorted(touch for touch in touches if degree[touch[1:]] > 1)
    draw.shuffle(rows)
    assert edges(graph.build(read(tmp_path, acts=rows))) == shared
