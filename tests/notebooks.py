"""All notebooks from top to bottom, at full size: the world of the last but one has a million accounts.

    python tests/notebooks.py [04 ...]     (`make notebooks NOTEBOOKS=04`)

Each is executed as it stands in git and written, with what it prints, into build/notebooks; each cell's seconds go to
stderr. `make test` runs them too, with a small world in the place of the large one; GRAPHLINK_ACCOUNTS sets its size.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
SHOWN = ROOT / "build" / "notebooks"


def executed(path: Path) -> NotebookNode:
    """Return the notebook with its outputs; say how long each of its cells took."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    )
    begun = time.monotonic()
    with client.setup_kernel():
        for position, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                at = time.monotonic()
                client.execute_cell(cell, position)
                sys.stderr.write(f"{path.stem}: {time.monotonic() - at:8.1f} s  {cell.source.splitlines()[-1]}\n")
    sys.stderr.write(f"{path.stem}: {time.monotonic() - begun:8.1f} s  in all\n")
    return notebook


def main(asked: list[str]) -> None:
    """Execute the notebooks whose names begin as asked, or all."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    for path in sorted(FOLDER.glob("*.ipynb")):
        if path.name.startswith(tuple(asked or [""])):
            nbformat.write(executed(path), SHOWN / path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
