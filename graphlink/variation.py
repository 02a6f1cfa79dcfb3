"""How much members vary: whether as people do, or as little as accounts do that one controller drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST = 2.0  # orders of magnitude that one finding may say for an operator
_SCALES = np.geomspace(0.005, 4, 60)
_CONTROLLED = (_SCALES >= 0.005) & (_SCALES <= 1)  # noqa: PLR2004 - a controller: anything up to what people show
_PEOPLE = (_SCALES >= 0.25) & (_SCALES <= 4)  # noqa: PLR2004 - a set of people: within a factor of four of the usual


def like_one(variation: Numbers, df: Numbers, *, noise: Numbers | float = 0.0) -> Numbers:
    """Return log10 of the likelihood of variation that a controller leaves, against that of people.

    Variation is relative to the usual one (1: as people differ), with so many degrees of freedom, and `noise` is what
    counting alone adds. Its true scale is taken as any of a range, alike in the logarithm: for a controller from a
    200th to the whole of what people show, for people within a factor of four of it. Bounded to -1 and MOST.
    """
    seen = np.maximum(np.asarray(variation, float), 1e-6)[:, None] + np.broadcast_to(noise, variation.shape)[:, None]
    scale = _SCALES[None, :] + np.broadcast_to(noise, variation.shape)[:, None]
    half = np.maximum(np.nan_to_num(df), 0)[:, None] / 2
    seen = np.where(half > 0, np.nan_to_num(seen, nan=1.0, posinf=1.0), 1.0)
    scale = np.nan_to_num(scale, nan=1.0, posinf=1.0)
    log_density = -half * (np.log(scale) + seen / scale)
    controlled = np.logaddexp.reduce(log_density[:, _CONTROLLED], axis=1) - np.log(_CONTROLLED.sum())
    people = np.logaddexp.reduce(log_density[:, _PEOPLE], axis=1) - np.log(_PEOPLE.sum())
    return np.where((half[:, 0] > 0) & ~np.isnan(variation), np.clip((controlled - people) / np.log(10), -1, MOST), 0)
