"""Pages as PDF, printed by the Chromium that is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from graphlink import outfile
from graphlink.errors import GraphlinkError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def write(page_path: Path) -> None:
    """Write the page as PDF beside it, by the Chromium that is there."""
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if not chromium:
        raise UsageError("no Chromium to print with", then="install chromium, or print the page from a browser")
    # Chromium's sandbox refuses to start for root; a page of ours runs nothing that a case says.
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    pdf = page_path.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile, outfile.writing(pdf) as part:
        options = ["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", *as_root]
        target = [f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={part.resolve()}"]
        command = [chromium, *options, *target, page_path.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)  # noqa: S603 - our own arguments
        if done.returncode or not part.exists():
            raise GraphlinkError("Chromium did not print it", where=str(page_path), then="print it from a browser")
