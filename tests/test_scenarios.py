"""The measuring of detection, in small: made worlds of some hundred accounts, and the tables that are written."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING

import ablation
import kept
import marks
import measured
import pytest
import scenarios

if TYPE_CHECKING:
    from pathlib import Path

    from kept import Figures

FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
"""The process that is forked here only counts."""


@pytest.fixture(scope="module")
def classic() -> dict[str, Figures]:
    return measured.compare("s1", 1, 1_000)


def test_in_a_small_world_every_ring_is_whole_and_nobody_is_with_a_ring(classic: dict[str, Figures]) -> None:
    found = classic["graphlink"]
    assert (found["whole"], found["company"], found["mixed"], found["accused"]) == (found["rings"], 0, 0, 0)


def test_cutting_hubs_puts_innocents_beside_the_same_rings(classic: dict[str, Figures]) -> None:
    assert classic["capped"]["company"] > 100
    assert classic["components"]["company"] > classic["capped"]["company"]


def test_rings_of_three_to_five_that_share_two_things_are_found_in_a_small_s7() -> None:
    found = measured.alone("s7", 1, 2_000)["graphlink"]
    assert found["recall"] > 0.9
    assert found["company"] == 0


def test_without_its_templates_a_small_s8_falls_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "FAMILIES", ("content",))
    monkeypatch.setattr(ablation, "MECHANISMS", ())
    found = ablation.ablate("s8", 1, 800)
    assert found["content"]["recall"] < found["nothing"]["recall"] / 2


@pytest.mark.parametrize("mechanism", ablation.MECHANISMS, ids=lambda each: each.name)
def test_what_stands_in_for_a_mechanism_takes_what_the_mechanism_takes(mechanism: ablation.Mechanism) -> None:
    there = getattr(mechanism.module, mechanism.function)
    if not callable(there):
        assert type(mechanism.instead) is type(there)
        return
    wanted = inspect.signature(there).parameters.values()
    positional = [each.name for each in wanted if each.kind is not each.KEYWORD_ONLY]
    named = {each.name: None for each in wanted if each.kind is each.KEYWORD_ONLY}
    inspect.signature(mechanism.instead).bind(*positional, **named)


def counted(world: str, seed: int, accounts: int | None) -> dict[str, Figures]:
    """Return how many worlds there are; the one called `huge` ends the process."""
    if world == "huge":
        os._exit(1)
    return {"graphlink": {"seed": seed, "accounts": accounts or 0, "process": os.getpid()}}


@FORKS
def test_what_is_kept_is_not_run_again(tmp_path: Path) -> None:
    first = kept.run(counted, ["s1"], [1, 2], 500, folder=tmp_path)
    again = kept.run(counted, ["s1"], [1, 2, 3], 500, folder=tmp_path)
    assert again[:2] == first
    assert len({run.found["graphlink"]["process"] for run in again}) == 3
    assert kept.everything(counted, folder=tmp_path) == again


@FORKS
def test_a_world_that_the_machine_cannot_hold_ends_alone(tmp_path: Path) -> None:
    huge, other = kept.run(counted, ["huge", "s1"], [1], 500, folder=tmp_path)
    assert huge.found == {}
    assert other.found["graphlink"]["seed"] == 1


@FORKS
def test_results_of_other_code_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kept.run(counted, ["s1"], [1], 500, folder=tmp_path)
    monkeypatch.setattr(kept, "code", lambda: "other")
    assert kept.run(counted, ["s1"], [1], 500, folder=tmp_path)[0].found != first[0].found


def test_a_cell_is_the_worst_seed_and_the_median_where_that_is_another() -> None:
    found = [{"recall": 0.5, "mixed": 1}, {"recall": 1.0, "mixed": 3}, {"recall": 0.9, "mixed": 3}]
    recall = scenarios.LINKING[0]
    assert scenarios.cell(recall, found) == "0.500 (0.900)"
    assert scenarios.cell(recall, found[1:2]) == "1.000"
    assert scenarios.cell(recall, [{"recall": float("nan")}]) == "-"


def test_innocents_are_told_in_ten_thousand_and_the_most_is_the_worst() -> None:
    found = [{"company": 1, "innocents": 20_000}, {"company": 3, "innocents": 20_000}]
    assert scenarios.cell(scenarios.LINKING[2], found) == "1.5 (1.0)"


def test_the_table_of_a_run_has_a_row_for_each_world_and_a_column_for_each_method(classic: dict[str, Figures]) -> None:
    lines = scenarios.compared([kept.Run("compare", "s1", 1_000, 1, "abc", classic)])
    assert sum(line.startswith("| s1 |") for line in lines) == 5
    assert any(line.startswith("| world | graphlink | Splink on our links | rule of thumb |") for line in lines)


def test_a_large_world_is_told_by_its_newest_code_and_where_it_ended(
    classic: dict[str, Figures], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        kept.Run("alone", "s7", 1_000, seed, code, found)
        for seed, code, found in [(1, "old", classic), (1, "new", classic), (2, "new", {})]
    ]
    monkeypatch.setattr(kept, "everything", lambda _: runs)
    lines = scenarios.enormous([])
    assert "| seeds | 1, 2 (the machine is too small) |" in lines
    assert "| code | new |" in lines
    assert "| rings whole | 1.000 |" in lines


def figures(recall: float, company: int = 0) -> Figures:
    return {"recall": recall, "whole": 2, "company": company, "strangers": 0, "mixed": 0}


def test_what_earns_nothing_is_said() -> None:
    found = {"nothing": figures(0.9), "payment": figures(0.9), "growth": figures(0.6), "visiting": figures(0.9, 2)}
    lines = scenarios.ablated([kept.Run("ablate", "s1", 500, 1, "abc", found)])
    assert any("0.600 (-0.300)" in line and line.endswith("s1 -0.300 |") for line in lines)
    assert any("2 (+2)" in line for line in lines)
    assert "Nothing changes in these worlds without: payment." in lines


def test_only_what_is_between_the_marks_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- large -->\nold\n<!-- end of large -->\nafter\n", "utf-8")
    marks.write("large", ["new"], page)
    assert page.read_text("utf-8") == "before\n<!-- large -->\n\nnew\n<!-- end of large -->\nafter\n"


def test_the_page_has_a_place_for_every_part() -> None:
    page = scenarios.PAGE.read_text("utf-8")
    assert all(page.count(f"<!-- {part} -->") == page.count(f"<!-- end of {part} -->") == 1 for part in scenarios.PARTS)
