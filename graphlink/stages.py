"""What each stage of a job took: seconds, rows, and with --profile the peak of memory."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")

_PROCESS = Path("/proc/self")
_FROM_HERE = "5"  # what Linux is told so that the peak of resident memory begins anew, see proc(5)


class Stages:
    """Runs stages, tells which one begins, and keeps what each took in `done`."""

    def __init__(self, progress: Callable[[str], None] | None = None, *, memory: bool = False) -> None:
        """Args: progress is told the name of each stage; memory: keep the peak of each, where Linux tells it."""
        self.progress = progress or (lambda _: None)
        self.memory = memory
        self.done: list[dict[str, object]] = []

    def run(self, name: str, stage: Callable[[], Made], rows: Callable[[Made], int]) -> Made:
        """Return what a stage makes; `rows` counts it."""
        self.progress(name)
        if self.memory:
            _forget_peak()
        begun = time.perf_counter()
        made = stage()
        took: dict[str, object] = {"stage": name, "seconds": round(time.perf_counter() - begun, 3), "rows": rows(made)}
        self.done.append(took | ({"peak_bytes": _peak()} if self.memory else {}))
        return made


def _forget_peak() -> None:
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text(_FROM_HERE, encoding="ascii")


def _peak() -> int | None:
    """Return the most bytes that the process had in memory since the peak was forgotten, or None: not known here."""
    with suppress(OSError):
        for line in (_PROCESS / "status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
