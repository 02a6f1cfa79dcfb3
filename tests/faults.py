"""The whole command, ended or starved at random moments: what stands afterwards stands whole.

    python tests/faults.py [POINTS] [SEED]      (`make faults`: five hundred, and a seed that is printed)

Each point runs `graphlink clusters` once, over an old run or over none. The fault is one of: kill -9, an interrupt, the
end that a batch system asks for, a disk of some megabytes, an address space that is too small for the job. Then the
run folder is the old one, the new one or none, and every hash in it holds; what is said is one line; an interrupted run
leaves nothing beside it, and what a killed one leaves the next one takes away.
"""

from __future__ import annotations

import random
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from graphlink import run, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNTS = 500
POINTS = 500
_PATIENCE = 300
_MIB = 2**20
_BLOCK = 4096  # a small file takes a whole one


class Bench(NamedTuple):
    """Where faults are tried: records, a run that is whole, how long one takes, and what it takes of a disk."""

    folder: Path
    records: Path
    whole: Path
    seconds: float
    mib: float


class Done(NamedTuple):
    """How a job ended: its exit code, and the last line that it said."""

    code: int
    said: str


def prepared(folder: Path) -> Bench:
    """Return where to try faults, after one run without any."""
    records = simulate.write(simulate.simulate("s1", accounts=ACCOUNTS, seed=1), folder / "world") / "records"
    whole, begun = folder / "whole", time.monotonic()
    subprocess.run(_command(records, whole, folder), check=True, capture_output=True)
    taken = sum(-(-path.stat().st_size // _BLOCK) * _BLOCK for path in whole.rglob("*")) / _MIB
    return Bench(folder, records, whole, time.monotonic() - begun, taken)


def _command(records: Path, target: Path, scratch: Path) -> list[str]:
    options = ["--run", str(target), "--temp-dir", str(scratch), "--force"]
    return [sys.executable, "-m", "graphlink", "clusters", str(records), *options]


def _begun(bench: Bench, place: Path, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    command = _command(bench.records, place / "run", place)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=before)  # noqa: PLW1509 - no threads here


def _ended(job: subprocess.Popen[str]) -> Done:
    _, told = job.communicate(timeout=_PATIENCE)
    assert "Traceback" not in told or "KeyboardInterrupt" in told, told  # Python's own, before graphlink is there
    return Done(job.returncode, ["", *told.strip().splitlines()][-1])


def _signalled(number: signal.Signals, bench: Bench, place: Path, draw: random.Random) -> Done:
    """Send a signal at any moment of a job, or after its end."""
    job = _begun(bench, place)
    try:
        job.wait(draw.uniform(0, bench.seconds))
    except subprocess.TimeoutExpired:
        job.send_signal(number)
    return _ended(job)


def killed(bench: Bench, place: Path, draw: random.Random) -> None:
    """End a job as a power cut does."""
    assert _signalled(signal.SIGKILL, bench, place, draw).code in {0, -signal.SIGKILL}
    run.check_free(place / "run", force=True)  # as the next run does
    for left in place.glob("graphlink-*"):
        shutil.rmtree(left)  # scratch space, which nobody but the system can clear then


def stopped(number: signal.Signals, bench: Bench, place: Path, draw: random.Random) -> None:
    """End a job as a person or a batch system does."""
    done = _signalled(number, bench, place, draw)
    # the interpreter itself, before graphlink is there and after it, ends in its own way: by a signal, which a shell
    # calls 130 too where it is that of an interrupt
    assert done.code in {0, 130, -number, -signal.SIGINT, 1}, done
    assert done.code != 130 or done.said == "graphlink: interrupted", done


def full(bench: Bench, place: Path, _: random.Random) -> None:
    """Give a job a disk that may be too small; `hold` made it."""
    job = _begun(bench, place)
    done = _ended(job)
    assert done.code == 0 or (done.code == 1 and "No space left on device" in done.said), done


def starved(bench: Bench, place: Path, draw: random.Random) -> None:
    """Give a job an address space that may be too small."""
    size = draw.randrange(1200, 3600) * _MIB
    limit = partial(resource.setrlimit, resource.RLIMIT_AS, (size, size))
    done = _ended(_begun(bench, place, limit))
    assert done.code == 0 or done.said.startswith("graphlink: "), done


FAULTS = {
    "killed": killed,
    "interrupted": partial(stopped, signal.SIGINT),
    "ended": partial(stopped, signal.SIGTERM),
    "full": full,
    "starved": starved,
}


@contextmanager
def _place(bench: Bench, mib: float | None) -> Iterator[Path]:
    """Yield a folder for one point, on a disk of its own of some size if wanted."""
    place = bench.folder / secrets.token_hex(4)
    place.mkdir()
    if mib is not None:
        size = f"size={int(mib * 1024)}k"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(place)], check=True, capture_output=True)  # noqa: S607
    try:
        yield place
    finally:
        if mib is not None:
            subprocess.run(["umount", str(place)], check=True)  # noqa: S607
        shutil.rmtree(place)


def hold(name: str, bench: Bench, draw: random.Random) -> str:
    """Try one fault, and return what stood afterwards: the `old` run, the `new` one or `none`.

    Raises:
        AssertionError: something half-written, or said in more than a line.

    """
    old = draw.random() < 0.5
    room = bench.mib * (old + draw.uniform(0.1, 1.5))  # the old run fits, the new one perhaps
    with _place(bench, room if name == "full" else None) as place:
        if old:
            shutil.copytree(bench.whole, place / "run")
            before = (place / "run" / "run.json").stat().st_ino
        FAULTS[name](bench, place, draw)
        left = {path.name for path in place.iterdir()}
        assert left <= {"run"}, left
        if "run" not in left:
            assert not old
            return "none"
        assert run.verify(place / "run") == ()
        return "old" if old and (place / "run" / "run.json").stat().st_ino == before else "new"


def can_mount(bench: Bench) -> bool:
    """Return whether this user may have a disk of a size of its own."""
    try:
        with _place(bench, 1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def main() -> None:
    """Try many faults, and print what stood after each kind of them."""
    points = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    seed = sys.argv[2] if len(sys.argv) > 2 else secrets.token_hex(4)
    draw, told = random.Random(seed), Counter[str]()  # noqa: S311 - no secret
    with TemporaryDirectory() as folder:
        bench = prepared(Path(folder))
        names = [name for name in FAULTS if name != "full" or can_mount(bench)]
        for _ in range(points):
            name = draw.choice(names)
            told[f"{name:12}{hold(name, bench, draw)}"] += 1
    if "full" not in names:
        sys.stdout.write("a full disk was not tried: this user may not mount one\n")
    sys.stdout.write("".join(f"{kind:18}{many:6}\n" for kind, many in sorted(told.items())))
    sys.stdout.write(f"{points} points, seed {seed}: nothing half-written\n")


if __name__ == "__main__":
    main()
