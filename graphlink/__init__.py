"""graphlink links the accounts of one operator, and says why.

    import graphlink as gl
    case = gl.investigate(gl.read("signups.parquet", "usage.parquet"))
    case.cluster(1).view()

What stands here is loaded when it is first asked for: `import graphlink` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphlink.case import Case, Cluster, investigate, read
    from graphlink.errors import GraphlinkError
    from graphlink.settings import Settings

__all__ = ["Case", "Cluster", "GraphlinkError", "Settings", "investigate", "read"]

_ROOMS = {
    "Case": "case",
    "Cluster": "case",
    "GraphlinkError": "errors",
    "Settings": "settings",
    "investigate": "case",
    "read": "case",
}


def __getattr__(name: str) -> Any:
    """Return what the package offers under that name."""
    if name == "__version__":
        return import_module("importlib.metadata").version("graphlink")
    if name not in _ROOMS:
        raise AttributeError(f"module 'graphlink' has no attribute {name!r}")
    return getattr(import_module(f"graphlink.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
