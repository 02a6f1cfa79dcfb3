"""Worlds of units by an independent hand: run by the whole job and told in a chapter, or written to a folder."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import kept
import marks
import measured

from graphlink import evaluate, pipeline, records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from kept import Figures, Run

PAGE = Path(__file__).parents[1] / "docs" / "detection.md"


@dataclass(frozen=True, slots=True)
class Hand:
    """A generator of worlds, and what is told of them.

    `name` is that of the marks in the page, `about` what its command says of itself; `make` makes a world of a name,
    a seed and a number of accounts; `figures` are those of a job, by clusters, members and truth; `told` are the lines
    of the chapter. `worlds`, `seeds` and `accounts` are what is run unless something else is asked for.
    """

    name: str
    about: str
    make: Callable[[str, int, int], measured.World]
    figures: Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame], dict[str, Figures]]
    told: Callable[[Sequence[Run]], list[str]]
    worlds: Sequence[str]
    seeds: str
    accounts: int

    def investigate(self, world: str, seed: int, accounts: int | None) -> dict[str, Figures]:
        """Return what the whole job makes of each kind of unit in a world, and of the world in all."""
        with tempfile.TemporaryDirectory() as folder:
            made = self.make(world, seed, accounts or self.accounts)
            truth = evaluate.read_truth(measured.write(made, Path(folder)))
            case_file = pipeline.investigate(records.read([folder + "/records"], settings=Settings()), Settings())
        return self.figures(case_file.clusters, case_file.members, truth)

    def main(self) -> None:
        """Run the worlds that are asked for and write the chapter, or write the worlds alone."""
        parser = argparse.ArgumentParser(description=self.about, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--accounts", type=int, default=self.accounts)
        parser.add_argument("--seeds", default=self.seeds)
        parser.add_argument("--worlds", default=",".join(self.worlds))
        parser.add_argument("--write", type=Path)
        parser.add_argument("-o", dest="page", type=Path, default=PAGE)
        asked = parser.parse_args()
        worlds, seeds = asked.worlds.split(","), [int(seed) for seed in asked.seeds.split(",")]
        if asked.write:
            for world, seed in ((world, seed) for world in worlds for seed in seeds):
                measured.write(self.make(world, seed, asked.accounts), asked.write / f"{world}-{seed}")
        else:
            marks.write(self.name, self.told(kept.run(self.investigate, worlds, seeds, asked.accounts)), asked.page)
