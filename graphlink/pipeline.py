"""The order of the stages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from graphlink import behaviour, communities, filing, graph, links, scoring

Made = TypeVar("Made")

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphlink.model import CaseFile, Records
    from graphlink.settings import Settings

    Progress = Callable[[str], None]


def investigate(records: Records, settings: Settings, *, progress: Progress | None = None) -> CaseFile:
    """Return the case that the records make: linked, clustered, judged and ranked."""
    stages = _Stages(progress or (lambda _: None))
    records = stages.run("behaviour", lambda: behaviour.add(records, settings), lambda made: len(made.kinds))
    accounts = stages.run("graph", lambda: graph.build(records), lambda made: len(made.account))
    linked = stages.run("links", lambda: links.link(accounts, settings), lambda made: len(made.left))
    partition = stages.run(
        "communities",
        lambda: communities.find(linked, len(accounts.accounts), settings),
        lambda made: int(made.cluster.max(initial=-1)) + 1,
    )
    judged = stages.run(
        "scoring",
        lambda: scoring.judge(records, accounts, partition, seed=settings.seed),
        lambda made: len(made.findings),
    )
    return filing.file(records, accounts, linked, partition, judged, settings, stages.done)


class _Stages:
    """Runs the stages, tells which one begins, and keeps how long each took."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.done: list[dict[str, object]] = []

    def run(self, name: str, stage: Callable[[], Made], rows: Callable[[Made], int]) -> Made:
        self.progress(name)
        begun = time.perf_counter()
        made = stage()
        self.done.append({"stage": name, "seconds": round(time.perf_counter() - begun, 3), "rows": rows(made)})
        return made
