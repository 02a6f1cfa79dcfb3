"""Results of runs that take long: each is a process of its own, and each is written down as soon as it is there.

So a run that was broken off goes on where it stopped, what one world leaves in memory is no burden for the next, and a
world that the machine cannot hold ends alone. Results count for the code that made them: after a change all is run
again. The code is loaded once, so who edits it meanwhile changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Figures = dict[str, float]
    Task = Callable[[str, int, int | None], dict[str, Figures]]

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "scenarios"


class Run(NamedTuple):
    """What one task found in one world; nothing where the machine was too small for it."""

    task: str
    world: str
    accounts: int | None
    seed: int
    code: str
    found: dict[str, Figures]


def code() -> str:
    """Return ten hex digits of SHA-256 over the modules of this project that are loaded, the script itself left out."""
    loaded = {
        Path(file) for each in sys.modules.values() if each is not sys.modules["__main__"] and (file := _file(each))
    }
    ours = sorted(path for path in loaded if path.parent in {ROOT / "graphlink", ROOT / "tests"})
    return hashlib.sha256(b"".join(path.read_bytes() for path in ours)).hexdigest()[:10]


def _file(module: object) -> str | None:
    return getattr(module, "__file__", None)


def run(
    task: Task, worlds: Iterable[str], seeds: Sequence[int], accounts: int | None, *, folder: Path = FOLDER
) -> list[Run]:
    """Return what the task finds in each world and seed; what is in the folder is not run again."""
    now = code()
    return [
        _kept(Run(task.__name__, world, accounts, seed, now, {}), task, folder) for world in worlds for seed in seeds
    ]


def _kept(asked: Run, task: Task, folder: Path) -> Run:
    file = folder / ("-".join(map(str, asked[:-1])) + ".json")
    if not file.exists():
        found = _alone(task, asked.world, asked.seed, asked.accounts)
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asked._replace(found=found)), "utf-8")
        part.replace(file)
    one = _read(file)
    sys.stderr.write(f"{file.stem}: {next(iter(one.found.values()), 'the machine is too small')}\n")
    return one


def everything(task: Task, *, folder: Path = FOLDER) -> list[Run]:
    """Return all that the task ever found, of whatever code, the newest last."""
    files = sorted(folder.glob(f"{task.__name__}-*.json"), key=lambda file: file.stat().st_mtime)
    return [_read(file) for file in files]


def how(runs: Sequence[Run]) -> str:
    """Return when, in which worlds, with which code and where they were run, in a sentence."""
    seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in runs}))
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, worlds of {runs[0].accounts:,} accounts, seeds {seeds}; "
        f"graphlink {version('graphlink')}, code {runs[0].code}; "
        f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}."
    )


def _read(file: Path) -> Run:
    return Run(*json.loads(file.read_text("utf-8")))


def _alone(task: Task, world: str, seed: int, accounts: int | None) -> dict[str, Figures]:
    """Return what the task finds, run in a process of its own that begins with the code as it is loaded here."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        try:
            return pool.submit(task, world, seed, accounts).result()
        except (BrokenProcessPool, MemoryError):
            return {}
