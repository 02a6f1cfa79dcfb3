"""The interactive graph: what it shows, that it shows it exactly, and that it does nothing else."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import bench_view
import pandas as pd
import pytest
from browser import Visit, chromium, visit
from made_ring import made_ring
from sample_case import HOME_ID, RING, RING_ID, case_file, interested

from graphlink import redaction, report, view
from graphlink.errors import UsageError
from graphlink.kinds import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

    from graphlink.model import CaseFile

__all__ = ["chromium"]  # the fixture

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


def test_the_headline_names_a_common_interest(chromium: Browser, tmp_path: Path) -> None:
    path = view.write(interested(case_file()), HOME_ID, tmp_path / "home.html")
    with visit(chromium, path) as seen:
        seen.page.wait_for_selector("html[data-drawn]", state="attached")
        assert "best innocent explanation: common interest" in (seen.page.text_content("#title") or "")


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
        device = seen.page.locator("#legend li", has_text="device")
        assert device.locator(".count").text_content() == "1"
        device.locator("input").uncheck()
        assert device.locator(".count").text_content() == "0 of 1"
        assert seen.page.evaluate("[shown.nodes.size, shown.edges.length]") == [6, 8]
        assert seen.page.evaluate("[...nodes.keys()].filter((id) => network.body.nodes[id].options.hidden).length") == 1


def test_a_family_of_several_kinds_is_switched_as_one(chromium: Browser, tmp_path: Path) -> None:
    sample = case_file()
    kinds = {"card_9": "ip_prefix"}
    turned = sample.sightings.assign(kind=sample.sightings["value"].map(kinds).fillna(sample.sightings["kind"]))
    with opened(chromium, replace(sample, sightings=turned), tmp_path) as seen:
        seen.page.locator("#legend li.family", has_text="network").locator("input").uncheck()
        assert seen.page.evaluate("[shown.nodes.size, shown.edges.length]") == [5, 4]


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_stands_out_from_the_paper(chromium: Browser, tmp_path: Path, dark: bool) -> None:  # noqa: FBT001 - a parameter of the test
    colours = [view.look(name)[1] for name in BUILT_IN]
    with opened(chromium, case_file(), tmp_path, dark=dark) as seen:
        assert min(seen.page.evaluate(CONTRASTS, colours)) > 2


CONTRASTS = """(colours) => {
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const share = [0.2126, 0.7152, 0.0722];
  const light = (colour) => channels(colour).reduce((sum, part, i) => sum + linear(part) * share[i], 0.05);
  const ratio = (a, b) => Math.max(a, b) / Math.min(a, b);
  return colours.map((colour) => ratio(light(readable(colour)), light(paper)));
}"""


def test_times_are_read_to_the_minute(chromium: Browser, tmp_path: Path) -> None:
    sample = case_file()
    clusters = sample.clusters.assign(last_seen="2026-05-20T21:30:59.250000Z")
    with opened(chromium, replace(sample, clusters=clusters), tmp_path) as seen:
        assert "First seen2026-05-01 08:00Last seen2026-05-20 21:30" in told(seen)


def test_a_pinned_node_stays_marked(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        find(seen, "acct-03")
        seen.page.keyboard.press("k")
        seen.page.keyboard.press("Escape")
        assert seen.page.evaluate("[...state.pinned]") == [2]


def test_only_the_neighbours_of_a_node_are_left(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        find(seen, "dev_5")
        seen.page.keyboard.press("n")
        assert seen.page.evaluate("[shown.nodes.size, shown.edges.length]") == [5, 4]


def test_while_the_view_moves_the_picture_is_moved_and_not_drawn_again(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(300), tmp_path) as seen:
        before, meanwhile, moved, after = seen.page.evaluate(VIEWS_OF_A_MOVE)
        assert moved
        assert meanwhile == before
        assert after != before


# One script, since between two of them the view may have come to rest: waits for what happens, not for a time.
VIEWS_OF_A_MOVE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const rest = async () => { while (moving()) await frame(); };
  await rest();
  const before = layer.view;
  pan(20, 0);
  await new Promise((drawn) => network.once("afterDrawing", drawn));
  const [meanwhile, moved] = [layer.view, moving()];
  await rest();
  return [before, meanwhile, moved, layer.view];
}"""


def test_how_soon_a_ring_is_shown_and_how_smoothly_it_moves_is_measured(chromium: Browser, tmp_path: Path) -> None:
    path = view.write(made_ring(300), RING_ID, tmp_path / "ring.html")
    usable, frame = bench_view.measured(chromium, path)
    # how long it takes is for `make bench-view`: a test that shares its machine would tell of the machine
    assert usable > 0
    assert frame > 0


def test_no_name_is_cut_off_at_the_edge_of_the_picture(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(300), tmp_path) as seen:
        seen.page.set_viewport_size({"width": 390, "height": 840})
        assert seen.page.evaluate(CUT) == []


CUT = """async () => {
  fit(false);
  zoom(2); // some stand at the edge
  do await new Promise((drawn) => network.once("afterDrawing", drawn)); while (moving() || !labels.length);
  const ctx = layer.canvas.getContext("2d"), width = byId("graph").clientWidth;
  ctx.font = "12px system-ui, sans-serif";
  return labels.filter(({ node, text, dx, align }) => {
    const wide = ctx.measureText(text).width, x = network.canvasToDOM({ x: node.x, y: node.y }).x + dx;
    const left = x - (align === "center" ? wide / 2 : align === "right" ? wide : 0);
    return left < 0 || left + wide > width;
  }).map(({ text }) => text);
}"""


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


def test_the_path_between_two_accounts_that_are_drawn_in_groups(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(5_000), tmp_path) as seen:
        find(seen, "acct-00007")
        assert seen.page.evaluate("single(nodes.get(state.selected))") is False
        assert seen.page.evaluate("focus().size - 1 <= touchesOf(7).length")  # of its group, what it touches stands out
        seen.page.keyboard.press("p")
        seen.page.keyboard.press("/")
        seen.page.keyboard.type("acct-00210")
        seen.page.keyboard.press("Enter")
        steps = seen.page.locator("#details li .what").all_text_contents()
        assert (steps[0], steps[-1]) == ("acct-00007", "acct-00210")
        assert len(steps) == int(seen.page.evaluate("document.documentElement.dataset.path")) >= 3
        missing = seen.page.evaluate("state.path.length - 1 - shown.edges.filter(onPath).length")
        assert missing == 0  # each step, those too that are too weak to be drawn otherwise
        assert seen.misdeeds() == []


def test_the_other_end_of_a_path_is_chosen_among_the_members_of_a_group(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(5_000), tmp_path) as seen:
        find(seen, "acct-00007")
        seen.page.keyboard.press("p")
        seen.page.evaluate("ask([...nodes.values()].find((node) => !node.items && !node.of.includes(7)).id)")
        member = seen.page.locator("#details li button").first
        name = member.locator(".what").text_content()
        member.click()
        assert seen.page.locator("#details li .what").last.text_content() == name
        assert told(seen).startswith("Pathacct-00007")


def test_the_histogram_has_the_events_of_each_day(chromium: Browser, tmp_path: Path) -> None:
    ring = made_ring(30)
    with opened(chromium, ring, tmp_path) as seen:
        assert seen.page.evaluate("activity().reduce((sum, bar) => sum + bar)") == pytest.approx(
            ring.taken.events.sum()
        )
        high, low = seen.page.evaluate("['2026-05-29', '2026-05-30'].map((day) => activity()[step(seconds(day)) + 1])")
        assert high > 1.5 * low  # a Friday and a Saturday
        assert seen.page.text_content("#bars") == "bars: events a day"


def test_what_those_do_who_have_an_innocent_reason_is_not_in_the_page(chromium: Browser, tmp_path: Path) -> None:
    sample = case_file()
    explained = replace(sample, clusters=sample.clusters.assign(tier="explained"))
    with opened(chromium, explained, tmp_path) as seen:
        assert seen.page.evaluate("told.days") == []
        assert seen.page.text_content("#bars") == "bars: accounts in use"
        assert seen.page.evaluate("Math.max(...activity())") == len(RING)


def test_names_cover_neither_each_other_nor_a_node(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(300), tmp_path) as seen:
        for act in ("fit(false)", "zoom(2.5)", "zoom(0.3)"):
            seen.page.evaluate(f"{act}; undefined")
            boxes, dots = seen.page.evaluate(NAMES)
            assert boxes or act == "zoom(0.3)"
            assert not [pair for pair in combinations(boxes, 2) if meet(*pair)]
            assert not [(box, dot) for box in boxes for dot in dots if meet(box, dot)]


def meet(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# Left, top, right and bottom of each name, as high as its small letters are, and of the middle of each node.
NAMES = """async () => {
  do await new Promise(requestAnimationFrame); while (moving());
  redraw(false);
  await new Promise(requestAnimationFrame);
  const ctx = layer.canvas.getContext("2d"), at = (node) => network.canvasToDOM({ x: node.x, y: node.y });
  ctx.font = "12px system-ui, sans-serif";
  const boxes = labels.map(({ node, text, dx, dy, align }) => {
    const wide = ctx.measureText(text).width, { x, y } = at(node);
    const left = x + dx - (align === "center" ? wide / 2 : align === "right" ? wide : 0);
    return [left, y + dy - 5, left + wide, y + dy + 5];
  }).filter(([, top, , bottom]) => top > 0 && bottom < byId("graph").clientHeight); // what is seen
  const dots = [...shown.nodes].map((id) => nodes.get(id)).map((node) => {
    const { x, y } = at(node), r = node.size * network.getScale() * 0.5;
    return [x - r, y - r, x + r, y + r];
  });
  return [boxes, dots];
}"""


def test_an_edge_is_as_wide_as_its_bits_and_a_weak_one_is_dashed(chromium: Browser, tmp_path: Path) -> None:
    sample = case_file()
    weak = [[{**x, "bits": 1.0 if x["kind"] == "ip" else x["bits"]} for x in row] for row in sample.links["items"]]
    with opened(chromium, replace(sample, links=sample.links.assign(items=weak)), tmp_path) as seen:
        looks = seen.page.evaluate("edges.map(({ bits, width, dashes }) => [bits, width, dashes])")
        assert {bits: dashed for bits, _, dashed in looks} == {16.5: False, 15.2: False, 1.0: True}
        assert sorted(looks) == sorted(looks, key=lambda look: look[1])
        assert seen.page.evaluate(STROKES) == [[True, 4], [False, 8]]


# How many lines of a drawn picture are dashed and how many are not.
STROKES = """() => {
  const found = new Map(), stroke = CanvasRenderingContext2D.prototype.stroke;
  CanvasRenderingContext2D.prototype.stroke = function (...path) {
    if (!path.length) found.set(this.getLineDash().length > 0, (found.get(this.getLineDash().length > 0) ?? 0) + 1);
    return stroke.apply(this, path);
  };
  drawEdges(layer.canvas.getContext("2d"));
  CanvasRenderingContext2D.prototype.stroke = stroke;
  return [...found].sort((a, b) => b[0] - a[0]);
}"""


def test_a_cluster_whose_members_were_left_out_says_so(chromium: Browser, tmp_path: Path) -> None:
    public = redaction.redact(case_file(), "public", lambda kind, value: f"{kind}_{len(value)}")
    with opened(chromium, public, tmp_path) as seen:
        assert "left out of this file" in seen.page.locator("#note").inner_text()
        assert "Accounts4" in told(seen)
        assert seen.misdeeds() == []
    report.write(public, tmp_path / "report", graph_page=view.page)
    assert not list(tmp_path.rglob("*-graph.html"))


def test_a_note_says_that_places_overstate_what_is_apart(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, case_file(), tmp_path) as seen:
        assert "groups drawn further apart than they are" in seen.page.locator("#note").inner_text()


def test_the_window_of_time_hides_accounts_that_were_not_active(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(30), tmp_path) as seen:
        seen.page.locator("#to").fill("60")
        shown = seen.page.evaluate("[...shown.nodes].filter((id) => !nodes.get(id).items).length")
        assert 0 < shown < 30


def test_play_lets_the_window_of_time_run_until_it_is_stopped(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(30), tmp_path) as seen:
        seen.page.locator("#to").fill("40")
        play = seen.page.get_by_role("button", name="Play")
        play.focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate(RUN) > 0
        seen.page.get_by_role("button", name="Stop").click()
        stopped = seen.page.locator("#from").input_value()
        assert seen.page.evaluate("new Promise((done) => setTimeout(() => done(byId('from').value), 300))") == stopped
        assert seen.misdeeds() == []


RUN = """async () => {
  while (Number(byId("from").value) < 4) await new Promise(requestAnimationFrame);
  return Number(byId("from").value);
}"""


def test_a_double_click_opens_a_group(chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, made_ring(5_000), tmp_path) as seen:
        before, at = seen.page.evaluate(LARGEST)
        box = seen.page.locator("#graph").bounding_box()
        assert box
        seen.page.mouse.dblclick(box["x"] + at["x"], box["y"] + at["y"])
        assert seen.page.evaluate("nodes.size") > before
        assert seen.misdeeds() == []


LARGEST = """() => {
  const groups = [...nodes.values()].filter((node) => !node.items && !single(node) && node.of.length <= OPENABLE);
  const largest = groups.sort((a, b) => b.of.length - a.of.length)[0];
  return [nodes.size, network.canvasToDOM(network.getPosition(largest.id))];
}"""


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
        assert seen.page.evaluate("paper") == "#ffffff"
        seen.page.emulate_media(media="print")
        assert seen.page.locator("#note").is_visible()
        seen.page.emulate_media(media="screen")
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


def test_the_fragment_works_in_the_webview_of_an_editor(chromium: Browser, tmp_path: Path) -> None:
    """VS Code shows a cell in a sandboxed frame whose policy allows scripts inline and no frame of a file or host."""
    cell = f'<meta http-equiv="Content-Security-Policy" content="{WEBVIEW}">{view.fragment(case_file(), RING_ID)}'
    webview = f'<iframe id="webview" sandbox="allow-scripts allow-downloads" srcdoc="{escape(cell)}">'
    (tmp_path / "editor.html").write_text("<!doctype html>" + webview, encoding="utf-8")
    with visit(chromium, tmp_path / "editor.html", height=1200) as seen:
        graph = seen.page.frame_locator("#webview").frame_locator("iframe")
        graph.locator("html[data-drawn]").wait_for(state="attached")
        graph.locator("#query").fill("acct-03")
        graph.locator("#query").press("Enter")
        assert "records/usage.csv, row 21" in (graph.locator("#details").text_content() or "")
        with seen.page.expect_download() as download:
            graph.locator("#svg").evaluate("button => button.click()")
        assert Path(download.value.path()).read_bytes().startswith(b"<svg ")
        assert seen.misdeeds() == []


WEBVIEW = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src https: data: blob:; connect-src https:; child-src https: data: blob:"
)


def test_own_payloads_are_text_and_nothing_else(chromium: Browser, tmp_path: Path) -> None:
    assert_inert(chromium, tmp_path, OWN_PAYLOADS)


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
