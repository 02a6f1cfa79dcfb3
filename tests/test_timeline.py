"""What happened when: who was opened after whose ban, and what chance would give."""

from __future__ import annotations

import pytest

from graphlink import timeline
from graphlink.rows import Facts


def facts(**accounts: tuple[str, str]) -> dict[str, Facts]:
    """Return accounts by name, each opened on one day of May 2026 (`DD` or `DDTHH`) and banned on another, or never."""
    times = {name: [_time(text) for text in given] for name, given in accounts.items()}
    return {
        name: Facts(name, 1, opened, "2026-05-31T00:00:00Z", signed_up=opened, banned=banned)
        for name, (opened, banned) in times.items()
    }


def _time(text: str) -> str:
    day, _, hour = text.partition("T")
    return f"2026-05-{day}T{hour or '00'}:00:00Z" if text else ""


def test_an_account_opened_within_two_days_of_a_ban_is_a_handover() -> None:
    found = timeline.handovers(facts(old=("01", "10"), new=("11T12", ""), late=("13", ""))).found
    assert [(each.banned, each.opened, each.hours) for each in found] == [("old", "new", 36.0)]


def test_an_account_takes_the_place_of_the_one_banned_last() -> None:
    found = timeline.handovers(facts(a=("01", "10"), b=("01", "11"), c=("11T01", ""))).found
    assert [(each.banned, each.opened) for each in found] == [("b", "c")]


def test_accounts_opened_before_any_ban_take_nobodys_place() -> None:
    handed = timeline.handovers(facts(a=("01", "10"), b=("09", "")))
    assert (handed.found, handed.opened) == ((), 0)


def test_chance_gives_as_many_handovers_as_the_time_after_bans_takes() -> None:
    # From the first ban on the 11th to the end on the 31st are 20 days; two of them lie at once after it.
    handed = timeline.handovers(facts(a=("01", "11"), b=("12", ""), c=("20", "")))
    assert handed.opened == 2
    assert handed.expected == pytest.approx(2 * 2 / 20)


def test_no_times_are_no_timeline() -> None:
    assert timeline.timeline({}) is None
    assert timeline.handovers({}) == timeline.Handovers((), 0, 0.0)


def test_a_lane_points_to_the_account_whose_place_it_takes() -> None:
    drawn = timeline.timeline(facts(old=("01", "10"), new=("11", "")))
    assert drawn
    assert [(lane.account_id, lane.after) for lane in drawn.lanes] == [("old", None), ("new", 0)]


@pytest.mark.parametrize(
    ("first", "last"), [("2024-05-02", "2026-03-31"), ("2016-01-01", "2026-03-31"), ("2026-01-01", "2026-01-09")]
)
def test_a_timeline_has_some_dates_and_not_many(first: str, last: str) -> None:
    drawn = timeline.timeline({"a": Facts("a", 1, f"{first}T09:00:00Z", f"{last}T00:00:00Z")})
    assert drawn
    assert 3 <= len(drawn.ticks) <= 7
