"""What detection reaches in made worlds: runs them, beside simpler methods, and writes docs/detection.md.

    python tests/scenarios.py [--accounts N] [--seeds 101,102] [--worlds s1,s4] [-o docs/detection.md]

Seeds from 101 on are kept for this: nothing is tuned on them.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import igraph as ig
import numpy as np
import pandas as pd

from graphlink import behaviour, evaluate, graph, pipeline, records, simulate
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphlink.model import AccountGraph

WORLDS = ("s1", "s2", "s3", "s4", "s5", "s6", "s8", "s9", "s10", "s11", "s13", "s14")
CAP = 10  # accounts on an item, for the baselines that cut
MOSTLY = 0.5  # of its accounts, for a cluster to be called by them
COMMON = 2  # items two accounts must share, for the rule of thumb

HEAD = """# What detection reaches

Written by `make scenarios`; do not edit. Worlds of {accounts:,} accounts made by `graphlink simulate`, seeds {seeds},
on which nothing was tuned; each cell is the **worst** of these seeds. graphlink {version}, Python {python}, {machine}.
The figures to reach are meant for worlds of 200,000 accounts and ten seeds: run
`make scenarios ACCOUNTS=200000 SEEDS=101,102,103,104,105,106,107,108,109,110` for those; it takes hours on two cores.
Worlds of five million and a million accounts (s7, s12) are not in this table.

P and R: precision and recall of accounts in `coordinated` clusters. R+: recall with `review`. Whole: rings of which
one listed cluster holds 80 % and is 90 % pure. Accused: innocents in `coordinated` clusters. To ring: innocents with a
link to a ring account. Astray: innocents linked to an innocent who is not of their household or organisation. Review:
innocent clusters in `review`. Time: the whole job over the reading of the files.

"""

BASELINES = """
## Simpler methods on the same worlds

Linking only: B-cubed precision and recall over ring accounts (the worst seed by F1), and the innocents that share a
cluster with a ring account. `components`: connected components over all shared items. `capped`: the same, items on more
than {cap} accounts dropped. `thumb`: pairs that share {common} items on at most {cap} accounts. `louvain`: Louvain over
pairs on items of at most {cap} accounts, weighted by inverse frequency.

"""


def main() -> None:
    """Run the worlds and write the page."""
    asked = _arguments()
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    rows, baselines = [], []
    for world in asked.worlds.split(","):
        runs = [_run(world, seed, asked.accounts) for seed in seeds]
        rows.append(_worst(world, [run for run, _ in runs]))
        baselines += _worst_baselines(world, [found for _, found in runs])
        sys.stderr.write(f"{world}: {rows[-1]}\n")
    page = HEAD.format(
        accounts=asked.accounts,
        seeds=asked.seeds,
        version=version("graphlink"),
        python=platform.python_version(),
        machine=f"{platform.machine()}, {platform.system()}",
    )
    page += _table(rows) + BASELINES.format(cap=CAP, common=COMMON) + _table(baselines)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(page, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--seeds", default="101,102")
    parser.add_argument("--worlds", default=",".join(WORLDS))
    parser.add_argument("-o", dest="out", type=Path, default=Path("docs/detection.md"))
    return parser.parse_args()


def _run(world: str, seed: int, accounts: int) -> tuple[dict[str, float], dict[str, tuple[float, float, int]]]:
    """Return the figures of one world, and those of each baseline."""
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        made = simulate.simulate(world, seed=seed, accounts=accounts)
        simulate.write(made, folder + "/world")
        truth = evaluate.read_truth(folder + "/world/truth.csv")
        begun = time.perf_counter()
        read = records.read([folder + "/world/records"], settings=settings)
        reading = time.perf_counter() - begun
        case_file = pipeline.investigate(read, settings)
        whole = time.perf_counter() - begun
        found = evaluate.evaluate(case_file, truth)
        built = graph.build(behaviour.add(read, settings))
        compared = {name: _compared(method(built), built, truth) for name, method in METHODS.items()}
    review = case_file.members.merge(case_file.clusters[case_file.clusters["tier"] == "review"], on="cluster_id")
    ring = truth.loc[truth["ring"].fillna("") != "", "account_id"]
    figures = {
        "P": _value(found.precision),
        "R": _value(found.recall),
        "R+": _value(found.recall_or_review),
        "B-cubed F1": found.rings.b3_f1 if found.rings.b3_f1 is not None else float("nan"),
        "whole": _value(found.found_whole),
        "accused": found.accused_in_error,
        "two rings": found.mixed_clusters,
        "to ring": found.linked_to_ring,
        "astray": found.linked_astray,
        "review": int(review["account_id"].isin(ring).groupby(review["cluster_id"]).mean().lt(MOSTLY).sum()),
        "time": whole / reading,
    }
    return figures, compared


def _value(share: evaluate.Share) -> float:
    return share.cases / share.of if share.of else float("nan")


def _worst(world: str, runs: list[dict[str, float]]) -> dict[str, str]:
    table = pd.DataFrame(runs)
    good = ["P", "R", "R+", "B-cubed F1", "whole"]
    said = {name: _figure(table[name].min() if name in good else table[name].max(), name) for name in table}
    return {"world": world, **said}


def _figure(value: float, name: str) -> str:
    if np.isnan(value):
        return "-"
    if name == "time":
        return f"{value:.1f} x"
    return f"{value:.3f}" if name in {"P", "R", "R+", "B-cubed F1", "whole", "precision", "recall"} else f"{value:,.0f}"


# simpler methods: each returns a label an account


def _components(built: AccountGraph, cap: int) -> np.ndarray:
    few = built.items["accounts"].to_numpy() <= cap
    kept = few[built.item]
    accounts = len(built.accounts)
    edges = np.stack([built.account[kept], built.item[kept] + accounts], axis=1)
    bipartite = ig.Graph(n=accounts + len(built.items), edges=edges.tolist())
    return np.array(bipartite.connected_components().membership)[:accounts]


def _pairs(built: AccountGraph) -> pd.DataFrame:
    """Return left, right, shared (items) and weight of all pairs on items of at most CAP accounts."""
    few = built.items["accounts"].to_numpy() <= CAP
    kept = few[built.item]
    degree = built.items["accounts"].to_numpy(float)[built.item[kept]]
    weight = np.log2(len(built.accounts) / degree)
    touched = pd.DataFrame({"account": built.account[kept], "item": built.item[kept], "weight": weight})
    both = touched.merge(touched[["account", "item"]], on="item", suffixes=("", "_other"))
    both = both[both["account"] < both["account_other"]]
    grouped = both.groupby(["account", "account_other"])["weight"].agg(["size", "sum"]).reset_index()
    return grouped.set_axis(["left", "right", "shared", "weight"], axis=1)


def _thumb(built: AccountGraph) -> np.ndarray:
    pairs = _pairs(built)
    ends = pairs.loc[pairs["shared"] >= COMMON, ["left", "right"]]
    linked = ig.Graph(n=len(built.accounts), edges=ends.to_numpy().tolist())
    return np.array(linked.connected_components().membership)


def _louvain(built: AccountGraph) -> np.ndarray:
    pairs = _pairs(built)
    linked = ig.Graph(n=len(built.accounts), edges=pairs[["left", "right"]].to_numpy().tolist())
    return np.array(linked.community_multilevel(weights=pairs["weight"].tolist()).membership)


METHODS: dict[str, Callable[[AccountGraph], np.ndarray]] = {
    "components": lambda built: _components(built, len(built.accounts)),
    "capped": lambda built: _components(built, CAP),
    "thumb": _thumb,
    "louvain": _louvain,
}


def _compared(label: np.ndarray, built: AccountGraph, truth: pd.DataFrame) -> tuple[float, float, int]:
    """Return B-cubed precision and recall over ring accounts, and the innocents in a cluster with one of them."""
    table = pd.DataFrame({"account_id": built.accounts["account_id"], "label": label}).merge(
        truth, "left", "account_id"
    )
    table["ring"] = table["ring"].fillna("")
    size = table.groupby("label").size()
    guilty = table[table["ring"] != ""]
    if guilty.empty:
        return float("nan"), float("nan"), 0
    both = guilty.groupby(["ring", "label"])["label"].transform("size")
    precision = float((both / guilty["label"].map(size)).mean())
    recall = float((both / guilty.groupby("ring")["label"].transform("size")).mean())
    innocent = int(((table["ring"] == "") & table["label"].isin(guilty["label"])).sum())
    return precision, recall, innocent


def _worst_baselines(world: str, runs: list[dict[str, tuple[float, float, int]]]) -> list[dict[str, str]]:
    rows = []
    for name in METHODS:
        precision, recall, innocents = min((run[name] for run in runs), key=lambda each: each[0] * each[1])
        if not np.isnan(precision):
            rows.append(
                {
                    "world": world,
                    "method": name,
                    "precision": _figure(precision, "precision"),
                    "recall": _figure(recall, "recall"),
                    "innocents with a ring": f"{innocents:,}",
                }
            )
    return rows


def _table(rows: list[dict[str, str]]) -> str:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
