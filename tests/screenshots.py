"""The pictures in docs/pictures: what the report and the graph look like, made anew.

    python tests/screenshots.py     (`make screenshots`)

The report is that of the sample in data/; the large graphs are of made rings. The printed page is page 1 of the PDF,
drawn by pdftoppm (poppler-utils); pngquant makes palettes of the colours, or a graph would take half a megabyte.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from browser import FLAGS, executable, visit
from made_ring import made_ring
from playwright.sync_api import sync_playwright

import graphlink as gl
from graphlink import view

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 300_000
TOOLS = {"pdftoppm": "poppler-utils", "pngquant": "pngquant"}


def take(browser: Browser, page: Path, name: str, *, dark: bool = False, act: str = "") -> None:
    """Write what a page looks like, after some JavaScript of ours has acted on it."""
    with visit(browser, page, dark=dark, width=1200, height=780) as seen:
        if page.name.endswith("graph.html"):
            seen.page.wait_for_selector("html[data-drawn]", state="attached")
        if act:
            seen.page.evaluate(act)
            seen.page.wait_for_timeout(600)  # what moves comes to rest
        seen.page.screenshot(path=PICTURES / f"{name}.png")


def graph_of(accounts: int, folder: Path) -> Path:
    """Return the graph of a made ring."""
    ring = made_ring(accounts)
    return view.write(ring, ring.clusters["cluster_id"].iloc[0], folder / f"{accounts}-graph.html")


def printed(case: gl.Case, folder: Path) -> None:
    """Write the first page of the PDF of the first cluster."""
    pdf = case.report(folder, cluster=1, pdf=True).with_suffix(".pdf")
    target = PICTURES / "printed"
    subprocess.run(["pdftoppm", "-png", "-r", "80", "-f", "1", "-singlefile", pdf, target], check=True)  # noqa: S607 - found above


def main() -> None:
    """Make all pictures."""
    if missing := [package for tool, package in TOOLS.items() if not shutil.which(tool)]:
        raise SystemExit(f"this takes {' and '.join(missing)}: install them first")
    PICTURES.mkdir(exist_ok=True)
    case = gl.investigate(gl.read(ROOT / "data" / "sample" / "records"))
    with TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        browser = playwright.chromium.launch(executable_path=executable(), args=[*FLAGS], chromium_sandbox=False)
        index = case.report(folder / "report")
        first = folder / "report" / "clusters" / f"{case.clusters['cluster_id'].iloc[0]}.html"
        third = first.with_name(f"{case.clusters['cluster_id'].iloc[2]}-graph.html")
        take(browser, index, "index")
        take(browser, first, "cluster")
        take(browser, first, "timeline", act="document.getElementById('timeline').scrollIntoView()")
        take(browser, third, "graph-dark", dark=True)
        take(browser, graph_of(300, folder), "graph-300")
        take(browser, graph_of(25_000, folder), "graph-25000")
        printed(case, folder / "printed")
        browser.close()
    subprocess.run(["pngquant", "--force", "--ext", ".png", *PICTURES.glob("*.png")], check=True)  # noqa: S607 - found above
    for path in sorted(PICTURES.glob("*.png")):
        sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")
        if path.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{path} is too large")


if __name__ == "__main__":
    main()
