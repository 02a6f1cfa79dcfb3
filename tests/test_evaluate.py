"""Measures against brute force and against small cases counted by hand."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_case import HOME, RING, case_file

from graphlink import evaluate
from graphlink.errors import InputError, MissingInput, UnknownColumn

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25).map(
    lambda pairs: (np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
)


def truth(ring: list[str], *rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame([(a, "r1", "ring", "") for a in ring] + [(a, "", role, g) for a, role, g in rows]).set_axis(
        ["account_id", "ring", "role", "group"], axis=1
    )


FAMILY = [(account, "household", "h1") for account in HOME]


def by_pairs(true: NDArray[np.int64], found: NDArray[np.int64]) -> tuple[int, int, int]:
    """Return how many pairs are together in both, in the first, in the second."""
    pairs = list(combinations(range(len(true)), 2))
    both = sum(true[a] == true[b] and found[a] == found[b] for a, b in pairs)
    return both, sum(true[a] == true[b] for a, b in pairs), sum(found[a] == found[b] for a, b in pairs)


@given(LABELS)
@settings(max_examples=100, deadline=None)
def test_pairwise_figures_are_those_of_counting_all_pairs(labels: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    measured, (both, true, found) = evaluate.agreement(*labels), by_pairs(*labels)
    assert measured.pair_precision == (both / found if found else None)
    assert measured.pair_recall == (both / true if true else None)


@given(LABELS)
@settings(max_examples=100, deadline=None)
def test_b_cubed_is_the_mean_over_accounts(labels: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    true, found = labels
    precision = np.mean([(true[found == found[a]] == true[a]).mean() for a in range(len(true))])
    recall = np.mean([(found[true == true[a]] == found[a]).mean() for a in range(len(true))])
    measured = evaluate.agreement(true, found)
    assert (measured.b3_precision, measured.b3_recall) == pytest.approx((precision, recall))


@given(LABELS)
@settings(max_examples=100, deadline=None)
def test_adjusted_rand_is_that_of_igraph(labels: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    import igraph  # noqa: PLC0415 - heavy, and only the oracle of this test

    true, found = labels
    measured = evaluate.agreement(true, found).ari
    both, pairs_true, pairs_found = by_pairs(true, found)
    if measured is None or both == pairs_true == pairs_found:
        assert measured in {None, 1.0}
    else:
        expected = igraph.compare_communities(true.tolist(), found.tolist(), method="adjusted_rand")
        assert measured == pytest.approx(expected)


def test_one_ring_split_in_two_is_pure_and_half_recalled() -> None:
    measured = evaluate.agreement(np.zeros(4, int), np.array([0, 0, 1, 1]))
    assert (measured.pair_precision, measured.pair_recall) == (1.0, 2 / 6)
    assert (measured.b3_precision, measured.b3_recall, measured.ari) == (1.0, 0.5, 0.0)


def test_the_same_partition_under_other_names_agrees_fully() -> None:
    measured = evaluate.agreement(np.array([0, 0, 1, 2, 2]), np.array([7, 7, 3, 1, 1]))
    assert measured == evaluate.Agreement(5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def test_wilson_interval_of_8_in_10_is_the_textbook_one() -> None:
    assert evaluate.share(8, 10)[2:] == (0.8, 0.49, 0.943)


def test_a_share_of_nothing_has_no_value_and_could_be_anything() -> None:
    assert evaluate.share(0, 0) == evaluate.Share(0, 0, None, 0.0, 1.0)


def test_the_ring_found_whole_and_the_household_explained_is_a_perfect_case() -> None:
    found = evaluate.evaluate(case_file(), truth(RING, *FAMILY))
    assert found.accused_in_error == found.mixed_clusters == found.linked_to_ring == found.linked_astray == 0
    assert (found.precision.value, found.recall.value, found.found_whole.value) == (1.0, 1.0, 1.0)
    assert (found.rings.b3_f1, found.listed.b3_f1, found.listed.ari) == (1.0, 1.0, 1.0)
    assert found.named["household"].value == 1.0


def test_an_innocent_in_a_coordinated_cluster_is_accused_in_error() -> None:
    found = evaluate.evaluate(case_file(), truth(RING[:3], *FAMILY))
    assert (found.accused_in_error, found.precision.cases, found.precision.of) == (1, 3, 4)
    assert found.linked_to_ring == 1


def test_a_ring_that_is_three_quarters_of_its_cluster_is_not_found_whole() -> None:
    assert evaluate.evaluate(case_file(), truth(RING[:3], *FAMILY)).found_whole.cases == 0


def test_a_ring_of_which_a_cluster_holds_four_fifths_is_found_whole() -> None:
    found = evaluate.evaluate(case_file(), truth([*RING, "never-seen"]))
    assert (found.found_whole.cases, found.recall.cases, found.recall.of) == (1, 4, 5)


def test_a_cluster_with_two_rings_is_counted() -> None:
    two = truth(RING)
    two.loc[2:, "ring"] = "r2"
    assert evaluate.evaluate(case_file(), two).mixed_clusters == 1


def test_a_plain_list_of_accounts_and_rings_is_enough() -> None:
    plain = truth(RING)[["account_id", "ring"]]
    found = evaluate.evaluate(case_file(), plain)
    assert (found.precision.value, found.recall.value, found.named) == (1.0, 1.0, {})


def test_housemates_whom_the_truth_does_not_know_are_linked_astray() -> None:
    assert evaluate.evaluate(case_file(), truth(RING)).linked_astray == len(HOME)


def test_innocents_listed_with_an_empty_ring_count_as_those_not_listed() -> None:
    rows = [(account, "", "") for account in HOME]
    assert evaluate.evaluate(case_file(), truth(RING, *rows)) == evaluate.evaluate(case_file(), truth(RING))


def test_review_clusters_count_only_where_review_is_asked_for() -> None:
    case = case_file()
    case = replace(case, clusters=case.clusters.assign(tier=["review", "explained"]))
    found = evaluate.evaluate(case, truth(RING))
    assert (found.recall.value, found.recall_or_review.value, found.precision.value) == (0.0, 1.0, None)
    assert found.tiers["review"] == {"clusters": 1, "accounts": 4, "ring_accounts": 4, "innocents": 0}


def test_a_case_without_clusters_and_a_truth_without_rings_can_be_compared() -> None:
    case = case_file()
    empty = replace(case, clusters=case.clusters[:0], members=case.members[:0], links=case.links[:0])
    found = evaluate.evaluate(empty, truth([], *FAMILY))
    assert (found.accused_in_error, found.found_whole.value, found.rings.b3_f1) == (0, None, None)
    assert evaluate.evaluate(empty, truth(RING)).recall.value == 0.0


def test_to_dict_is_plain_json_and_table_names_every_measure_once() -> None:
    found = evaluate.evaluate(case_file(), truth(RING, *FAMILY))
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["precision"]["value"] == again["named"]["household"]["value"] == 1.0
    assert found.table()["measure"].is_unique


def test_ids_that_look_like_numbers_or_nothing_stay_text(tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    file.write_text("account_id,ring\n007,r1\nNaN,r1\n1e5,\n")
    assert evaluate.read_truth(file)["account_id"].tolist() == ["007", "NaN", "1e5"]


def test_a_truth_that_is_missing_or_wrong_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    with pytest.raises(MissingInput):
        evaluate.read_truth(file)
    for text, error in (("a,b\n1,2\n", UnknownColumn), ("", InputError), ("account_id,ring\nx,1\nx,2\n", InputError)):
        file.write_text(text)
        with pytest.raises(error) as raised:
            evaluate.read_truth(file)
        assert "\n" not in str(raised.value)


def test_the_examples_in_the_documentation_hold() -> None:
    assert doctest.testmod(evaluate).failed == 0
