"""Pairs drawn evenly among the accounts that links connect."""

from __future__ import annotations

import numpy as np

from graphlink import draws


def chain(accounts: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    left = np.arange(first, first + accounts - 1, dtype=np.int32)
    return left, left + 1


def test_in_a_small_piece_every_pair_is_known_or_drawn_and_stands_for_itself() -> None:
    known = chain(draws.PARTNERS)
    left, right, stands = draws.draw(*known, draws.PARTNERS)
    pairs = set(zip(left.tolist(), right.tolist(), strict=True)) | set(
        zip(*(side.tolist() for side in known), strict=True)
    )
    assert len(pairs) == draws.PARTNERS * (draws.PARTNERS - 1) // 2 == len(left) + len(known[0])
    assert (stands == 1).all()


def test_in_a_large_piece_what_is_drawn_stands_for_all_unknown_pairs() -> None:
    n = 1_000
    left, _, stands = draws.draw(*chain(n), n)
    assert len(left) <= n * draws.PARTNERS
    assert np.isclose(stands.sum(), n * (n - 1) / 2 - (n - 1))


def test_no_pair_joins_two_pieces() -> None:
    left, right = (np.concatenate(sides) for sides in zip(chain(200), chain(300, first=200), strict=True))
    one, other, _ = draws.draw(left, right, 600)
    assert ((one < 200) == (other < 200)).all()
    assert other.max() < 500


def test_pairs_are_left_before_right_and_come_once() -> None:
    left, right, _ = draws.draw(*chain(500), 500)
    assert (left < right).all()
    assert len(np.unique(left.astype(np.int64) * 500 + right)) == len(left)


def test_where_nothing_is_linked_nothing_is_drawn() -> None:
    nobody = np.empty(0, np.int32)
    assert all(len(side) == 0 for side in draws.draw(nobody, nobody, 10))


def test_of_a_ring_in_a_large_piece_as_much_is_drawn_as_if_it_were_alone() -> None:
    inside = np.triu_indices(100, 1)
    left, right = (np.concatenate([a, b, [0]]) for a, b in zip(inside, chain(5_000, first=100), strict=True))
    right[-1] = 100  # one link ties the ring to thousands
    few = np.arange(len(left)) % 9 > 0  # of its pairs
    few[-1] = True
    one, other, stands = draws.draw(left[few].astype(np.int32), right[few].astype(np.int32), 5_100)
    ring = (one < 100) & (other < 100)
    unknown = np.count_nonzero(~few[: 100 * 99 // 2])
    assert ring.sum() > unknown / 4  # among thousands one in eighty would be
    assert np.isclose(stands[ring].sum(), unknown, rtol=0.1)
