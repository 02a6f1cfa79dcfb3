"""The evidence report says what the case says, runs nothing that it says, and needs no other file."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from browser import chromium, visit  # noqa: F401 - the fixture is taken by its name
from sample_case import FIRST, HOME_ID, RING, RING_ID, case_file, interested

from graphlink import behind, dossier, report, sheets, timeline
from graphlink.errors import GraphlinkError, UsageError
from graphlink.model import CaseFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

SHARED = Path(__file__).parents[2] / "shared/hostile"
PAYLOADS = [
    "<script>alert(1)</script>",
    "</style></script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "<svg/onload=alert(1)>",
    "</title><iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "{{ 7 * 7 }}{% for x in y %}",
    "<link rel=stylesheet href=//example.com/x.css><style>@import '//example.com'</style>",
    "<base href=//example.com/><meta http-equiv=refresh content='0;url=//example.com'>",
    "../../../../outside",
    '=HYPERLINK("http://example.com")',
]
INVISIBLE = ["a\u202eb", "a\u200bb", "a\rb", "a\nb", "  a  b  ", "a\x80b", "\ufeffa", "a\x07b"]


def text_of(page: str) -> str:
    """Return what a reader of the page sees."""
    seen: list[str] = []

    class Reader(HTMLParser):
        skipped = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            del attrs
            self.skipped = tag in {"style", "script"}

        def handle_data(self, data: str) -> None:
            if not self.skipped:
                seen.append(data)

    Reader().feed(page)
    return " ".join("".join(seen).split())


def marked(value: Any, payload: str) -> Any:
    """Return the value with the payload in each text in it, keys left as they are."""
    if isinstance(value, str):
        return value + payload
    if isinstance(value, dict):
        return {key: marked(inner, payload) for key, inner in value.items()}
    return [marked(inner, payload) for inner in value] if isinstance(value, list) else value


def hostile(payload: str) -> CaseFile:
    """Return the sample with the payload at the end of every string of every table and of the manifest."""
    case = case_file()
    tables = {
        field.name: getattr(case, field.name).map(lambda cell: marked(cell, payload))
        for field in fields(case)
        if field.name != "manifest"
    }
    # What rules the layout stays: a side or a use that is not one of ours would only hide rows from the test.
    tables["findings"]["side"] = case.findings["side"]
    tables["items"]["use"] = case.items["use"]
    return CaseFile(**tables, manifest=marked(case.manifest, payload))


def ring_of(accounts: list[str]) -> CaseFile:
    """Return a case with one ring whose accounts have these names, the first of them items of those names to share."""
    case = case_file()
    names = {"account_id": accounts}
    fixed = {"first_seen": "", "last_seen": "", "events": 1}
    pairs = [(item, account) for item in accounts[:500] for account in accounts[:2]]
    return CaseFile(
        clusters=case.clusters.iloc[:1].assign(accounts=len(accounts)),
        members=pd.DataFrame({**names, "cluster_id": RING_ID, "role": "core", "confidence": 1.0}),
        links=case.links.iloc[:0],
        items=case.items.iloc[:0],
        sightings=pd.DataFrame(
            [{"account_id": b, "kind": "ip", "value": a, **fixed, "file": "f.csv", "row": 1} for a, b in pairs]
        ),
        facts=pd.DataFrame({**names, **fixed, "signed_up": "", "banned": "", "label": None}),
        findings=case.findings,
        taken=case.taken.iloc[:0],
        hours=case.hours.iloc[:0],
        sensitivity=case.sensitivity.iloc[:0],
        outsiders=case.outsiders.iloc[:0],
        candidates=case.candidates.iloc[:0],
        manifest=case.manifest,
    )


def use(page: Page) -> None:
    """Do to a page what a reader may, short of following its links: hover, click, sort, filter."""
    page.evaluate("""() => {
        const all = [...document.querySelectorAll("body *:not(a):not(a *)")].slice(0, 3000);
        const doings = ["mouseover", "pointerenter", "focus", "toggle", "click"];
        for (const element of all) for (const doing of doings) element.dispatchEvent(new Event(doing));
        document.querySelectorAll("thead button").forEach((button) => button.click());
        document.querySelectorAll("input").forEach((input) => {
            for (input.value of ["alert", ""]) input.dispatchEvent(new Event("input"));
        });
    }""")


def test_the_index_ranks_the_clusters_and_links_their_pages(tmp_path: Path) -> None:
    path = report.write(case_file(), tmp_path)
    page = path.read_text(encoding="utf-8")
    assert path == tmp_path / "index.html"
    assert page.index(f'href="clusters/{RING_ID}.html"') < page.index(f'href="clusters/{HOME_ID}.html"')
    assert "4 accounts in 1 coordinated cluster" in text_of(page)
    assert (tmp_path / "clusters" / f"{HOME_ID}.html").exists()


def test_the_index_names_a_common_interest_and_so_does_the_table_beside_it(tmp_path: Path) -> None:
    text = text_of(report.write(interested(case_file()), tmp_path).read_text(encoding="utf-8"))
    assert text.count("Best innocent explanation: common interest.") == 1
    with (tmp_path / "clusters.csv").open(encoding="utf-8", newline="") as table:
        assert [row["explanation"] for row in csv.DictReader(table)] == ["", "common interest"]


def test_a_page_says_who_how_many_since_when_and_why() -> None:
    text = text_of(report.page(case_file(), RING_ID))
    for said in (
        "4 linked accounts: the evidence points to one operator",
        "about 130,000 times better than the best innocent explanation",
        "2026-05-01 08:00",
        "One card pays for all 4 accounts.",
        "Shared by 4 of 4 members and by nobody else. Gives 16.5 bits to each of 6 links.",
        "6 pairs of these accounts are linked, 6 of them by two families of items or more.",
        "records/usage.csv , row 1: acct-01",
    ):
        assert said.replace(" ,", ",") in text


def test_a_page_says_first_what_was_taken() -> None:
    text = text_of(report.page(case_file(), RING_ID))
    said = "4 accounts made 84 exchanges (42% of all) with 84,000 tokens from large (100%) between"
    assert said in text.split("Why we say one operator")[0]
    assert "Of all 200 exchanges in these records, 84 are theirs: 42%." in text
    assert "large84100.0%84,000" in text


def test_what_people_took_who_have_an_innocent_reason_is_not_shown(tmp_path: Path) -> None:
    report.write(case_file(), tmp_path)
    assert "What was taken" not in text_of(report.page(case_file(), HOME_ID))
    assert not (tmp_path / f"clusters/{HOME_ID}-taken.csv").exists()


def test_a_page_says_who_stays_if_one_thing_is_left_out() -> None:
    text = text_of(report.page(case_file(), RING_ID)).split("If one thing is left out")[1]
    assert "payment0 of 4reviewacct-01, acct-02, acct-03, acct-04" in text
    assert "network3 of 4coordinatedacct-04" in text
    assert "device4 of 4coordinatednobody" in text


def test_a_page_names_who_stands_beside_and_is_not_accused() -> None:
    text = text_of(report.page(case_file(), RING_ID)).split("Beside the cluster, and not accused")[1]
    assert "acct-09bystanderIt uses ip 203.0.113.7 as the cluster does, and nothing else ties it." in text


def test_a_page_shows_the_hours_of_the_week() -> None:
    page = report.page(case_file(), RING_ID)
    assert page.count('class="hour"') == 7 * 24
    assert "the strongest holds 28." in text_of(page)
    assert 'class="hour"' not in report.page(case_file(), HOME_ID)


def test_a_page_says_who_was_opened_at_once_after_a_ban(tmp_path: Path) -> None:
    case = case_file()
    days = dict(zip(RING, ("2026-05-02T00:00:00Z", "2026-05-10T00:00:00Z", "", ""), strict=True))
    opened = dict(zip(RING, (FIRST, FIRST, "2026-05-03T00:00:00Z", "2026-05-18T00:00:00Z"), strict=True))
    facts = case.facts.assign(
        banned=case.facts["account_id"].map(days).fillna(""), signed_up=case.facts["account_id"].map(opened).fillna("")
    )
    path = report.write(replace(case, facts=facts), tmp_path, cluster=RING_ID)
    assert "1 of the 2 accounts opened after the first ban was opened within 48 hours" in text_of(
        path.read_text("utf-8")
    )
    rows = path.with_name(f"{RING_ID}-handovers.csv").read_text().splitlines()
    assert rows[1:] == ["acct-01,2026-05-02T00:00:00Z,acct-03,2026-05-03T00:00:00Z,24.0"]


def test_a_page_states_the_case_against() -> None:
    text = text_of(report.page(case_file(), HOME_ID))
    assert "2 linked accounts, most likely one household" in text
    assert "The best innocent explanation explains these records about 32 times better" in text
    assert "2 accounts that share nothing but an address live together." in text
    assert "Nobody is accused here." in text


def test_a_slight_lead_of_one_operator_accuses_nobody() -> None:
    case = case_file()
    text = text_of(report.page(replace(case, clusters=case.clusters.assign(score=0.5)), HOME_ID))
    assert "2 linked accounts that one household would explain" in text
    assert "That is too little to go by. Nobody is accused here." in text


def test_a_page_states_what_chance_would_do_and_what_the_inputs_were() -> None:
    text = text_of(report.page(case_file(), RING_ID))
    assert "chance is expected to make at most 0.1% of all links" in text
    assert "0" * 64 in text
    assert "graphlink clusters records" in text


def test_a_page_states_what_worlds_of_chance_held() -> None:
    held = {
        "worlds": 1,
        "accounts": 5000,
        "clusters": 22,
        "coordinated": 0,
        "review": 2,
        "fdr": 0.001,
        "fdr_high": 0.75,
    }
    case = case_file()
    manifest = {**case.manifest, "chance": {**case.manifest["chance"], "decoys": held}}
    text = text_of(report.page(replace(case, manifest=manifest), RING_ID))
    assert "1 world of chance was searched in the same way" in text
    assert "It held 0 coordinated clusters and 2 for review" in text
    assert "0.1% of the coordinated clusters here, and at most 75% as far as one world can tell" in text


@pytest.mark.parametrize(("links", "told"), [(9, False), (321, True)])
def test_a_page_says_where_chance_links_more_than_was_promised(links: int, told: bool) -> None:  # noqa: FBT001 - a case
    held = dict.fromkeys(("worlds", "accounts", "clusters", "coordinated", "review", "fdr", "fdr_high"), 1)
    case, more = case_file(), {"links": links, "links_promised": 9.1}
    manifest = {**case.manifest, "chance": {**case.manifest["chance"], "decoys": {**held, **more}}}
    text = text_of(report.page(replace(case, manifest=manifest), RING_ID))
    assert f"It held {links} links, where 9.1 were expected" in text
    assert ("a link alone is weaker than it says" in text) == told


def test_no_line_ends_inside_a_date_and_what_was_escaped_stays_so() -> None:
    kept = report.unbroken(report.shown("<b> until 2026-03-31"))
    assert kept == '<bdi class="v">&lt;b&gt; until <span class="t">2026-03-31</span></bdi>'


def test_provenance_names_the_versions_of_python_and_of_every_library() -> None:
    case = case_file()
    manifest = {**case.manifest, "libraries": {"Python": "3.12.1", "numpy": "2.1.0"}}
    assert "Python 3.12.1, numpy 2.1.0" in text_of(report.page(replace(case, manifest=manifest), RING_ID))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.0"), (-0.03, "−0.03"), (0.0004, "0.0"), (-1.25, "−1.2"), (3210.0, "3,210.0")],  # noqa: RUF001 - the minus sign
)
def test_a_weight_that_is_not_nothing_is_not_shown_as_nothing(value: float, said: str) -> None:
    assert report.rounded(value) == said


def test_a_hub_that_members_touch_is_shown_with_the_reason_why_it_was_not_used() -> None:
    case = case_file()
    touch = {**case.sightings.iloc[0].to_dict(), "kind": "ip", "value": "203.0.113.200"}
    page = report.page(replace(case, sightings=pd.concat([case.sightings, pd.DataFrame([touch])])), RING_ID)
    assert "on 4,120 accounts that agree in nothing else: adds 0.3 bits" in text_of(page).split("Seen, and not used")[1]


def test_a_page_that_stands_alone_links_nothing() -> None:
    assert not re.findall(r'href="(?!#)', report.page(case_file(), RING_ID))


def test_a_case_without_clusters_says_so(tmp_path: Path) -> None:
    case = case_file()
    empty = replace(case, **{f.name: getattr(case, f.name).iloc[:0] for f in fields(case) if f.name != "manifest"})
    text = text_of(report.write(empty, tmp_path).read_text(encoding="utf-8"))
    assert "No linked accounts were found" in text
    assert "accounts that share nothing in them cannot be linked by them" in text
    assert "Clusters by rank" not in text


def test_a_manifest_that_says_nothing_is_no_reason_to_fail() -> None:
    assert "did not record" in text_of(report.page(replace(case_file(), manifest={}), RING_ID))


def test_findings_that_add_up_to_the_score_are_added_and_others_are_not() -> None:
    assert "0.0 for and −1.5 against make −1.5, the score." in text_of(report.page(case_file(), HOME_ID))  # noqa: RUF001 - the minus sign
    assert "the score." not in text_of(report.page(case_file(), RING_ID))


UNCITED = """() => {
    const words = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const alone = [];
    while (words.nextNode()) {
        const at = words.currentNode.parentElement;
        // What our own method and glossary say is no figure of the case; how the rank is told, the index says.
        if (!/\\d/.test(words.currentNode.data) || at.closest("#method, .glossary, .kicker, h1, h2, .source")) continue;
        const block = at.closest(".tile, table, svg, .legend") ?? at.closest("li, dl, p");
        const cites = (element) => element.querySelector("a[href$='.csv'], a[href='#provenance']");
        const apart = block.matches("table, svg, .legend, dl, .who, .item, .note");
        if (!cites(block) && !(apart && cites(block.closest("section, li")))) alone.push(block.textContent);
    }
    return alone;
}"""


def test_every_figure_stands_with_the_table_it_came_from(tmp_path: Path, chromium: Browser) -> None:  # noqa: F811 - the fixture
    index = report.write(case_file(), tmp_path)
    for path in (index, tmp_path / f"clusters/{RING_ID}.html", tmp_path / f"clusters/{HOME_ID}.html"):
        cited = set(re.findall(r'href="([^"#]+\.csv)"', path.read_text(encoding="utf-8")))
        assert all((path.parent / name).is_file() for name in cited)
        with visit(chromium, path) as seen:
            assert seen.page.evaluate(UNCITED) == []


def test_what_is_said_of_the_whole_run_is_a_table_too(tmp_path: Path) -> None:
    report.write(case_file(), tmp_path)
    with (tmp_path / "provenance.csv").open(encoding="utf-8", newline="") as file:
        told = {row["name"]: row["value"] for row in csv.DictReader(file)}
    assert (told["inputs.1.sha256"], told["chance.tried"], told["seed"]) == ("0" * 64, "4950", "0")
    assert not [name for name in told if "columns" in name]


def test_what_stands_against_it_is_said_where_the_verdict_is(tmp_path: Path) -> None:
    report.write(case_file(), tmp_path)
    ring, home = (text_of((tmp_path / f"clusters/{name}.html").read_text("utf-8")) for name in (RING_ID, HOME_ID))
    said = "Against it stands 1 finding of −0.5. The innocent explanation that comes closest is one household."  # noqa: RUF001
    assert f"{said} It hangs on payment: without that the tier would be lower." in ring.split("Why we say")[0]
    assert "Against it" not in home


def test_of_very_many_items_the_strongest_of_each_link_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.write(case_file(), tmp_path / "all")
    monkeypatch.setattr(report, "MOST_NAMED", 0)
    report.write(case_file(), tmp_path / "some")
    texts = [(tmp_path / name / f"clusters/{RING_ID}-links.csv").read_text("utf-8") for name in ("all", "some")]
    every, some = (list(csv.DictReader(text.splitlines())) for text in texts)
    for whole, cut in zip(every, some, strict=True):
        items = whole["items"].split("; ")
        first, more = cut["items"].split("; ")
        assert first in items
        assert more == f"and {len(items) - 1} more, in links.parquet of the run"


def test_a_household_gets_no_interactive_graph_unless_it_is_asked_for(tmp_path: Path) -> None:
    report.write(case_file(), tmp_path, graph_page=lambda *_: "")
    assert [path.name for path in tmp_path.rglob("*-graph.html")] == [f"{RING_ID}-graph.html"]
    report.write(case_file(), tmp_path, cluster=HOME_ID, graph_page=lambda *_: "")
    assert (tmp_path / f"clusters/{HOME_ID}-graph.html").exists()


def test_a_household_gets_its_pictures_where_its_page_is_asked_for_alone(tmp_path: Path) -> None:
    report.write(case_file(), tmp_path)
    report.write(case_file(), tmp_path / "alone", cluster=HOME_ID)
    drawn = {
        name: 'class="picture' in (folder / f"clusters/{name}.html").read_text("utf-8")
        for folder, name in ((tmp_path, RING_ID), (tmp_path, HOME_ID))
    }
    assert drawn == {RING_ID: True, HOME_ID: False}
    assert 'class="picture' in (tmp_path / f"alone/clusters/{HOME_ID}.html").read_text("utf-8")


@pytest.mark.parametrize("at_once", [1, 1000])
def test_the_framing_cost_is_what_lies_beyond_the_strongest_family_of_a_link(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "_ITEMS", at_once)
    ring, home = dossier.gather(case_file())
    assert set(ring.framing_cost.values()) == {2}
    assert set(home.framing_cost.values()) == {0}


def test_links_without_a_common_item_must_be_forged_one_by_one() -> None:
    case = case_file()
    items = [{"kind": "payment", "value": "card_8", "bits": 9.0}, {"kind": "ip", "value": "10.9.9.9", "bits": 9.0}]
    links = case.links.assign(items=[items, *case.links["items"].tolist()[1:]])
    ring, _ = dossier.gather(replace(case, links=links))
    assert [ring.framing_cost[account] for account in RING] == [3, 3, 2, 2]


def test_an_unknown_cluster_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="no cluster is called c-0"):
        report.page(case_file(), "c-0")


def test_one_cluster_is_written_without_the_others(tmp_path: Path) -> None:
    path = report.write(case_file(), tmp_path, cluster=RING_ID)
    nouns = ("members", "items", "links", "sightings", "findings", "taken", "hours", "sensitivity", "outsiders")
    names = {f"{RING_ID}-{noun}.csv" for noun in nouns}
    assert {each.name for each in tmp_path.rglob("*.*")} == {path.name, "provenance.csv", *names}
    assert "index.html" not in path.read_text(encoding="utf-8")


def test_the_graph_page_lies_beside_and_is_linked(tmp_path: Path) -> None:
    report.write(case_file(), tmp_path, graph_page=lambda _, cluster: f"<p>{cluster}")
    assert (tmp_path / f"clusters/{RING_ID}-graph.html").read_text() == f"<p>{RING_ID}"
    assert f'href="{RING_ID}-graph.html"' in (tmp_path / f"clusters/{RING_ID}.html").read_text(encoding="utf-8")


def test_the_same_case_gives_the_same_bytes_whatever_the_order_of_its_rows(tmp_path: Path) -> None:
    case = case_file()
    turned = {f.name: getattr(case, f.name).iloc[::-1] for f in fields(case) if f.name != "manifest"}
    report.write(case, tmp_path / "one")
    report.write(CaseFile(**turned, manifest=case.manifest), tmp_path / "two")
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in ("one", "two"))
    assert one == two


def test_no_cell_beside_a_report_is_a_formula_and_each_is_recoverable(tmp_path: Path) -> None:
    accounts = ["=1+1", "+1", "-1", "@A1", "\t1", "\r1", "\uff1d1", "'=1"]
    report.write(ring_of(accounts), tmp_path)
    for path in tmp_path.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.DictReader(file) for name, cell in row.items() if name != "weight"]
        assert not [cell for cell in cells if cell[:1] in {*"=+-@\t\r\uff1d"}]
    with (tmp_path / f"clusters/{RING_ID}-members.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(sheets.verbatim(row["account_id"]) for row in csv.DictReader(file)) == sorted(accounts)


def test_nothing_is_written_outside_the_folder_and_no_page_has_a_name_of_the_case(tmp_path: Path) -> None:
    report.write(hostile("/../../../elsewhere"), tmp_path / "a/b/c")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.is_relative_to(tmp_path / "a/b/c") for path in written)
    assert not [path for path in written if "elsewhere" in path.name]


def test_the_page_of_a_large_ring_stays_light(tmp_path: Path) -> None:
    path = report.write(ring_of([f"acct-{i}" for i in range(5000)]), tmp_path, cluster=RING_ID)
    assert path.stat().st_size < 200_000
    with path.with_name(f"{RING_ID}-members.csv").open() as file:
        assert sum(1 for _ in file) == 5001


def test_a_picture_leaves_nobody_out_in_silence() -> None:
    text = text_of(report.page(ring_of([f"acct-{i}" for i in range(300)]), RING_ID))
    assert "The 20 strongest items are drawn, 280 are not." in text
    assert "accounts that touch other items, or stand in small groups, are not drawn." in text


def test_times_that_are_none_are_no_reason_to_fail() -> None:
    assert timeline.timeline({}) is None
    assert "Timeline" not in text_of(report.page(ring_of(RING), RING_ID))


@pytest.mark.parametrize(
    ("score", "said"), [(3.0, "about 1,000 times"), (-0.2, "about 1.6 times"), (40.0, "more than a m")]
)
def test_a_score_is_said_in_words(score: float, said: str) -> None:
    assert report.times(score).startswith(said)


@pytest.mark.parametrize("payload", PAYLOADS[1::2])
def test_a_payload_in_every_string_runs_nothing_and_asks_for_nothing(
    tmp_path: Path,
    chromium: Browser,  # noqa: F811 - the fixture
    payload: str,
) -> None:
    index = report.write(hostile(payload), tmp_path)
    ring = min((tmp_path / "clusters").glob("*.html"))
    for path in (index, ring):
        with visit(chromium, path) as seen:
            use(seen.page)
            assert seen.misdeeds() == []
            assert payload in (seen.page.text_content("body") or "")


def test_a_payload_runs_nothing_when_the_page_is_printed(
    tmp_path: Path,
    chromium: Browser,  # noqa: F811 - the fixture
) -> None:
    with visit(chromium, report.write(hostile(PAYLOADS[2]), tmp_path)) as seen:
        assert seen.page.pdf().startswith(b"%PDF-")
        assert seen.misdeeds() == []


def payloads_of(name: str) -> list[str]:
    readers: dict[str, Callable[[], list[str]]] = {
        "own": lambda: PAYLOADS + INVISIBLE,
        "blns": lambda: json.loads((SHARED / "blns/blns.json").read_text(encoding="utf-8")),
        "xss": lambda: [
            line
            for path in sorted((SHARED / "xss-payloadbox").rglob("*.txt"))
            for line in path.read_text(encoding="utf-8", errors="replace").split("\n")
        ],
    }
    if name != "own" and not SHARED.exists():
        pytest.skip("the public payload lists are not on this machine")
    return sorted({payload for payload in readers[name]() if payload})


def test_an_invisible_character_is_made_visible(tmp_path: Path, chromium: Browser) -> None:  # noqa: F811 - the fixture
    path = report.write(ring_of(["a\u202eb", "a\x00b"]), tmp_path, cluster=RING_ID)
    with visit(chromium, path) as seen:
        marks = seen.page.locator("#members-table bdi.u")
        codes = marks.evaluate_all("all => all.map(e => getComputedStyle(e, '::before').content)")
    assert sorted(codes) == ['"U+0000"', '"U+202E"']


def test_the_index_is_sorted_and_filtered(tmp_path: Path, chromium: Browser) -> None:  # noqa: F811 - the fixture
    with visit(chromium, report.write(case_file(), tmp_path)) as seen:
        rows = seen.page.locator("#clusters tbody tr")
        seen.page.get_by_role("button", name="Accounts").click()
        assert "explained" in rows.first.inner_text()
        seen.page.get_by_role("button", name="Accounts").click()
        assert "coordinated" in rows.first.inner_text()
        seen.page.get_by_label("Filter").fill("household")
        assert [row.is_visible() for row in rows.all()] == [False, True]
        assert seen.misdeeds() == []


def test_without_script_all_rows_are_there(tmp_path: Path, chromium: Browser) -> None:  # noqa: F811 - the fixture
    with visit(chromium, report.write(case_file(), tmp_path), script=False) as seen:
        assert seen.page.locator("#clusters tbody tr").count() == 2


@pytest.mark.parametrize("dark", [False, True])
def test_the_policy_lets_the_page_have_its_own_style(
    tmp_path: Path,
    chromium: Browser,  # noqa: F811 - the fixture
    dark: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    with visit(chromium, report.write(case_file(), tmp_path), dark=dark) as seen:
        paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(21, 23, 26)" if dark else "rgb(253, 252, 250)")


@pytest.mark.skipif(not shutil.which("chromium"), reason="no Chromium on this machine to print with")
def test_a_pdf_lies_beside_the_page(tmp_path: Path) -> None:
    path = report.write(case_file(), tmp_path, cluster=RING_ID, pdf=True)
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GraphlinkError, match="cannot be written") as raised:
        report.write(case_file(), tmp_path / "file")
    assert "\n" not in str(raised.value)
