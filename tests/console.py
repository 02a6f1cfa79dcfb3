"""The commands that a document shows, and what they print: run them, compare, or (`make docs`) write it down anew.

In a fenced block of the kind `console`, a line that begins with `$ ` is a command, and the lines up to the next one are
what it prints; if the last of these is `...`, it prints more. All commands of a document run one after the other in one
folder that holds `data`, as if typed in a checkout.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
MORE = "...\n"


class Step(NamedTuple):
    """A command and the output shown below it."""

    command: str
    output: str

    def printed(self, folder: Path) -> str:
        """Return what the command prints, cut where the output shown is cut."""
        lines = run(self.command, folder).splitlines(keepends=True)
        shown = self.output.count("\n") - 1
        return "".join([*lines[:shown], MORE] if self.output.endswith(MORE) and lines[shown:] else lines)


def steps(block: str) -> list[Step]:
    """Return the commands of a block, in order."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Step(*part.partition("\n")[::2]) for part in parts]


def run(command: str, folder: Path) -> str:
    """Return what a command prints on a plain terminal of 80 columns; blanks at the end of a line are left out."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "TERM": "dumb", "NO_COLOR": "1"}
    screen, terminal = pty.openpty()
    with subprocess.Popen(  # noqa: S602 - the commands are our own README's, pipes and all
        command, shell=True, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal
    ):
        os.close(terminal)
        return re.sub(r"[ \r]+$", "", b"".join(_written(screen)).decode(), flags=re.MULTILINE)


def _written(screen: int) -> Iterator[bytes]:
    with suppress(OSError), open(screen, "rb", buffering=0) as stream:  # the screen's end is an error on Linux
        yield from iter(lambda: stream.read(65536), b"")


def place(folder: Path) -> Path:
    """Return the folder, made to look like the checkout that the reader stands in."""
    (folder / "data").symlink_to(ROOT / "data")
    return folder


def rewritten(text: str, folder: Path) -> str:
    """Return a document with the output of each of its commands written anew."""
    return BLOCK.sub(
        lambda block: "".join(f"$ {step.command}\n{step.printed(folder)}" for step in steps(block[0])), text
    )


def main() -> None:
    """Rewrite the documents that are named."""
    for document in map(Path, sys.argv[1:]):
        with TemporaryDirectory() as folder:
            document.write_text(rewritten(document.read_text("utf-8"), place(Path(folder))), "utf-8")


if __name__ == "__main__":
    main()
