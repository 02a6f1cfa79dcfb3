"""What is distinct in long arrays, and which numbers are among others."""

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
