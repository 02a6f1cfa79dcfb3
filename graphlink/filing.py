"""What the stages found -> CaseFile: the tables of the contract, in its order and words."""

from __future__ import annotations

import hashlib
import platform
import re
from dataclasses import asdict
from importlib.metadata import requires, version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from graphlink import sensitivity, significance, spans, usage, weights
from graphlink.behind import STEPS, Behind
from graphlink.dependence import witnesses
from graphlink.errors import UsageError
from graphlink.links import behind, candidates_within
from graphlink.model import NO_TIME, SENSITIVITY, TIERS, CaseFile

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas.api.extensions import ExtensionArray

    from graphlink.model import AccountGraph, Input, Links, Partition, Records
    from graphlink.scoring import Judged
    from graphlink.settings import Settings
    from graphlink.significance import Chance, Decoys

_AT_ONCE = 1 << 18  # instants that are written together
_TOGETHER = 8_000_000  # items behind links and their accounts that are told apart together
_UNCORROBORATED = 0.05  # an item of which fewer accounts agree elsewhere is public, if it is on more than a household


def file(  # noqa: PLR0913, PLR0917 - one argument a stage
    records: Records,
    graph: AccountGraph,
    links: Links,
    partition: Partition,
    judged: Judged,
    beside: pd.DataFrame,
    chance: Chance,
    settings: Settings,
) -> CaseFile:
    """Return the tables of one investigation."""
    clusters, number = _clusters(graph, partition, judged)
    name = pd.Series(clusters["cluster_id"].to_numpy(), index=number)
    members = _members(graph, partition, name)
    pairs = candidates_within(graph, settings)
    return CaseFile(
        clusters=clusters,
        members=members,
        links=_links(graph, links),
        items=_items(records, graph, links),
        sightings=_sightings(records, graph, partition),
        facts=_facts(graph, partition),
        findings=_findings(judged, chance.proofs, name),
        taken=usage.taken(records, members),
        hours=usage.hours(records, members),
        sensitivity=_sensitivity(graph, links, partition, judged, name),
        outsiders=_outsiders(graph, beside, name),
        candidates=pairs,
        manifest=_manifest(records, graph, links, settings)
        | {"chance": _chance(graph, links, judged, chance.decoys)}
        | ({"window": _window(graph, pairs)} if graph.window else {}),
    )


def _window(graph: AccountGraph, pairs: pd.DataFrame) -> dict[str, int]:
    accounts = len(set(pairs["left"]) | set(pairs["right"]))
    return {"seconds": graph.window // 1_000_000, "candidates": len(pairs), "accounts": accounts}


def cluster_id(members: pd.Series) -> str:
    """Return `c-` and the first 10 hex digits of SHA-256 over the members' ids, sorted by bytes, each ended by LF."""
    lines = sorted(str(account).encode() + b"\n" for account in members)
    return f"c-{hashlib.sha256(b''.join(lines)).hexdigest()[:10]}"


def text_of(instants: NDArray[np.integer] | pd.Series) -> ExtensionArray:
    """Return instants as ISO 8601 text with Z, empty where there is none; no object stays of each."""
    micros = np.asarray(instants, np.int64)
    begins = range(0, max(len(micros), 1), _AT_ONCE)
    text: ExtensionArray = pd.concat([_written(micros[each : each + _AT_ONCE]) for each in begins]).array
    return text


def _written(micros: NDArray[np.int64]) -> pd.Series:
    known = micros != NO_TIME
    text = np.full(len(micros), "", object)
    said = np.datetime_as_string(micros[known].astype("datetime64[us]"), unit="us").tolist()
    text[known] = [s.removesuffix(".000000") + "Z" for s in said]
    return pd.Series(text, dtype="str")


def _clusters(graph: AccountGraph, partition: Partition, judged: Judged) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the ranked clusters and the number that each has in the partition."""
    inside = partition.cluster >= 0
    table = graph.accounts[inside].assign(cluster=partition.cluster[inside], core=partition.core[inside])
    table["first"] = table["first_seen"].where(table["first_seen"] != NO_TIME)
    table["last"] = table["last_seen"].where(table["last_seen"] != NO_TIME)
    found = table.groupby("cluster").agg(
        cluster_id=("account_id", cluster_id),
        accounts=("account_id", "size"),
        core_accounts=("core", "sum"),
        events=("events", "sum"),
        first=("first", "min"),
        last=("last", "max"),
    )
    found = found.join(judged.table)
    for end, known in (("first_seen", "first"), ("last_seen", "last")):
        found[end] = text_of(found[known].astype("Int64").fillna(NO_TIME).to_numpy(np.int64))
    found["evidence"] = _sentences(judged, found)
    found["order"] = found["tier"].map({tier: i for i, tier in enumerate(TIERS)})
    found = found.sort_values(["order", "score", "cluster_id"], ascending=[True, False, True])
    found["rank"] = np.arange(1, len(found) + 1)
    columns = ["rank", "cluster_id", "tier", "score", "explanation", "accounts", "core_accounts"]
    columns += ["events", "first_seen", "last_seen", "evidence"]
    return found[columns].reset_index(drop=True), found.index.to_numpy(np.int64)


def _sentences(judged: Judged, found: pd.DataFrame) -> pd.Series:
    """Return one sentence a cluster: how many accounts, and the two findings that weigh most for what it was judged."""
    said = judged.findings.assign(weighs=judged.findings["weight"].abs())
    said = said[(said["weight"] > 0) == said["cluster"].map(found["tier"] != "explained")]
    said = said[said["finding"] != "size"].sort_values(["weighs", "finding"], ascending=[False, True])
    best = said.groupby("cluster")["clause"].apply(lambda clauses: "; ".join(clauses.head(2))).reindex(found.index)
    need = f"; {' or '.join(judged.lacking)} would tell whether that is innocent" if judged.lacking else ""
    return (
        found["accounts"].map("{:,} accounts: ".format) + best.fillna("nothing tells for or against them") + need + "."
    )


def _members(graph: AccountGraph, partition: Partition, name: pd.Series) -> pd.DataFrame:
    inside = np.flatnonzero(partition.cluster >= 0)
    table = pd.DataFrame(
        {
            "account_id": graph.accounts["account_id"].to_numpy()[inside],
            "cluster_id": name.to_numpy()[np.argsort(name.index.to_numpy())][partition.cluster[inside]],
            "role": np.where(partition.core[inside], "core", "edge"),
            "confidence": partition.confidence[inside],
        }
    )
    order = pd.Series(range(len(name)), index=name.to_numpy())
    return table.iloc[np.argsort(table["cluster_id"].map(order).to_numpy(), kind="stable")].reset_index(drop=True)


def _links(graph: AccountGraph, links: Links) -> pd.DataFrame:
    ids = graph.accounts["account_id"].to_numpy()
    items = _behind(graph, links)
    return pd.DataFrame(
        {
            "left": ids[links.left],
            "right": ids[links.right],
            "bits": items.bits,
            "families": _families(links),
            "items": items,
        }
    )


def _behind(graph: AccountGraph, links: Links) -> Behind:
    """Return the items behind each link, of which only those are named that are behind one."""
    used = np.bincount(links.item, minlength=len(graph.items)) > 0
    kind, value = (graph.items.loc[used, name].to_numpy(object) for name in ("kind", "value"))
    number = (np.cumsum(used) - 1).astype(np.int32)
    steps = np.rint(links.item_bits * STEPS).astype(np.int32)
    return Behind((kind, value), links.start, number[links.item], steps)


def _families(links: Links) -> pd.Series:
    """Return the list of the families that agree of each link; links of the same ones share it."""
    agree, names = links.by_family > 0, np.array(links.families, object)
    packed = np.packbits(agree, axis=1)
    _, first, which = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True, return_inverse=True)
    told = np.empty(len(first), object)
    told[:] = [sorted(names[row].tolist()) for row in agree[first]]
    return pd.Series(told[which], dtype=object)  # said to be objects: of no links pandas makes columns of numbers


def _items(records: Records, graph: AccountGraph, links: Links) -> pd.DataFrame:
    """Return every shared item with its use and the reason for it, those that are set aside included."""
    table = judged_items(graph, links)
    if records.known is None:
        return table
    known = records.known.filter(records.known.accounts > 1).to_pandas()
    aside = known[known["use"] != ""].assign(corroboration=0.0)
    told = table[["kind", "value"]].merge(known[known["use"] == ""], "left", on=["kind", "value"])["reason"]
    table["reason"] = (told + ": ").fillna("") + table["reason"]
    every: pd.DataFrame = pd.concat([table, aside[table.columns]]).sort_values(["kind", "value"], ignore_index=True)
    return every


def judged_items(graph: AccountGraph, links: Links) -> pd.DataFrame:
    """Return every item that counts, with what it was good for."""
    table = graph.items[["kind", "value", "accounts"]].copy()
    table["corroboration"] = np.round(_corroborated(graph, links) / table["accounts"], 3)
    capacity = table["kind"].map({kind.name: kind.capacity for kind in graph.kinds}).astype(float)
    bits = _typical_bits(graph)
    private = table["accounts"] <= capacity
    uncorroborated = (table["corroboration"] < _UNCORROBORATED) & (len(links.left) > 0)
    public = ~private & ((bits < weights.WITNESS) | uncorroborated)
    table["use"] = np.select([public, private], ["public", "private"], "shared")
    table["reason"] = [
        f"on {n:,} accounts, {share:.0%} of which are linked there by another family too: adds {b:.1f} bits"
        for n, share, b in zip(table["accounts"], table["corroboration"], bits, strict=True)
    ]
    return table


def _corroborated(graph: AccountGraph, links: Links) -> NDArray[np.int64]:
    """Return how many accounts of each item are linked to another one on it that agrees in another family too."""
    agreed = np.flatnonzero((links.by_family > 0).sum(axis=1) > 1)
    unique, more = np.empty(0, np.int64), [np.empty(0, np.int64)]
    for some in behind(links, agreed):
        item = some.item * np.int64(len(graph.accounts))
        more += [item + end[some.links][some.place] for end in (links.left, links.right)]
        if sum(map(len, more)) > max(len(unique), _TOGETHER):  # to sort all of them each time would take longest
            unique, more = spans.distinct(np.concatenate([unique, *more])), []
    unique = spans.distinct(np.concatenate([unique, *more]))
    return np.bincount(unique // len(graph.accounts), minlength=len(graph.items))


def _typical_bits(graph: AccountGraph) -> NDArray[np.float64]:
    """Return what each item adds to a pair of accounts with the median breadth of its kind."""
    degree, kind = graph.items["accounts"].to_numpy(np.int64), weights.kind_numbers(graph)
    bits = np.zeros(len(degree))
    for i, odds in enumerate(weights.null(graph)):
        breadth = graph.breadth[graph.breadth[:, i] > 0, i]
        chosen = kind == i
        bits[chosen] = weights.touch_bits(odds, np.full(int(chosen.sum()), np.median(breadth)), degree[chosen])
    return bits


def sightings_of(records: Records, accounts: tuple[str, ...]) -> pd.DataFrame:
    """Return the sightings of some accounts as the case file has them, whether or not they are in a cluster.

    Raises:
        UsageError: the records know nothing of an account.

    """
    table = records.sightings.filter(records.sightings.account.isin(accounts)).to_pandas()
    for account in accounts:
        if not (table["account"] == account).any():
            raise UsageError(f"no record names {account}", then="ids are read to the letter")
    return _told(records, table.rename(columns={"account": "account_id"}))


def _told(records: Records, sightings: pd.DataFrame) -> pd.DataFrame:
    """Return sightings with times as text and files by their path."""
    paths = np.array([each.path for each in records.inputs], object)
    times = {name: text_of(sightings[name]) for name in ("first_seen", "last_seen")}
    told = sightings.assign(**times, file=paths[sightings["file"].to_numpy(np.int64)])
    return told[["account_id", "kind", "value", "first_seen", "last_seen", "events", "file", "row"]]


def _sightings(records: Records, graph: AccountGraph, partition: Partition) -> pd.DataFrame:
    inside = partition.cluster[graph.account] >= 0
    account, item = graph.account[inside], graph.item[inside]
    sightings = graph.touched[inside].assign(
        account_id=graph.accounts["account_id"].to_numpy()[account],
        kind=graph.items["kind"].to_numpy()[item],
        value=graph.items["value"].to_numpy()[item],
    )
    return _told(records, sightings.reset_index(drop=True))


def _facts(graph: AccountGraph, partition: Partition) -> pd.DataFrame:
    listed = graph.accounts[partition.cluster >= 0].reset_index(drop=True)
    times = ["first_seen", "last_seen", "signed_up", "banned"]
    listed = listed.assign(**{each: text_of(listed[each]) for each in times}, label=listed["label"].fillna(""))
    return listed[["account_id", "events", *times, "label"]]


def _findings(judged: Judged, proofs: pd.DataFrame, name: pd.Series) -> pd.DataFrame:
    """Return the findings, then of each cluster what was proved: it speaks against chance, and weighs nothing."""
    proved = proofs.assign(finding="proof", weight=0.0, explanation="")
    table = pd.concat([judged.findings, proved]) if len(proved) else judged.findings
    return pd.DataFrame(
        {
            "cluster_id": name.loc[table["cluster"]].to_numpy(),
            "finding": table["finding"].to_numpy(),
            "side": np.where(table["weight"] >= 0, "for", "against"),
            "weight": table["weight"].to_numpy(),
            "explanation": table["explanation"].to_numpy(),
            "sentence": _as_sentences(table["clause"]).to_numpy(),
        }
    )


def _sensitivity(
    graph: AccountGraph, links: Links, partition: Partition, judged: Judged, name: pd.Series
) -> pd.DataFrame:
    table = sensitivity.table(graph, links, partition, judged)
    order = pd.Series(range(len(name)), index=name.index)
    table = table.iloc[np.argsort(table["cluster"].map(order).to_numpy(), kind="stable")].reset_index(drop=True)
    return table.assign(cluster_id=name.loc[table["cluster"]].to_numpy())[list(SENSITIVITY)]


def _outsiders(graph: AccountGraph, beside: pd.DataFrame, name: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": graph.accounts["account_id"].to_numpy(object)[beside["account"].to_numpy(np.int64)],
            "cluster_id": name.loc[beside["cluster"]].to_numpy(),
            "role": beside["role"],
            "sentence": _as_sentences(beside["clause"]),
        }
    )


def _as_sentences(clauses: pd.Series) -> pd.Series:
    return pd.Series([f"{clause[:1].upper()}{clause[1:]}." for clause in clauses], clauses.index, dtype=object)


def _manifest(records: Records, graph: AccountGraph, links: Links, settings: Settings) -> dict[str, Any]:
    return {
        "version": version("graphlink"),
        "libraries": _libraries(),
        "settings": dict(settings.items()),
        "seed": settings.seed,
        "inputs": [_input(each) for each in records.inputs],
        "consulted": [{"path": path, "sha256": sha256} for path, sha256 in records.consulted],
        "kinds": {kind.name: kind.family for kind in records.kinds},
        "moving": _moving(graph),
        "accounts": len(graph.accounts),
        "links": len(links.left),
        "usage": usage.totals(records),
    }


def _libraries() -> dict[str, str]:
    """Return the versions of Python and of each library that graphlink always needs."""
    needed = [each for each in requires("graphlink") or () if "extra ==" not in each]
    names = sorted(re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in needed)
    return {"Python": platform.python_version(), **{name: version(name) for name in names}}


def _moving(graph: AccountGraph) -> list[dict[str, Any]]:
    """Return which kinds move together and are one witness, and of how many of their items that is true."""
    witness = dict(zip((kind.name for kind in graph.kinds), witnesses(graph.kinds, graph.moving), strict=True))
    return [{"kinds": [a, b], "shares": shares, "witness": witness[a]} for a, b, *shares in graph.moving]


def _chance(graph: AccountGraph, links: Links, judged: Judged, decoys: Decoys) -> dict[str, Any]:
    accounts, found = len(graph.accounts), int((links.stands == 0).sum())
    figures = significance.stated(decoys, accounts, int(judged.accused.sum()), links.stated)
    if figures:  # as many as in the world itself, for so many accounts in so many worlds
        figures["links_promised"] = round(links.stated * found * decoys.worlds * decoys.accounts / max(accounts, 1), 1)
    return {"stated": links.stated, "tried": links.tried, "links": found, "decoys": figures}


def _input(each: Input) -> dict[str, Any]:
    return {name: value for name, value in asdict(each).items() if name != "found"}
