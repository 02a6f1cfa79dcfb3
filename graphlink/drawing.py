"""A still picture of a cluster for screen and paper: who touches what. Numbers only; the templates draw them."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphlink.dossier import Dossier
    from graphlink.shared import SharedItem

WIDTH, HEIGHT = 720, 460
"""The size of the graph, in the units of its SVG."""
MARGIN = 70
BLOWN_UP = 1.6
MOST_ITEMS, MOST_GROUPS, ALONE = 20, 36, 40
"""What still reads on paper: more items and groups are counted instead, more than `ALONE` accounts drawn in groups."""


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
        for account in item.touches.accounts:
            touched[account].add(position)
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
