"""Every finding is bounded, says what it rests on, and is silent where the data are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tiny_world import dice

from graphlink import features, weighing
from graphlink.model import EXPLANATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

ALWAYS = (
    "volume",
    "volume_spread",
    "signup_close",
    "banned",
    "banned_all",
    "bad",
    "bad_all",
    "slots.met",
    "slots.expected",
    "starts.known",
    "starts.delay",
    "starts.rank",
    "starts.typical",
    "starts.weight",
    "starts.apart",
    "starts.beyond",
    "starts.groups",
    "bought",
)
KINDS = ("payment", "ip", "device", "email_domain", "email_pattern", "prompt")
SHARES = ("covered", "largest", "inside", "met", "own", "life", "alike")
OF_KIND = (*SHARES, "items", "each", "fresh")
TASTES = ("prompt.unlike", "prompt.unlike_df", "prompt.depth")


def each_finding(*, but: Iterable[str] = ()) -> pytest.MarkDecorator:
    """Return a parameter for each finding."""
    return pytest.mark.parametrize("name", [name for name in features.FINDINGS if name not in but])


def untold(rows: int) -> pd.DataFrame:
    """Return the traits of clusters of which nothing but the size is known."""
    return pd.DataFrame({"accounts": range(2, 2 + rows)}).assign(**dict.fromkeys(ALWAYS, np.nan))


ALONE = ("numbered", "tagged", "named_alike", "email_domain.alone")
"""Shares that are no share of a kind's items."""


def drawn(rows: int, *, seed: int) -> pd.DataFrame:
    """Return traits of any kind of cluster, likely or not."""
    draw = np.random.default_rng(seed)
    wide = [*ALWAYS, *TASTES, *(f"{kind}.{name}" for kind in KINDS for name in OF_KIND if name not in SHARES)]
    table = {name: np.exp(draw.normal(0, 3, rows)) for name in wide}
    table |= {name: draw.random(rows) for name in (*ALONE, *(f"{kind}.{name}" for kind in KINDS for name in SHARES))}
    return pd.DataFrame(table).assign(
        accounts=draw.integers(2, 200, rows),
        volume=draw.uniform(0, 9, rows),  # the logarithm of a number of events
        signup_close=draw.random(rows),
        banned_all=draw.random(rows) / 10,
    )


def weighed(name: str, traits: pd.DataFrame, ordinary: pd.DataFrame) -> features.Weighed:
    return features.FINDINGS[name](traits, ordinary)


@each_finding(but=["size"])
def test_a_finding_on_what_the_data_lack_weighs_nothing(name: str) -> None:
    unknown = drawn(9, seed=1).mul(np.nan).assign(accounts=12)
    assert not weighed(name, untold(9), untold(4)).ratios.any()
    assert not weighed(name, unknown, unknown).ratios.any()


@each_finding(but=["size"])
def test_no_finding_but_size_accuses_by_itself(name: str) -> None:
    found = [weighed(name, drawn(300, seed=s), drawn(20, seed=s + 100)).ratios for s in range(5)]
    most = max(ratios.min(axis=1).max() for ratios in found)
    assert most <= features.MOST


@each_finding()
def test_a_finding_weighs_every_cluster_against_every_explanation_in_finite_numbers(name: str) -> None:
    found = weighed(name, drawn(50, seed=2), drawn(20, seed=3))
    assert found.ratios.shape == (50, len(EXPLANATIONS))
    assert np.isfinite(found.ratios).all()
    assert len(found.clauses) == 50


@each_finding()
def test_what_weighs_is_said_in_full(name: str) -> None:
    found = weighed(name, drawn(50, seed=4), drawn(20, seed=5))
    said = [clause for clause, row in zip(found.clauses, found.ratios, strict=True) if row.any()]
    assert said
    assert not [clause for clause in said if "{" in clause or "nan" in clause or clause != clause.strip(" .")]


@each_finding()
def test_a_finding_on_one_cluster_does_not_depend_on_the_others(name: str) -> None:
    table, ordinary = drawn(40, seed=6), drawn(20, seed=7)
    chosen = dice(1).sample(range(40), 15)
    alone = weighed(name, table.iloc[chosen], ordinary)
    assert alone.ratios == pytest.approx(weighed(name, table, ordinary).ratios[chosen])


@each_finding()
def test_of_no_clusters_there_is_nothing_to_find(name: str) -> None:
    found = weighed(name, drawn(3, seed=1).iloc[:0], drawn(3, seed=2))
    assert (found.ratios.shape, found.clauses) == ((0, len(EXPLANATIONS)), [])


@each_finding()
def test_a_finding_says_in_one_sentence_what_it_asks(name: str) -> None:
    first = (features.FINDINGS[name].__doc__ or "").splitlines()[0]
    assert first[0].isupper()
    assert first.endswith(".")


@pytest.mark.parametrize(
    ("name", "trait", "explanation", "values"),
    [
        ("size", "accounts", "household", [2, 4, 8, 16, 64]),
        ("devices", "device.life", "organisation", [0, 0.2, 0.5, 1]),
        ("cards", "payment.items", "organisation", [1, 2, 3, 8]),
        ("rotation", "ip.fresh", "organisation", [0.01, 0.1, 0.3, 0.9]),
        ("signups", "signup_close", "organisation", [0, 0.3, 0.8, 1]),
        ("moments", "slots.met", "organisation", [100, 150, 300, 900]),
        ("bans", "banned", "organisation", [0, 1, 3, 9]),
    ],
)
def test_more_of_it_never_speaks_less_for_one_operator(
    name: str, trait: str, explanation: str, values: list[float]
) -> None:
    rows = len(values)
    told = {
        "accounts": 12,
        "device.each": 1.0,
        "payment.covered": 1.0,
        "payment.own": 0.0,
        "ip.life": 0.5,
        "slots.expected": 100.0,
        "banned_all": 0.01,
    }
    table = untold(rows).assign(**told | {trait: values})
    usual = untold(5).assign(**{"ip.fresh": 0.1, "signup_close": 0.0})
    weights = weighed(name, table, usual).ratios[:, EXPLANATIONS.index(explanation)]
    assert (np.diff(weights) >= 0).all()
    assert weights[-1] > weights[0]


@pytest.mark.parametrize("numbered", [0.0, np.nan])
def test_a_mail_domain_of_its_own_speaks_for_an_organisation(numbered: float) -> None:
    own = untold(2).assign(
        numbered=numbered, **{name: [1.0, 0.0] for name in ("email_domain.largest", "email_domain.inside")}
    )
    theirs, nobodys = weighed("mail", own, untold(3)).ratios[:, EXPLANATIONS.index("organisation")]
    assert theirs < 0 <= nobodys


def test_who_each_pay_with_a_card_of_their_own_are_no_test_and_who_never_meet_share_no_exit() -> None:
    nothing = dict.fromkeys(("payment.items", "payment.covered", "ip.items", "ip.each"), 0.0)
    table = untold(2).assign(**nothing, **{"payment.own": [1.0, 0.0], "ip.met": [0.0, 1.0], "ip.inside": np.nan})
    cards = weighed("cards", table, untold(3)).ratios[:, EXPLANATIONS.index("test accounts")]
    assert cards.tolist() == [1.5, 0]
    addresses = weighed("addresses", table, untold(3))
    assert addresses.ratios[:, EXPLANATIONS.index("shared egress")].tolist() == [features.MOST, 0]
    assert addresses.clauses[0] == "they share no address of their own; 0% of them were on one where another was"


def test_machines_that_stand_nowhere_are_moved_about_and_strangers_have_none() -> None:
    told = {"accounts": 10.0, "device.life": 0.9, "device.covered": 1.0, "device.items": [3.0, 3.0, 3.0, 1.0]}
    table = untold(4).assign(**told, **{"ip.life": [0.0, 0.5, 0.0, 0.0], "ip.met": [0.2, 0.2, 1.0, 0.2]})
    table = table.assign(**{"ip_prefix.met": np.nan, "ip_prefix.life": np.nan, "ip.each": 0.0})
    staff = weighed("places", table, untold(3)).ratios[:, EXPLANATIONS.index("organisation")]
    said = weighed("addresses", table.assign(**{"ip.each": 0.0}), untold(3)).ratios[
        :, EXPLANATIONS.index("organisation")
    ]
    assert (staff + said) == pytest.approx([2, 0.3, 0, 2])  # in one place nothing more; behind one carrier it may be
    home = table.assign(**{"ip_prefix.met": 1.0, "ip_prefix.life": 0.9})
    assert not weighed("places", home, untold(3)).ratios.any()  # on one network, of ever new addresses
    unseen = table.assign(**{"ip.known": 0.2})
    assert not weighed("places", unseen, untold(3)).ratios.any()  # where they were is hardly known
    strangers = weighed("devices", table, untold(3)).ratios[:, EXPLANATIONS.index("common interest")]
    assert strangers[0] == weighing.NEVER
    assert strangers[3] < weighing.NEVER  # a fingerprint that ten have may be an image
    few = weighed("places", table.assign(accounts=3.0), untold(3)).ratios
    assert not few.any()  # one person carries two telephones along


def test_some_addresses_that_all_come_by_are_a_place_and_no_pool() -> None:
    table = untold(2).assign(**{"ip.each": 3.5, "ip.inside": 1.0, "ip.life": 0.9, "ip.largest": [1.0, 0.5]})
    table = table.assign(**{"ip.items": 20.0})
    desk, pool = weighed("addresses", table, untold(3)).ratios[:, EXPLANATIONS.index("agency")]
    assert desk < 0 < pool
    gateway = table.assign(**{"ip.each": 20.0, "ip.items": [22.0, 200.0], "ip.largest": 0.95})
    assert weighed("addresses", gateway, untold(3)).ratios[:, EXPLANATIONS.index("organisation")].tolist() == [0, 1.5]


def test_who_has_a_mail_domain_opens_accounts_for_all_at_once() -> None:
    table = untold(2).assign(**{"signup_close": 1.0, "email_domain.largest": [1.0, 0.0], "email_domain.inside": 1.0})
    found = weighed("signups", table, untold(3)).ratios[:, EXPLANATIONS.index("organisation")]
    assert found.tolist() == [0, 1]


@pytest.mark.parametrize("name", ["size", "pace", "moments"])
def test_where_no_column_tells_of_mail_being_many_busy_and_at_once_says_half_against_tests(name: str) -> None:
    busy = untold(1).assign(**{"accounts": 300, "volume": 9.0, "slots.met": 900.0, "slots.expected": 100.0})
    known = busy.assign(**{"email_domain.largest": 0.0})  # all on mail domains of others: then no share is known
    usual = untold(3).assign(volume=2.0)
    half, whole = (weighed(name, each, usual).ratios[0, EXPLANATIONS.index("test accounts")] for each in (busy, known))
    assert half == whole / 2 > 0


def test_tests_run_at_once_and_from_rented_machines_and_are_paid_by_one_card() -> None:
    at_once = untold(1).assign(**{"slots.met": 900.0, "slots.expected": 100.0, "ip.fresh": 9.0, "ip.life": 0.1})
    at_once = at_once.assign(**{"email_domain.largest": 0.0, "email_domain.inside": 0.0})
    tests = EXPLANATIONS.index("test accounts")
    assert weighed("moments", at_once, untold(3)).ratios[0, tests] == features.MOST / 2
    assert weighed("rotation", at_once, untold(3).assign(**{"ip.fresh": 1.0})).ratios[0, tests] == 0
    several = untold(2).assign(**{"payment.items": [1.0, 6.0], "payment.covered": 1.0, "payment.own": 0.0})
    assert weighed("cards", several, untold(3)).ratios[:, tests].tolist() == [0, 1.5]


def acting_at_once(rows: int, **told: object) -> pd.DataFrame:
    """Return clusters of three that act as soon as they are opened."""
    at_once = {"starts.known": 3, "starts.delay": 0, "starts.rank": 0.001, "starts.typical": 3.0, "starts.weight": 6.0}
    named = {name.replace("_", "."): value for name, value in (at_once | told).items()}
    return untold(rows).assign(accounts=3, **named)


def test_accounts_that_act_at_once_speak_for_one_operator() -> None:
    table = acting_at_once(3, starts_typical=[0.7, 3, -6], starts_weight=[6, 6, -6])
    found = weighed("starts", table, untold(3))
    family, firm = (found.ratios[:, EXPLANATIONS.index(e)] for e in ("household", "organisation"))
    assert firm.tolist() == [0.35, features.MOST / 2, 0]  # one cause may move a firm, so it counts once
    assert family.tolist() == [0.7, features.MOST, 0]  # one person may try all his accounts at once
    buying = weighed("starts", table.assign(bought=1.0), untold(3)).ratios[:, EXPLANATIONS.index("household")]
    assert buying.tolist() == [2 * features.MOST, 2 * features.MOST, 0]  # but each of a family buys for himself


def test_who_buys_at_once_may_be_a_team_that_tests_unless_many_groups_do_and_have_nothing_in_common() -> None:
    many = [1.0, 10.0, 400.0, 1e6]
    table = acting_at_once(4, starts_apart=many, starts_beyond=many, bought=1.0)
    found = weighed("starts", table, untold(3))
    assert found.ratios[:, EXPLANATIONS.index("test accounts")] == pytest.approx([0, 2, 5, 5])
    assert found.clauses[0].endswith("of ordinary accounts do")
    assert "first buys 0 minutes after" in found.clauses[1]
    assert found.clauses[1].endswith("do; so do 9 groups with which it has nothing in common")
    used = weighed("starts", table.assign(bought=0.0), untold(3))
    assert not used.ratios[:, EXPLANATIONS.index("test accounts")].any()  # of an interface many teams may test theirs


def test_hundreds_of_families_that_buy_at_once_are_no_accident() -> None:
    table = acting_at_once(
        4, starts_beyond=[0.0, 5.0, 250.0, 500.0], starts_weight=1.0, starts_groups=500.0, bought=1.0
    )
    assert weighed("starts", table, untold(3)).ratios[:, 0] == pytest.approx([1, 1.004, 3, 3], abs=0.01)
    used = weighed("starts", table.assign(bought=0.0), untold(3))
    assert used.ratios[:, 0].tolist() == [features.MOST] * 4


def test_use_spread_as_evenly_as_no_people_do_speaks_for_one_operator() -> None:
    table = untold(2).assign(accounts=30, volume_spread=[0.02, 1.0])
    even, usual = weighed("volumes", table, untold(5).assign(volume_spread=1.0)).ratios[:, 0]
    assert even > 0 > usual


@pytest.mark.parametrize("name", ["devices", "volumes", "moments"])
def test_what_costs_an_operator_nothing_to_leave_out_clears_little(name: str) -> None:
    traits = drawn(2000, seed=8).assign(**{"device.life": 0.0, "device.each": 0.0, "slots.met": 0.0})
    firm = list(EXPLANATIONS).index("organisation")
    weights = features.FINDINGS[name](traits, drawn(200, seed=9)).ratios[:, firm]
    assert weights.min() == pytest.approx(weighing.CHEAP, abs=0.01)


def test_a_family_s_cards_and_its_changing_address_say_little_against_it() -> None:
    cards = {"payment.items": 4.0, "payment.covered": 1.0}
    traits = untold(4).assign(**cards, **{"ip.each": 6.0, "ip.items": 20.0, "ip.inside": 1.0, "ip.largest": 0.5})
    family, agency = (list(EXPLANATIONS).index(name) for name in ("household", "agency"))
    for name in ("cards", "addresses"):
        ratios = features.FINDINGS[name](traits, untold(4)).ratios
        assert 0 < ratios[:, family].max() <= 0.5 < ratios[:, agency].max()


def test_tests_lie_on_the_team_s_domain_or_in_one_mailbox() -> None:
    domain = {"email_domain.largest": [1.0, 0.0, 0.0], "email_domain.inside": [1.0, np.nan, np.nan]}
    group = untold(3).assign(**domain, **{"email.largest": [np.nan, 1.0, np.nan]})
    tags = weighed("mail", group.assign(tagged=1.0), untold(1))
    assert tags.ratios[0, EXPLANATIONS.index("test accounts")] == -features.MOST
    assert tags.clauses[1] == "100% of them have one and the same mailbox; 100% have a tag in their mailbox name"
    found = weighed("mail", group, untold(1))
    own, one_mailbox, strangers = found.ratios[:, EXPLANATIONS.index("test accounts")]
    assert own == one_mailbox < 0 < strangers
    assert found.clauses[1] == "100% of them have one and the same mailbox"
