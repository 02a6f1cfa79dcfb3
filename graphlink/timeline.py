"""When the accounts of a cluster were opened, used, banned and replaced. Numbers only; the templates draw them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphlink.rows import Facts, Hour

BINS = 60
LANES = 40
"""More accounts than these get no line of their own."""
AT_ONCE = timedelta(hours=48)
"""An account opened within that time after the ban of another may take its place."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A column: where it stands and how high it is, as shares of the plot (0..1), and what it counts."""

    x: float
    width: float
    height: float
    count: int
    since: str


@dataclass(frozen=True, slots=True)
class Series:
    """Columns over time that count one thing; `most` is the highest count."""

    name: str
    bars: tuple[Bar, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Lane:
    """The time between the first and the last event of one account, as shares of the whole (0..1); None if unknown.

    `after` is the position of the lane whose ban came at once before this account was opened.
    """

    account_id: str
    start: float | None
    end: float | None
    signed_up: float | None
    banned: float | None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """An account that was opened at once after another was banned."""

    banned: str
    banned_at: str
    opened: str
    opened_at: str
    hours: float


@dataclass(frozen=True, slots=True)
class Handovers:
    """All of them; `opened` accounts were opened after the first ban, of which `expected` so by chance."""

    found: tuple[Handover, ...]
    opened: int
    expected: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened when: `ticks` are places (0..1) with their label."""

    series: tuple[Series, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    bin_length: str
    handovers: Handovers


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many events fall into each hour of the week (UTC): seven rows from Monday, 24 columns."""

    counts: tuple[tuple[int, ...], ...]
    most: int


def timeline(facts: Mapping[str, Facts], per_day: Mapping[str, int] | None = None) -> Timeline | None:
    """Return when accounts were opened, active and banned, and what they took; None if the records have no times.

    Args:
        facts: the accounts.
        per_day: how many events each day has (ISO date).

    """
    spans = [(instant(f.first_seen), instant(f.last_seen)) for f in facts.values()]
    opened = [instant(f.signed_up) for f in facts.values()]
    banned = [instant(f.banned) for f in facts.values()]
    known = [time for span in [*spans, opened, banned] for time in span if time]
    if not known:
        return None
    axis = _Axis(min(known), max(known))
    active = Counter(
        place for start, end in spans if start and end for place in range(axis.bin(start), axis.bin(end) + 1)
    )
    counted = {
        "accounts opened": Counter(axis.bin(time) for time in opened if time),
        "accounts in use": active,
        "accounts banned": Counter(axis.bin(time) for time in banned if time),
    }
    for day, events in (per_day or {}).items():
        counted.setdefault("taken", Counter())[axis.bin(_noon(day, axis))] += events
    taken_over = handovers(facts)
    return Timeline(
        series=tuple(_series(name, counts, axis) for name, counts in counted.items() if counts),
        lanes=tuple(_lanes(facts, axis, taken_over)) if len(facts) <= LANES else (),
        ticks=axis.ticks(),
        bin_length=_length(axis.length / BINS),
        handovers=taken_over,
    )


def _noon(day: str, axis: _Axis) -> datetime:
    """Return the middle of a day, as far as it lies on the axis."""
    time = instant(day)
    return axis.start if time is None else min(max(time + timedelta(hours=12), axis.start), axis.end)


def handovers(facts: Mapping[str, Facts]) -> Handovers:
    """Return which accounts were opened at once after another was banned, and how many chance would give.

    By chance an account is opened at any time between the first ban and the last event of all, so that the share of
    that time which lies at once after a ban is the chance of each.
    """
    known = {a: (instant(f.signed_up or f.first_seen), instant(f.banned)) for a, f in facts.items()}
    bans = sorted((ban, account) for account, (_, ban) in known.items() if ban)
    if not bans:
        return Handovers((), 0, 0.0)
    openings = sorted((opened, account) for account, (opened, _) in known.items() if opened and opened > bans[0][0])
    found = [
        Handover(banned, facts[banned].banned, account, facts[account].signed_up or facts[account].first_seen, hours)
        for opened, account in openings
        for ban, banned in [max(each for each in bans if each[0] < opened)]
        for hours in [round((opened - ban) / timedelta(hours=1), 1)]
        if opened - ban <= AT_ONCE and banned != account
    ]
    ends = [time for f in facts.values() if (time := instant(f.last_seen))]
    share = _covered([ban for ban, _ in bans], max([*ends, *(opened for opened, _ in openings), bans[-1][0]]))
    return Handovers(tuple(found), len(openings), share * len(openings))


def _covered(bans: Sequence[datetime], end: datetime) -> float:
    """Return the share of the time from the first ban to the end that lies at once after a ban."""
    gaps = [min(after - ban, AT_ONCE) for ban, after in pairwise([*bans, end])]
    whole = end - bans[0]
    return sum(gaps, timedelta()) / whole if whole else 1.0


def rhythm(hours: Sequence[Hour]) -> Rhythm | None:
    """Return the events of each hour of the week; None if the records have none."""
    counted = Counter({(hour.weekday, hour.hour): hour.events for hour in hours})
    if not counted:
        return None
    counts = tuple(tuple(counted[day, hour] for hour in range(24)) for day in range(7))
    return Rhythm(counts, max(counted.values()))


@dataclass(frozen=True, slots=True)
class _Axis:
    """Time as a share of the whole: a minute at least, so that one instant is not a division by zero."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return max(self.end - self.start, timedelta(minutes=1))

    def place(self, time: datetime) -> float:
        return round((time - self.start) / self.length, 4)

    def bin(self, time: datetime) -> int:
        return min(BINS - 1, int((time - self.start) / self.length * BINS))

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Return up to seven round times: whole hours, days, weeks, months of thirty days or years of 365."""
        days = (1, 2, 7, 14, 30, 61, 91, 183, *(365 * years for years in (1, 2, 5, 10, 20)))
        steps = (1 / 12, 1, 3, 6, 12, *(24 * each for each in days))
        step = next((timedelta(hours=h) for h in steps if self.length / timedelta(hours=h) <= 7), self.length)  # noqa: PLR2004 - labels side by side on A4
        form = "%Y-%m-%d" if step >= timedelta(days=1) else "%m-%d %H:%M"
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        first = midnight + step * -((midnight - self.start) // step)
        return tuple((self.place(time), f"{time:{form}}") for time in _until(first, step, self.end))


def _until(first: datetime, step: timedelta, end: datetime) -> Iterable[datetime]:
    while first <= end:
        yield first
        first += step


def _series(name: str, counts: Counter[int], axis: _Axis) -> Series:
    most = max(counts.values())
    bars = tuple(
        Bar(
            x=round(place / BINS, 4),
            width=round(1 / BINS, 4),
            height=round(counts[place] / most, 4),
            count=counts[place],
            since=f"{axis.start + axis.length * (place / BINS):%Y-%m-%d %H:%M}",
        )
        for place in sorted(counts)
    )
    return Series(name, bars, most)


def _lanes(facts: Mapping[str, Facts], axis: _Axis, taken_over: Handovers) -> Iterable[Lane]:
    def place(text: str) -> float | None:
        time = instant(text)
        return axis.place(time) if time else None

    in_order = sorted(facts.values(), key=lambda f: (f.signed_up or f.first_seen, f.account_id))
    position = {each.account_id: i for i, each in enumerate(in_order)}
    before = {each.opened: position[each.banned] for each in taken_over.found}
    for each in in_order:
        yield Lane(
            each.account_id,
            place(each.first_seen),
            place(each.last_seen),
            place(each.signed_up),
            place(each.banned),
            before.get(each.account_id),
        )


def instant(text: str) -> datetime | None:
    """Return the instant that a text of a table means; None if it is empty or means none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _length(span: timedelta) -> str:
    """Return a length of time in the largest unit of which it has one at least."""
    units = (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1)))
    name, unit = next((u for u in units if span >= u[1]), ("seconds", timedelta(seconds=1)))
    return f"{span / unit:.3g} {name}"
