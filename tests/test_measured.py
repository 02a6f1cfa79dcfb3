"""Figures of linking, counted by hand and beside those of `evaluate`."""

from __future__ import annotations

from math import isnan

import measured
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlink import evaluate

NOBODY = pd.DataFrame(columns=["account_id", "ring", "role", "group"], dtype=str)


def figures(rings: str, clusters: str, groups: str = "") -> dict[str, float]:
    """Return the figures of accounts by their letters: ring, cluster and group (a dot: none)."""
    ids = pd.Series([f"a{i}" for i in range(len(rings))])
    groups = groups or "." * len(rings)
    truth = pd.DataFrame({"account_id": ids, "ring": list(rings), "role": "", "group": list(groups)})
    cluster = np.array([-1 if letter == "." else ord(letter) for letter in clusters])
    return measured.linking(ids, measured.labels(cluster), truth.replace(".", ""))


def test_a_ring_in_one_cluster_of_its_own_is_whole() -> None:
    found = figures("rrrr....", "xxxx....")
    assert (found["recall"], found["precision"], found["whole"], found["rings"], found["ari"]) == (1, 1, 1, 1, 1)


def test_a_ring_of_which_one_is_missing_and_one_innocent_is_in_its_cluster() -> None:
    found = figures("rrrr....", "xxx.x...")
    assert found["recall"] == pytest.approx((3 * 3 / 4 + 1 / 4) / 4)
    assert found["precision"] == pytest.approx((3 * 3 / 4 + 1) / 4)
    assert (found["whole"], found["company"], found["innocents"]) == (0, 1, 4)


def test_a_cluster_of_two_rings_is_counted_once() -> None:
    found = figures("rrrrsss", "xxxxxxx")
    assert (found["mixed"], found["whole"], found["recall"]) == (1, 0, 1)
    assert found["ari"] == 0


@pytest.mark.parametrize(("groups", "strangers"), [("hhhh", 0), ("hhh.", 1), ("hhgg", 4), ("....", 4)])
def test_strangers_are_those_to_whom_half_their_cluster_are_strangers(groups: str, strangers: int) -> None:
    assert figures("....", "xxxx", groups)["strangers"] == strangers


def test_without_rings_there_is_nothing_to_be_found() -> None:
    found = figures("....", "xx..")
    assert isnan(found["recall"])
    assert isnan(found["ari"])
    assert (found["rings"], found["company"]) == (0, 0)


def test_accounts_that_the_truth_does_not_list_are_innocent() -> None:
    ids = pd.Series(["ann", "bob"])
    assert measured.linking(ids, np.array([0, 0]), NOBODY)["innocents"] == 2


def test_accounts_in_no_cluster_are_not_together() -> None:
    assert measured.labels(np.array([-1, 0, -1, 0])).tolist() == [1, 0, 2, 0]


LETTERS = st.lists(st.tuples(st.sampled_from("rst"), st.sampled_from("xyz.")), min_size=1, max_size=15)


@given(LETTERS)
@settings(max_examples=25)
def test_b_cubed_over_rings_is_that_of_evaluate(letters: list[tuple[str, str]]) -> None:
    rings, clusters = ("".join(each) for each in zip(*letters, strict=True))
    found = figures(rings, clusters)
    cluster = measured.labels(np.array([-1 if letter == "." else ord(letter) for letter in clusters]))
    expected = evaluate.agreement(pd.factorize(np.array(list(rings)))[0], pd.factorize(cluster)[0])
    assert (found["recall"], found["precision"]) == pytest.approx((expected.b3_recall, expected.b3_precision))
