"""Folders that appear whole or not at all.

A folder is written hidden beside its place, synced, and renamed. Whoever kills the program leaves the old folder, none,
or the new one, and perhaps a hidden one that `clear_leftovers` takes away. Needs a POSIX file system.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from graphlink.errors import GraphlinkError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def check_writable(target: Path) -> None:
    """Raise an OSError where a folder cannot be made: better before the work than after it."""
    parent = next(parent for parent in target.parents if parent.exists())
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def is_empty(folder: Path) -> bool:
    """Return whether nothing lies in a folder."""
    return not any(folder.iterdir())


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Yield a new hidden folder beside the target, which is gone afterwards if it was not renamed.

    Nobody else may look into it: a run is personal data.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = _sibling(target, "new")
    folder.mkdir(mode=0o700)
    try:
        with _held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sibling(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.{what}")


def publish(beside: Path, target: Path) -> None:
    """Sync the new folder and rename it to its place; an old one is moved aside first and removed last."""
    _sync(beside)
    if not target.exists() or is_empty(target):
        beside.rename(target)
        _sync_one(target.parent)
        return
    old = _sibling(target, "old")
    with _held(target):
        target.rename(old)
        try:
            beside.rename(target)
        except BaseException:
            old.rename(target)
            raise
        _sync_one(target.parent)
        shutil.rmtree(old, ignore_errors=True)


def clear_leftovers(target: Path) -> None:
    """Remove what killed processes left beside the target; an old folder that lost its place gets it back."""
    for left in sorted(target.parent.glob(glob.escape(f".{target.name}.") + "[0-9a-f]*.[no][el][wd]")):
        with suppress(OSError), _held(left):
            if left.suffix == ".old" and not target.exists():
                left.rename(target)
            else:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder as long as this process lives: the kernel lets go of the lock even after kill -9.

    Raises:
        BlockingIOError: a living process holds it.

    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync_one(path)
    _sync_one(folder)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_NO_SPACE, _NO_PLACE = "free some space and run again", "name another folder with --run"
_REMEDIES = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EACCES: _NO_PLACE,
    errno.EPERM: _NO_PLACE,
    errno.EROFS: _NO_PLACE,
    errno.ENOTDIR: _NO_PLACE,
}


@contextmanager
def in_one_line(folder: Path, failed: str) -> Iterator[None]:
    """Turn what the operating system says into one line: what failed, why, and what to do.

    Raises:
        GraphlinkError: a file could not be read or written.

    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise GraphlinkError(
            f"{failed}: {reason}", where=str(folder), then=_REMEDIES.get(error.errno or 0, "")
        ) from error
