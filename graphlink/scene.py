"""What is drawn of one cluster: its accounts, the items they share, and which node stands for which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from graphlink import layout
from graphlink.behind import STEPS, Behind
from graphlink.dossier import as_told
from graphlink.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.model import CaseFile

MAX_NODES = 1_500
"""Above, groups are drawn: beyond that nobody sees a thing, and a browser takes more than 33 ms for a frame."""
MAX_GROUP = 1_000
"""Groups are made small enough to be opened in the page."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is told of one cluster, before anything is drawn.

    `accounts`: account_id, role, confidence, events, first_seen, last_seen, signed_up, banned, label, own (how many
    of its items no other member touches).
    `items`: kind, value, accounts (in the whole case), here (members), use, reason, bits (the most it gives a link).
    `touches`: account, item (positions), bits, first_seen, last_seen, events, file, row; by account, then item.
    `days`: day, events of all members; none where the cluster is explained, and what they do nobody's business.
    """

    cluster: dict[str, Any]
    accounts: pd.DataFrame
    items: pd.DataFrame
    touches: pd.DataFrame
    days: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Fold:
    """Which node stands for each account and each item: one node each, or a group.

    `account` and `item` hold node numbers; `rule` is what the members of one group have in common.
    """

    account: NDArray[np.int64]
    item: NDArray[np.int64]
    rule: str

    @property
    def nodes(self) -> int:
        """Return how many nodes there are."""
        return int(max(self.account.max(initial=-1), self.item.max(initial=-1)) + 1)


def build(case_file: CaseFile, cluster_id: str) -> Scene:
    """Return what is told of that cluster.

    Raises:
        UsageError: the case has no such cluster.

    """
    clusters = as_told(case_file)
    found = clusters[clusters["cluster_id"] == cluster_id]
    if found.empty:
        raise UsageError(f"no cluster {cluster_id} in this run", then="clusters.csv lists them")
    members = case_file.members[case_file.members["cluster_id"] == cluster_id]
    accounts = members.merge(case_file.facts, on="account_id", how="left").sort_values("account_id", ignore_index=True)
    sightings = case_file.sightings[case_file.sightings["account_id"].isin(accounts["account_id"])]
    here = sightings.groupby(["kind", "value"], sort=True)["account_id"].nunique().rename("here").reset_index()
    items = here[here["here"] > 1].merge(case_file.items, on=["kind", "value"], how="left").reset_index(drop=True)
    touches = _touches(accounts, items, sightings, _bits(case_file.links, accounts, items))
    shared = np.bincount(touches["account"], minlength=len(accounts))
    touched = sightings.groupby("account_id").size().reindex(accounts["account_id"], fill_value=0).to_numpy()
    return Scene(
        cluster={str(name): value for name, value in found.to_dict("records")[0].items()},
        accounts=accounts.assign(own=touched - shared),
        items=items.assign(bits=touches.groupby("item")["bits"].max().reindex(items.index, fill_value=0.0)),
        touches=touches,
        days=_days(case_file.taken, found),
    )


def _days(taken: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    accused = found[found["tier"] != "explained"]
    own = taken[taken["cluster_id"].isin(accused["cluster_id"]) & (taken["day"] != "") & (taken["events"] > 0)]
    return own.groupby("day")["events"].sum().reset_index()


def _touches(accounts: pd.DataFrame, items: pd.DataFrame, sightings: pd.DataFrame, bits: pd.Series) -> pd.DataFrame:
    account = pd.Series(range(len(accounts)), accounts["account_id"])
    place = items[["kind", "value"]].assign(item=range(len(items)))
    touches = sightings.merge(place, on=["kind", "value"])
    touches = touches.assign(account=touches["account_id"].map(account))
    touches = touches.sort_values(["account", "item"], ignore_index=True)
    account_of, item_of = (touches[name].to_numpy(np.int64) for name in ("account", "item"))
    touches["bits"] = bits.reindex(account_of * len(items) + item_of, fill_value=0.0).to_numpy(float)
    return touches[["account", "item", "bits", "first_seen", "last_seen", "events", "file", "row"]]


def _bits(links: pd.DataFrame, accounts: pd.DataFrame, items: pd.DataFrame) -> pd.Series:
    """Return the most bits that an item gives any link of an account, by the key that `_touches` has of both."""
    account = pd.Series(range(len(accounts)), accounts["account_id"])
    item = {thing: place for place, thing in enumerate(zip(items["kind"], items["value"], strict=True))}
    inside = links[links["left"].isin(account.index) & links["right"].isin(account.index)]
    behind = Behind.column(inside)
    at = np.array([item.get(thing, -1) for thing in zip(*behind.things, strict=True)], np.int64)[behind.thing]
    known = np.flatnonzero(at >= 0)
    ends = [inside[end].map(account).to_numpy(np.int64)[behind.link[known]] for end in ("left", "right")]
    keys = np.concatenate([end * len(items) + at[known] for end in ends])
    return pd.Series(np.tile(behind.steps[known] / STEPS, 2)).groupby(keys).max()


def fold(scene: Scene, seed: int) -> Fold:
    """Return the first way to draw the scene that needs few enough nodes, or the one that needs fewest."""
    folded = _single(scene)
    if folded.nodes > MAX_NODES:
        folded = _alike(scene)
    if folded.nodes > MAX_NODES:
        folded = _communities(scene, seed)
    return folded


def _single(scene: Scene) -> Fold:
    accounts, items = len(scene.accounts), len(scene.items)
    return Fold(np.arange(accounts), accounts + np.arange(items), "")


def _alike(scene: Scene) -> Fold:
    """Put accounts together that touch the same items, and items of one kind that the same accounts touch."""
    touches = scene.touches
    sets = touches.groupby("account")["item"].agg(tuple).reindex(scene.accounts.index)
    account = pd.factorize(sets.map(repr))[0]
    holders = touches.groupby("item")["account"].agg(tuple)
    item = pd.factorize(scene.items["kind"] + " " + holders.map(repr))[0]
    return Fold(
        account, account.max(initial=-1) + 1 + item, "accounts with the same items, or items with the same accounts"
    )


def _communities(scene: Scene, seed: int) -> Fold:
    """Put accounts together that are bound most closely, and beside them their items of each kind."""
    accounts, total = len(scene.accounts), len(scene.accounts) + len(scene.items)
    edges = np.stack([scene.touches["account"], scene.touches["item"] + accounts], axis=1)
    weight = 1 + scene.touches["bits"].to_numpy()
    for resolution in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        group = layout.groups(total, edges, weight, seed=seed, resolution=resolution)
        if np.bincount(group[:accounts]).max() <= MAX_GROUP:
            break
    account = pd.factorize(group[:accounts])[0]
    item = pd.factorize(pd.Series(group[accounts:]).astype(str) + " " + scene.items["kind"])[0]
    return Fold(
        account,
        account.max() + 1 + item,
        "accounts that share most with each other (a Leiden community), or their items of one kind",
    )


def members(scene: Scene, folded: Fold) -> dict[int, tuple[str, list[int]]]:
    """Return of each node the kind of its items (empty: it stands for accounts) and their positions."""
    stands: dict[int, tuple[str, list[int]]] = {}
    for account, node in enumerate(folded.account.tolist()):
        stands.setdefault(node, ("", []))[1].append(account)
    for item, (node, kind) in enumerate(zip(folded.item.tolist(), scene.items["kind"], strict=True)):
        stands.setdefault(node, (kind, []))[1].append(item)
    return stands
