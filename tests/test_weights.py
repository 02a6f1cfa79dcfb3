"""How much one shared item says, against counting and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaincc

from graphlink import weights

EVERYBODY, FIVE = np.array([1000]), np.array([5])


def test_a_rare_item_says_what_counting_says() -> None:
    odds = weights.fit(np.full(1000, 5), np.full(1000, 3), singles=2000)
    bits = weights.touch_bits(odds, FIVE, np.array([3]))
    assert bits == pytest.approx(math.log2(5000 / (5 * 2)), abs=0.1)  # two of three touches are left, of 5000


def test_an_item_on_every_account_says_next_to_nothing() -> None:
    odds = weights.fit(np.full(1000, 5), np.append(np.full(1000, 3), 1000), singles=1000)
    assert weights.touch_bits(odds, FIVE, EVERYBODY) < 0.1


def test_who_touches_more_is_less_of_a_surprise() -> None:
    odds = weights.fit(np.repeat([2, 50], 500), np.full(1000, 3), singles=23_000)
    few, many = weights.touch_bits(odds, np.array([2, 50]), np.array([3, 3]))
    assert few - many == pytest.approx(math.log2(25), abs=0.1)


def test_the_null_keeps_the_degrees() -> None:
    breadth, degree = np.repeat([1, 4, 20], [300, 150, 10]), np.repeat([2, 10, 200], [200, 30, 1])
    odds = weights.fit(breadth, degree, singles=200)
    x, y = np.exp(np.interp(np.log(breadth), np.log(odds.breadth), odds.log_x)), np.exp(odds.log_y)
    chance = x[:, None] * y / (1 + x[:, None] * y)
    assert chance.sum(axis=0) == pytest.approx(odds.degree, rel=1e-3)


@given(st.integers(1, 60), st.data())
def test_ways_to_choose_are_counted_exactly(of: int, draw: st.DataObject) -> None:
    chosen = draw.draw(st.integers(0, of))
    assert weights.choice_bits(np.array([of]), np.array([chosen])) == pytest.approx(
        math.log2(math.comb(of, chosen)), abs=1e-6
    )


def test_one_witness_of_one_pays_nothing() -> None:
    assert weights.combined(np.array([[17.0]])) == pytest.approx([17.0])


def test_witnesses_together_say_less_than_their_sum_and_more_than_nothing() -> None:
    bits = np.array([[20.0, 15.0, 0.0], [0.0, 0.0, 0.0]])
    together = weights.combined(bits)
    assert 20 < together[0] < 35
    assert together[1] == 0


def test_which_witness_comes_first_does_not_matter() -> None:
    bits = np.array([[3.0, 14.0, 9.0, 0.0]])
    assert weights.combined(bits[:, [2, 0, 3, 1]]) == pytest.approx(weights.combined(bits))


def test_thousands_of_witnesses_that_agree_say_a_great_deal() -> None:
    # two thousand pairs of a large ring, 20 bits each: the sum is not so far off what they say together
    together = weights.combined(np.full((1, 2000), 20.0))
    assert 20_000 < together[0] < 40_000


def test_thousands_of_witnesses_that_say_nothing_say_nothing_together() -> None:
    assert weights.combined(np.array([[0.0] * 2000, [1.0] * 2000])).tolist() == [0, 0]


@pytest.mark.parametrize("bits", [3.0, 10.0])
def test_witnesses_together_are_the_tail_of_a_gamma_distribution(bits: float) -> None:
    # of forty that say the same all are chosen: one way, and forty numbers of witnesses that might have been chosen
    tail = -np.log2(gammaincc(40, 40 * bits * weights.LN2))
    assert weights.combined(np.full((1, 40), bits))[0] == pytest.approx(tail - np.log2(40))


@pytest.mark.parametrize("families", [1, 2, 4, 7])
def test_combined_bits_are_no_more_than_chance_gives(families: int) -> None:
    # uniform numbers are the p-values of pure chance; of n of them n / 2**b may give b bits
    chance = np.random.default_rng(0).random((100_000, families))
    together = weights.combined(-np.log2(chance))
    for bits in (3, 6, 9):
        assert (together >= bits).mean() <= 2.0**-bits + 3 * math.sqrt(2.0**-bits / 100_000)


def test_two_families_agree_and_two_items_of_one_do_not() -> None:
    by_family = np.array([[9.0, 9.0], [30.0, 0.0], [30.0, 2.0]])
    items = np.array([2, 2, 3])
    assert weights.agree(by_family, items, ("device", "payment")).tolist() == [True, False, False]


def test_where_there_is_one_family_two_items_agree_and_one_does_not() -> None:
    by_family = np.array([[30.0], [30.0]])
    assert weights.agree(by_family, np.array([2, 1]), ("url",)).tolist() == [True, False]


def test_slots_of_time_make_no_second_family_that_others_must_wait_for() -> None:
    by_family = np.array([[0.0, 30.0]])
    assert weights.agree(by_family, np.array([2]), ("timing", "url")).all()


@given(st.lists(st.integers(-20, 60).map(lambda whole: whole + 0.3), max_size=40))  # so that none lies on the bound
def test_discoveries_are_those_of_benjamini_and_hochberg(margins: list[float]) -> None:
    chance, rate = sorted(2.0**-margin for margin in margins), 0.1
    last = max((k for k, p in enumerate(chance, 1) if p <= rate * k), default=0)
    assert weights.discovered(np.array(margins), rate).sum() == last


def test_so_many_or_more_are_as_unlikely_as_chance_has_them() -> None:
    assert weights.excess(np.array([1.0, 2.0]), np.array([0.1, 0.1])) == pytest.approx(
        [0, -np.log2(1 - 1.1 * np.exp(-0.1))]
    )
