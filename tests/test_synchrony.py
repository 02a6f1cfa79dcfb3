"""Crews are found by the schedule they keep, and being awake together is no schedule."""

from __future__ import annotations

import numpy as np
import pytest

from graphlink import synchrony

DAY = 288  # slots
MONDAY = 4 * DAY
DAYS = 28


def world(*parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return account and slot of all starts, sorted, each once; each part numbers its accounts after those before."""
    offset, rows = 0, []
    for part in parts:
        rows.append(np.add(part, [offset, 0]))
        offset += int(part[:, 0].max()) + 1
    starts = np.unique(np.concatenate(rows), axis=0)
    return starts[:, 0], starts[:, 1]


def at_will(accounts: int, starts: int, *, hours: tuple[int, int] = (0, 24), seed: int = 0) -> np.ndarray:
    """Return the starts of people who begin when they like, within their hours."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), starts)
    slot = rng.integers(hours[0] * 12, hours[1] * 12, len(account))
    return np.column_stack([account, MONDAY + rng.integers(0, DAYS, len(account)) * DAY + slot])


def driven(accounts: int, slots: int, share: float, *, seed: int = 1) -> np.ndarray:
    """Return the starts of a ring whose members each keep a share of one schedule, and start as often by themselves."""
    rng = np.random.default_rng(seed)
    schedule = MONDAY + rng.integers(0, DAYS * DAY, slots)
    who, which = np.nonzero(rng.random((accounts, slots)) < share)
    own = at_will(accounts, round(slots * share), seed=seed + 1)
    return np.concatenate([np.column_stack([who, schedule[which]]), own])


def every_day(accounts: int, slot: int) -> np.ndarray:
    """Return the starts of jobs that run daily at the same time."""
    account, day = np.divmod(np.arange(accounts * DAYS), DAYS)
    return np.column_stack([account, MONDAY + day * DAY + slot])


def with_a_job(accounts: int, slot: int, *, own: int, seed: int = 2) -> np.ndarray:
    """Return the starts of people whose jobs run at the same time on nine days of ten, and who start by themselves."""
    jobs = every_day(accounts, slot)
    kept = jobs[np.random.default_rng(seed).random(len(jobs)) < 0.9]
    return np.concatenate([kept, at_will(accounts, own, hours=(9, 18), seed=seed)])


def found(account: np.ndarray, slot: np.ndarray) -> dict[int, set[int]]:
    """Return the members of each crew."""
    crew = synchrony.find(account, slot, rate=0.001)
    return {int(number): set(account[crew == number].tolist()) for number in np.unique(crew[crew > 0])}


def test_a_ring_that_keeps_a_fifth_of_its_schedule_is_found_whole_and_alone() -> None:
    crews = found(*world(at_will(3000, 20), driven(40, 100, 0.2)))
    assert list(crews.values()) == [set(range(3000, 3040))]


def test_two_rings_are_two_crews() -> None:
    crews = found(*world(at_will(1000, 20), driven(20, 80, 0.3), driven(20, 80, 0.3, seed=5)))
    assert sorted(map(sorted, crews.values())) == [list(range(1000, 1020)), list(range(1020, 1040))]


@pytest.mark.parametrize(
    "people",
    [
        at_will(2000, 30),
        at_will(2000, 30, hours=(8, 10)),
        np.concatenate([at_will(1000, 20), np.add(every_day(60, 72), [1000, 0])]),
        np.concatenate([at_will(1000, 20), np.add(every_day(60, 75), [1000, 0])]),
        np.concatenate([at_will(3000, 20), np.add(with_a_job(20, 192, own=60), [3000, 0])]),
    ],
    ids=["people of all hours", "people of one hour", "jobs at 06:00", "jobs at 06:15", "people with a job at 16:00"],
)
def test_being_awake_at_the_same_time_is_no_schedule(people: np.ndarray) -> None:
    assert found(*world(people)) == {}


@pytest.mark.parametrize("members", [6, 20])
def test_strangers_behind_one_exit_whose_jobs_run_at_one_time_of_day_are_no_crew(members: int) -> None:
    """What each of them does daily by itself is no news, however many they are and however often they meet."""
    people = np.concatenate([at_will(6000, 40), np.add(with_a_job(members, 192, own=30), [6000, 0])])
    account, slot = world(people)
    behind_it = (np.arange(6000, 6000 + members), np.zeros(members, np.int64))
    assert not synchrony.find(account, slot, behind_it, rate=0.001).any()


def test_trial_users_of_one_day_are_no_crew() -> None:
    trials = at_will(200, 12)
    trials[:, 1] = MONDAY + 5 * DAY + trials[:, 1] % DAY
    assert found(*world(at_will(1000, 20, seed=3), trials)) == {}


def test_an_account_that_knows_nothing_of_the_schedule_changes_nothing() -> None:
    account, slot = world(at_will(1000, 20), driven(20, 80, 0.3))
    before = synchrony.find(account, slot, rate=0.001)
    stranger = at_will(1, 20, seed=9)[:, 1]
    stranger = np.unique(stranger)
    after = synchrony.find(np.append(account, np.full(len(stranger), 1020)), np.append(slot, stranger), rate=0.001)
    assert np.array_equal(after[: len(before)] > 0, before > 0)
    assert not after[len(before) :].any()


def test_a_member_is_told_only_where_it_kept_the_schedule() -> None:
    account, slot = world(at_will(1000, 20), driven(20, 80, 0.3))
    crew = synchrony.find(account, slot, rate=0.001)
    assert not crew[account < 1000].any()
    assert 0.4 < (crew[account >= 1000] > 0).mean() < 0.6


def test_crews_are_grown_from_a_sample_where_there_is_too_much_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    account, slot = world(at_will(2000, 20), driven(60, 120, 0.3))
    meetings = float((np.bincount(np.unique(slot, return_inverse=True)[1]).astype(float) ** 2).sum())
    monkeypatch.setattr(synchrony, "_BUDGET", meetings / 4)
    assert list(found(account, slot).values()) == [set(range(2000, 2060))]


def test_nothing_at_all_has_no_crew() -> None:
    nothing = np.empty(0, np.int64)
    assert len(synchrony.find(nothing, nothing, rate=0.001)) == 0


def test_a_crew_that_meets_too_seldom_is_found_where_its_members_are_suspected() -> None:
    people, ring = at_will(3000, 20), driven(30, 40, 0.17)
    account, slot = world(people, ring)
    suspects = np.arange(3000, 3030), np.zeros(30, np.int64)
    strangers = np.arange(1000, 1030), np.ones(30, np.int64)
    groups = tuple(np.concatenate(sides) for sides in zip(suspects, strangers, strict=True))
    assert not synchrony.find(account, slot, rate=0.001).any()
    crew = synchrony.find(account, slot, groups, rate=0.001)
    members = set(account[crew > 0].tolist())
    assert members <= set(suspects[0].tolist())
    assert len(members) >= 15


def seldom(accounts: int, starts: int, crew: np.ndarray, *, seed: int = 4) -> np.ndarray:
    """Return accounts that start with a crew a few times in their lives, and never by themselves."""
    rng = np.random.default_rng(seed)
    schedule = np.unique(crew[:, 1])
    slots = [rng.choice(schedule, starts, replace=False) for _ in range(accounts)]
    return np.column_stack([np.repeat(np.arange(accounts), starts), np.concatenate(slots)])


def with_seldom(of: int) -> tuple[np.ndarray, np.ndarray, set[int]]:
    """Return account and slot of people, a crew of 30, and ten who start with it that often; and who these ten are."""
    crew = driven(30, 60, 0.4)
    kept = crew[np.isin(crew[:, 1], np.flatnonzero(np.bincount(crew[:, 1]) > 5))]
    return *world(at_will(2000, 20), crew, seldom(10, of, kept)), set(range(2030, 2040))


def test_who_touches_what_is_a_crews_own_needs_few_starts_to_be_of_it() -> None:
    account, slot, late = with_seldom(2)
    template = np.arange(2000, 2040), np.zeros(40, np.int64)
    taken = set(account[synchrony.find(account, slot, template, rate=0.001) > 0].tolist())
    assert not late & set(account[synchrony.find(account, slot, rate=0.001) > 0].tolist())
    assert len(late & taken) >= 8
    assert min(taken) >= 2000


def test_what_everybody_touches_brings_nobody_to_a_crew() -> None:
    account, slot, late = with_seldom(2)
    common = np.arange(2040), np.zeros(2040, np.int64)
    assert not late & set(account[synchrony.find(account, slot, common, rate=0.001) > 0].tolist())


def test_to_touch_what_is_a_crews_own_is_not_enough() -> None:
    account, slot = world(at_will(2000, 20), driven(30, 60, 0.4))
    template = np.r_[1000:1100, 2000:2030], np.zeros(130, np.int64)
    crew = synchrony.find(account, slot, template, rate=0.001)
    assert set(account[crew > 0].tolist()) == set(range(2000, 2030))
