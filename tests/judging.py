"""What each finding is worth, and whether scores mean what they say: judges made worlds, and writes docs/judging.md.

python tests/judging.py [--accounts N] [--seeds 101,102] [--worlds s4,s15] [-o docs/judging.md]
"""

from __future__ import annotations

import argparse
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from graphlink import behaviour, calibration, communities, evaluate, graph, links, records, scoring, simulate
from graphlink.features import FINDINGS
from graphlink.settings import Settings

WORLDS = ("s1", "s4", "s9", "s11", "s13", "s15")
MOSTLY = 0.5  # of its accounts, for a cluster to be a ring

HEAD = """# What judging rests on

Written by `make judging`; do not edit. Worlds {worlds} of {accounts:,} accounts made by `graphlink simulate`, seeds
{seeds}, on which nothing was tuned, taken together: {clusters:,} clusters, {rings:,} of them rings.
graphlink {version}.

## Whether scores mean what they say

A score is log10 of a likelihood ratio. With the odds before judging fitted (10 to the {prior:.1f}), the expected
calibration error is **{error:.4f}** (95 % interval {low:.4f} to {high:.4f}). Each line counts the clusters of like
score; `=` reaches as far as they are rings, `|` stands where they are said to be.

```
{diagram}
```

## What each finding is worth

All findings but one: accounts accused in error, ring accounts in `coordinated` clusters, the same with `review`, and
innocent clusters in `review`. A finding without which less is found, or more are accused, earns its place.

"""

CANNOT = """
## What cannot be told apart

- **Test accounts and a small ring on one bench.** A team's test accounts are opened at once, alike, by a script, on few
  machines; so are rings before they spread. Volume, payment and bans tell later; until then it is `review` or less.
- **A shop's own tests of its checkout, among hundreds of rings that buy at once.** A team that works behind one
  address or on one bench is told from them; one whose every test has a device and an address of its own is not, and is
  one of those that the sentence counts (accident explains some; the weight leaves these out). List your test accounts
  (`--allow`), or give the column of cards.
- **An agency and a careful ring of few accounts.** Both run clients' accounts from shared machines. Where the accounts
  pay with cards of their own, differ in what they ask and rest at night, nothing tells a ring that does so, too.
- **A household and a ring of two or three.** Two accounts are accused only where a hundred groups that have nothing in
  common buy the moment they are opened. Of three to five, what they do must weigh more than what families do; most such
  rings stay in `review`.
- **A ring on its own domain with the names of people, in office hours, on one card** is an organisation to the
  records. Only its templates, its evenness and its moments speak, and it may have none of these.
- **Bought accounts** look like their first owners until they are used together; what they did before counts for them.
- **Pairs.** Two accounts on one device that both act the moment they are opened are `review`, as long as few others do:
  a family is that small.
- **Two rings that share an operator** are two clusters, unless they share things.
- **A victim whose things a ring uses more than the victim does** is told by who came first; without times, by nothing.
"""


def main() -> None:
    """Judge the worlds and write the page."""
    asked = _arguments()
    rows = [
        _judged(world, int(seed), asked.accounts)
        for world in asked.worlds.split(",")
        for seed in asked.seeds.split(",")
    ]
    table = pd.concat(rows, ignore_index=True)
    found = calibration.calibrate(table["all"].to_numpy(), table["ring"].to_numpy(bool))
    page = HEAD.format(
        worlds=asked.worlds.replace(",", ", "),
        accounts=asked.accounts,
        seeds=asked.seeds,
        clusters=len(table),
        rings=int(table["ring"].sum()),
        version=version("graphlink"),
        prior=found.prior,
        error=found.error,
        low=found.low,
        high=found.high,
        diagram="\n".join(
            f"{f'{each.low:g} to {each.high:g}':>12}  {each.clusters:5}  {bar}"
            for each, bar in zip(found.bins, calibration.diagram(found), strict=True)
        ),
    )
    asked.out.write_text(page + _ablation(table) + CANNOT, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--seeds", default="101,102")
    parser.add_argument("--worlds", default=",".join(WORLDS))
    parser.add_argument("-o", dest="out", type=Path, default=Path("docs/judging.md"))
    return parser.parse_args()


def _judged(world: str, seed: int, accounts: int) -> pd.DataFrame:
    """Return the clusters: guilty and innocent accounts, ring, and the score with all findings and without each."""
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        made = simulate.simulate(world, seed=seed, accounts=accounts)
        simulate.write(made, folder + "/world")
        seen = behaviour.add(records.read([folder + "/world/records"], settings=settings), settings)
        built = graph.build(seen)
        partition = communities.find(links.link(built, settings), len(built.accounts), settings)
        judged = scoring.judge(seen, built, partition, seed=settings.seed)
        truth = evaluate.read_truth(folder + "/world/truth.csv")
    guilty = built.accounts["account_id"].isin(truth.loc[truth["ring"] != "", "account_id"]).to_numpy()
    inside = partition.cluster >= 0
    of_ring = np.bincount(partition.cluster[inside], guilty[inside], len(judged.table))
    size = judged.traits["accounts"].to_numpy()
    total = np.sum(list(judged.ratios.values()), axis=0)
    without = {name: (total - ratios).min(axis=1) for name, ratios in judged.ratios.items()}
    return pd.DataFrame(
        {
            "guilty": of_ring,
            "innocent": size - of_ring,
            "ring": of_ring > MOSTLY * size,
            "missed": (guilty & ~inside).sum() / len(size),
            "all": total.min(axis=1),
            **without,
        }
    )


def _ablation(table: pd.DataFrame) -> str:
    every = table["guilty"].sum() + table["missed"].sum()
    lines = ["| without | accused in error | R | R+ | innocent in review |", "| --- | --- | --- | --- | --- |"]
    for name in ("all", *FINDINGS):
        big = table["guilty"] + table["innocent"] > 2
        accused, looked_at = (table[name] >= scoring.COORDINATED) & big, table[name] >= scoring.REVIEW
        lines.append(
            f"| {'nothing' if name == 'all' else name} | {table.loc[accused, 'innocent'].sum():,.0f} "
            f"| {table.loc[accused, 'guilty'].sum() / every:.3f} | {table.loc[looked_at, 'guilty'].sum() / every:.3f} "
            f"| {(looked_at & ~accused & ~table['ring']).sum():,} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
