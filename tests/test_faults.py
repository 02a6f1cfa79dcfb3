"""A job that is ended or starved leaves nothing half-written: one moment of each. `make faults` tries hundreds."""

from __future__ import annotations

import random

import faults
import pytest


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> faults.Bench:
    return faults.prepared(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("name", sorted(faults.FAULTS))
def test_what_stands_after_a_fault_stands_whole(bench: faults.Bench, name: str) -> None:
    if name == "full" and not faults.can_mount(bench):
        pytest.skip("this user may not mount a small disk")
    stood = faults.hold(name, bench, random.Random(f"{name} 1"))  # noqa: S311 - no secret
    assert stood in {"old", "new", "none"}
