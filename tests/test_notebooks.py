"""The notebooks run from top to bottom, and stand in git without what they print."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_a_notebook_stands_in_git_without_outputs(notebook: nbformat.NotebookNode) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)


def test_a_notebook_runs_from_top_to_bottom(notebook: nbformat.NotebookNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHLINK_ACCOUNTS", "1500")  # of the world that is too large for a test
    before = sorted(FOLDER.iterdir())
    done = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    code = [cell for cell in done.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in code)
    assert sorted(FOLDER.iterdir()) == before  # no graph and no plot left a file behind
    for graph in (cell for cell in code if cell.source.splitlines()[-1].partition("(")[0].endswith(".view")):
        assert graph.outputs[-1].data["text/html"].startswith("<iframe srcdoc=")
