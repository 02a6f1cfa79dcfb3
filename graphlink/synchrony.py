"""Crews: accounts that start to work in the same five minutes, far more often than their own rhythms let expect.

A slot is five minutes; an account touches the slots in which it starts after five quiet minutes or more. At 200,000
accounts a slot has tens of ordinary accounts, at a million hundreds: no slot says anything by itself, and two accounts
that both join a fifth of a schedule meet too seldom. So accounts are weighed against groups, and against a null that
knows when each of them is awake: account b touches slot x with the chance

    p = starts of b * usual starts in x / all starts  *  day of b * (hour of b * place in the hour of b, or time of b)

where these say how many times likelier than others b is to start on that day, in that hour of working days or weekends
and in those five minutes of an hour, or at that very time of day, whichever is more. A job that runs at 06:05 daily is
expected there, whoever else has one.

1. Pairs whose common slots are unlikely seed crews where they close triangles; and so does every group that agrees in
   something else (all who touch one rare item): forty accounts with one template may be a crew of which no two meet
   often. Each way may bring half of the false members that are allowed.
2. The slots in which more of a crew start than chance allows are its schedule.
3. Everybody is weighed against every schedule, members against what the *others* do, by the bits of `weights`: of the m
   slots of the schedule in an account's lifetime it kept n, with a chance of at most C(m, n) times the product of p.
4. Most of those who are missed start seldom: twice in a schedule is nothing against all accounts and crews. But where
   more of a crew touch a thing than chance allows (its template), those who touch it are few, and when they start was
   not asked when they were chosen. Half of what is allowed is for them, against these few tests.

The last steps are repeated, loosely while crews grow; then the share of members by chance is held as that of links.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, csr_array, hstack

from graphlink import pieces, spans, weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bits = NDArray[np.float64]

SLOT = 300  # seconds
FEWEST = 3  # starts of an account that can keep a schedule, members of a crew, slots that two accounts have in common
GROWING, PROVING = 4, 1  # rounds in which crews take in whoever may belong, then in which each member must be proven
_LOOSE = 0.5  # the share of members by chance that growing allows
_DOUBTFUL = 0.1  # the share of a schedule's slots that may be there by chance: who is a member is tested more strictly
_SMOOTH = 4.0  # how many starts of everybody's rhythm are mixed into an account's own
_BUDGET = 2e8  # meetings that are counted; beyond, crews are seeded from a sample of the accounts, then grown from all
_BLOCK = 5e6  # of them at a time
_AT_ONCE = 3e5  # starts whose chances are reckoned at a time
_NONE = (np.empty(0, np.int64), np.empty(0, np.int64))
_UNIT = 2.0**20  # one product sums the number of common slots, in these units, and their bits


@dataclass(frozen=True, slots=True)
class World:
    """Who starts when: accounts x slots, as 1 a start and as its bits under the null.

    `by_others` has a 1 where these bits rest on how many start in the slot, and not on the account's own time of day.
    `starts` of each account; `crowd` of each slot, and what is `usual` at that time: a great ring crowds its own slots.
    """

    touches: csr_array
    bits: csr_array
    by_others: csr_array
    starts: Ints
    crowd: Ints
    usual: Bits

    @classmethod
    def of(cls, account: NDArray[np.integer], slot: NDArray[np.integer], accounts: int) -> World:
        """Return the world of these starts (`slot` in five minutes since 1970), a start each account and slot."""
        number = spans.distinct(slot)
        place = np.searchsorted(number, slot).astype(np.int32)
        starts, crowd = np.bincount(account, minlength=accounts), np.bincount(place, minlength=len(number))
        usual, phases = _usual(number, crowd), tuple(_Phase.of(each, crowd) for each in _phases(number))
        begin = np.searchsorted(account, np.arange(accounts + 1))
        bits, by_others = np.empty(len(account)), np.empty(len(account))
        for first, last in spans.ranges(starts, _AT_ONCE):
            mine = slice(begin[first], begin[last])
            who, where = account[mine].astype(np.int64), place[mine]
            chance = starts[who] * usual[where] / max(len(account), 1)
            day, hour, five, time = (_leaning(who, phase.of_slot[where], starts, phase.usual) for phase in phases)
            bits[mine] = -np.log2(np.minimum(chance * day * np.maximum(hour * five, time), 1))
            by_others[mine] = hour * five >= time
        shape = (accounts, len(number))
        ones, told, others = (
            csr_array((each, place, begin), shape=shape) for each in (np.ones_like(bits), bits, by_others)
        )
        return cls(ones, told, others, starts, crowd, usual)


@dataclass(frozen=True, slots=True)
class _Phase:
    """A way to divide time (days, hours of the week): the phase of each slot, and the share of all starts in each."""

    of_slot: Ints
    usual: Bits

    @classmethod
    def of(cls, phase: Ints, crowd: Ints) -> _Phase:
        _, of_slot = np.unique(phase, return_inverse=True)
        return cls(of_slot, np.bincount(of_slot, crowd) / max(crowd.sum(), 1))


def _usual(slot: NDArray[np.integer], crowd: Ints) -> Bits:
    """Return the crowd to expect in each slot: that of its hour, or of its time of day, whichever is larger."""
    slots = pd.DataFrame({"hour": slot // (3600 // SLOT), "time": slot % (86_400 // SLOT), "crowd": crowd})
    of_hour, of_time = (slots.groupby(by)["crowd"].transform("median").to_numpy(float) for by in ("hour", "time"))
    usual: Bits = np.minimum(np.maximum(of_hour, of_time), crowd)
    return usual


def _phases(slot: NDArray[np.integer]) -> tuple[Ints, Ints, Ints, Ints]:
    """Return day, hour of working days or weekends, place in the hour, and time of day of each slot."""
    hour, place = np.divmod(slot.astype(np.int64), 3600 // SLOT)
    day = hour // 24
    weekend = (day + 3) % 7 >= 5  # noqa: PLR2004 - 1 January 1970 was a Thursday, and Saturday is 5 from Monday
    return day, hour % 24 + 24 * weekend, place, slot.astype(np.int64) % (86_400 // SLOT)


def _leaning(account: Ints, phase: Ints, starts: Ints, usual: Bits) -> Bits:
    """Return how many times likelier than everybody an account is to start in the phase of each of its starts.

    Its other starts tell. That it was not seen there yet makes nothing less likely.
    """
    _, cell, own = np.unique(account * len(usual) + phase, return_inverse=True, return_counts=True)
    leaning: Bits = ((own[cell] - 1) / usual[phase] + _SMOOTH) / (starts[account] - 1 + _SMOOTH)
    return np.maximum(leaning, 1)


def find(
    account: NDArray[np.integer],
    slot: NDArray[np.integer],
    groups: tuple[NDArray[np.integer], NDArray[np.integer]] = _NONE,
    *,
    rate: float,
    seed: int = 0,
) -> NDArray[np.int32]:
    """Return for each start the number of the crew whose schedule it keeps, from 1, or 0.

    Args:
        account: who starts, as numbers from 0, sorted.
        slot: when, in five minutes since 1970, sorted for each account; each account and slot once.
        groups: who may be a crew for what they share besides: accounts, and the number of the group of each.
        rate: the share of members that chance alone may bring to the crews.
        seed: where the sample starts that is taken when there is too much to compare.

    """
    if not len(account):
        return np.zeros(0, np.int32)
    world = World.of(account, slot, int(account[-1]) + 1)
    shared = _shared(*groups, len(world.starts))
    met = _proven(world, _triangles(world, seed), shared, rate / 2)
    suspected = _proven(world, _suspected(world, shared, among=met.sum(axis=1) == 0), shared, rate / 2)
    return _kept(world, csr_array(hstack([met, suspected])))


def _shared(member: NDArray[np.integer], of: NDArray[np.integer], accounts: int) -> csr_array:
    """Return accounts x groups: who is in which, of those who start at all."""
    starts = member < accounts
    shape = (accounts, int(of.max(initial=-1)) + 1)
    return csr_array((np.ones(int(starts.sum())), (member[starts], of[starts])), shape=shape)


def _proven(world: World, crew: csr_array, shared: csr_array, rate: float) -> csr_array:
    """Return accounts x crews: who keeps the schedules of the crews that these grow to."""
    near = csr_array(crew.shape)
    for allowed in [_LOOSE] * GROWING + [rate] * PROVING:
        if crew.shape[1]:
            crew = _members(world, crew, near, allowed, staying=allowed == _LOOSE)
            near = _companions(crew, shared)
    return crew


def _suspected(world: World, shared: csr_array, among: NDArray[np.bool_]) -> csr_array:
    """Return accounts x crews: those of each group who start often enough and are among these accounts."""
    able = (among & (world.starts >= FEWEST)).astype(float)
    crew = csr_array(shared.multiply(able[:, None]))
    crew.eliminate_zeros()
    return _large(crew)


def _companions(crew: csr_array, shared: csr_array) -> csr_array:
    """Return accounts x crews: who touches what is a crew's own, in that more of it are there than chance lets expect.

    One of them is taken away, so that nobody makes own what it touches itself.
    """
    number = (shared.T @ crew).tocsc()
    of = np.repeat(np.arange(number.shape[1]), np.diff(number.indptr))
    expected = shared.sum(axis=0)[number.indices] * crew.sum(axis=0)[of] / max(crew.shape[0], 1)
    bits = weights.excess(number.data - 1, expected)
    own = weights.discovered(bits - np.log2(max(shared.shape[1] * crew.shape[1], 1)), _DOUBTFUL)
    touched, by = (side[own] for side in number.tocoo().coords)
    owned = csr_array((np.ones(len(by)), (touched, by)), shape=number.shape)
    return csr_array(shared @ owned)


def _triangles(world: World, seed: int) -> csr_array:
    """Return accounts x crews: the groups in which unlikely pairs close triangles."""
    accounts = world.touches.shape[0]
    left, right = _pairs(world, _sample(world, seed))
    one_way = csr_array((np.ones(len(left)), (left, right)), shape=(accounts, accounts))
    tie = csr_array(one_way + one_way.T)
    triangles = tie.multiply(tie @ tie).tocoo()
    firm = triangles.data > 1
    piece = pieces.hanging(triangles.row[firm], triangles.col[firm], accounts)
    return _large(csr_array((np.ones(accounts), (np.arange(accounts), piece))))


def _sample(world: World, seed: int) -> Ints:
    """Return the accounts among which pairs are looked for, in order: as many as the budget lets meet."""
    eligible = np.flatnonzero(world.starts >= FEWEST)
    meetings = float((world.crowd.astype(float) ** 2).sum())
    share = min(1.0, np.sqrt(_BUDGET / max(meetings, 1.0)))
    chosen: Ints = eligible[np.random.default_rng(seed).random(len(eligible)) < share]
    return chosen


def _pairs(world: World, among: Ints) -> tuple[Ints, Ints]:
    """Return the pairs that share slots so unlikely that chance makes one such pair an account at most."""
    touches, starts = csr_array(world.touches[among]), world.starts[among]
    both = csr_array((_UNIT + world.bits[among].data, touches.indices, touches.indptr), shape=touches.shape)
    other_way = csr_array(both.T)
    asked = np.log2(max(len(among), 2) / 2)
    kept = [_NONE]
    for begin, end in spans.ranges(touches @ np.bincount(touches.indices, minlength=touches.shape[1]), _BLOCK):
        met = csr_array(touches[begin:end] @ other_way)
        several = np.flatnonzero(met.data > (FEWEST - 0.5) * _UNIT)
        one = begin + np.searchsorted(met.indptr, several, "right") - 1
        other, total = met.indices[several], met.data[several]
        n = np.rint(total / _UNIT)
        gain = total - n * _UNIT - weights.choice_bits(starts[one], n.astype(np.int64))
        # who starts less often chooses; the other one has the chance
        good = (gain >= asked) & _before(starts, one, other)
        kept.append((among[one[good]], among[other[good]]))
    chosen, others = (np.concatenate(side) for side in zip(*kept, strict=True))
    return chosen, others


def _before(starts: Ints, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.bool_]:
    fewer: NDArray[np.bool_] = (starts[one] < starts[other]) | ((starts[one] == starts[other]) & (one < other))
    return fewer


@dataclass(frozen=True, slots=True)
class _Schedules:
    """What crews do, as slots x crews: where so many members start that it is no chance (`kept`).

    `without` says where that still holds when one of them is taken away, `crowded` the bits by which a start there says
    more than in a usual crowd: in the end the null is what everybody else did.
    """

    kept: csr_array
    without: csr_array
    crowded: csr_array

    @classmethod
    def of(cls, world: World, crew: csr_array) -> _Schedules:
        columns, starts, shape = crew.tocsc(), crew.T @ world.starts, (len(world.crowd), crew.shape[1])
        found = [(*_NONE, np.empty(0, bool), np.empty(0))]
        for begin, end in spans.ranges(starts, _BLOCK):
            number = csc_array(world.touches.T @ columns[:, begin:end])
            slot, of, without, crowded = _kept_slots(world, number, starts[begin:end])
            found.append((slot, of + begin, without, crowded))
        slot, of, without, crowded = (np.concatenate(each) for each in zip(*found, strict=True))
        return cls(
            kept=csr_array((np.ones(len(slot)), (slot, of)), shape=shape),
            without=csr_array((np.ones(int(without.sum())), (slot[without], of[without])), shape=shape),
            crowded=csr_array((crowded, (slot, of)), shape=shape),
        )


def _kept_slots(world: World, number: csc_array, starts: Bits) -> tuple[Ints, Ints, NDArray[np.bool_], Bits]:
    """Return slot, crew, `without` and `crowded` of schedules; `number` is how many of each crew start when."""
    number.sort_indices()
    several = number.data >= weights.WITNESSES  # one is no excess
    of = np.repeat(np.arange(number.shape[1]), np.diff(number.indptr))[several]
    slot, n = number.indices[several].astype(np.int64), number.data[several]
    expected = starts[of] * world.crowd[slot] / max(world.starts.sum(), 1)
    bits, least = weights.excess(n, expected), np.full(number.shape[1], np.inf)
    for c, (begin, end) in enumerate(pairwise(np.searchsorted(of, np.arange(len(least) + 1)).tolist())):
        mine = bits[begin:end]
        least[c] = mine[weights.discovered(mine - np.log2(number.shape[0]), _DOUBTFUL)].min(initial=np.inf)
    kept = np.flatnonzero(bits >= least[of])
    slot, of, n = slot[kept], of[kept], n[kept]
    without: NDArray[np.bool_] = weights.excess(n - 1, expected[kept]) >= least[of]
    return slot, of, without, np.log2(world.usual[slot] / (world.crowd[slot] - n + 1))


def _members(world: World, crew: csr_array, near: csr_array, rate: float, *, staying: bool) -> csr_array:
    """Return accounts x crews: who keeps the schedule of a crew beyond chance, each in the crew it keeps best.

    Half of what is allowed is for the few who are near a crew for what they share besides, half for all who start
    often. Members may stay without proof while a crew grows: the first ones saw too little of the schedule.
    """
    account, of, net = _fits(world, crew, near, _Schedules.of(world, crew))
    anybody = float((world.starts >= FEWEST).sum()) * crew.shape[1]
    tests = 2 * np.where(_at(near, account, of) > 0, min(near.nnz, anybody), anybody)
    passed = weights.discovered(net - np.log2(np.maximum(tests, 1)), rate)
    passed |= staying & (_at(crew, account, of) > 0)
    account, of, net = account[passed], of[passed], net[passed]
    of = _merged(account, of, crew.shape)
    order = np.lexsort((of, -net, account))
    account, of = account[order], of[order]
    best = np.flatnonzero(np.diff(account, prepend=-1))
    return _large(csr_array((np.ones(len(best)), (account[best], of[best])), shape=crew.shape))


def _fits(world: World, crew: csr_array, near: csr_array, plan: _Schedules) -> tuple[Ints, Ints, Bits]:
    """Return account, crew and bits of all that keep three slots of a schedule, or one that are near the crew.

    A member's own starts make no slot.
    """
    found = [_net(world, crew, near, plan, members=members) for members in (True, False)]
    account, of, bits = (np.concatenate(side) for side in zip(*found, strict=True))
    return account, of, bits


def _net(world: World, crew: csr_array, near: csr_array, plan: _Schedules, *, members: bool) -> tuple[Ints, Ints, Bits]:
    kept = plan.without if members else plan.kept
    number = csr_array(world.touches @ kept)
    account, of = number.tocoo().coords
    several = (number.data >= FEWEST) | (_at(near, account, of) > 0)
    several &= (_at(crew, account, of) > 0) == members
    account, of, n = account[several], of[several], number.data[several].astype(np.int64)
    bits = _at(world.bits @ kept + world.by_others @ plan.crowded.multiply(kept), account, of)
    length = _length(world, kept, account, of)
    if members:  # slots that the crew keeps only with one more member than others are the member's to leave alone
        narrow = _difference(plan.kept, plan.without)
        length += _length(world, narrow, account, of) - _at(world.touches @ narrow, account, of).astype(np.int64)
    return account.astype(np.int64), of.astype(np.int64), bits - weights.choice_bits(length, n)


def _length(world: World, kept: csr_array, account: NDArray[np.integer], of: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how many slots of the crew's schedule lie between the first and the last start of the account."""
    slots = kept.shape[0]
    first = world.touches.indices[world.touches.indptr[account]]
    last = world.touches.indices[world.touches.indptr[account + 1] - 1]
    slot, crew = kept.tocoo().coords
    keys = np.sort(crew.astype(np.int64) * slots + slot)
    crews = of.astype(np.int64) * slots
    length: Ints = np.searchsorted(keys, crews + last, "right") - np.searchsorted(keys, crews + first)
    return length


def _difference(some: csr_array, others: csr_array) -> csr_array:
    left = csr_array(some - others)
    left.eliminate_zeros()
    return left


def _at(matrix: csr_array, row: NDArray[np.integer], column: NDArray[np.integer]) -> Bits:
    """Return the entries of a matrix at these places."""
    entries = matrix.tocsr()
    entries.sort_indices()
    filled = np.repeat(np.arange(matrix.shape[0]), np.diff(entries.indptr)) * matrix.shape[1] + entries.indices
    asked = row.astype(np.int64) * matrix.shape[1] + column
    place = np.minimum(np.searchsorted(filled, asked), len(filled) - 1)
    return np.where(filled[place] == asked, entries.data[place], 0.0) if len(filled) else np.zeros(len(asked))


def _merged(account: Ints, of: Ints, shape: tuple[int, int]) -> Ints:
    """Return the crew of each row after those are put together that half of the smaller one keeps both."""
    passes = csr_array((np.ones(len(account)), (account, of)), shape=shape)
    both = (passes.T @ passes).tocoo()
    size = np.bincount(of, minlength=shape[1])
    same = both.data >= np.minimum(size[both.row], size[both.col]) / 2
    return pieces.hanging(both.row[same], both.col[same], shape[1]).astype(np.int64)[of]


def _large(crew: csr_array) -> csr_array:
    """Return accounts x crews with those columns only that have members enough."""
    members = np.bincount(crew.tocoo().col, minlength=crew.shape[1])
    return csr_array(crew[:, np.flatnonzero(members >= FEWEST)])


def _kept(world: World, crew: csr_array) -> NDArray[np.int32]:
    """Return for each start the number of its account's crew, from 1, where the crew's schedule has the slot, or 0."""
    number = np.zeros(world.touches.shape[0], np.int32)
    member, of = crew.tocoo().coords
    number[member] = of + 1
    account, slot = world.touches.tocoo().coords
    kept = np.zeros(len(account), bool)
    within = np.flatnonzero(number[account])
    kept[within] = _at(_Schedules.of(world, crew).kept, slot[within], number[account[within]] - 1) > 0
    return np.where(kept, number[account], 0).astype(np.int32)
