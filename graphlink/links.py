"""AccountGraph -> Links: pairs of accounts that agree beyond chance, with the items behind each.

Links begin in two ways, each against a count of all the tests there are:

1. two witnesses tie two accounts, against all pairs of accounts (`sharing`);
2. the same accounts touch two items of two families, against all pairs of such items (`coincidences`): two rare ones,
   one that has one holder (a card) and any other, or any two that are mostly on the same accounts.

They grow in one: an account agrees with a group of linked accounts, against all accounts and groups, or touches what is
mostly the group's own in two families, of whom those who would by chance are counted (`growth`).
A link's bits are those of its own two accounts, however it was found, so each can be checked by itself.

What is stated: in each of these steps (in growth, each of its three tests), of the links that are kept (in growth, of
the accounts that are linked) chance alone made a share of `settings.false_links` at most, on average; where nothing is
linked but by chance, there are any links at all in at most that share of the worlds, for each step. That is the rule of
Benjamini and Hochberg (1995) over p-values that are bounds; the null keeps every degree and holds families to be
independent of each other. The tests hold it against rewired worlds of one to seven families.

Kinds that move together in the data at hand (a device and its address, see `dependence`) are one witness in all that is
counted. Still the same accounts on two such items are linked, as by one thing: few share both, and it is for `scoring`
to say whether that is innocent. The bits of such a link are those of its better kind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from graphlink import candidates, coincidences, draws, growth, lookup, sharing, spans, weights
from graphlink.model import Links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, Partition
    from graphlink.settings import Settings

    Accounts = NDArray[np.int32]
    Pairs = tuple[Accounts, Accounts]
    Layouts = tuple[lookup.Layout, lookup.Layout | None]
    """The graph laid out, and the same with the templates of each program as one thing, where there are any."""

LEAST = 1.0  # bits of a link
_AT_ONCE = 20_000  # links that are weighed together
_LOOKED_AT = 2_000_000  # items behind links that are looked at together
RAREST = 16  # items of each kind of an account that are looked at for coincidences
ALIKE = 0.5  # of the accounts on the more common of two items, for both to be the things of one group
HELD, HOUSEHOLD = ("payment", "contact", "credential"), 4
MANY, HELD_BY = 2_000_000, 64  # links of a case, above which those are told that are among so many of an account
ROUNDS = 3  # of growth; each one sees the groups that the last one made


def link(graph: AccountGraph, settings: Settings) -> Links:
    """Return the links of the whole graph."""
    odds, rare, rate = weights.null(graph), candidates.rare_items(graph), settings.false_links
    layout = lookup.lay_out(graph, odds, lookup.parts(graph))
    agreed, tried = _beyond_chance(layout, _proposed(graph, layout, settings), rate)
    free = ~graph.accounts["allowed"].to_numpy(bool)
    found = _union(agreed, _coinciding(graph, layout, rare, rate), free)
    for _ in range(ROUNDS):
        more = _union(found, growth.grow(graph, odds, rare, found, rate), free)
        if len(more[0]) == len(found[0]):
            break
        found = more
    pairs, stands = _with_drawn(_strongest(layout, found), free, settings.seed)
    return _in_parts((layout, lookup.by_program(layout, graph)), pairs, stands, stated=rate, tried=tried)


def within(links: Links, partition: Partition) -> Links:
    """Return the links that are told: those found, and of those drawn the ones inside a cluster."""
    told = (links.stands == 0) | inside(links, partition.cluster)
    return links if told.all() else _chosen(links, told)


def inside(links: Links, cluster: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which links tie two accounts of one cluster."""
    left, right = cluster[links.left], cluster[links.right]
    same: NDArray[np.bool_] = (left == right) & (left >= 0)
    return same


class Entries(NamedTuple):
    """The items behind some links: for each the place of its link among `links`, the item, and its bits."""

    links: NDArray[np.int64]
    place: NDArray[np.int64]
    item: NDArray[np.int32]
    bits: NDArray[np.float64]


def behind(links: Links, chosen: NDArray[np.int64]) -> Iterator[Entries]:
    """Yield what lies behind the chosen links, some of them at a time: of a large ring it is millions of items."""
    size = np.diff(links.start)[chosen]
    for begin, end in spans.ranges(size + 1, _LOOKED_AT):
        some, many = chosen[begin:end], size[begin:end]
        where = spans.positions(links.start[some], many)
        yield Entries(some, np.repeat(np.arange(len(some)), many), links.item[where], links.item_bits[where])


def _held(graph: AccountGraph) -> NDArray[np.bool_]:
    """Return which sightings are of things that one person or household holds, wherever they are and whatever they do.

    Who shares such a thing may be told to be one even by what many others have as well (a user agent, a carrier's
    address). That would not do for an address or a template: those come with a country, or a tool.
    """
    held = [kind.family in HELD and kind.capacity <= HOUSEHOLD for kind in graph.kinds]
    return np.array(held, np.bool_)[weights.kind_numbers(graph)[graph.item]]


def candidates_within(graph: AccountGraph, settings: Settings) -> pd.DataFrame:
    """Return left, right and items: the pairs that share two items or more within the window, and how many.

    Without a window there are none to tell: what is proposed is a sample then (see `candidates`).
    """
    if not graph.window:
        return pd.DataFrame({"left": [], "right": [], "items": []})
    layout = lookup.lay_out(graph, weights.null(graph), lookup.parts(graph))
    left, right = candidates.whole(_proposed(graph, layout, settings))
    ids = graph.accounts["account_id"].to_numpy(object)
    return pd.DataFrame({"left": ids[left], "right": ids[right], "items": lookup.meetings(layout, left, right)})


def _proposed(graph: AccountGraph, layout: lookup.Layout, settings: Settings) -> Iterator[Pairs]:
    """Yield the pairs to weigh, some at a time; within a window no two stretches of one item."""
    for left, right in candidates.batches(graph, seed=settings.seed):
        met = lookup.meetings(layout, left, right) >= weights.WITNESSES if graph.window else slice(None)
        yield left[met], right[met]


def _beyond_chance(layout: lookup.Layout, proposed: Iterable[Pairs], rate: float) -> tuple[Pairs, int]:
    """Return the pairs that two witnesses tie, against all pairs there are, and how many pairs were weighed."""
    agreed: list[Pairs] = []
    margins, tried = [np.empty(0)], 0
    for left, right in proposed:
        by_family, items = sharing.agreement(layout, left, right, in_two=weights.rich(layout.families))
        both = np.flatnonzero(weights.agree(by_family, items, layout.families))
        agreed.append((left[both], right[both]))
        margins.append(weights.combined(by_family[both]) - weights.all_pairs(len(layout.breadth)))
        tried += len(left)
    kept = weights.discovered(np.concatenate(margins), rate)
    left, right = candidates.whole(agreed)
    return (left[kept], right[kept]), tried


def _coinciding(graph: AccountGraph, layout: lookup.Layout, rare: NDArray[np.bool_], rate: float) -> Pairs:
    """Return the pairs whose accounts touch two coinciding items, and agree themselves in two families.

    So those are left out of which one account only visits what the other has.
    """
    usual = ~candidates.common_items(graph)[graph.item] & (layout.place <= RAREST)
    few = rare[graph.item] & usual
    searches = ((few, few, 0.0), (few & _held(graph), usual, 0.0), (usual, usual, ALIKE))
    crews = [
        coincidences.crews(graph, layout.odds, first, second, rate, alike=alike) for first, second, alike in searches
    ]
    left, right = (np.concatenate(side) for side in zip(*crews, strict=True))
    kept = _in_two(sharing.agreement(lookup.in_families(layout, graph), left, right, in_two=True)[0])
    return left[kept], right[kept]


def _in_two(by_family: NDArray[np.float64]) -> NDArray[np.bool_]:
    agree: NDArray[np.bool_] = (by_family >= LEAST).sum(axis=1) >= weights.WITNESSES
    return agree


def _in_parts(layouts: Layouts, pairs: Pairs, stands: NDArray[np.float64], *, stated: float, tried: int) -> Links:
    """Return these pairs as links, weighed some at a time: what a ring of thousands shares takes gigabytes."""
    ranges = [slice(begin, begin + _AT_ONCE) for begin in range(0, max(len(stands), 1), _AT_ONCE)]
    parts = [
        _telling(_between(layouts, (pairs[0][r], pairs[1][r]), stands[r], stated=stated, tried=tried)) for r in ranges
    ]
    sizes = np.concatenate([np.diff(part.start) for part in parts])
    columns = ("left", "right", "bits", "by_family", "tied", "item", "item_bits", "stands")
    whole: dict[str, Any] = {}
    for name in columns:  # a column at a time, each given up as it is put together
        whole[name] = np.concatenate([getattr(part, name) for part in parts])
        given_up: dict[str, Any] = {name: whole[name][:0]}
        parts = [replace(part, **given_up) for part in parts]
    return replace(parts[0], start=np.concatenate([[0], np.cumsum(sizes)]), **whole)


def _telling(links: Links) -> Links:
    """Return the links without those whose own two accounts agree in next to nothing."""
    return _chosen(links, links.bits >= LEAST)


def _chosen(links: Links, kept: NDArray[np.bool_]) -> Links:
    entries = np.repeat(kept, np.diff(links.start))
    return replace(
        links,
        left=links.left[kept],
        right=links.right[kept],
        bits=links.bits[kept],
        by_family=links.by_family[kept],
        tied=links.tied[kept],
        start=np.concatenate([[0], np.cumsum(np.diff(links.start)[kept])]),
        item=links.item[entries],
        item_bits=links.item_bits[entries],
        stands=links.stands[kept],
    )


def _strongest(layout: lookup.Layout, found: Pairs) -> Pairs:
    """Return the pairs; of MANY those that are among the HELD_BY strongest of one of their accounts.

    Each member of a ring of 20,000 is tied to hundreds of the others by dozens of things. What else such a group has in
    common is drawn (see `draws`), as of any group.
    """
    if len(found[0]) <= MANY:
        return found
    bits = sharing.agreement(layout, *found)[0].sum(axis=1)
    account, pair = np.concatenate(found), np.tile(np.arange(len(bits)), 2)
    kept = spans.distinct(pair[spans.ranks(account, -bits[pair], pair) < HELD_BY])
    return found[0][kept], found[1][kept]


def _with_drawn(found: Pairs, free: NDArray[np.bool_], seed: int) -> tuple[Pairs, NDArray[np.float64]]:
    """Return the pairs with further ones among accounts that they connect, and how many pairs each stands for.

    The pairs that were proposed share rare things, so links are dense where things are and say little of what a large
    group has in common. Pairs drawn evenly tell that.
    """
    left, right, stands = draws.draw(*found, len(free), seed=seed)
    left, right = np.concatenate([found[0], left]), np.concatenate([found[1], right])
    order = np.lexsort((right, left))
    return (left[order], right[order]), np.concatenate([np.zeros(len(found[0])), stands])[order]


def _union(some: Pairs, others: Pairs, free: NDArray[np.bool_]) -> Pairs:
    """Return the pairs of both, but for those with an account that must never accuse: it is not `free` to be linked."""
    both = (left.astype(np.int64) * len(free) + right for left, right in (some, others))
    keys = spans.distinct(np.concatenate(list(both)))
    left, right = (keys // len(free)).astype(np.int32), (keys % len(free)).astype(np.int32)
    kept = free[left] & free[right]
    return left[kept], right[kept]


def _between(layouts: Layouts, pairs: Pairs, stands: NDArray[np.float64], *, stated: float, tried: int) -> Links:
    """Return these pairs as links; what the search costs is taken from each item in proportion: items add up."""
    shared, *others = sharing.weigh_in([each for each in layouts if each is not None], *pairs)
    gross = shared.by_family.sum(axis=1)
    # who was found in a crew or a group and agrees in two families is linked, however common these things are
    least = np.where((stands == 0) & _in_two(shared.by_family), LEAST, 0)
    net = np.minimum(np.maximum(weights.combined(shared.by_family), least), gross)
    share = _over(net, gross)
    tied = others[0].by_family if others else shared.by_family
    return Links(
        families=shared.families,
        left=pairs[0],
        right=pairs[1],
        bits=net,
        by_family=shared.by_family * share[:, None],
        tied=_tied(tied),
        start=np.searchsorted(shared.pair, np.arange(len(net) + 1)),
        item=shared.item,
        item_bits=shared.bits * share[shared.pair],
        stands=stands,
        stated=stated,
        tried=tried,
    )


def _tied(by_family: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return how far each pair is tied, by family: what a link has at least, however common what they share is."""
    gross = by_family.sum(axis=1)
    net = np.maximum(np.minimum(weights.combined(by_family), gross), LEAST)
    tied: NDArray[np.float32] = (by_family * _over(net, gross)[:, None]).astype(np.float32)
    return tied


def _over(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
