"""What is measured in one made world: linking, judging, and what it cost.

A world is made, read and investigated by functions of the name, the seed and the number of accounts; what they return
are plain numbers by name, which `kept` can write down.
"""

from __future__ import annotations

import resource
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import baselines
import numpy as np
import pandas as pd

from graphlink import evaluate, graph, pipeline, records, simulate
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from graphlink.model import CaseFile, Records

    Figures = dict[str, float]

OURS = "graphlink"
MOSTLY = 0.5  # of its accounts, for a cluster to be called by them


class World(NamedTuple):
    """Tables as a platform would export them, and the truth: of a generator that is not `graphlink simulate`."""

    signups: pd.DataFrame
    usage: pd.DataFrame
    payments: pd.DataFrame
    truth: pd.DataFrame
    logins: pd.DataFrame = pd.DataFrame()


class Made(NamedTuple):
    """A world that was made and read."""

    read: Records
    truth: pd.DataFrame
    making: float
    reading: float
    """Seconds each took."""


def write(world: World, folder: Path) -> Path:
    """Write the tables below a folder, and return the truth's path."""
    (folder / "records").mkdir(parents=True)
    for name in ("signups", "usage", "payments", "logins"):
        if len(table := getattr(world, name)):
            table.to_parquet(folder / "records" / f"{name}.parquet", index=False)
    world.truth.to_csv(folder / "truth.csv", index=False)
    return folder / "truth.csv"


@contextmanager
def made(world: str, seed: int, accounts: int | None) -> Iterator[Made]:
    """Yield the world; its files are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        simulate.write(simulate.simulate(world, seed=seed, accounts=accounts), folder + "/world")
        written = time.perf_counter()
        read = records.read([folder + "/world/records"], settings=Settings())
        done = time.perf_counter()
        yield Made(read, evaluate.read_truth(folder + "/world/truth.csv"), written - begun, done - written)


def compare(world: str, seed: int, accounts: int | None) -> dict[str, Figures]:
    """Return the figures of graphlink in one world, and those of each simpler method."""
    with made(world, seed, accounts) as of:
        case_file, figures = _investigated(of)
        built = graph.build(of.read)
        ids = built.accounts["account_id"]
        found = {name: linking(ids, method(built, case_file.links), of.truth) for name, method in METHODS.items()}
    return {OURS: figures, **found}


METHODS = baselines.METHODS


def alone(world: str, seed: int, accounts: int | None) -> dict[str, Figures]:
    """Return the figures of graphlink in one world, where that is all the machine can do."""
    with made(world, seed, accounts) as of:
        return {OURS: _investigated(of)[1]}


def _investigated(of: Made) -> tuple[CaseFile, Figures]:
    begun = time.perf_counter()
    case_file = pipeline.investigate(of.read, Settings())
    seconds = time.perf_counter() - begun
    cost = {
        "making": of.making,
        "reading": of.reading,
        "investigating": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,  # GiB: Linux tells KiB
        "accounts": sum(each.rows_accepted for each in of.read.inputs if "signups" in each.path),
        "rows": sum(each.rows_accepted for each in of.read.inputs),
    }
    ids = of.read.accounts.select("account").to_pyarrow()["account"].to_pandas()
    cluster = case_file.members.set_index("account_id")["cluster_id"].reindex(ids)
    return case_file, linking(ids, labels(pd.factorize(cluster)[0]), of.truth) | judging(case_file, of.truth) | cost


def labels(cluster: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the cluster of each account, where those in none (-1) have a number of their own each."""
    label = cluster.astype(np.int64)
    alone = label < 0
    label[alone] = label.max(initial=-1) + 1 + np.arange(alone.sum())
    return label


def linking(ids: pd.Series, label: NDArray[np.int64], truth: pd.DataFrame) -> Figures:
    """Return how far clusters are the rings; each account has a label, all clusters count, whatever is said of them.

    `recall` and `precision`: B-cubed, over ring accounts. `whole`: rings of which one cluster holds 80 % and is 90 %
    pure, of `rings`. `company`: innocents in a cluster with a ring account; `strangers`: innocents in a cluster without
    one of which half or more is not of their household or organisation; of `innocents`. `mixed`: clusters with two
    rings. `ari`: adjusted Rand index over ring accounts and their company. Where there is no ring, shares are NaN.
    """
    columns = truth.set_index("account_id").reindex(ids)[["ring", "group"]].fillna("").reset_index(drop=True)
    table = columns.assign(label=label, size=pd.Series(label).groupby(label).transform("size"))
    guilty, innocent = table[table["ring"] != ""], table[table["ring"] == ""]
    together = guilty.groupby(["ring", "label"]).agg(both=("size", "size"), size=("size", "first")).reset_index()
    ring = together.groupby("ring")["both"].transform("sum")
    whole = (together["both"] >= evaluate.WHOLE * ring) & (together["both"] >= evaluate.PURE * together["size"])
    company = innocent["label"].isin(guilty["label"])
    others = innocent[~company]
    family = others.groupby(["label", "group"])["size"].transform("size").where(others["group"] != "", 1)
    strangers = (others["size"] > 1) & (2 * family <= others["size"])
    return {
        "recall": _mean(together["both"] ** 2 / ring, len(guilty)),
        "precision": _mean(together["both"] ** 2 / together["size"], len(guilty)),
        "whole": int(whole.sum()),
        "rings": guilty["ring"].nunique(),
        "company": int(company.sum()),
        "strangers": int(strangers.sum()),
        "innocents": len(innocent),
        "mixed": int((together.groupby("label").size() > 1).sum()),
        "ari": _ari(pd.concat([guilty, innocent[company]])),
    }


def _mean(values: pd.Series, of: int) -> float:
    return float(values.sum() / of) if of else float("nan")


def _ari(table: pd.DataFrame) -> float:
    own = table["group"].where(table["group"] != "", table.index.astype(str))
    belongs = ("ring " + table["ring"]).where(table["ring"] != "", "group " + own)
    found = evaluate.agreement(pd.factorize(belongs)[0], pd.factorize(table["label"])[0]).ari if len(table) else None
    return float("nan") if found is None else found


def judging(case_file: CaseFile, truth: pd.DataFrame) -> Figures:
    """Return what is made of the clusters: who is accused, who is looked at, which organisations are named."""
    found = evaluate.evaluate(case_file, truth)
    review = case_file.members.merge(case_file.clusters[case_file.clusters["tier"] == "review"], on="cluster_id")
    ring = truth.loc[truth["ring"].fillna("") != "", "account_id"]
    named = found.named.get("organisation")
    return {
        "P": _value(found.precision),
        "R": _value(found.recall),
        "R+": _value(found.recall_or_review),
        "accused": found.accused_in_error,
        "linked": found.linked_to_ring,
        "review": int(review["account_id"].isin(ring).groupby(review["cluster_id"]).mean().lt(MOSTLY).sum()),
        "named": _value(named) if named else float("nan"),
    }


def _value(share: evaluate.Share) -> float:
    return share.cases / share.of if share.of else float("nan")
