"""What a report says of the whole run, as a table: where its figures of chance, of inputs and of versions come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE = "provenance.csv"
TOLD = (
    "version",
    "command",
    "libraries",
    "seed",
    "settings",
    "inputs",
    "accounts",
    "links",
    "chance",
    "usage",
    "redacted",
    "purged",
)
"""What of the manifest it holds; how long a stage took is no evidence, and differs from run to run."""

UNTOLD = ("columns",)
"""What of an input no page speaks of: what its columns are called is its owner's business."""


def rows(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and value of all that is told, by its way through the manifest: `inputs.1.sha256`, `chance.tried`."""
    for name in TOLD:
        if name in manifest:
            yield from _rows(name, manifest[name])


def _rows(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for part, inner in value.items():
            if part not in UNTOLD:
                yield from _rows(f"{name}.{part}", inner)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value, 1):
            yield from _rows(f"{name}.{number}", inner)
    else:
        yield name, "" if value is None else str(value)
