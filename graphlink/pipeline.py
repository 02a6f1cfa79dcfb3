"""The order of the stages."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from graphlink import (
    behaviour,
    communities,
    filing,
    graph,
    links,
    outsiders,
    records,
    scoring,
    sensitivity,
    significance,
    survey,
)
from graphlink.errors import InputError
from graphlink.model import Columns, Input
from graphlink.settings import Settings
from graphlink.stages import Stages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from graphlink.model import AccountGraph, CaseFile, Links, Partition, Records
    from graphlink.scoring import Judged


def investigate(read: Records, settings: Settings, stages: Stages | None = None) -> CaseFile:
    """Return the case that the records make: linked, clustered, judged and ranked."""
    stages = stages or Stages()
    seen = stages.run("behaviour", lambda: behaviour.add(read, settings), lambda made: len(made.kinds))
    accounts = stages.run("graph", lambda: graph.build(seen), lambda made: len(made.account))
    linked = stages.run("links", lambda: links.link(accounts, settings), lambda made: len(made.left))
    partition = stages.run(
        "communities",
        lambda: communities.find(linked, len(accounts.accounts), settings, seen.sightings.get_backend()),
        lambda made: int(made.cluster.max(initial=-1)) + 1,
    )
    linked = links.within(linked, partition)
    firm, judged = stages.run(
        "scoring", lambda: _judged(seen, accounts, linked, partition, settings), lambda made: len(made[1].findings)
    )
    beside = stages.run(
        "outsiders",
        lambda: outsiders.name(
            accounts, linked, partition, firm, judged.accused, at_once=scoring.rests_on(judged, "starts")
        ),
        len,
    )
    proofs = stages.run(
        "proof", lambda: significance.proofs(accounts, firm, lambda half: _clustered(half, settings)[1]), len
    )
    decoys = stages.run(
        "decoys",
        lambda: significance.decoys(
            accounts, lambda world: _tiers(seen, world, settings), settings.decoys, seed=settings.seed
        ),
        lambda made: made.worlds,
    )
    chance = significance.Chance(proofs, decoys)
    filed = stages.run(
        "tables",
        lambda: filing.file(seen, accounts, linked, firm, judged, beside, chance, settings),
        lambda made: len(made.sightings),
    )
    return replace(filed, manifest={**filed.manifest, "stages": stages.done})


def _clustered(world: AccountGraph, settings: Settings) -> tuple[Links, Partition]:
    """Return the links and clusters of another world of the same accounts."""
    linked = links.link(world, settings)
    partition = communities.find(linked, len(world.accounts), settings)
    return links.within(linked, partition), partition


def _tiers(seen: Records, world: AccountGraph, settings: Settings) -> tuple[NDArray[np.str_], int]:
    """Return the tiers of the clusters in another world of the same accounts, and the number of links that were found.

    Links that were drawn to tell what is one are not counted.
    """
    linked, partition = _clustered(world, settings)
    _, judged = _judged(seen, world, linked, partition, settings)
    return judged.table["tier"].to_numpy(str), int((linked.stands == 0).sum())


def _judged(
    seen: Records, accounts: AccountGraph, told: Links, partition: Partition, settings: Settings
) -> tuple[Partition, Judged]:
    """Return the clusters and the judgement of them, in which nobody is accused who hangs on one thing."""
    partition = sensitivity.at_the_edge(partition, sensitivity.hanging(told, partition))
    while True:
        judged = scoring.judge(seen, accounts, partition, seed=settings.seed)
        unlike = outsiders.unlike(accounts, partition, scoring.rests_on(judged, "starts"))
        unlike |= outsiders.aside(accounts, partition, judged.accused)
        unlike |= outsiders.faint(accounts, told, partition, judged.accused)
        firm, frail = sensitivity.unaccused(told, partition, judged.accused, scoring.fewest(judged.traits), unlike)
        if firm is partition:
            return partition, scoring.held_back(judged, frail)
        partition = firm


def read_again(case_file: CaseFile) -> Records:
    """Return the records that a case was made from, read again as its manifest says.

    Raises:
        InputError: a file is not what it was.

    """
    if not all("columns" in each for each in case_file.manifest["inputs"]):
        raise InputError("the run does not say how its records were read", then="run graphlink clusters again")
    told = dict(case_file.manifest["settings"])
    settings = Settings(**{name: told[name] for name, _ in Settings().items() if name in told})
    inputs = [Input(**{**each, "columns": Columns(**each["columns"])}) for each in case_file.manifest["inputs"]]
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder, "case.toml")
        case.write_text(survey.written(inputs), "utf-8")
        found = records.read(settings=settings, case=case)
    same = {each["sha256"] for name in ("inputs", "consulted") for each in case_file.manifest.get(name, [])}
    for path, sha256 in (*((each.path, each.sha256) for each in found.inputs), *found.consulted):
        if sha256 not in same:
            raise InputError("the file has changed since the run", where=path, then="run graphlink clusters again")
    return found
