"""The shape of the house: imports go down the layers only, and each outside library has its room.

A module that is not in the table fails here until somebody says where it belongs.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

LAYERS = [
    layer.split()
    for layer in (
        "errors stages spans",
        "model cards behind arrays",
        "settings keyfile kinds identifiers instants outfile outfolder quarantine weights",
        # reading
        "duck sparksql",
        "spark",
        "engine columns csvtext networks bursts",
        "components pieces",
        "sources jsonlines allowlist",
        "spool labels",
        "tables values",
        "sightings reputation",
        "touches refused",
        "records",
        "survey",
        # linking and judging
        "acts decay degrees dependence synchrony variation",
        "pools",
        "behaviour conduct usage",
        "graph",
        "candidates coincidences draws lookup",
        "sharing",
        "growth parts",
        "links",
        "communities",
        "significance",
        "weighing",
        "holdings doings",
        "traits features",
        "scoring",
        "sensitivity",
        "outsiders",
        "filing run",
        # made worlds, and what shows a case
        "worlds rows",
        "scenarios",
        "crews",
        "habits names",
        "traffic",
        "shelf layout sheets taken calibration provenance printing",
        "ties shared",
        "dossier",
        "drawing scene timeline stix workbook",
        "explain view report export evaluate simulate purge redaction",
        # the front
        "pipeline",
        "case",
        "__init__",
        "terminal ending",
        "cli",
        "__main__",
    )
]
"""From the lowest to the highest; modules of one line do not import each other."""

ROOMS = {
    "typer": "cli",
    "rich": "terminal",
    "pyvis": "view",
    "jinja2": "view report",
    "markupsafe": "view report",
    "networkx": "explain export",
    "stix2": "stix",
    "xlsxwriter": "workbook",
    "igraph": "draws growth communities layout export",
    "scipy": "pieces weights pools synchrony coincidences growth lookup parts layout",
    "duckdb": "duck",
    "pyspark": "spark",
    "py4j": "spark",
    "sqlglot": "sparksql",
    "ibis": "duck sparksql spark engine components bursts degrees instants tables values sightings reputation touches "
    "refused records survey behaviour conduct usage graph communities",
    "pyarrow": "arrays behind duck spark engine csvtext sources spool values reputation records names traffic simulate "
    "run export",
    "pandas": "*",
    "numpy": "*",
}
"""Each outside library, and the modules that may import it."""

PACKAGE = Path(__file__).parents[1] / "graphlink"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
HEIGHT = {module: height for height, layer in enumerate(LAYERS) for module in layer}


def imports(module: str, *, for_types: bool = True) -> set[str]:
    """Return the dotted names that a module imports, lazy ones included."""
    nodes = list(ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))))
    ifs = [node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    left_out = set() if for_types else {inner for node in ifs for inner in ast.walk(node)}
    names = set()
    for node in nodes:
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return names


def own(module: str) -> set[str]:
    """Return the modules of this package that a module imports (a name of the package itself is `__init__`)."""
    parts = [name.split(".") for name in imports(module) if name.split(".")[0] == "graphlink"]
    return {next((part for part in name[1:2] if part in MODULES), "__init__") for name in parts}


def test_every_module_has_its_place_in_the_table() -> None:
    assert sorted(set(MODULES) - set(HEIGHT)) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_layers_below_it(module: str) -> None:
    assert [name for name in own(module) if HEIGHT.get(name, 0) >= HEIGHT.get(module, 0)] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_the_libraries_whose_room_it_is(module: str) -> None:
    outside = {name.split(".")[0] for name in imports(module, for_types=False)} - set(sys.stdlib_module_names)
    allowed = {library for library, rooms in ROOMS.items() if rooms == "*" or module in rooms.split()}
    assert sorted(outside - allowed - {"graphlink"}) == []
