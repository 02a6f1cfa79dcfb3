"""Whoever acts together is told from whoever keeps the same hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tiny_world import at, dice, grouped, read

from graphlink import acts as acted
from graphlink import conduct, graph

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

CREW = [f"crew-{i}" for i in range(6)]
PEOPLE = [f"person-{i}" for i in range(20)]
OTHERS = [f"other-{i}" for i in range(200)]
EVENING = 18 * 60


def acts(account: str, minutes: Iterable[float], *, day: int = 1) -> list[dict[str, Any]]:
    return [{"account_id": account, "timestamp": at(minute, day=day), "device_id": "x"} for minute in minutes]


def together(folder: Path, rows: list[dict[str, Any]], *groups: list[str]) -> pd.DataFrame:
    found = read(folder, acts=rows)
    made = graph.build(found)
    return conduct.together(found, made, grouped(made, *groups).cluster)


def one_evening_hour(draw: random.Random, accounts: list[str], *, times: int) -> list[dict[str, Any]]:
    """Return acts of accounts that each begin when they like within one hour of the evening, day after day."""
    return [
        act
        for account in accounts
        for day in range(1, 29)
        for act in acts(account, (EVENING + draw.randrange(60) for _ in range(times)), day=day)
    ]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return the conduct of a crew driven by one scheduler, and of people who keep the same hour."""
    draw = dice(7)
    rows = one_evening_hour(draw, PEOPLE + OTHERS, times=2)
    for day in range(1, 29):
        minutes = [EVENING + draw.randrange(60) for _ in range(2)]
        rows += [act for account in CREW for act in acts(account, minutes, day=day)]
    return together(tmp_path_factory.mktemp("evening"), rows, CREW, PEOPLE)


def test_people_who_keep_the_same_hour_meet_as_often_as_chance_has_it(evening: pd.DataFrame) -> None:
    met, expected = evening.loc[1, ["slots.met", "slots.expected"]]
    assert met == pytest.approx(expected, rel=0.1)
    assert met > 500


def test_accounts_of_one_scheduler_meet_many_times_as_often(evening: pd.DataFrame) -> None:
    met, expected = evening.loc[0, ["slots.met", "slots.expected"]]
    assert met > 4 * expected


def test_strangers_whose_jobs_run_every_quarter_of_an_hour_meet_no_more_than_that_explains(tmp_path: Path) -> None:
    draw = dice(3)
    rows = one_evening_hour(draw, OTHERS, times=2)
    for account in PEOPLE:
        for day in range(1, 29):
            rows += acts(account, (EVENING + quarter for quarter in (0, 15, 30, 45) if draw.random() < 0.5), day=day)
    met, expected = together(tmp_path, rows, PEOPLE).loc[0, ["slots.met", "slots.expected"]]
    assert met == pytest.approx(expected, rel=0.15)
    assert met > 2000


def test_a_meeting_is_a_pair_in_a_slot_however_often_each_acts_in_it(tmp_path: Path) -> None:
    rows = [*acts("a", [0, 1, 4.9, 65]), *acts("b", [2, 3, 66]), *acts("c", [3, 130]), *acts("d", [130])]
    table = together(tmp_path, rows, ["a", "b", "c"])
    assert table["slots.met"].tolist() == [4]  # three pairs in the first slot, one in the second


def test_what_everybody_does_on_the_hour_is_expected_on_the_hour(tmp_path: Path) -> None:
    hours = [60 * hour + 1 for hour in range(10)]
    rows = [act for account in "abcdef" for act in acts(account, hours)]
    table = together(tmp_path, rows, ["a", "b", "c"])
    assert table["slots.expected"].tolist() == table["slots.met"].tolist() == [30]


def test_accounts_outside_of_all_groups_meet_nobody(tmp_path: Path) -> None:
    rows = [act for account in "abcd" for act in acts(account, [0, 65])]
    assert together(tmp_path, rows, ["a", "b"])["slots.met"].tolist() == [2]


def test_a_row_told_twice_is_no_second_meeting(tmp_path: Path) -> None:
    rows = [act for account in "abc" for act in acts(account, [0, 7, 65])]
    once, twice = together(tmp_path, rows, ["a", "b"]), together(tmp_path, rows * 2, ["a", "b"])
    assert once.equals(twice)


def test_without_times_nobody_meets_and_nothing_is_expected(tmp_path: Path) -> None:
    table = together(tmp_path, [{"account_id": account, "device_id": "x"} for account in "abc"], ["a", "b"])
    assert table.to_numpy().tolist() == [[0, 0]]


def test_a_group_that_acts_when_everybody_does_does_not_act_together(tmp_path: Path) -> None:
    draw = dice(3)
    rows = one_evening_hour(draw, PEOPLE + OTHERS, times=1)
    rows += [act for account in PEOPLE + OTHERS for act in acts(account, [3 * 60 + 7 + draw.random()], day=9)]
    met, expected = together(tmp_path, rows, PEOPLE).loc[0, ["slots.met", "slots.expected"]]
    assert met == pytest.approx(expected, rel=0.1)


def test_who_acts_at_once_is_told_from_who_takes_days(tmp_path: Path) -> None:
    draw = dice(3)
    crew = [{"account_id": name, "signup_time": at(60 + i), "timestamp": at(60 + i)} for i, name in enumerate(CREW)]
    slow = [
        {"account_id": name, "signup_time": at(60 + i), "timestamp": at(draw.randrange(1440), day=2 + i % 20)}
        for i, name in enumerate([*OTHERS, *PEOPLE])
    ]
    old = [{"account_id": "old", "signup_time": "2020-01-01T00:00:00Z", "timestamp": at(9, day=2)}]
    rows = [row | {"device_id": "x"} for row in (*crew, *slow, *old)]
    found = read(tmp_path, rows=rows + rows[:3])  # a row told twice is no act
    made = graph.build(found)
    group = grouped(made, CREW, PEOPLE).cluster
    fast, people = conduct.starts(made, group, group < 0).to_dict("records")
    assert (fast["starts.known"], fast["starts.delay"]) == (6, 0)
    assert fast["starts.rank"] == pytest.approx(1 / 201)
    assert fast["starts.weight"] > 6
    assert people["starts.weight"] < 0
    assert np.isnan(conduct.soon(made, group < 0)["rank"].to_numpy()[made.accounts["account_id"] == "old"]).all()
    assert not acted.purchases(found)


def test_groups_that_have_a_thing_of_their_own_in_common_are_not_apart(tmp_path: Path) -> None:
    """Two on the bench of one team; one elsewhere; a carrier of everybody's ties nobody."""
    device = dict(zip("abcdefgh", ["bench", "bench", "bench", "two", "three", "three", "four", "four"], strict=True))
    rows = [{"account_id": name, "device_id": thing, "timestamp": at(1)} for name, thing in device.items()]
    rows += [{"account_id": name, "ip": "192.0.2.1", "timestamp": at(9)} for name in [*device, *OTHERS]]
    made = graph.build(read(tmp_path, rows=[row | {"account_id": f"p{row['account_id']}"} for row in rows]))
    group = grouped(made, ["pa", "pb"], ["pc", "pd"], ["pe", "pf"], ["pg", "ph"]).cluster
    every = [conduct.apart(made, group, np.array(which)) for which in ([True] * 4, [True, False, False, True])]
    assert every[0].tolist() == [1, 1, 3, 3]
    assert np.nan_to_num(every[1]).tolist() == [2, 0, 0, 2]


def test_an_opening_alone_is_no_act(tmp_path: Path) -> None:
    found = read(tmp_path, rows=[{"account_id": name, "signup_time": at(1), "device_id": "x"} for name in CREW] * 2)
    assert acted.first(found).count().execute() == 0


def test_couples_that_act_when_they_like_act_at_once_no_more_often_than_by_accident(tmp_path: Path) -> None:
    draw = dice(5)
    couples, crews = ([[f"{kind}{i}{j}" for j in "ab"] for i in range(600)] for kind in ("couple", "crew"))
    late = {f"person{i}": draw.randrange(20_000) for i in range(600)}
    late |= {name: draw.randrange(20_000) for both in couples for name in both}
    late |= {name: 0 for both in crews for name in both}
    told = [(name, opened, opened + minutes) for name, minutes in late.items() for opened in [draw.randrange(1, 999)]]
    rows = [
        {
            "account_id": name,
            "signup_time": at(opened),
            "timestamp": at(then % 1440, day=1 + int(then // 1440)),
            "device_id": name,
        }
        for name, opened, then in told
    ]
    made = graph.build(read(tmp_path, rows=[*rows, {"account_id": "first", "timestamp": at(0), "device_id": "x"}]))
    alone = np.array([name.startswith("person") for name in made.accounts["account_id"]])
    for there in (0, 60):
        found = conduct.starts(made, grouped(made, *couples, *crews[:there]).cluster, alone)
        assert found["starts.apart"].max() > 20 + there  # so many do
        assert found["starts.beyond"].max() == pytest.approx(there, abs=25)
