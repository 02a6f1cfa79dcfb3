"""Parts that no cut parts are one; a bridge, a go-between and a campus leave two."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from graphlink import parts
from graphlink.parts import ACROSS

Tie = dict[tuple[int, int], tuple[float, float]]
"""Bits of two families by pair of vertices."""


def joined(tie: Tie, of: list[list[int]]) -> list[list[int]]:
    left, right = np.array(list(tie)).T
    found = parts.joined(left, right, np.array(list(tie.values())), of)
    return sorted(sorted(group) for group in found)


def cliques(number: int, size: int, first: int = 0, bits: float = 10.0) -> tuple[Tie, list[list[int]]]:
    of = [list(range(first + i * size, first + (i + 1) * size)) for i in range(number)]
    return {pair: (bits, bits) for part in of for pair in combinations(part, 2)}, of


def spread(of: list[list[int]], each: int, seed: int, bits: float = 10.0) -> Tie:
    """Return ties of each vertex to so many others of other parts, any alike."""
    rng, part = np.random.default_rng(seed), {v: i for i, members in enumerate(of) for v in members}
    tie: Tie = {}
    for vertex, own in part.items():
        others = [other for other in part if part[other] != own]
        for other in rng.choice(others, each, replace=False).tolist():
            tie[min(vertex, other), max(vertex, other)] = (bits, bits)
    return tie


def test_dozens_of_parts_that_leave_half_their_tie_to_all_others_are_one() -> None:
    inside, of = cliques(30, 6)
    assert joined(inside | spread(of, 3, seed=1), of) == [list(range(180))]


def test_any_two_of_them_are_not_one() -> None:
    inside, of = cliques(30, 6)
    tie = inside | spread(of, 3, seed=1)
    two = {pair: bits for pair, bits in tie.items() if max(pair) < 12}
    assert joined(two, of[:2]) == of[:2]


@pytest.mark.parametrize("number", [3, 12])
def test_two_such_groups_that_a_bridge_ties_are_two(number: int) -> None:
    one, of_one = cliques(number, 6)
    other, of_other = cliques(number, 6, first=6 * number)
    tie = one | spread(of_one, 3, seed=1) | other | spread(of_other, 3, seed=2)
    bridge = {(i, 6 * number + i): (10.0, 10.0) for i in range(0, 6 * number, 6)}
    assert joined(tie | bridge, of_one + of_other) == [list(range(6 * number)), list(range(6 * number, 12 * number))]


def test_a_ring_of_rings_that_bridges_tie_in_a_circle_is_as_many() -> None:
    rings, of = cliques(24, 10)
    circle = {tuple(sorted((10 * i + 9, 10 * ((i + 1) % 24)))): (10.0, 10.0) for i in range(24)}
    assert joined(rings | circle, of) == of


def test_what_one_family_ties_alone_is_not_one() -> None:
    inside, of = cliques(20, 6)
    by_one = {pair: (bits, 0.0) for pair, (bits, _) in spread(of, 3, seed=1, bits=40.0).items()}
    assert joined(inside | by_one, of) == of


def test_where_there_is_one_family_it_is_enough() -> None:
    inside, of = cliques(20, 6)
    tie = {pair: (bits, 0.0) for pair, (bits, _) in (inside | spread(of, 3, seed=1)).items()}
    assert joined(tie, of) == [list(range(120))]


def test_a_household_that_one_of_a_many_parted_ring_is_tied_to_is_left_outside() -> None:
    ring, of = cliques(20, 6)
    home = {(120, 121): (30.0, 30.0), (120, 122): (30.0, 30.0), (121, 122): (30.0, 30.0), (0, 120): (40.0, 40.0)}
    assert joined(ring | spread(of, 3, seed=1) | home, [*of, [120, 121, 122]]) == [list(range(120)), [120, 121, 122]]


def test_parts_that_belong_to_nobody_else_are_tried_among_themselves() -> None:
    ring, of = cliques(10, 6)
    two, of_two = cliques(2, 4, first=60)
    across = {(a, b): (6.0, 6.0) for a in range(60, 64) for b in range(64, 68)}
    bridge = {(0, 60): (5.0, 5.0)}
    tie = ring | spread(of, 3, seed=1) | two | across | bridge
    assert joined(tie, of + of_two) == [list(range(60)), list(range(60, 68))]


def test_the_bar_is_a_fifth_of_what_is_expected() -> None:
    """Two parts that have w within and x across have x (2w + x) 2 / (2w + x)^2 of what is expected."""
    for share, whole in ((0.9 * ACROSS, False), (1.1 * ACROSS, True)):
        inside, of = cliques(2, 8)
        within = 28 * 10.0
        across = share * within / (1 - share / 2)  # x / (w + x / 2) = share
        tie = inside | {(a, b): (across / 64, across / 64) for a in range(8) for b in range(8, 16)}
        assert (len(joined(tie, of)) == 1) is whole


def test_hundreds_of_parts_are_told_apart_as_well() -> None:
    inside, of = cliques(240, 4)
    halves = of[:120], of[120:]
    tie = (
        inside
        | spread(halves[0], 3, seed=1)
        | {(a + 480, b + 480): bits for (a, b), bits in spread(halves[0], 3, seed=2).items()}
    )
    bridge = {(i, 480 + i): (10.0, 10.0) for i in range(0, 480, 40)}
    assert joined(tie | bridge, of) == [list(range(480)), list(range(480, 960))]
