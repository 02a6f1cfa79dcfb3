"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from graphlink.errors import GraphlinkError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield the path to write to: beside `path`, moved there when all is written, removed if anything fails.

    Raises:
        GraphlinkError: the disk is full, or the place cannot be written to.

    """
    part = path.with_name(f".{path.name[:100]}.part{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        found = f"cannot be written: {error.strerror or error}"
        raise GraphlinkError(found, where=str(path), then="free the place or choose another with -o") from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_text(path: Path, text: str) -> None:
    """Write one text file as UTF-8; what UTF-8 cannot carry (lone surrogates) is written as its escape."""
    with writing(path) as part:
        part.write_bytes(text.encode(errors="backslashreplace"))
