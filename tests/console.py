"""The commands that a document shows, and what they print: run them, compare, or (`make docs`) write it down anew.

In a fenced block of the kind `console`, a line that begins with `$ ` is a command, and the lines up to the next one are
what it prints. All commands of a document run one after the other in one folder that holds `data`, as if typed in a
checkout. A line `...` stands for any lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\b\d+(\.\d+)? (?=s\b|seconds\b)")
"""What differs from run to run, and is shown but not compared."""


class Step(NamedTuple):
    """A command and the output shown below it."""

    command: str
    output: str


def steps(block: str) -> list[Step]:
    """Return the commands of a block, in order."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Step(*part.partition("\n")[::2]) for part in parts]


def run(command: str, folder: Path) -> str:
    """Return what a command prints to stdout and stderr, in the order in which it comes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S602 - the commands are our own README's, pipes and all
        command, shell=True, cwd=folder, env=environment, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
    return done.stdout


def agree(shown: str, printed: str) -> bool:
    """Return whether the output shown is what was printed; seconds may differ, `...` stands for any lines."""
    pattern = re.escape(SECONDS.sub("some ", shown)).replace(r"\.\.\.\n", r"(?:.*\n)*")
    return re.fullmatch(pattern, SECONDS.sub("some ", printed)) is not None


def place(folder: Path) -> Path:
    """Return the folder, made to look like the checkout that the reader stands in."""
    (folder / "data").symlink_to(ROOT / "data")
    return folder


def rewritten(text: str, folder: Path) -> str:
    """Return a document with the output of each command that does not agree written anew."""

    def block(found: re.Match[str]) -> str:
        return "".join(f"$ {step.command}\n{refreshed(step)}" for step in steps(found[0]))

    def refreshed(step: Step) -> str:
        printed = run(step.command, folder)
        return step.output if agree(step.output, printed) else printed

    return BLOCK.sub(block, text)


def main() -> None:
    """Rewrite the documents that are named."""
    for document in map(Path, sys.argv[1:]):
        with TemporaryDirectory() as folder:
            document.write_text(rewritten(document.read_text("utf-8"), place(Path(folder))), "utf-8")


if __name__ == "__main__":
    main()
