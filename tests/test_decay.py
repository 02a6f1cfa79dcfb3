"""A thing that changed hands long ago ties nobody; how long is long, the accounts at hand tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tiny_graph import crowd, graph, layout

from graphlink import decay, sharing, significance
from graphlink.model import NO_TIME

if TYPE_CHECKING:
    from graphlink.model import AccountGraph

DAY = 86_400_000_000
BOTH = [(name, kind, "x", 3) for name in ("ann", "bob") for kind in ("ip", "prompt")]


def timed(of: AccountGraph, times: dict[str, tuple[int, int]]) -> AccountGraph:
    """Return the graph in which an account touches things from one day to another; `ann later`: the things `later`."""
    names, values = of.accounts["account_id"].to_numpy(object)[of.account], of.items["value"].to_numpy(object)[of.item]
    of_touch = [
        times.get(f"{name} {value}", times.get(name, (0, 0))) for name, value in zip(names, values, strict=True)
    ]
    first, last = ([each[end] * DAY for each in of_touch] for end in (0, 1))
    return replace(of, touched=of.touched.assign(first_seen=first, last_seen=last))


def bits(of: AccountGraph, family: str) -> float:
    names = of.accounts["account_id"].tolist()
    shared = sharing.weigh(layout(of), *(np.array([names.index(name)], np.int32) for name in ("ann", "bob")))
    return float(shared.by_family[0, shared.families.index(family)])


LATER = [(name, kind, "later", 3) for name in ("ann", "bob") for kind in ("ip", "prompt")]
KEPT = {"ann": (0, 10), "bob": (0, 60), "ann later": (10, 100), "bob later": (60, 100)}


def test_the_half_life_is_the_time_kept_over_how_often_it_was_let_go() -> None:
    """Ann had one for 10 days, then another for 90; Bob had one for 60 of 100 days: he may have it still."""
    of = timed(graph([*BOTH, *LATER]), KEPT)
    assert decay.half_lives(of) / DAY == pytest.approx(np.log(2) * np.array([10.0 + 90 + 100 + 40] * 2))


def test_who_uses_no_other_has_not_let_go_however_seldom_it_is_used() -> None:
    """Two charges within a day, and use for a hundred more, do not tell that a card was let go."""
    cards = [(name, "payment", "x", 2) for name in ("ann", "bob")]
    of = timed(graph([*BOTH, *cards]), KEPT)
    of = replace(of, accounts=of.accounts.assign(last_seen=100 * DAY))
    assert np.isinf(decay.half_lives(of)[[kind.name for kind in of.kinds].index("payment")])


def test_what_nobody_lets_go_and_what_has_no_time_never_fades() -> None:
    of = graph(BOTH)
    assert np.isinf(decay.half_lives(timed(of, {"ann": (0, 90), "bob": (0, 90)}))).all()
    never = of.touched.assign(first_seen=NO_TIME, last_seen=NO_TIME)
    assert np.isinf(decay.half_lives(replace(of, touched=never))).all()


def test_what_is_done_does_not_fade() -> None:
    of = timed(graph([*BOTH, *LATER]), KEPT)
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


def test_what_is_proved_on_some_families_fades_as_these_do() -> None:
    of = replace(graph([*crowd(), *BOTH]), fade=(0.1, 0.2, 0.3, 0.4))
    kept = significance.of_families(of, ("network", "payment"))
    assert dict(zip((kind.name for kind in kept.kinds), kept.fade, strict=True)) == {"ip": 0.2, "payment": 0.3}
