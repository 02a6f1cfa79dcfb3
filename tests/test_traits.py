"""Traits are facts about a cluster: they depend on what its accounts touch, and on nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tiny_world import at, dice, grouped, read

from graphlink import graph, traits

if TYPE_CHECKING:
    import random
    from pathlib import Path

    Row = dict[str, Any]

RING, HOME = ["r1", "r2", "r3", "r4"], ["h1", "h2"]
CROWD = [f"p{i:02}" for i in range(30)]


def signups() -> list[Row]:
    """Return how a ring, a household and a crowd sign up: the ring within the hour, two of it banned."""
    ring = [
        {
            "account_id": a,
            "created_at": at(20 * i),
            "email": f"x{i}@ring.example",
            "banned_at": at(0, day=9) if i < 2 else "",
        }
        for i, a in enumerate(RING)
    ]
    others = [
        {"account_id": a, "created_at": at(90 * (i % 10), day=2 + i // 10), "email": f"{a}.name@mail.example"}
        for i, a in enumerate([*HOME, *CROWD])
    ]
    return ring + others


def usage() -> list[Row]:
    """Return what they do: the ring on two cards and two devices of its own, all on one carrier's address."""
    draw = dice(5)
    rows = []
    for i, account in enumerate([*RING, *HOME, *CROWD]):
        own = f"{account}'s"
        card = f"ring-{i % 2}" if account in RING else "home" if account in HOME else own
        for act in range(4):
            device = f"ring-{i % 2}" if account in RING and act else own
            minute = draw.randrange(24 * 60)
            rows.append(
                {
                    "account_id": account,
                    "timestamp": at(minute, day=10),
                    "ip": "203.0.113.7",
                    "device_id": device,
                    "payment_id": card,
                }
            )
    return rows


def measured(folder: Path, *groups: list[str], **tables: list[Row]) -> pd.DataFrame:
    return both(folder, *groups, **tables)[0]


def both(folder: Path, *groups: list[str], **tables: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the traits of these groups, and those of the ordinary ones."""
    found = read(folder, **tables)
    made = graph.build(found)
    return traits.measure(found, made, grouped(made, *groups), seed=0)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    return both(tmp_path_factory.mktemp("town"), RING, HOME, signups=signups(), usage=usage())


@pytest.fixture(scope="module")
def ring(town: tuple[pd.DataFrame, pd.DataFrame]) -> pd.Series[float]:
    return town[0].loc[0]


def test_cards_are_counted_by_hand(ring: pd.Series[float]) -> None:
    """Two cards, each on two of the four members and on nobody else, in all that is paid."""
    wanted = {"items": 2, "covered": 1, "each": 1, "largest": 0.5, "inside": 1, "life": 1}
    assert {name: ring[f"payment.{name}"] for name in wanted} == wanted


def test_two_members_use_one_card_as_often_as_two_of_their_pairs_in_six_do(ring: pd.Series[float]) -> None:
    assert ring["payment.alike"] == pytest.approx(2 / 6)


def test_life_is_the_share_of_what_is_done_on_shared_items(ring: pd.Series[float]) -> None:
    assert ring["device.life"] == pytest.approx(3 / 4)
    assert ring["device.fresh"] == 1  # each act on no shared device is on one of its own


def test_an_item_that_is_everybodys_is_not_the_clusters(ring: pd.Series[float]) -> None:
    assert (ring["ip.items"], ring["ip.covered"], ring["ip.life"]) == (0, 0, 0)


def test_whoever_is_on_everybodys_item_meets_there_and_own_is_what_no_other_member_touches(
    ring: pd.Series[float],
) -> None:
    shares = {kind: (ring[f"{kind}.met"], ring[f"{kind}.own"]) for kind in ("ip", "device", "payment")}
    assert shares == {"ip": (1, 0), "device": (1, 1), "payment": (1, 0)}


def test_a_fifth_of_all_who_touch_an_item_makes_it_the_clusters(tmp_path: Path) -> None:
    rows = [
        {"account_id": f"{device}{i}", "device_id": device, "ip": "192.0.2.1"}
        for device, accounts in (("x", 10), ("y", 11))
        for i in range(accounts)
    ]
    assert measured(tmp_path, ["x0", "x1"], ["y0", "y1"], acts=rows)["device.items"].tolist() == [1, 0]


def test_signups_are_close_within_an_hour(ring: pd.Series[float], tmp_path: Path) -> None:
    assert ring["signup_close"] == 1
    opened = {"a": at(0), "b": at(60), "c": at(0, day=9), "d": at(61, day=9)}
    rows = [{"account_id": a, "signup_time": when, "device_id": "x"} for a, when in opened.items()]
    assert measured(tmp_path, ["a", "b"], ["c", "d"], signups=rows)["signup_close"].tolist() == [1, 0]


def test_bans_are_counted_in_the_cluster_and_in_all(ring: pd.Series[float]) -> None:
    assert ring["banned"] == 2
    assert ring["banned_all"] == pytest.approx(2 / 36)


def test_volumes_are_those_of_the_members(town: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    assert town[0]["accounts"].tolist() == [4, 2]
    assert town[0]["volume"].to_numpy() == pytest.approx(np.log(5))  # four acts and the signup
    assert town[0]["volume_spread"].to_numpy() == pytest.approx(0)


def test_what_the_data_cannot_tell_is_nan_and_never_0(tmp_path: Path) -> None:
    rows: list[Row] = [{"account_id": a, "device_id": "x", "payment_id": ""} for a in "abc"]
    rows.append({"account_id": "d", "payment_id": "card"})
    table = measured(tmp_path, ["a", "b", "c"], acts=rows).loc[0]
    assert np.isnan(
        table[["payment.items", "payment.covered", "payment.life", "banned", "signup_close"]].to_numpy(float)
    ).all()
    assert not any(name.startswith(("email", "prompt")) for name in table.index)


def test_ordinary_groups_are_made_of_accounts_in_no_cluster(town: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, ordinary = town
    assert ordinary["accounts"].tolist() == [traits.ORDINARY_SIZE] * (len(CROWD) // traits.ORDINARY_SIZE)
    assert ordinary["payment.items"].tolist() == [0, 0]
    assert list(ordinary.columns) == list(town[0].columns)


def test_ordinary_groups_are_drawn_by_the_seed(tmp_path: Path) -> None:
    found = read(tmp_path, usage=[act | {"device_id": f"d{i % 7}"} for i, act in enumerate(usage())])
    made = graph.build(found)
    one, again, other = (traits.measure(found, made, grouped(made, RING), seed=seed)[1] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)


def test_where_every_account_is_in_a_cluster_there_are_no_ordinary_groups(tmp_path: Path) -> None:
    table, ordinary = both(tmp_path, ["a", "b"], acts=[{"account_id": a, "device_id": "x"} for a in "ab"])
    assert (len(table), len(ordinary)) == (1, 0)


def test_without_clusters_there_are_no_traits(tmp_path: Path) -> None:
    assert len(measured(tmp_path, usage=usage())) == 0


def test_other_names_for_the_same_accounts_change_no_trait(
    town: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    new = {a: f"n{i * 17 % 37}" for i, a in enumerate([*RING, *HOME, *CROWD])}
    tables = {
        name: [row | {"account_id": new[row["account_id"]]} for row in rows]
        for name, rows in (("signups", signups()), ("usage", usage()))
    }
    table = measured(tmp_path, [new[a] for a in RING], [new[a] for a in HOME], **tables)
    pd.testing.assert_frame_equal(table, town[0])


def test_an_account_that_shares_nothing_changes_no_trait_but_that_of_all_accounts(
    town: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    stranger = {"account_id": "stranger", "timestamp": at(3), "ip": "192.0.2.9", "device_id": "s", "payment_id": "s"}
    table = measured(tmp_path, RING, HOME, signups=signups(), usage=[stranger, *usage()])
    population = ["banned_all", "slots.expected"]
    pd.testing.assert_frame_equal(table.drop(columns=population), town[0].drop(columns=population))


def templates(draw: random.Random, taste: dict[str, list[int]], *, times: int) -> list[Row]:
    """Return what accounts send, each choosing among eight templates with weights of its own."""
    return [
        {"account_id": a, "timestamp": at(draw.randrange(1440)), "prompt_hash": f"t{t}", "device_id": "x"}
        for a, weights in taste.items()
        for t in draw.choices(range(8), weights, k=times)
    ]


def test_who_draws_from_one_distribution_differs_by_chance_and_people_by_more(tmp_path: Path) -> None:
    """Pearson's statistic over its degrees of freedom is about 1 for workers of one controller."""
    draw = dice(11)
    workers = {f"w{i}": [8, 7, 6, 5, 4, 3, 2, 1] for i in range(10)}
    people = {f"p{i}": [draw.choice([1, 20]) for _ in range(8)] for i in range(10)}
    ordinary = {"q0": [1] * 8}
    alike, apart = (
        measured(tmp_path, list(taste), usage=templates(draw, taste | ordinary, times=60)).loc[0]
        for taste in (workers, people)
    )
    assert alike["prompt.unlike"] == pytest.approx(1, abs=0.4)
    assert apart["prompt.unlike"] > 3
    assert alike["prompt.unlike_df"] == (10 - 1) * (8 - 1)
    assert alike["prompt.depth"] == pytest.approx(60 / 8)


def test_templates_of_everybody_are_no_taste_of_the_cluster(tmp_path: Path) -> None:
    rows = templates(dice(1), {f"a{i}": [1] * 8 for i in range(20)}, times=30)
    table = measured(tmp_path, [f"a{i}" for i in range(9)], usage=rows)
    assert table[["prompt.unlike", "prompt.unlike_df"]].isna().all(axis=None)
