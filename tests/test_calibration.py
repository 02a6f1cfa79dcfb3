"""A score that is a likelihood ratio is found calibrated, and one that overstates is not."""

from __future__ import annotations

import numpy as np
import pytest

from graphlink import calibration
from graphlink.calibration import Bin, Calibration


def world(stretch: float, *, seed: int = 0) -> Calibration:
    """Return the calibration of scores that are `stretch` times the likelihood ratio, of one ring in five clusters."""
    draw = np.random.default_rng(seed)
    ring = draw.random(5000) < 0.2
    seen = draw.normal(np.where(ring, 1.0, -1.0), 1.0)  # its likelihood ratio is exp(2 x)
    return calibration.calibrate(stretch * 2 * seen / np.log(10), ring)


def test_likelihood_ratios_are_calibrated() -> None:
    found = world(1.0)
    assert found.error is not None
    assert found.error < 0.02
    assert found.low <= found.error <= found.high
    assert found.prior == pytest.approx(np.log10(0.2 / 0.8), abs=0.1)


@pytest.mark.parametrize("stretch", [0.3, 4.0])
def test_scores_that_say_too_much_or_too_little_are_not(stretch: float) -> None:
    found = world(stretch)
    assert found.error is not None
    assert found.error > 2 * (world(1.0).error or 1)


def test_as_many_rings_are_said_as_there_are() -> None:
    found = world(1.0)
    assert sum(each.said * each.clusters for each in found.bins) == pytest.approx(
        sum(each.rings for each in found.bins), rel=1e-3
    )
    assert sum(each.clusters for each in found.bins) == 5000


@pytest.mark.parametrize("ring", [[], [False, False], [True, True]])
def test_where_all_clusters_are_alike_nothing_can_be_said(ring: list[bool]) -> None:
    found = calibration.calibrate(np.zeros(len(ring)), np.array(ring, bool))
    assert (found.error, found.bins) == (None, ())


def test_the_diagram_shows_what_is_and_marks_what_is_said() -> None:
    found = Calibration(0.1, 0.0, 0.2, 0.0, (Bin(3.0, 4.0, 10, 0.75, 5),))
    assert calibration.diagram(found) == ["==========     |      said 0.750, is 0.500"]
