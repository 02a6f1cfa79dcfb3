"""A headless Chromium that reaches nothing, and the record of all that a page in it tried to do."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_WATCH = """
window.executed = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = (...given) => { window.executed.push(`${name}(${given.map(String).join()})`); };
}
document.addEventListener("securitypolicyviolation", (event) => {
  window.executed.push(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class Visit:
    """A page that is open, and what it did besides being shown.

    `requests` are addresses asked for (the page itself left out), `messages` what it wrote to the console, `dialogs`
    the windows it opened over itself, `errors` the exceptions nobody caught.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def misdeeds(self) -> list[str]:
        """Return all that a page of ours never does; empty for a good one."""
        executed = [done for frame in self.page.frames for done in frame.evaluate("window.executed ?? []")]
        return [*self.requests, *self.messages, *self.dialogs, *self.errors, *executed]


def executable() -> str:
    """Return the path of Chromium; a test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium on this machine: `make test` installs it")
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield one browser for all tests of a module. Import it by name where it is used."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*FLAGS], chromium_sandbox=False)
        yield browser
        browser.close()


@contextmanager
def visit(  # noqa: PLR0913 - what a reader's screen may be like
    browser: Browser,
    path: Path,
    *,
    dark: bool = False,
    width: int = 1280,
    height: int = 800,
    script: bool = True,
) -> Iterator[Visit]:
    """Yield the page of that file, opened with the network blocked."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        accept_downloads=True,
    )
    address = path.resolve().as_uri()
    context.route("**/*", lambda route: route.continue_() if _local(route.request.url) else route.abort())
    context.add_init_script(_WATCH)
    seen = Visit(context.new_page())
    _record(seen, address)
    try:
        seen.page.goto(address)
        yield seen
    finally:
        context.close()


def _local(url: str) -> bool:
    return url.startswith("file:")


def _record(seen: Visit, address: str) -> None:
    def asked(request: Request) -> None:
        # A page may hold what it shows in itself (data:) or make it (blob:); neither leaves the page.
        if request.url.split("#")[0] != address and not request.url.startswith(("data:", "blob:")):
            seen.requests.append(request.url)

    def opened(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def said(message: ConsoleMessage) -> None:
        seen.messages.append(message.text)

    seen.page.on("request", asked)
    seen.page.on("dialog", opened)
    seen.page.on("console", said)
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
