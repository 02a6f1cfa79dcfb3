"""A window: accounts share an item where they touch it within that time of each other, to the second."""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import graphlink as gl
from graphlink import behaviour, bursts, graph, links, records
from graphlink.errors import UsageError

if TYPE_CHECKING:
    from graphlink.model import AccountGraph, Links

POSTS = Path(__file__).parents[2] / "shared/data/coortweet/german_elections.csv.gz"
needs_posts = pytest.mark.skipif(not POSTS.exists(), reason="the posts of coortweet are not on this machine")


def table(tmp_path: Path, rows: list[tuple[str, str, int]], name: str = "posts") -> str:
    path = tmp_path / f"{name}.csv"
    pd.DataFrame(rows, columns=["account_id", "url", "timestamp"]).to_csv(path, index=False)
    return str(path)


def world(*files: str, items: tuple[str, ...] = ("url=url",), window: str = "30s") -> tuple[AccountGraph, gl.Settings]:
    settings = gl.Settings(window=window)
    return graph.build(records.read([*files], settings=settings, items=items)), settings


def together(*files: str, window: str = "30s") -> dict[tuple[str, str], int]:
    found = links.candidates_within(*world(*files, window=window))
    return dict(zip(zip(found["left"], found["right"], strict=True), found["items"], strict=True))


def by_hand(rows: list[tuple[str, str, int]], window: int) -> dict[tuple[str, str], int]:
    """Return how many items each pair of accounts touched within the window: each touch against each other."""
    shared = defaultdict(set)
    for (a, x, s), (b, y, t) in itertools.combinations(rows, 2):
        if a != b and x == y and abs(s - t) <= window:
            shared[min(a, b), max(a, b)].add(x)
    return {pair: len(items) for pair, items in shared.items() if len(items) > 1}


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_those_that_every_touch_held_against_every_other_gives(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 150  # each item is touched without a pause longer than the window, and by some accounts again and again
    accounts, urls = rng.integers(0, 25, size), rng.integers(0, 4, size)
    seconds = 1_700_000_000 + rng.integers(0, 900, size)
    rows = [(f"a{a}", f"u{u}", int(t)) for a, u, t in zip(accounts, urls, seconds, strict=True)]
    assert together(table(tmp_path, rows)) == by_hand(rows, 30)


@pytest.mark.parametrize(("seconds", "met"), [(30, 1), (31, 0)])
def test_the_window_is_exact_to_the_second(tmp_path: Path, seconds: int, met: int) -> None:
    rows = [(name, url, 1_700_000_007 + late) for url in "xy" for name, late in (("ann", 0), ("bob", seconds))]
    assert len(together(table(tmp_path, rows))) == met


def test_one_item_twice_is_one_item(tmp_path: Path) -> None:
    rows = [(name, "x", 1_700_000_000 + at) for at in (0, 5, 400) for name in ("ann", "bob")]
    assert together(table(tmp_path, rows)) == {}


def test_within_a_window_nothing_fades_and_no_stretch_is_in_a_pool(tmp_path: Path) -> None:
    """What is near enough is the window's to say; a stretch is short, and does not tell how long a thing is kept."""
    times = [
        (name, ip, day)
        for name in ("ann", "bob")
        for day, ip in ((1, "198.51.100.1"), (1, "198.51.100.2"), (40, "198.51.100.3"))
    ]
    rows = [(name, ip, 1_700_000_000 + 86_400 * day + late) for name, ip, day in times for late in (0, 20)]
    kept = world(table(tmp_path, rows), items=("url=ip",))[0]
    assert (kept.fade, set(kept.items["pool"])) == ((), {-1})


def test_touches_in_two_tables_meet(tmp_path: Path) -> None:
    rows = [(name, url, 1_700_000_000) for url in "xy" for name in ("ann", "bob")]
    assert together(table(tmp_path, rows[:3]), table(tmp_path, rows[3:], "more")) == {("ann", "bob"): 2}


def test_who_others_name_is_an_id_with_or_without_a_window(tmp_path: Path) -> None:
    rows = [(name, "zed", 1_700_000_000 + late) for name, late in (("ann", 0), ("bob", 9_000))]
    of, _ = world(table(tmp_path, rows), items=("url=referrer",))
    assert of.items["value"].tolist() == ["zed"]


@pytest.mark.parametrize("window", ["30", "0s", "soon", "-5m", "30 s"])
def test_a_window_that_is_no_time_is_refused(window: str) -> None:
    with pytest.raises(UsageError, match="30s, 5m, 2h or 1d"):
        bursts.length(window)


def test_what_a_run_with_a_window_says(tmp_path: Path) -> None:
    rows = [(name, url, 1_700_000_000 + i) for i, url in enumerate("xyz") for name in ("ann", "bob")]
    rows += [(f"c{i}", f"own{i}", 1_700_000_000 + i) for i in range(50)]
    settings = gl.Settings(window="1m", decoys=0)
    case = gl.investigate(records.read([table(tmp_path, rows)], settings=settings, items=("url=url",)), settings)
    assert case.case_file.manifest["window"] == {"seconds": 60, "candidates": 1, "accounts": 2}
    assert case.case_file.candidates.to_dict("records") == [{"left": "ann", "right": "bob", "items": 3}]


def posts(*items: str) -> tuple[AccountGraph, Links]:
    settings = gl.Settings(window="30s")
    of = graph.build(behaviour.add(records.read([POSTS], settings=settings, items=items), settings))
    return of, links.link(of, settings)


@needs_posts
@pytest.mark.parametrize(
    ("item", "pairs", "accounts"),
    [("url_id=url", 925, 358), ("phash_id=image", 223, 154), ("domain_id=domain", 121, 122)],
)
def test_who_posted_the_same_within_half_a_minute_twice(item: str, pairs: int, accounts: int) -> None:
    found = links.candidates_within(*world(str(POSTS), items=(item,)))
    assert (len(found), len(set(found["left"]) | set(found["right"]))) == (pairs, accounts)


@needs_posts
def test_what_is_shared_in_two_modalities_ranks_above_what_is_shared_in_one() -> None:
    _, found = posts("url_id=url", "phash_id=image")
    two = (found.by_family > 0).sum(axis=1) > 1
    assert np.median(found.bits[two]) > np.median(found.bits[~two])
