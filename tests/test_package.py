"""What is installed: a wheel with all it needs, dependencies pinned by hash, and a command that starts at once."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import graphlink

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = ("duckdb", "ibis", "igraph", "jinja2", "networkx", "numpy", "pandas", "pyarrow", "pyvis", "scipy")


def locked(name: str) -> dict[str, list[str]]:
    """Return the versions that a lock pins for each package, several where Python versions differ."""
    pins: dict[str, list[str]] = {}
    for package, version in re.findall(
        r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE
    ):
        pins.setdefault(package, []).append(version)
    return pins


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    wheel, *more = folder.glob("*.whl")
    assert not more
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def python(*arguments: str, cwd: Path) -> str:
    """Return what Python prints that is started in a folder and finds modules there first."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={"PYTHONPATH": str(cwd)}, check=True, capture_output=True, text=True
    ).stdout


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(installed: Path) -> None:
    there = {str(path.relative_to(installed)) for path in installed.glob("graphlink/**/*") if path.is_file()}
    files = (path for path in (ROOT / "graphlink").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert there == {str(path.relative_to(ROOT)) for path in files}
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {"graphlink"}


def test_the_wheel_is_typed_and_carries_its_licence(installed: Path) -> None:
    assert (installed / "graphlink" / "py.typed").exists()
    assert list(installed.glob("*.dist-info/licenses/LICENSE"))


def test_graphlink_help_runs_from_the_wheel(installed: Path) -> None:
    assert "clusters" in python("-m", "graphlink", "--help", cwd=installed)


def test_the_version_is_said_once(installed: Path) -> None:
    assert PROJECT["version"] in python("-m", "graphlink", "--version", cwd=installed)
    assert graphlink.__version__ == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_help_loads_no_heavy_library() -> None:
    listed = python("-X", "importtime", "-c", "import graphlink.cli, sys; print(*sys.modules)", cwd=ROOT).split()
    assert [library for library in HEAVY if library in listed] == []


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_a_lock_pins_every_requirement_by_hash_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "==" not in re.sub(r"^\S+==(?:.|\\\n)*?--hash=sha256:[0-9a-f]{64}", "", text, flags=re.MULTILINE)
    assert not re.search(r"://|^-|@ ", text, re.MULTILINE)


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    run, dev = locked("run.txt"), locked("dev.txt")
    for wanted, lock in [(PROJECT["dependencies"], run), (PROJECT["optional-dependencies"]["dev"], dev)]:
        asked = [Requirement(each) for each in wanted]
        assert [each for each in asked if not all(each.specifier.contains(v) for v in lock.get(each.name, [""]))] == []


def test_the_tests_run_on_the_versions_that_users_get() -> None:
    run, dev = locked("run.txt"), locked("dev.txt")
    assert {name: dev.get(name) for name in run} == run
