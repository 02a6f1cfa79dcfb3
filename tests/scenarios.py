"""What detection reaches in made worlds, beside simpler methods, and what each part of linking earns.

    python tests/scenarios.py [worlds | ablation | large] [--accounts N] [--seeds 101,102] [--worlds s1,s4]
    (`make scenarios`, `make ablation`, `make scenarios-large`, each with ACCOUNTS=, SEEDS=, WORLDS=)

Seeds from 101 on are kept for this: nothing is tuned on them. The tables go between the marks of docs/detection.md.
What was measured is kept in build/scenarios (see `kept`): a long run that was broken off goes on where it stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import ablation
import kept
import marks
import measured
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kept import Run, Task

PAGE = Path(__file__).parents[1] / "docs" / "detection.md"
WORLDS = "s1,s2,s3,s4,s5,s6,s8,s9,s9-15,s10,s11,s13,s14,s15"
ABLATED = "s5,s8,s10,s11,s13"
LARGE = "s7,s12"
PER = 10_000  # innocents


class Column(NamedTuple):
    """A column of a table: its figure of a run, and whether more of it is better."""

    name: str
    figure: Callable[[dict[str, float]], float]
    form: str = ".3f"
    more: bool = True


def _share(part: str, whole: str, scale: float = 1) -> Callable[[dict[str, float]], float]:
    return lambda found: scale * found[part] / found[whole] if found[whole] else float("nan")


LINKING = (
    Column("B-cubed recall", lambda found: found["recall"]),
    Column("rings whole", _share("whole", "rings")),
    Column("with a ring", _share("company", "innocents", PER), ".1f", more=False),
    Column("linked to a ring", _share("linked", "innocents", PER), ".1f", more=False),
    Column("with strangers", _share("strangers", "innocents", PER), ".1f", more=False),
    Column("two rings", lambda found: found["mixed"], ",g", more=False),
    Column("ARI", lambda found: found["ari"]),
)
JUDGING = (
    Column("P", lambda found: found["P"]),
    Column("R", lambda found: found["R"]),
    Column("R+", lambda found: found["R+"]),
    Column("accused", lambda found: found["accused"], ",g", more=False),
    Column("review", lambda found: found["review"], ",g", more=False),
    Column("organisations named", lambda found: found["named"]),
    Column("time", lambda found: (found["reading"] + found["investigating"]) / found["reading"], ".1f", more=False),
)
COST = (
    Column("rows, millions", lambda found: found["rows"] / 1e6, ".1f", more=False),
    Column("simulated, min", lambda found: found["making"] / 60, ".1f", more=False),
    Column("read, min", lambda found: found["reading"] / 60, ".1f", more=False),
    Column("investigated, min", lambda found: found["investigating"] / 60, ".1f", more=False),
    Column("memory, GiB", lambda found: found["memory"], ".1f", more=False),
)


def main() -> None:
    """Run one part, and write its tables."""
    asked = _arguments()
    part = PARTS[asked.part]
    accounts = asked.accounts or part.accounts
    worlds = (asked.worlds or part.worlds).split(",")
    seeds = [int(seed) for seed in (asked.seeds or part.seeds).split(",")]
    runs = kept.run(part.task, worlds, seeds, accounts)
    marks.write(asked.part, part.told(runs), asked.page)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=PARTS, default="worlds")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--seeds")
    parser.add_argument("--worlds")
    parser.add_argument("-o", dest="page", type=Path, default=PAGE)
    return parser.parse_args()


def told(runs: Sequence[Run], columns: Sequence[Column]) -> list[str]:
    """Return how it was run, and the table of what graphlink reaches in each world."""
    ours = {world: [run.found[measured.OURS] for run in of] for world, of in _by_world(runs).items()}
    return [kept.how(runs), "", *_table(ours, columns)]


def compared(runs: Sequence[Run]) -> list[str]:
    """Return the tables of linking, judging and of simpler methods."""
    ours = {world: [run.found[measured.OURS] for run in of] for world, of in _by_world(runs).items()}
    lines = [
        kept.how(runs),
        "",
        "### Linking",
        "",
        *_table(ours, LINKING),
        "",
        "### Judging",
        "",
        *_table(ours, JUDGING),
    ]
    for column, said in zip(
        LINKING, ("B-cubed recall", "rings whole", f"innocents with a ring, of {PER:,}"), strict=False
    ):
        lines += ["", f"### Beside simpler methods: {said}", "", *_methods(runs, column)]
    return [*lines, ""]


def _by_world(runs: Iterable[Run]) -> dict[str, list[Run]]:
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(run.world, []).append(run)
    return grouped


def _table(worlds: dict[str, list[dict[str, float]]], columns: Sequence[Column]) -> list[str]:
    rows = [[world, *(cell(column, found) for column in columns)] for world, found in worlds.items()]
    return marks.table(["world", *(column.name for column in columns)], rows)


def cell(column: Column, found: Sequence[dict[str, float]]) -> str:
    """Return the worst figure, and the median behind it where that is another."""
    worst, median = _worst(column, found), float(np.median([column.figure(each) for each in found]))
    if np.isnan(worst):
        return "-"
    said = [format(value, column.form) for value in (worst, median)]
    return said[0] if said[0] == said[1] else f"{said[0]} ({said[1]})"


def _worst(column: Column, found: Sequence[dict[str, float]]) -> float:
    figures = [column.figure(each) for each in found]
    return min(figures) if column.more else max(figures)


def _methods(runs: Sequence[Run], column: Column) -> list[str]:
    rows = []
    for world, of in _by_world(runs).items():
        cells = [_worst(column, [run.found[name] for run in of]) for name in of[0].found]
        if of[0].found[measured.OURS]["rings"]:
            rows.append([world, *(format(value, column.form) for value in cells)])
    return marks.table(["world", *runs[0].found], rows)


def ablated(runs: Sequence[Run]) -> list[str]:
    """Return the table of what is lost, or won, where one part of linking is left out."""
    meaning = {each.name: each.meaning for each in ablation.MECHANISMS}
    whole = pd.DataFrame([_summed(runs, name) for name in runs[0].found], index=list(runs[0].found))
    rows, idle = [], []
    for name, figures in whole.iterrows():
        change = figures - whole.loc[ablation.NOTHING]
        if name != ablation.NOTHING and not change.round(3).any():
            idle.append(str(name))
        said = f"{name}: {meaning[name]}" if name in meaning else str(name)
        rows.append(
            [said, *(_changed(figures[key], change[key], form) for key, form in _SUMS), _where(runs, str(name))]
        )
    head = ["left out", "B-cubed recall", "rings whole", "with a ring", "with strangers", "two rings", "most in"]
    lines = [kept.how(runs)[:-1] + f"; worlds {', '.join(_by_world(runs))}.", "", *marks.table(head, rows), ""]
    return [*lines, f"Nothing changes in these worlds without: {', '.join(idle) or 'none of them'}.", ""]


_SUMS = (("recall", ".3f"), ("whole", ".0f"), ("company", ".0f"), ("strangers", ".0f"), ("mixed", ".0f"))


def _summed(runs: Sequence[Run], name: str) -> pd.Series:
    """Return B-cubed recall on average over runs, and the counts of all of them."""
    table = pd.DataFrame([run.found[name] for run in runs])[[key for key, _ in _SUMS]]
    return table.sum().where(table.columns != "recall", table.mean())


def _changed(value: float, change: float, form: str) -> str:
    return format(value, form) + (f" ({change:+{form}})" if round(change, 3) else "")


def _where(runs: Sequence[Run], name: str) -> str:
    """Return the world in which B-cubed recall falls most, and by how much."""
    falls = {
        world: float(np.mean([run.found[name]["recall"] - run.found[ablation.NOTHING]["recall"] for run in of]))
        for world, of in _by_world(runs).items()
    }
    world = min(falls, key=lambda each: falls[each])
    return f"{world} {falls[world]:+.3f}" if round(falls[world], 3) < 0 else ""


def enormous(_: Sequence[Run]) -> list[str]:
    """Return the table of large worlds, each as the newest code that it was run with found it."""
    worlds: dict[str, list[Run]] = {}
    for run in kept.everything(measured.alone):
        size = f"{run.accounts:,} accounts" if run.accounts else "whole"
        of = worlds.setdefault(f"{run.world}, {size}", [])
        if of and of[0].code != run.code:
            of.clear()
        of.append(run)
    columns = (*LINKING, *JUDGING[:5], *COST)
    rows = [
        ["seeds", *(_seeds(of) for of in worlds.values())],
        ["code", *(of[0].code for of in worlds.values())],
        *([column.name, *(_reached(column, of) for of in worlds.values())] for column in columns),
    ]
    return [*marks.table(["", *worlds], rows), ""]


def _seeds(runs: Iterable[Run]) -> str:
    return ", ".join(str(run.seed) + ("" if run.found else " (the machine is too small)") for run in runs)


def _reached(column: Column, runs: Iterable[Run]) -> str:
    found = [run.found[measured.OURS] for run in runs if run.found]
    return cell(column, found) if found else "-"


class Part(NamedTuple):
    """A part of the page: what is run in which worlds, and how it is told."""

    task: Task
    told: Callable[[Sequence[Run]], list[str]]
    worlds: str
    accounts: int | None = None
    seeds: str = "101,102"


PARTS = {
    "worlds": Part(measured.compare, compared, WORLDS, 20_000),
    "ablation": Part(ablation.ablate, ablated, ABLATED, 10_000),
    "large": Part(measured.alone, enormous, LARGE, seeds="101,102,103"),
}


if __name__ == "__main__":
    main()
