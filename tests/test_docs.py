"""The README is complete and true: it names all there is, and the output it shows is what is printed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import console
import pytest
import typer.main

import graphlink
from graphlink import cli, settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
SETTINGS = [option.name for option in settings.options()]
OPTIONS = sorted(
    {p.opts[0] for c in COMMANDS.values() for p in c.params if p.name not in SETTINGS and "-" in p.opts[0]}
)
FILES = [
    path
    for folder in (".", ".ci", "docs", "graphlink", "notebooks", "requirements")
    for path in (ROOT / folder).glob("*" if folder in {".", ".ci"} else "**/*")
    if path.is_file() and path.suffix != ".pyc"
]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_readme_shows_every_command(command: str) -> None:
    assert f"$ graphlink {command}" in README


@pytest.mark.parametrize("option", OPTIONS)
def test_readme_names_every_option(option: str) -> None:
    assert re.search(rf"{option}\b", README.partition("## Every command")[2])


@pytest.mark.parametrize("setting", SETTINGS)
def test_readme_names_every_setting(setting: str) -> None:
    assert re.search(rf"^{setting}\b", README, re.MULTILINE)


@pytest.mark.parametrize("name", graphlink.__all__)
def test_readme_names_everything_that_the_package_exports(name: str) -> None:
    assert re.search(rf"\b{name}\b", README)


def test_all_is_exactly_what_the_package_offers() -> None:
    assert sorted(graphlink.__all__) == sorted(name for name in dir(graphlink) if not name.startswith("_"))


def test_readme_shows_what_its_commands_print(tmp_path: Path) -> None:
    assert console.rewritten(README, console.place(tmp_path)) == README


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    script = "\n".join(re.findall(r"(?<=^```python\n).*?(?=^```$)", README, re.MULTILINE | re.DOTALL))
    (console.place(tmp_path) / "readme.py").write_text(script, encoding="utf-8")
    assert console.run(f"{sys.executable} readme.py", tmp_path) == ""


def test_no_file_of_the_project_names_the_place_where_it_was_written() -> None:
    place = re.compile(rb"/work/|/root/|\.\./shared")
    assert [path for path in FILES if place.search(path.read_bytes())] == []
