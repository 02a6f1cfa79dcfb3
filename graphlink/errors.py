"""What can go wrong, as one tree.

    GraphlinkError                 exit code 1: the job failed
    ├── InputError                 a file that cannot be read, or holds nothing usable
    ├── IntegrityError             the counts or hashes of a run do not add up
    └── UsageError                 exit code 2: the command or the call is wrong
        ├── MissingInput           a file or folder that is not there
        ├── UnknownColumn          a column that no table has
        └── FolderInTheWay         a run folder that must not be replaced

Every message is one line: where, what was found, what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NAMED = 3  # a line holds the names of so many files


def first_line(error: BaseException) -> str:
    """Return the first line of what a library says, or the name of its error where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def some_of(files: Sequence[Path]) -> str:
    """Return the names of the first files, and how many more there are."""
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(map(str, files[:_NAMED])) + more


class GraphlinkError(Exception):
    """An expected failure, said in one line: `where: found; then`.

    Args:
        found: what was found, in words a user knows.
        where: the file, and the row and column where they are known.
        then: what to do next.

    """

    exit_code = 1

    def __init__(self, found: str, *, where: str = "", then: str = "") -> None:
        super().__init__(found)
        self.found, self.where, self.then = found, where, then

    def __str__(self) -> str:
        """Return the line that is printed; control characters and line breaks are escaped."""
        line = f"{self.where}: {self.found}" if self.where else self.found
        line = f"{line}; {self.then}" if self.then else line
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


class InputError(GraphlinkError):
    """A file cannot be read, or nothing in it can be used."""


class IntegrityError(GraphlinkError):
    """Counts or hashes that have to agree do not."""


class UsageError(GraphlinkError):
    """The command or the call is wrong."""

    exit_code = 2


class MissingInput(UsageError):
    """A file or folder is not there."""


class UnknownColumn(UsageError):
    """A column was named that no table has."""


class FolderInTheWay(UsageError):
    """The run folder holds something that is not replaced unasked."""
