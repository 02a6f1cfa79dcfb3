"""What each family of evidence and each mechanism of linking earns: worlds linked with one of them left out.

Mechanisms are switched off from here, by a replacement for the function that does it: the product has no such switches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import measured
import numpy as np
from scipy.sparse import csr_array

from graphlink import (
    behaviour,
    coincidences,
    communities,
    draws,
    graph,
    growth,
    links,
    parts,
    pools,
    sharing,
    synchrony,
    weights,
)
from graphlink.settings import Settings

if TYPE_CHECKING:
    from types import ModuleType

    from measured import Figures, Made

    from graphlink.model import AccountGraph, Links, Records

NOTHING = "nothing"
FAMILIES = ("payment", "network", "device", "contact", "content", "timing", "relation")
_NOBODY = np.empty(0, np.int32), np.empty(0, np.int32)
_GROUPS, _PREFIX = behaviour._groups, sharing._best_prefix  # noqa: SLF001 - what is switched off is called inside


class Mechanism(NamedTuple):
    """A mechanism of linking, and what stands in its place when it is left out."""

    name: str
    meaning: str
    module: ModuleType
    function: str
    instead: Any


MECHANISMS = (
    Mechanism("growth", "an account joins a group that it agrees with as a whole", links, "ROUNDS", 0),
    Mechanism(
        "own things",
        "who comes to what is mostly a group's own in two families joins",
        growth,
        "_with_their_own",
        lambda *_: (_NOBODY[0], np.empty(0, np.int64)),
    ),
    Mechanism(
        "coincidences",
        "the same accounts on two items of two families",
        coincidences,
        "crews",
        lambda *_, **__: _NOBODY,
    ),
    Mechanism(
        "held things",
        "coincidences of a card with what many have",
        links,
        "_held",
        lambda graph: np.zeros(len(graph.item), np.bool_),
    ),
    Mechanism("schedules", "synchronised starts, in all ways", behaviour, "_schedules", lambda *_: {}),
    Mechanism(
        "suspected crews",
        "who shares something else is tried as a crew",
        behaviour,
        "_groups",
        lambda *of: _GROUPS(*of).limit(0),
    ),
    Mechanism(
        "companions",
        "who shares what is a crew's own is tried on its schedule alone",
        synchrony,
        "_companions",
        lambda crew, _: csr_array(crew.shape),
    ),
    Mechanism(
        "drawn pairs",
        "pairs drawn evenly tell what is one",
        draws,
        "draw",
        lambda *_, **__: (*_NOBODY, np.empty(0)),
    ),
    Mechanism(
        "programs",
        "the templates of one program tie a group once",
        pools,
        "programs",
        lambda graph: np.full(len(graph.items), -1, np.int32),
    ),
    Mechanism(
        "visiting", "being visited frames nobody", sharing, "_visits", lambda group, *_: np.zeros(len(group), np.bool_)
    ),
    Mechanism(
        "rare items first",
        "mixed-in traffic drowns no link",
        sharing,
        "_best_prefix",
        lambda group, raw, _, many: _PREFIX(group, raw, many, np.ones_like(many)),
    ),
    Mechanism(
        "two witnesses",
        "links begin where two families agree",
        weights,
        "agree",
        lambda by_family, *_: np.ones(len(by_family), np.bool_),
    ),
    Mechanism(
        "many witnesses",
        "bits of several families are no plain sum",
        weights,
        "combined",
        lambda bits: bits.sum(axis=1),
    ),
    Mechanism(
        "splitting",
        "pieces that links connect fall into parts",
        communities,
        "_parts",
        lambda piece, _: [list(range(piece.vcount()))],
    ),
    Mechanism(
        "putting together",
        "parts that agree across are one",
        parts,
        "joined",
        lambda *of: of[-1],
    ),
    Mechanism(
        "weak ties",
        "accounts tied by few links are taken off",
        communities,
        "_well_tied",
        lambda piece: [piece.vs["node"]],
    ),
)


def ablate(world: str, seed: int, accounts: int | None) -> dict[str, Figures]:
    """Return the figures of linking in one world, with nothing left out and with each family and mechanism left out."""
    with measured.made(world, seed, accounts) as of:
        built = _built(of.read)
        linked = links.link(built, Settings())
        found = {NOTHING: _figures(of, built, linked)}
        for family in FAMILIES:
            found[family] = _figures(of, _built(of.read, family))
        for name, _, module, function, instead in MECHANISMS:
            with mock.patch.object(module, function, instead):
                other = _built(of.read) if module in {behaviour, synchrony} else built
                found[name] = _figures(of, other, linked if module is communities else None)
    return found


def _built(read: Records, family: str = "") -> AccountGraph:
    """Return the graph, timing included, without a family."""
    seen = behaviour.add(without(read, family), Settings())
    return graph.build(without(seen, family))


def without(read: Records, family: str) -> Records:
    """Return the records as if nobody had kept the items of a family."""
    kinds = tuple(kind for kind in read.kinds if kind.family != family)
    names = [kind.name for kind in kinds]
    left = read.sightings.filter(read.sightings.kind.isin(names))
    return replace(read, kinds=kinds, sightings=left, shared=None)


def _figures(of: Made, built: AccountGraph, linked: Links | None = None) -> Figures:
    linked = linked or links.link(built, Settings())
    found = communities.find(linked, len(built.accounts), Settings())
    return measured.linking(built.accounts["account_id"], measured.labels(found.cluster), of.truth)
