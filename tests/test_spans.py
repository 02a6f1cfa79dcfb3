"""What is distinct in long arrays, which numbers are among others, and the place of each in its group."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphlink import spans

NUMBERS = st.lists(st.integers(-50, 50)).map(lambda numbers: np.array(numbers, np.int64))


@given(NUMBERS)
def test_distinct_numbers_are_those_of_numpy(numbers: np.ndarray) -> None:
    assert spans.distinct(numbers).tolist() == np.unique(numbers).tolist()


@given(NUMBERS, NUMBERS)
def test_which_are_among_others_is_what_numpy_says(numbers: np.ndarray, others: np.ndarray) -> None:
    assert spans.among(numbers, np.sort(others)).tolist() == np.isin(numbers, others).tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))))
def test_ranks_are_the_places_in_a_sorted_group(rows: list[tuple[int, int, int]]) -> None:
    group, first, second = np.array(rows, np.int64).reshape(-1, 3).T
    of = {g: sorted((f, s, i) for i, (other, f, s) in enumerate(rows) if other == g) for g, _, _ in rows}
    assert spans.ranks(group, first, second).tolist() == [of[g].index((f, s, i)) for i, (g, f, s) in enumerate(rows)]
