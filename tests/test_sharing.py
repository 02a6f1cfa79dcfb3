"""What two accounts share, in bits; and that whoever is visited shares nothing by it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_graph import crowd, graph, layout, pair

from graphlink import lookup, sharing

TOUCHES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["device", "ip", "prompt"]), st.integers(0, 5), st.integers(1, 3)),
    min_size=2,
    max_size=50,
)
TOGETHER = [("ann", "device", "laptop", 5), ("bob", "device", "laptop", 5)]
VISIT = [
    ("ann", "ip", "home", 12),
    ("ann", "ip", "train", 4),
    ("mallory", "ip", "home", 2),
    ("mallory", "ip", "elsewhere", 60),
]


def shared(touches: list[tuple[str, str, str, int]], *names: str) -> sharing.Shared:
    of = graph([*crowd(), *touches])
    return sharing.weigh(layout(of), *pair(of, *names))


@settings(max_examples=30)
@given(TOUCHES)
def test_a_pair_shares_what_both_touch(touches: list[tuple[int, str, int, int]]) -> None:
    of = graph([(f"a{a}", kind, f"{kind}-{x}", events) for a, kind, x, events in touches])
    accounts = len(of.accounts)
    left, right = (side.astype(np.int32) for side in np.triu_indices(accounts, 1))
    found = sharing.weigh(layout(of), left, right)
    touched = defaultdict(set)
    for account, item in zip(of.account, of.item, strict=True):
        touched[account].add(item)
    expected = [
        (i, x) for i, (a, b) in enumerate(zip(left, right, strict=True)) for x in sorted(touched[a] & touched[b])
    ]
    assert (
        lookup.meetings(layout(of), left, right).tolist()
        == np.bincount([i for i, _ in expected], minlength=len(left)).tolist()
    )
    told = list(zip(found.pair, found.item, strict=True))
    assert told == [each for each in expected if each in set(told)]
    assert (found.bits > 0).all()


@settings(max_examples=30)
@given(TOUCHES)
def test_items_add_up_to_families(touches: list[tuple[int, str, int, int]]) -> None:
    of = graph([*crowd(50), *((f"a{a}", kind, f"{kind}-{x}", events) for a, kind, x, events in touches)])
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(of.accounts), 1))
    found = sharing.weigh(layout(of), left, right)
    per_pair = np.bincount(found.pair, found.bits, len(left))
    assert per_pair == pytest.approx(found.by_family.sum(axis=1), abs=1e-6)


def test_blocks_do_not_change_what_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    of = graph(crowd(300))
    pairs = tuple(side.astype(np.int32) for side in np.triu_indices(300, 1))
    whole = sharing.weigh(layout(of), *pairs)
    monkeypatch.setattr(lookup, "_BLOCK", 100)
    blocks = sharing.weigh(layout(of), *pairs)
    assert np.array_equal(whole.pair, blocks.pair)
    assert np.array_equal(whole.bits, blocks.bits)
    by_family, items = sharing.agreement(layout(of), *pairs)
    assert np.array_equal(by_family, whole.by_family)
    assert np.array_equal(items, whole.items)


@pytest.mark.parametrize("hub", [0, 1_000])
def test_who_is_looked_up_and_who_is_read_through_share_the_same(monkeypatch: pytest.MonkeyPatch, hub: int) -> None:
    hubs = [(name, kind, f"{kind}-{x}", 1) for name in ("hub", "twin") for kind in ("device", "ip") for x in range(40)]
    of = graph([*crowd(100), *hubs])
    pairs = tuple(side.astype(np.int32) for side in np.triu_indices(len(of.accounts), 1))
    usual = sharing.weigh(layout(of), *pairs)
    monkeypatch.setattr(lookup, "_HUB", hub)
    found = sharing.weigh(layout(of), *pairs)
    assert len(usual.pair)
    assert all(np.array_equal(getattr(usual, each), getattr(found, each)) for each in ("pair", "item", "bits"))


def test_a_shared_device_ties_two_accounts() -> None:
    assert shared(TOGETHER, "ann", "bob").by_family.sum() > 8


def test_a_visited_home_says_nothing_about_who_lives_there() -> None:
    assert shared(VISIT, "ann", "mallory").by_family.sum() == 0


def test_a_home_visited_three_times_says_nothing_either() -> None:
    more = [("mallory", "ip", "home", 6)]
    assert shared([*VISIT, *more], "ann", "mallory").by_family.sum() == 0


def test_those_who_visit_the_same_home_are_tied_to_each_other() -> None:
    accomplice = [("trudy", "ip", "home", 2), ("trudy", "ip", "nowhere", 50)]
    assert shared([*VISIT, *accomplice], "mallory", "trudy").by_family.sum() > 8


def test_who_lives_where_another_lives_is_tied() -> None:
    family = [("ben", "ip", "home", 9), ("ben", "ip", "office", 6)]
    assert shared([*VISIT, *family], "ann", "ben").by_family.sum() > 8


def test_a_third_account_does_not_change_who_visits_whom() -> None:
    between = [
        ("ben", "ip", "home", 9),
        ("ben", "ip", "office", 40),
    ]  # uses the home more than one, less than the other
    assert shared([*VISIT, *between], "ann", "mallory").by_family.sum() == 0


def test_what_people_do_has_no_owner() -> None:
    done = [("ann", "prompt", "same", 12), ("mallory", "prompt", "same", 2), ("mallory", "prompt", "own", 60)]
    crowds = [(f"crowd-{i:05}", "prompt", f"p{i}", 1) for i in range(2000)]
    assert shared([*crowds, *done], "ann", "mallory").by_family.sum() > 8


def test_a_third_is_a_third_whatever_else_is_looked_up_with_it() -> None:
    # the host gives k of m events to the home, the guest k of 3 m: each guest visits, wherever its pair is looked up
    homes, elsewhere = [], []
    for i in range(400):
        whole = 2 + i % 11
        part = 1 + i % (whole - 1)
        for who, events in (("guest", 3 * whole), ("host", whole)):
            homes.append((f"{who}-{i:04}", "device", f"home-{i}", part))
            elsewhere.append((f"{who}-{i:04}", "device", f"inn-{i}-{who}", events - part))
    alike = [(f"twin-{i:04}-{k}", "device", f"den-{i}", 1 + i % 7) for i in range(400) for k in range(2)]
    of = graph([*homes, *elsewhere, *alike])
    number = {name: i for i, name in enumerate(of.accounts["account_id"])}
    names = [(f"guest-{i:04}", f"host-{i:04}") for i in range(400)]
    twins = [(f"twin-{i:04}-0", f"twin-{i:04}-1") for i in range(400)]
    mixed = [each for both in zip(twins, names, strict=True) for each in both]
    left, right = (np.array([number[pair[side]] for pair in mixed], np.int32) for side in (0, 1))
    by_family, _ = sharing.agreement(layout(of), left, right)
    assert (by_family[0::2] > 0).all()
    assert (by_family[1::2] == 0).all()


def test_kinds_of_one_family_are_one_witness() -> None:
    together = [(name, "ip_prefix", "net", 5) for name in ("ann", "bob")] + [
        (n, "ip", "home", 5) for n in ("ann", "bob")
    ]
    prefixes = [(f"crowd-{i:05}", "ip_prefix", f"net-{i // 4}", 5) for i in range(2000)]
    found = shared([*prefixes, *together], "ann", "bob")
    alone = shared([*prefixes, *together[2:]], "ann", "bob")
    assert found.by_family.sum() == pytest.approx(alone.by_family.sum(), abs=1.1)  # the choice costs a bit
    assert (found.bits > 0).sum() == 1


def test_ordinary_traffic_mixed_in_does_not_drown_rare_items() -> None:
    popular = [(f"crowd-{i:05}", "prompt", f"app-{(i + j) % 40}", 1) for i in range(2000) for j in range(3)]
    rare = [(name, "prompt", f"secret-{j}", 1) for name in ("ann", "bob") for j in range(4)]
    mixed = [(name, "prompt", f"app-{j + 20 * (name == 'bob')}", 1) for name in ("ann", "bob") for j in range(20)]
    clean = shared([*popular, *rare], "ann", "bob").by_family.sum()
    assert shared([*popular, *rare, *mixed], "ann", "bob").by_family.sum() > clean / 2


def test_without_a_shared_item_less_is_left() -> None:
    card = [("ann", "payment", "card", 3), ("bob", "payment", "card", 3)]
    assert shared([*TOGETHER, *card], "ann", "bob").by_family.sum() > shared(TOGETHER, "ann", "bob").by_family.sum() + 5


@settings(max_examples=30)
@given(TOUCHES)
def test_who_meets_in_two_families_has_the_same_bits_where_nobody_else_has_any(
    touches: list[tuple[int, str, int, int]],
) -> None:
    of = graph([*crowd(50), *((f"a{a}", kind, f"{kind}-{x}", events) for a, kind, x, events in touches)])
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(of.accounts), 1))
    kind = of.items["kind"].to_numpy()
    touched = [set(of.item[of.account == a].tolist()) for a in range(len(of.accounts))]
    two = np.array([len({kind[x] for x in touched[a] & touched[b]}) > 1 for a, b in zip(left, right, strict=True)])
    (bits, items), (kept, told) = (sharing.agreement(layout(of), left, right, in_two=only) for only in (False, True))
    assert np.array_equal(kept, np.where(two[:, None], bits, 0))
    assert np.array_equal(told, np.where(two, items, 0))
