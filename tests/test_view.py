"""The interactive graph: what it shows, that it shows it exactly, and that it does nothing else."""

from __future__ import annotations

import random
import re
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from browser import Visit, chromium, visit
from sample_case import RING, RING_ID, case_file

from graphlink import view
from graphlink.errors import UsageError
from graphlink.kinds import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

    from graphlink.model import CaseFile

__all__ = ["chromium"]  # the fixture

HOSTILE = Path(__file__).parents[2] / "shared" / "hostile"
OWN_PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "<!--<script>",
    "javascript:alert(4)",
    "{{ 7 * 7 }}",
    "${alert(5)}",
    "__proto__",
    "constructor",
    "\u2028alert(6)\u2029",
    "\u202egnp.exe",
    "a\x00b",
    "\ufeffmark",
    " leading and trailing ",
    "' onmouseover='alert(7)",
    "<a href=https://example.invalid/>x</a>",
)


@contextmanager
def opened(browser: Browser, case: CaseFile, folder: Path, *, dark: bool = False) -> Iterator[Visit]:
    """Yield the drawn page of the case's first cluster."""
    path = view.write(case, case.clusters["cluster_id"].iloc[0], folder / "ring.html")
    with visit(browser, path, dark=dark) as seen:
        seen.page.wait_for_selector("html[data-drawn]", state="attached")
        yield seen


def made_ring(accounts: int) -> CaseFile:
    """Return a case of one ring: each account on a card, a device and three of the addresses of its pools."""
    rng = random.Random(0)  # noqa: S311 - a made-up ring, no secret
    ids = [f"acct-{i:05d}" for i in range(accounts)]
    touches = [(name, *item) for name in ids for item in _pool(rng, accounts)]
    first = pd.Timestamp("2026-05-01", tz="UTC") + pd.to_timedelta([rng.randrange(30 * 86400) for _ in ids], unit="s")
    begun = dict(zip(ids, first.strftime("%Y-%m-%dT%H:%M:%SZ"), strict=True))
    times = {"first_seen": [begun[name] for name, _, _ in touches], "last_seen": "2026-06-10T00:00:00Z"}
    sightings = pd.DataFrame(touches, columns=["account_id", "kind", "value"])
    sightings = sightings.assign(**times, events=3, file="usage.csv", row=range(1, len(touches) + 1))
    held = sightings.groupby(["kind", "value"])["account_id"].agg(list).reset_index()
    sample = case_file()
    return replace(
        sample,
        clusters=sample.clusters.head(1).assign(accounts=accounts, core_accounts=accounts),
        members=pd.DataFrame({"account_id": ids, "cluster_id": RING_ID, "role": "core", "confidence": 0.98}),
        links=pd.DataFrame([_link(*pair, *item) for *item, held_by in held.to_numpy() for pair in pairwise(held_by)]),
        items=held.assign(
            accounts=held["account_id"].map(len), corroboration=1.0, use="shared", reason="on few accounts"
        ).drop(columns="account_id"),
        sightings=sightings,
        facts=pd.DataFrame({"account_id": ids, "events": 21, "first_seen": [begun[name] for name in ids]}).assign(
            last_seen=times["last_seen"], signed_up=lambda table: table["first_seen"], banned="", label=""
        ),
    )


def _pool(rng: random.Random, accounts: int) -> list[tuple[str, str]]:
    card, device = rng.randrange(2 + accounts // 12), rng.randrange(2 + accounts // 8)
    addresses = rng.sample(range(3 + accounts // 5), 3)
    return [
        ("payment", f"card_{card}"),
        ("device", f"dev_{device:04d}"),
        *(("ip", f"203.0.{i // 250}.{i % 250}") for i in addresses),
    ]


def _link(left: str, right: str, kind: str, value: str) -> dict[str, object]:
    bits = {"payment": 14.0, "device": 11.0, "ip": 5.0}[kind]
    return {
        "left": left,
        "right": right,
        "bits": bits,
        "families": [],
        "items": [{"kind": kind, "value": value, "bits": bits}],
    }


def told(seen: Visit) -> str:
    """Return the text of the details panel, exactly."""
    return str(seen.page.evaluate("document.getElementById('details').textContent"))


def find(seen: Visit, text: str) -> None:
    seen.page.keyboard.press("Escape")
    seen.page.keyboard.press("/")
    seen.page.keyboard.type(text)
    seen.page.keyboard.press("Enter")


def hostile(payloads: Sequence[str]) -> CaseFile:
    """Return a ring in which every string that somebody else wrote is a payload."""
    sample = case_file()
    text = dict(zip([*RING, "payment", "card_9", "dev_5", "203.0.113.7", "records/usage.csv"], payloads, strict=False))
    change = dict.fromkeys(("account_id", "left", "right", "kind", "value", "file"), text)
    items = sample.items.replace(change).assign(reason=payloads[0], use=payloads[1])
    links = sample.links.replace(change)
    links["items"] = [
        [{**x, "kind": text.get(x["kind"], x["kind"]), "value": text[x["value"]]} for x in row]
        for row in links["items"].head(6)
    ] + [[]]
    return replace(
        sample,
        clusters=sample.clusters.assign(evidence=payloads[2], explanation=payloads[3], tier=payloads[4]),
        members=sample.members.replace(change).assign(role=payloads[5]),
        links=links,
        items=items,
        sightings=sample.sightings.replace(change),
        facts=sample.facts.replace(change).assign(label=payloads[6 % len(payloads)]),
    )


def corpus() -> list[str]:
    lists = [HOSTILE / "xss-payloadbox/Intruder/xss-payload-list.txt", HOSTILE / "blns/blns.txt"]
    if not all(path.is_file() for path in lists):
        pytest.skip("the lists of payloads are not beside the project")
    lines = (line for path in lists for line in path.read_text(encoding="utf-8").split("\n"))
    return sorted({line for line in lines if line})


def test_an_unknown_cluster_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="no cluster c-none"):
        view.page(case_file(), "c-none")


def test_the_same_case_gives_the_same_page() -> None:
    assert view.page(case_file(), RING_ID) == view.page(case_file(), RING_ID)


def test_the_page_refers_to_nothing_outside_itself() -> None:
    page = view.page(case_file(), RING_ID)
    assert not re.findall(
        r"""<(?:link|img|iframe|base)\b|(?:src|href)=["']|@import|sourceMappingURL""", page.split("<script>")[0]
    )
    assert "sourceMappingURL" not in page


def test_pyvis_writes_nothing_into_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    view.page(case_file(), RING_ID)
    assert not list(tmp_path.iterdir())


def test_each_family_has_a_shape_and_a_colour_of_its_own() -> None:
    looks = [view.look(name) for name in BUILT_IN]
    families = {kind.family for kind in BUILT_IN.values()}
    assert len(set(looks)) == len(BUILT_IN)
    assert len({shape for shape, _ in looks}) == len(families)


def test_a_cluster_without_shared_items_is_drawn_too(chromium: Browser, tmp_path: Path) -> None:
    sample = case_file()
    bare = replace(sample, sightings=sample.sightings.head(0), links=sample.links.head(0))
    with opened(chromium, bare, tmp_path) as seen:
        assert seen.misdeeds() == []
        assert seen.page.evaluate("shown.nodes.size") == len(RING)


def test_the_page_opens_and_does_nothing_else(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        assert seen.page.evaluate("[shown.nodes.size, shown.edges.length]") == [7, 12]
        for key in ("f", "+", "-", "ArrowLeft", "ArrowUp", "t", "n", "p", "Escape"):
            seen.page.keyboard.press(key)
        seen.page.emulate_media(media="print")
        assert seen.misdeeds() == []


def test_find_shows_an_account_with_its_items_and_rows(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        find(seen, "ACCT-03")
        assert "acct-03" in told(seen)
        assert "card_9" in told(seen)
        assert "16.5 bits" in told(seen)
        assert "records/usage.csv, row 21" in told(seen)


def test_find_shows_an_item_with_its_use_and_reason(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        find(seen, "dev_5")
        assert "on 4 accounts, as one household's may be" in told(seen)
        assert all(name in told(seen) for name in RING)


def test_a_click_on_a_node_shows_its_details(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        at = seen.page.evaluate("network.canvasToDOM(network.getPosition(0))")
        box = seen.page.locator("#graph").bounding_box()
        assert box
        seen.page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
        seen.page.wait_for_function("state.selected === 0")
        assert "acct-01" in told(seen)


def test_a_switch_of_the_legend_hides_its_kind(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        seen.page.locator("#legend li", has_text="device").locator("input").uncheck()
        assert seen.page.evaluate("[shown.nodes.size, shown.edges.length]") == [6, 8]
        assert seen.page.evaluate("[...nodes.keys()].filter((id) => network.body.nodes[id].options.hidden).length") == 1


def test_edges_below_the_bits_asked_for_are_hidden(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        seen.page.locator("#bits").fill("10")
        assert seen.page.evaluate("shown.edges.length") == 8


def test_the_path_between_two_accounts_names_the_item_they_share(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        find(seen, "acct-01")
        seen.page.keyboard.press("p")
        seen.page.keyboard.press("/")
        seen.page.keyboard.type("acct-04")
        seen.page.keyboard.press("Enter")
        assert told(seen).startswith("Pathacct-01core")
        assert "card_9" in told(seen)
        assert seen.page.evaluate("document.documentElement.dataset.path") == "3"


def test_the_window_of_time_hides_accounts_that_were_not_active(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(30), tmp_path) as seen:
        seen.page.locator("#to").fill("60")
        shown = seen.page.evaluate("[...shown.nodes].filter((id) => !nodes.get(id).items).length")
        assert 0 < shown < 30


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_picture_can_be_kept(chromium: Browser, tmp_path: Path, form: str) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        with seen.page.expect_download() as download:
            seen.page.locator(f"#{form}").click()
        written = Path(download.value.path()).read_bytes()
        assert written.startswith({"png": b"\x89PNG", "svg": b"<svg "}[form])
        assert form == "png" or len(ET.fromstring(written)) > len(RING)  # noqa: S314 - we wrote it
        assert seen.misdeeds() == []


def test_a_print_shows_the_whole_picture_in_light_colours(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path, dark=True) as seen:
        seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert seen.page.evaluate("root.dataset.theme") == "light"
        assert seen.page.locator("#printed canvas").count() == 1
        seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert seen.page.evaluate("root.dataset.theme") == "dark"
        assert seen.misdeeds() == []


def test_items_on_one_member_are_counted_and_not_drawn(chromium: Browser, tmp_path: Path) -> None:
    sample = case_file()
    own = sample.sightings.head(1).assign(value="card_1")
    with opened(chromium, replace(sample, sightings=pd.concat([sample.sightings, own])), tmp_path) as seen:
        assert seen.page.evaluate("shown.nodes.size") == 7
        find(seen, "acct-01")
        assert "Own items1, not drawn" in told(seen)


def test_the_fragment_shows_the_same_page_inside_another(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "around.html").write_text("<!doctype html>" + view.fragment(case_file(), RING_ID), encoding="utf-8")
    with visit(chromium, tmp_path / "around.html") as seen:
        seen.page.frame_locator("iframe").locator("html[data-drawn]").wait_for(state="attached")
        assert seen.misdeeds() == []


def test_own_payloads_are_text_and_nothing_else(chromium: Browser, tmp_path: Path) -> None:
    assert_inert(chromium, tmp_path, OWN_PAYLOADS)


def test_payloads_of_the_lists_are_text_and_nothing_else(chromium: Browser, tmp_path: Path) -> None:
    payloads = corpus()
    sample = made_ring(len(payloads))
    name = dict(zip(sample.members["account_id"], payloads, strict=True))
    value = dict(zip(sample.items["value"], payloads, strict=False))
    links = sample.links.assign(left=sample.links["left"].map(name), right=sample.links["right"].map(name))
    links["items"] = [[{**x, "value": value[x["value"]]} for x in row] for row in links["items"]]
    sightings = sample.sightings.assign(
        account_id=sample.sightings["account_id"].map(name), value=sample.sightings["value"].map(value)
    )
    case = replace(
        sample,
        members=sample.members.assign(account_id=payloads),
        facts=sample.facts.assign(account_id=payloads, label=payloads),
        items=sample.items.assign(value=sample.items["value"].map(value), reason=payloads[: len(sample.items)]),
        sightings=sightings,
        links=links,
    )
    shared = {value[old] for old in sample.items.loc[sample.items["accounts"] > 1, "value"]}
    with opened(chromium, case, tmp_path) as seen:
        assert sorted(seen.page.evaluate(EVERY_ACCOUNT)) == sorted(payloads)
        assert set(seen.page.evaluate(EVERY_VALUE)) == shared
        assert seen.misdeeds() == []


EVERY_ACCOUNT = """[...accounts.account_id.keys()].map((i) => {
  byId("details").replaceChildren(...accountDetails(i));
  return document.querySelector("#details h3").textContent;
})"""
EVERY_VALUE = """[...items.value.keys()].map((i) => {
  byId("details").replaceChildren(...itemDetails(i));
  return document.querySelector("#details h3").textContent;
})"""


def assert_inert(chromium: Browser, folder: Path, payloads: Sequence[str]) -> None:
    """Every field in turn holds every payload; each page is looked at, searched, switched and saved."""
    for i in range(0, len(payloads), 4):
        turned = [*payloads[i:], *payloads[:i]]
        with opened(chromium, hostile(turned), folder) as seen:
            assert sorted(seen.page.evaluate(EVERY_ACCOUNT)) == sorted(turned[:4])
            assert set(seen.page.evaluate(EVERY_VALUE)) == set(turned[5:8])
            assert seen.page.evaluate("document.getElementById('evidence').textContent") == turned[2]
            for box in seen.page.locator("#legend input").all():
                box.click()
            seen.page.locator("#query").fill(turned[0])
            seen.page.evaluate("svg()")
            assert seen.misdeeds() == []


def test_a_ring_of_25_000_is_drawn_as_groups_that_open(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(25_000), tmp_path) as seen:
        assert (tmp_path / "ring.html").stat().st_size < 5_000_000
        assert seen.page.evaluate("nodes.size") <= 1_500
        assert (
            seen.page.evaluate("[...nodes.values()].filter((n) => !n.items).reduce((sum, n) => sum + n.of.length, 0)")
            == 25_000
        )
        seen.page.evaluate("open([...nodes.values()].find((node) => !node.items && !single(node)))")
        assert seen.page.evaluate("[...shown.nodes].filter((id) => single(nodes.get(id))).length") > 100
        assert seen.misdeeds() == []
