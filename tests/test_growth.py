"""Who belongs to a group without being linked to a single member."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from tiny_graph import crowd, graph

from graphlink import candidates, growth, weights

# four who share two devices and two cards among them
GROUP = [("m1", "payment", "c1", 5), ("m2", "payment", "c1", 5), ("m3", "payment", "c2", 5), ("m4", "payment", "c2", 5)]
GROUP += [("m1", "device", "d1", 5), ("m3", "device", "d1", 5), ("m2", "device", "d2", 5), ("m4", "device", "d2", 5)]
# what everybody works with
WORK = [(f"u{i}", "prompt", f"p{(7 * i + j) % 300}", 5) for i in range(600) for j in range(4)]
LINKS = (("m1", "m2"), ("m3", "m4"), ("m1", "m3"), ("m2", "m4"))


def joined(touches: list[tuple[str, str, str, int]]) -> set[str]:
    """Return who is tied to a member."""
    of = graph([*crowd(500), *GROUP, *touches])
    names = of.accounts["account_id"].tolist()
    pairs = sorted((names.index(a), names.index(b)) for a, b in LINKS)
    left, right = np.array(pairs, np.int32).T
    ties = growth.grow(of, weights.null(of), candidates.rare_items(of), (left, right), 0.1)
    return {names[account] for account in np.concatenate(ties)} - {"m1", "m2", "m3", "m4"}


def test_who_shares_a_card_with_some_and_devices_with_others_joins() -> None:
    assert joined([("new", "payment", "c1", 5), ("new", "device", "d1", 5), ("new", "device", "d2", 5)]) == {"new"}


def test_who_shares_one_thing_does_not_join() -> None:
    assert joined([("new", "payment", "c1", 5), ("new", "device", "own", 5)]) == set()


def test_who_shares_a_home_and_a_card_with_one_member_alone_does_not_join() -> None:
    at_home = [(name, kind, f"{kind}-home", 5) for name in ("m1", "new") for kind in ("ip", "payment")]
    assert joined(at_home) == set()


def test_whose_home_two_members_visited_does_not_join() -> None:
    home = [("victim", "ip", "home", 9), ("victim", "device", "laptop", 9)]
    visits = [(m, kind, what, 1) for m in ("m1", "m2") for kind, what in (("ip", "home"), ("device", "laptop"))]
    lives = [(m, kind, f"{kind}-of-{m}", 60) for m in ("m1", "m2") for kind in ("ip", "device")]
    assert joined([*home, *visits, *lives]) == set()


def test_without_a_group_nobody_joins() -> None:
    of = graph(crowd(50))
    none = np.empty(0, np.int32)
    left, _ = growth.grow(of, weights.null(of), candidates.rare_items(of), (none, none), 0.5)
    assert not len(left)


# four who work with six templates that hardly anybody else has
TEMPLATES = [(f"m{i}", "prompt", f"t{j}", 5) for i in range(1, 5) for j in range(6)]
EXITS = [(f"m{i}", "ip", f"exit{j}", 5) for i in range(1, 5) for j in range(6)]


def test_who_works_with_the_templates_of_a_group_alone_joins_by_them() -> None:
    assert joined([*WORK, *TEMPLATES, *[("new", "prompt", f"t{j}", 5) for j in range(6)]]) == {"new"}


def test_who_sits_behind_the_exits_of_a_group_does_not_join_by_them() -> None:
    assert joined([*WORK, *EXITS, *[("new", "ip", f"exit{j}", 5) for j in range(6)]]) == set()


def test_who_works_with_what_many_others_do_too_does_not_join_a_group_of_its_users() -> None:
    users = [(f"u{i}", "prompt", f"app{j}", 5) for i in range(60) for j in range(30)]
    members = [(name, "prompt", f"app{j}", 5) for name in ("m1", "m2") for j in range(30)]
    by_hand = [(f"u{i}", "prompt", f"hand{i}-{j}", 1) for i in range(60, 600) for j in range(30)]
    assert joined([*WORK, *users, *members, *by_hand]) == set()


def come(strangers: int) -> set[str]:
    """Return who is tied to a ring of twelve whose six cards and six devices a new account and strangers touch too."""
    ring = [f"m{i}" for i in range(1, 13)]
    theirs = [(m, kind, f"{kind}{(i + j) % 6}", 9) for i, m in enumerate(ring) for kind in KINDS for j in range(4)]
    new = [("new", kind, f"{kind}0", 1) for kind in KINDS]
    astray = [(f"{kind}{i}", kind, f"{kind}{i % 6}", 1) for kind in KINDS for i in range(strangers)]
    of = graph([*crowd(4000), *theirs, *new, *astray])
    names = of.accounts["account_id"].tolist()
    left, right = np.array(sorted(combinations(sorted(map(names.index, ring)), 2)), np.int32).T
    ties = growth.grow(of, weights.null(of), candidates.rare_items(of), (left, right), 0.001)
    return {names[account] for account in np.concatenate(ties)} - set(ring)


KINDS = ("payment", "device")


def test_a_new_account_with_a_card_and_a_device_of_a_ring_joins_it_although_it_did_little() -> None:
    assert come(strangers=0) == {"new"}


def test_it_does_not_join_where_many_come_to_either_and_some_would_meet_in_both_by_chance() -> None:
    assert come(strangers=30) == set()
