"""Every payload in every string field of every page and every graph is text, runs nothing and asks for nothing."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from browser import chromium, visit
from sample_case import case_file
from test_report import marked, payloads_of, use
from test_view import EVERY_ACCOUNT, EVERY_VALUE

from graphlink import report, view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from graphlink.model import CaseFile

__all__ = ["chromium"]  # the fixture

CHUNK = 700
"""Payloads in one case: as many accounts and items as a graph draws one by one."""
RULES = {("findings", "side")}
"""What rules the layout and is ours: another side than `for` or `against` would only hide the row from the test."""


def turned(payloads: list[str], by: int = 0) -> Iterator[str]:
    return islice(cycle(payloads), by, by + len(payloads))


def everywhere(payloads: list[str]) -> CaseFile:
    """Return a case of one cluster in which every text of every table and of the manifest is a payload, or holds all.

    What there is once (what is said of the cluster, and of the run) holds all payloads one below the other. What there
    are many of has one a row: account i touches item i and the one before, so that each item is on two of them.
    """
    sample, n, whole = case_file(), len(payloads), "\n".join(payloads)
    tables = {f.name: getattr(sample, f.name) for f in fields(sample) if f.name != "manifest"}
    made = {name: _filled(table, payloads, whole) for name, table in tables.items()}
    made["clusters"] = made["clusters"].iloc[:1].assign(**_texts(sample.clusters, whole), accounts=n, core_accounts=n)
    for name in ("members", "facts"):
        made[name]["account_id"] = payloads
    touches = made["sightings"].assign(account_id=payloads, value=payloads, kind=list(turned(payloads, 7)))
    made["sightings"] = pd.concat([touches, touches.assign(account_id=list(turned(payloads, 1)))], ignore_index=True)
    made["items"] = made["items"].assign(value=payloads, kind=list(turned(payloads, 7)))
    kinds = turned(payloads, 7)
    behind = [[{"kind": k, "value": v, "bits": 9.0}] for k, v in zip(kinds, payloads, strict=True)]
    made["links"] = made["links"].assign(left=payloads, right=list(turned(payloads, 1)), items=behind)
    made["candidates"] = pd.DataFrame({"left": payloads, "right": payloads, "items": [[v] for v in payloads]})
    made["findings"]["side"] = ["for", "against"] * (n // 2) + ["for"] * (n % 2)
    manifest = marked(sample.manifest, "\n" + whole)
    manifest |= {"libraries": {whole: whole}, "settings": {whole: whole}, "redacted": whole, "purged": [whole]}
    return replace(sample, **made, manifest=manifest)


def _texts(table: pd.DataFrame, text: str) -> dict[str, str]:
    return {name: text for name in table if not pd.api.types.is_numeric_dtype(table[name])}


def _filled(table: pd.DataFrame, payloads: list[str], whole: str) -> pd.DataFrame:
    """Return as many rows as there are payloads, with one in every text, and all of them as the cluster's name."""
    if table.empty:
        return table
    rows = table.iloc[list(islice(cycle(range(len(table))), len(payloads)))].reset_index(drop=True)
    texts = _texts(table, "").keys() - {"cluster_id"}
    filled = rows.assign(**{name: list(turned(payloads, i)) for i, name in enumerate(sorted(texts))})
    for name in filled.columns.intersection(["lost", "families"]):
        filled[name] = [[each] for each in payloads]
    return filled.assign(cluster_id=whole) if "cluster_id" in table else filled


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def test_no_field_of_a_case_is_left_out() -> None:
    payloads = [f"payload {i}" for i in range(20)]
    case = everywhere(payloads)
    for field in fields(case):
        table = getattr(case, field.name)
        columns = {field.name: [table]} if field.name == "manifest" else {c: table[c].tolist() for c in table}
        for name, values in columns.items():
            found = "\n".join(text for value in values for text in _strings(value))
            if found and (field.name, name) not in RULES:
                assert [each for each in payloads if each not in found] == [], f"{field.name}.{name}"


LEADS = "[...document.querySelectorAll('[href], [src]')].map((e) => e.getAttribute('href') ?? e.getAttribute('src'))"
CHUNKS = [(name, i) for name, most in (("own", 1), ("blns", 1), ("xss", 10)) for i in range(most)]


@pytest.mark.parametrize(("name", "chunk"), CHUNKS)
def test_every_payload_in_every_field_is_text_and_nothing_else(
    tmp_path: Path, chromium: Browser, monkeypatch: pytest.MonkeyPatch, name: str, chunk: int
) -> None:
    payloads = payloads_of(name)
    assert len(payloads) <= CHUNK * (1 + max(i for each, i in CHUNKS if each == name))
    payloads = payloads[chunk * CHUNK : (chunk + 1) * CHUNK]
    monkeypatch.setattr(report, "TOP_ROWS", CHUNK)
    monkeypatch.setattr(report, "LONGEST", 10**7)
    case = everywhere(payloads)
    index = report.write(case, tmp_path, graph_page=view.page)
    (graph,) = tmp_path.glob("clusters/*-graph.html")
    for path in (index, graph.with_name(graph.name.replace("-graph", ""))):
        with visit(chromium, path) as seen:
            assert not [each for each in seen.page.evaluate(LEADS) if ":" in each or each.startswith("//")]
            # Thousands of long rows take seconds to lay out again after each sort; what runs, runs unseen too.
            seen.page.evaluate("document.body.hidden = true")
            use(seen.page)
            assert "\n".join(payloads) in (seen.page.text_content("body") or "")
            if path != index:
                shown = seen.page.locator("#members-table td:first-child > bdi.v").all_text_contents()
                assert sorted(shown) == payloads
            assert seen.misdeeds() == []
    with visit(chromium, graph) as seen:
        seen.page.wait_for_selector("html[data-drawn]", state="attached")
        assert sorted(seen.page.evaluate(EVERY_ACCOUNT)) == sorted(payloads)
        assert set(seen.page.evaluate(EVERY_VALUE)) == set(payloads)
        seen.page.mouse.move(600, 400)
        seen.page.mouse.click(600, 400)
        seen.page.evaluate("document.querySelector('#legend input').click()")
        seen.page.locator("#query").fill(payloads[0])
        seen.page.evaluate("svg()")
        seen.page.emulate_media(media="print")
        assert seen.misdeeds() == []
