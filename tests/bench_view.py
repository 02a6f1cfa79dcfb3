"""How soon the graph of a ring can be used, and how smoothly it moves, in a headless Chromium without a graphics card.

    python tests/bench_view.py     (`make bench-view`)

A ring of each size is written as one HTML file. *Usable* is the time from opening the file until the whole picture is
drawn and the page answers. Then a script pans for two seconds; what counts is the median time between two frames
(a screen of 60 Hz allows 16.7 ms at best). The figures go to docs/benchmarks.md.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import marks
from browser import FLAGS, executable, visit
from made_ring import made_ring
from playwright.sync_api import sync_playwright

from graphlink import view

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
SIZES = (300, 1_000, 5_000, 25_000)
REPEATS = 3
USABLE, FRAME, BYTES = 3.0, 33.0, 5e6
"""The figures to reach: seconds, milliseconds, bytes."""

# Resolves two frames after the picture is drawn, with the milliseconds since the page was asked for.
_USABLE = """() => new Promise((done) => {
  const look = () => document.documentElement.dataset.drawn
    ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))) : setTimeout(look, 5);
  look();
})"""
PAN = """() => new Promise((done) => {
  const { x, y } = network.getViewPosition();
  const scale = network.getScale();
  const times = [];
  const step = (now) => {
    times.push(now);
    if (now - times[0] > 2000) return done(times.slice(1).map((time, i) => time - times[i]));
    const turn = (now - times[0]) / 300;
    network.moveTo({ position: { x: x + (200 * Math.sin(turn)) / scale, y: y + (120 * Math.cos(turn)) / scale } });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def measured(browser: Browser, path: Path) -> tuple[float, float]:
    """Return after how many seconds a page is usable, and the median milliseconds between frames while it pans."""
    with visit(browser, path) as seen:
        usable = seen.page.evaluate(_USABLE) / 1000
        return usable, statistics.median(seen.page.evaluate(PAN))


def row(browser: Browser, accounts: int, folder: Path) -> str:
    """Return the figures of a ring, the worst of some repeats, as a row of the table."""
    case = made_ring(accounts)
    begun = time.perf_counter()
    path = view.write(case, case.clusters["cluster_id"].iloc[0], folder / "ring.html")
    written = time.perf_counter() - begun
    figures = [measured(browser, path) for _ in range(REPEATS)]
    usable, frame = (max(each) for each in zip(*figures, strict=True))
    size = path.stat().st_size
    reached = "yes" if usable <= USABLE and frame <= FRAME and size <= BYTES else "**no**"
    cells = (f"{accounts:,}", f"{written:.1f}", f"{size / 1e6:.2f}", f"{usable:.2f}", f"{frame:.1f}", reached)
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and write the figures between the marks of docs/benchmarks.md."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*FLAGS], chromium_sandbox=False)
        rows = []
        for accounts in SIZES:
            rows.append(row(browser, accounts, Path(folder)))
            sys.stderr.write(f"{rows[-1]}\n")
        table = [
            (
                f"{time.strftime('%Y-%m-%d', time.gmtime())}, Chromium {browser.version}, the worst of {REPEATS}; "
                f"load {os.getloadavg()[0]:.0f}."
            ),
            "",
            "| accounts | written, s | MB (at most 5) | usable, s (at most 3) | frame, ms (at most 33) | reached |",
            "| ---: | ---: | ---: | ---: | ---: | --- |",
            *rows,
        ]
        browser.close()
    marks.write("view", [*table, ""], PAGE)


if __name__ == "__main__":
    main()
