"""How a command ends: its exit code, and one line of why.

    0  done, also when nothing was found
    1  the job failed, or nothing usable was read
    2  wrong usage, a missing file, an unknown column, a run folder in the way
    130  interrupted

An error is one line on stderr; GRAPHLINK_DEBUG=1 shows where an unexpected one arose.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphlink.errors import GraphlinkError

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERRUPTED = 130
_STOP = threading.Event()


def of(command: Callable[[], Any]) -> int:
    """Run a command, and return its exit code."""
    _STOP.clear()
    # a batch system that ends the job takes what is spooled with it
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        code = int(command() or 0)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        return _left_alone(error)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except GraphlinkError as error:
        return _said(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback on a user's terminal
        if not _STOP.is_set():  # the engine makes an error of its own of an interrupt
            return _unexpected(error)
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        sys.stderr.write("graphlink: interrupted\n")
    return code


def unless_stopped(progress: Callable[[str], None]) -> Callable[[str], None]:
    """Return what tells of progress, and stops where an interrupt was lost: an exception in a callback from C is."""

    def told(stage: str) -> None:
        if _STOP.is_set():
            raise KeyboardInterrupt
        progress(stage)

    return told


def _stop(*_: object) -> None:
    """Stop the job, and keep in mind that it was stopped."""
    _STOP.set()
    raise KeyboardInterrupt


def _left_alone(error: BaseException) -> int:
    """Return 0 where whoever read our output has read enough; typer makes an exit of it."""
    if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
        raise error
    # or the interpreter complains when it flushes
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _said(error: GraphlinkError) -> int:
    """Print an expected error in one line, and return its exit code."""
    sys.stderr.write(f"graphlink: {error}\n")
    return error.exit_code


def _unexpected(error: Exception) -> int:
    if os.environ.get("GRAPHLINK_DEBUG"):
        traceback.print_exception(error)
        return 1
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and "failed to map" in str(error)):
        return _said(GraphlinkError("the system gives no more memory", then="end what else runs, or give the job more"))
    place = traceback.extract_tb(error.__traceback__)[-1]
    found = GraphlinkError(
        f"unexpected {type(error).__name__}: {error}",
        where=f"{Path(place.filename).name}:{place.lineno}",
        then="this is a fault of graphlink: run it again with GRAPHLINK_DEBUG=1 and report what it prints",
    )
    return _said(found)
