"""A Spark of its own: a master and two workers, each a process, started through `spark-class`, for the tests."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 120


class Cluster:
    """A master and its workers; `url` is where it is."""

    url = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.daemons: list[subprocess.Popen[bytes]] = []

    def start(self, workers: int = 2) -> None:
        """Start the master, and the workers that it then knows."""
        master = self._start("master", "org.apache.spark.deploy.master.Master", "--port", "0", "--webui-port", "0")
        self.url = self._said(master, r"Starting Spark master at (spark://\S+)")
        for number in range(workers):
            options = [
                "--cores",
                "1",
                "--memory",
                "1g",
                "--webui-port",
                "0",
                "--work-dir",
                str(self.folder / f"{number}"),
            ]
            name = self._start(f"worker-{number}", "org.apache.spark.deploy.worker.Worker", *options, self.url)
            self._said(name, r"Successfully registered with (master)")

    def _start(self, name: str, what: str, *arguments: str) -> str:
        spec = find_spec("pyspark")
        assert spec is not None
        assert spec.origin is not None
        home = Path(spec.origin).parent
        at = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
        command = [str(home / "bin" / "spark-class"), what, "--host", "127.0.0.1", *arguments]
        with (self.folder / name).open("wb") as log:
            daemon = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | at | {"PYSPARK_PYTHON": sys.executable},
            )
        self.daemons.append(daemon)
        return name

    def _said(self, name: str, pattern: str) -> str:
        """Return what a daemon's log says, once it does."""
        until = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, (self.folder / name).read_text())):
            assert time.monotonic() < until, (self.folder / name).read_text()[-2000:]
            time.sleep(0.2)
        return found[1]

    def kill_a_worker(self) -> None:
        """End a worker and its executor as a power cut does."""
        self._end(self.daemons.pop())

    @staticmethod
    def _end(daemon: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()

    def end(self) -> None:
        """End all that was started."""
        for daemon in reversed(self.daemons):
            self._end(daemon)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Yield a cluster that is there for a block."""
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.end()
