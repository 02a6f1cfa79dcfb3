"""How much one shared item says: pure number functions, in bits.

The null world keeps every degree: each account touches as many items of a kind as it does, each item is touched by
as many accounts as it is, and nothing else is held. Its odds are those of the bipartite configuration model
(Saracco, Di Clemente, Gabrielli and Squartini 2015, "Randomizing bipartite networks: the case of the World Trade Web"):
account b touches item x with probability p = XY / (1 + XY), with one X for each breadth and one Y for each degree. For
rare items that is breadth * degree / sightings; an item that nearly every account touches says next to nothing, so
no item needs to be cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import gammaln, pdtrc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph

    Numbers = NDArray[np.float64]

LN2 = float(np.log(2.0))
WITNESSES = 2  # never one alone
WITNESS = 5.0  # a family with fewer bits than this (1 in 32) confirms nothing
_EXACT = 64  # degrees up to here have a class of their own; above, classes are 5 % wide
_WIDTH = 1.05
_ROUNDS, _CLOSE = 500, 1e-6


@dataclass(frozen=True, slots=True)
class Odds:
    """The fitted null of one kind: log odds of a touch, by the breadth of the account and the degree of the item."""

    breadth: Numbers
    log_x: Numbers
    degree: Numbers
    log_y: Numbers


def fit(breadth: NDArray[np.integer], degree: NDArray[np.integer], singles: int) -> Odds:
    """Return the odds of a null world with these degrees.

    Args:
        breadth: how many items of the kind each account touches; accounts with none are left out.
        degree: how many accounts touch each shared item (two or more).
        singles: how many items one account alone touches.

    """
    k, accounts = _classes(breadth[breadth > 0])
    d, items = _classes(degree)
    d, items = np.concatenate([[1.0], d]), np.concatenate([[float(singles)], items])
    root = np.sqrt((d * items).sum())
    x, y = k / root, d / root
    for _ in range(_ROUNDS):
        grown = k / (items * y / (1 + np.outer(x, y))).sum(axis=1)
        y = d / (accounts[:, None] * grown[:, None] / (1 + np.outer(grown, y))).sum(axis=0)
        still = np.abs(grown / x - 1).max() < _CLOSE
        x = grown
        if still:
            break
    return Odds(k, np.log(x), d, np.log(y))


def null(graph: AccountGraph) -> tuple[Odds, ...]:
    """Return the fitted null of each kind of the graph."""
    degree = graph.items["accounts"].to_numpy(np.int64)
    kind = kind_numbers(graph)
    shared = [degree[kind == i] for i in range(len(graph.kinds))]
    return tuple(fit(graph.breadth[:, i], d, int(graph.volume[i] - d.sum())) for i, d in enumerate(shared))


def kind_numbers(graph: AccountGraph) -> NDArray[np.int64]:
    """Return the position in `graph.kinds` of each item's kind."""
    number = {kind.name: i for i, kind in enumerate(graph.kinds)}
    kind, names = pd.factorize(graph.items["kind"])  # of a million items few are of kinds of their own
    return np.array([number[name] for name in names], np.int64)[kind]


def touch_bits(odds: Odds, breadth: NDArray[np.integer], degree: NDArray[np.integer]) -> Numbers:
    """Return -log2 of the chance that an account of this breadth also touches an item of this degree.

    The item is already touched by the account it is compared with, so one account fewer is left for it.
    """
    x = np.interp(np.log(breadth), np.log(odds.breadth), odds.log_x)
    y = np.interp(np.log(degree - 1), np.log(odds.degree), odds.log_y)
    bits: Numbers = np.logaddexp(0, -(x + y)) / LN2
    return bits


def choice_bits(of: NDArray[np.integer], chosen: NDArray[np.integer]) -> Numbers:
    """Return log2 of the number of ways to choose so many of so many."""
    bits: Numbers = (_log_factorial(of) - _log_factorial(chosen) - _log_factorial(of - chosen)) / LN2
    return bits


def _log_factorial(n: NDArray[np.integer]) -> Numbers:
    """Return ln n!, looked up where numbers repeat: a tenth of the cost."""
    repeat = n.size and n.min() >= 0 and n.max() < n.size
    found: Numbers = gammaln(np.arange(n.max() + 1) + 1.0)[n] if repeat else gammaln(n + 1.0)
    return found


def excess(number: Numbers, expected: Numbers) -> Numbers:
    """Return -log2 of the chance that so many or more come where so many are expected (Poisson); one is no excess."""
    chance = np.where(number < WITNESSES, 1, pdtrc(number - 1, expected))
    bits: Numbers = -np.log2(np.maximum(chance, 1e-300))
    return bits


def combined(bits: Numbers) -> Numbers:
    """Return the bits that several independent witnesses give together, for each row of (pairs, witnesses).

    The sum of B bits over m witnesses is no p-value: the product of m uniform numbers is below 2**-B more often than
    that, by the factor sum of (B ln 2)**j / j! for j < m (Fisher 1932 as a tail of the gamma distribution). The best m
    witnesses are chosen, which costs log2 of the ways to choose them; the best m of all is returned, never below 0.
    """
    witnesses = bits.shape[1]
    total = np.cumsum(-np.sort(-bits, axis=1), axis=1)
    ways = choice_bits(np.array([witnesses]), np.arange(1, witnesses + 1)) + np.log2(max(witnesses, 1))
    best: Numbers = (total - _more_often(total * LN2) / LN2 - ways).max(axis=1, initial=0)
    return best


def _more_often(nats: Numbers) -> Numbers:
    """Return the logarithm of the sum of x**j / j! for j < m, where x stands in column m - 1.

    The greatest power is taken out, or thousands of witnesses would overflow. What is left may be infinite still where
    x is far below m; such a sum is no surprise, and none is returned for it.
    """
    x, rest = np.maximum(nats, np.finfo(float).tiny), np.ones_like(nats)
    with np.errstate(over="ignore"):
        for j in range(1, nats.shape[1]):
            rest[:, j:] = 1 + rest[:, j:] * (j / x[:, j:])
    power = np.arange(nats.shape[1])
    more_often: Numbers = power * np.log(x) - gammaln(power + 1) + np.log(rest)
    return more_often


def rich(families: Sequence[str]) -> bool:
    """Return whether data with these families can give two witnesses that are families."""
    return len(set(families) - {"timing"}) >= WITNESSES


def agree(by_family: Numbers, items: NDArray[np.integer], families: Sequence[str]) -> NDArray[np.bool_]:
    """Return which rows of (pairs, families) hold two witnesses: two families that agree.

    Data with a single family (wallets and counterparties, users and URLs) cannot give two: there the witnesses are two
    items. Slots of time do not make data richer, for every table with times has them.
    """
    agreed: NDArray[np.bool_] = (by_family >= WITNESS).sum(axis=1) >= WITNESSES
    if not rich(families):
        agreed |= items >= WITNESSES
    return agreed


def discovered(margin: Numbers, rate: float) -> NDArray[np.bool_]:
    """Return which margins are kept so that, of all that are kept, chance alone made no more than the rate.

    A margin is what is left of the bits after log2 of the number of tests. The step-up rule of Benjamini and Hochberg
    (1995): the k largest margins are kept for the largest k at which the least of them is log2(1 / (rate * k)) or more.
    """
    order = np.sort(margin)[::-1]
    passed = np.flatnonzero(order >= -np.log2(rate * np.arange(1, len(order) + 1)))
    kept: NDArray[np.bool_] = margin >= (order[passed[-1]] if len(passed) else np.inf)
    return kept


def all_pairs(accounts: int) -> float:
    """Return log2 of the number of pairs among so many accounts."""
    return float(np.log2(max(accounts * (accounts - 1) / 2, 1)))


def _classes(degrees: NDArray[np.integer]) -> tuple[Numbers, Numbers]:
    """Return the mean and the number of the degrees in each class."""
    values, counts = np.unique(degrees, return_counts=True)
    wide = _EXACT + np.floor(np.log(np.maximum(values, _EXACT) / _EXACT) / np.log(_WIDTH))
    _, group = np.unique(np.where(values <= _EXACT, values, wide), return_inverse=True)
    number: Numbers = np.bincount(group, counts).astype(np.float64)
    return np.bincount(group, values * counts) / number, number
