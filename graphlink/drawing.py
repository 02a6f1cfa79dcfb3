"""Still pictures of a cluster for screen and paper: who touches what, and when. Numbers only; templates draw them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphlink.dossier import Dossier, Facts, SharedItem

WIDTH, HEIGHT = 720, 460
"""The size of the graph, in the units of its SVG."""
MARGIN = 70
BLOWN_UP = 1.6
MOST_ITEMS, MOST_GROUPS, ALONE = 20, 36, 40
"""What still reads on paper: more items and groups are counted instead, more than `ALONE` accounts drawn in groups."""
BINS = 60
LANES = 40


@dataclass(frozen=True, slots=True)
class Dot:
    """A node: an account or a group of `count` accounts with the same items (`family` empty), or an item."""

    x: float
    y: float
    text: str
    family: str = ""
    kind: str = ""
    count: int = 1

    @property
    def radius(self) -> float:
        """The area tells the number of accounts; a group has room for its number."""
        if self.family:
            return 7.0
        return 4.5 if self.count == 1 else round(min(26.0, 7.5 + 1.2 * math.sqrt(self.count)), 1)


@dataclass(frozen=True, slots=True)
class Caption:
    """The name of a node, and where the middle of its base line stands."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """An edge from an account or group to an item; `width` grows with the item's evidence."""

    start: Dot
    end: Dot
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph laid out; `left_out` counts the items and accounts that are not drawn."""

    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    captions: tuple[Caption, ...]
    items_left_out: int
    accounts_left_out: int


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
    """The time between the first and the last event of one account, as shares of the whole (0..1); None if unknown."""

    account_id: str
    start: float | None
    end: float | None
    signed_up: float | None
    banned: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened when: `ticks` are places (0..1) with their label."""

    series: tuple[Series, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    bin_length: str


def picture(dossier: Dossier) -> Picture | None:
    """Return the graph of accounts and the items they share; None if they share none."""
    groups = _groups(dossier.items[:MOST_ITEMS])
    drawn = sorted(groups, key=lambda group: (-len(group[1]), group[1]))[:MOST_GROUPS]
    items = [item for position, item in enumerate(dossier.items) if any(position in touched for touched, _ in drawn)]
    if not items:
        return None
    place = {id(item): len(drawn) + position for position, item in enumerate(items)}
    edges = [(i, place[id(dossier.items[j])]) for i, (touched, _) in enumerate(drawn) for j in sorted(touched)]
    places = _layout(len(drawn) + len(items), edges)
    dots = [Dot(*xy, text=names[0], count=len(names)) for xy, (_, names) in zip(places, drawn, strict=False)]
    dots += [
        Dot(*xy, text=item.value, family=item.family, kind=item.kind)
        for xy, item in zip(places[len(drawn) :], items, strict=True)
    ]
    strongest = max(item.bits / (item.links or 1) for item in items) or 1.0
    return Picture(
        dots=tuple(dots),
        lines=tuple(Line(dots[i], dots[j], _width(items[j - len(drawn)], strongest)) for i, j in edges),
        captions=tuple(_captions(dots)),
        items_left_out=len(dossier.items) - len(items),
        accounts_left_out=len(dossier.members) - sum(len(names) for _, names in drawn),
    )


def _captions(dots: Sequence[Dot]) -> Iterable[Caption]:
    """Yield the names that fit below or above their nodes without covering one another or another node; items first."""
    taken = [(dot.x - dot.radius, dot.y - dot.radius, dot.x + dot.radius, dot.y + dot.radius) for dot in dots]
    for dot in sorted(dots, key=lambda dot: not dot.family):
        text = clipped(dot.text, 20)
        half = 3.2 * len(text)
        for base in (dot.y + dot.radius + 10, dot.y - dot.radius - 4):
            box = (dot.x - half, base - 8, dot.x + half, base + 2)
            if dot.count == 1 and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield Caption(dot.x, round(base, 1), text)
                break


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def clipped(text: str, longest: int = 22) -> str:
    """Return the text for a picture: on one line, its middle left out where it is long."""
    line = "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in text[: 20 * longest])
    half = longest // 2
    return line if len(line) <= longest else f"{line[:half]}…{line[-half + 1 :]}"


def _groups(items: Sequence[SharedItem]) -> list[tuple[frozenset[int], list[str]]]:
    """Return which items each account touches; in a large cluster, accounts with the same items are one group."""
    touched: defaultdict[str, set[int]] = defaultdict(set)
    for position, item in enumerate(items):
        for touch in item.touches:
            touched[touch.account_id].add(position)
    by_account = sorted((account, frozenset(positions)) for account, positions in touched.items())
    if len(by_account) <= ALONE:
        return [(positions, [account]) for account, positions in by_account]
    together: defaultdict[frozenset[int], list[str]] = defaultdict(list)
    for account, positions in by_account:
        together[positions].append(account)
    return list(together.items())


def _layout(nodes: int, edges: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return a place for each node that fills the sheet: on paper nobody can move the picture to see it."""
    import numpy as np  # noqa: PLC0415 - heavy, and only pictures need it

    from graphlink import layout  # noqa: PLC0415 - the same

    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    found = layout.positions(
        ends, np.ones(len(ends)), radius=np.full(nodes, 14.0), group=np.zeros(nodes, dtype=np.int64), seed=0
    )
    size = np.maximum(np.ptp(found, axis=0), 1.0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - MARGIN])
    # A few nodes are not blown up to the whole sheet.
    placed = (found - (found.min(axis=0) + found.max(axis=0)) / 2) * np.minimum(room / size, BLOWN_UP)
    return [(round(x, 1), round(y, 1)) for x, y in (placed + np.array([WIDTH, HEIGHT]) / 2).tolist()]


def _width(item: SharedItem, strongest: float) -> float:
    return round(0.6 + 2.4 * (item.bits / (item.links or 1)) / strongest, 2)


def timeline(facts: Mapping[str, Facts]) -> Timeline | None:
    """Return when accounts were opened, active and banned; None if the records have no times."""
    spans = [(_instant(f.first_seen), _instant(f.last_seen)) for f in facts.values()]
    opened = [_instant(f.signed_up) for f in facts.values()]
    banned = [_instant(f.banned) for f in facts.values()]
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
    return Timeline(
        series=tuple(_series(name, counts, axis) for name, counts in counted.items() if counts),
        lanes=tuple(_lanes(facts, axis)) if len(facts) <= LANES else (),
        ticks=axis.ticks(),
        bin_length=_length(axis.length / BINS),
    )


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
        """Return up to seven round times: whole hours, days, weeks or months of thirty days."""
        steps = (1 / 12, 1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 30, 24 * 61, 24 * 91, 24 * 365, 24 * 3650)
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


def _lanes(facts: Mapping[str, Facts], axis: _Axis) -> Iterable[Lane]:
    def place(text: str) -> float | None:
        time = _instant(text)
        return axis.place(time) if time else None

    in_order = sorted(facts.values(), key=lambda f: (f.signed_up or f.first_seen, f.account_id))
    for each in in_order:
        yield Lane(
            each.account_id, place(each.first_seen), place(each.last_seen), place(each.signed_up), place(each.banned)
        )


def _instant(text: str) -> datetime | None:
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
