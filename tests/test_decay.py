"""A thing that changed hands long ago ties nobody; how long is long, the accounts at hand tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tiny_graph import crowd, graph, layout

from graphlink import decay, sharing
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from graphlink.model import AccountGraph

DAY = 86_400_000_000
BOTH = [(name, kind, "x", 3) for name in ("ann", "bob") for kind in ("ip", "prompt")]


def timed(of: AccountGraph, times: dict[str, tuple[int, int]], until: int = 100) -> AccountGraph:
    """Return the graph in which an account touches all it does from one day to another, and is last seen on `until`."""
    names = of.accounts["account_id"].to_numpy(object)[of.account]
    first, last = ([times.get(name, (0, 0))[end] * DAY for name in names] for end in (0, 1))
    touched = of.touched.assign(first_seen=first, last_seen=last)
    return replace(of, touched=touched, accounts=of.accounts.assign(last_seen=until * DAY))


def bits(of: AccountGraph, family: str) -> float:
    names = of.accounts["account_id"].tolist()
    shared = sharing.weigh(layout(of), *(np.array([names.index(name)], np.int32) for name in ("ann", "bob")))
    return float(shared.by_family[0, shared.families.index(family)])


def test_the_half_life_is_the_time_kept_over_how_often_it_was_let_go() -> None:
    """Ann had it for 10 days and does without since; Bob had it for 60 of 100 days, and may have it still."""
    of = timed(graph(BOTH), {"ann": (0, 10), "bob": (0, 60)})
    assert decay.half_lives(of) / DAY == pytest.approx(np.log(2) * np.array([110.0, 110.0]))


def test_what_nobody_lets_go_and_what_has_no_time_never_fades() -> None:
    assert np.isinf(decay.half_lives(timed(graph(BOTH), {"ann": (0, 90), "bob": (0, 90)}))).all()
    of = graph(BOTH)
    never = replace(
        of, touched=of.touched.assign(first_seen=NO_TIME, last_seen=NO_TIME), accounts=of.accounts.assign(last_seen=0)
    )
    assert np.isinf(decay.half_lives(never)).all()


def test_what_is_done_does_not_fade() -> None:
    of = timed(graph(BOTH), {"ann": (0, 10), "bob": (0, 60)})
    assert [kind.name for kind, fade in zip(of.kinds, decay.measured(of), strict=True) if fade] == ["ip"]


@pytest.mark.parametrize(("later", "lost"), [((5, 20), 0), ((20, 30), 1), ((40, 50), 3)])
def test_a_bit_is_lost_with_each_half_life_between_two_touches(later: tuple[int, int], lost: int) -> None:
    of = replace(graph([*crowd(), *BOTH]), fade=(0.0, 1 / (10 * DAY), 0.0, 0.0))
    together, apart = (timed(of, {"ann": (0, 10), "bob": times}) for times in ((0, 10), later))
    assert bits(apart, "network") == pytest.approx(bits(together, "network") - lost, abs=1e-5)
    assert bits(apart, "content") == bits(together, "content")


def test_who_has_no_time_shares_all_of_it() -> None:
    of = replace(graph([*crowd(), *BOTH]), fade=(0.0, 1 / (10 * DAY), 0.0, 0.0))
    assert bits(timed(of, {"ann": (0, 10), "bob": (0, 10)}), "network") == bits(
        replace(of, touched=of.touched.assign(first_seen=NO_TIME, last_seen=NO_TIME)), "network"
    )
