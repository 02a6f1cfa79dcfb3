"""The evidence report: pages that somebody who was not there can open anywhere, read, and check.

Every string of a case was written by whoever signed up. Three things keep it harmless: the templates escape
everything, the policy in each page allows only our own style and script by their hashes, and nothing on a page refers
to another host.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from dataclasses import astuple, dataclass, replace
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from graphlink import dossier, drawing, outfile, printing, provenance, sheets, taken
from graphlink import timeline as times_of
from graphlink.rows import Facts, Finding, Hour, Outsider, Summary, Touch, Without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from graphlink.dossier import Dossier
    from graphlink.model import CaseFile
    from graphlink.rows import Member
    from graphlink.shared import SharedItem
    from graphlink.ties import Ties

    GraphPage = Callable[[CaseFile, str], str]

TOP_ROWS = 50
"""Rows of a table on an evidence page; the whole table lies beside it."""
MOST_NAMED = 2_000_000
"""Items behind the links of a cluster that are named in its table of links; where there are more, the strongest of each
link: the table of a ring of 4,000 would be a gigabyte of text."""
TOP_CLUSTERS = 2000
"""Rows on the index page."""
GRAPH_PAGES = 50
"""Clusters that get an interactive graph when all are written, of those that somebody has to act on or look at: each
is a file of its own of half a megabyte or more. `graphlink view` draws any."""
ALWAYS = ("members", "items", "links", "sightings", "findings")
"""Tables that lie beside every page; a case may have thousands, so that another is no file where it is empty."""
_LEAST_SHOWN = 0.001  # weights have three decimals
COUNTED_FROM = {
    "size": "members",
    "bans": "members",
    "labels": "members",
    "signups": "members",
    "pace": "members",
    "devices": "sightings",
    "cards": "sightings",
    "addresses": "sightings",
    "places": "sightings",
    "mail": "sightings",
    "names": "sightings",
    "tastes": "sightings",
}
"""The table beside a page that shows what a finding speaks of; for the others only the records hold enough."""
LONGEST = 1000
"""Characters of one value that a page shows."""


def write(
    case_file: CaseFile,
    folder: Path,
    *,
    cluster: str | None = None,
    pdf: bool = False,
    graph_page: GraphPage | None = None,
) -> Path:
    """Return the page to open: the index of all clusters, or the page of the one that was asked for.

    Each cluster's tables lie beside its page as CSV. The index is written last, so that it never leads nowhere.

    Raises:
        UsageError: no cluster has that name, or a PDF was asked for where there is no Chromium.

    """
    path = folder / "index.html"
    sheets.write(folder / provenance.FILE, ("name", "value"), provenance.rows(case_file.manifest))
    closing = _closing(case_file.manifest, f"../{provenance.FILE}")
    pages = _Pages(case_file, folder / "clusters", closing, indexed=not cluster)
    for gathered in dossier.gather(case_file, cluster=cluster):
        page_path = pages.write(gathered, graph_page if cluster or _worth_a_graph(gathered.summary) else None)
        if pdf:
            printing.write(page_path)
        path = page_path if cluster else path
    if not cluster:
        _write_index(case_file, folder)
    return path


def page(case_file: CaseFile, cluster: str) -> str:
    """Return the evidence page of one cluster as one HTML file that needs no other.

    Raises:
        UsageError: no cluster has that name.

    """
    (gathered,) = dossier.gather(case_file, cluster=cluster)
    return _cluster_page(gathered, case_file.manifest, _closing(case_file.manifest, ""))


def file_stem(cluster_id: str) -> str:
    """Return the name of a cluster's files: its id; a digest where the id, from a tampered run, is no file name."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", cluster_id):
        return cluster_id
    return "x-" + hashlib.sha256(cluster_id.encode(errors="backslashreplace")).hexdigest()[:10]


def _worth_a_graph(summary: Summary) -> bool:
    return summary.tier != "explained" and summary.rank <= GRAPH_PAGES


@dataclass(frozen=True, slots=True)
class _Pages:
    """Where the pages of a case go, and how they end."""

    case_file: CaseFile
    folder: Path
    closing: Markup
    indexed: bool

    def write(self, gathered: Dossier, graph_page: GraphPage | None) -> Path:
        """Return the page of one cluster, written with its tables and, if wanted, its graph beside it."""
        stem = file_stem(gathered.summary.cluster_id)
        drawn = not self.indexed or gathered.summary.tier != "explained"
        gathered = gathered if drawn else replace(gathered, hours=())
        for noun, (header, rows) in _tables(gathered).items():
            first = list(islice(rows, 1))
            if first or noun in ALWAYS:
                sheets.write(self.folder / f"{stem}-{noun}.csv", header, chain(first, rows))
        graph = f"{stem}-graph.html" if graph_page and gathered.members else ""  # the public are told of none
        if graph and graph_page:
            outfile.write_text(self.folder / graph, graph_page(self.case_file, gathered.summary.cluster_id))
        path = self.folder / f"{stem}.html"
        text = _cluster_page(
            gathered,
            self.case_file.manifest,
            self.closing,
            graph=graph,
            tables=f"{stem}-",
            indexed=self.indexed,
            drawn=drawn,
        )
        outfile.write_text(path, text)
        return path


def _closing(manifest: Mapping[str, Any], table: str) -> Markup:
    """Return the end of every page of a case: a case may have thousands, and it is half of each."""
    text = _render("report_closing.html", manifest=manifest, provenance=table)
    return Markup(text)  # noqa: S704 - a template has escaped it


def _write_index(case_file: CaseFile, folder: Path) -> None:
    clusters = dossier.summaries(replace(case_file, clusters=dossier.as_told(case_file)))
    sheets.write(folder / "clusters.csv", Summary._fields, clusters)
    text = _render(
        "report_index.html",
        clusters=clusters,
        top=TOP_CLUSTERS,
        stem=file_stem,
        manifest=case_file.manifest,
    )
    outfile.write_text(folder / "index.html", text)


def _cluster_page(  # noqa: PLR0913 - what there is beside a page
    gathered: Dossier,
    manifest: Mapping[str, Any],
    closing: Markup,
    *,
    graph: str = "",
    tables: str = "",
    indexed: bool = False,
    drawn: bool = True,
) -> str:
    """Return the page; `graph` and `tables` name the files beside it, where there are any.

    Without pictures it takes half the time. Most clusters of a large case are explained; when all are written, theirs
    have none: few are ever opened, and at which hours people act who have an innocent reason is nobody's business.
    """
    per_day = {t.of: t.events for t in gathered.taken_by("day") if t.of}
    return _render(
        "report_cluster.html",
        dossier=gathered,
        cluster=gathered.summary,
        steps=gathered.waterfall,
        picture=drawing.picture(gathered) if drawn else None,
        timeline=times_of.timeline(gathered.facts, per_day) if drawn else None,
        rhythm=times_of.rhythm(gathered.hours),
        taken=taken.told(gathered.taken, gathered.summary.accounts, manifest.get("usage", {})),
        manifest=manifest,
        closing=closing,
        provenance=f"../{provenance.FILE}" if tables else "",
        sources=COUNTED_FROM,
        graph=graph,
        tables=tables,
        indexed=indexed,
        top=TOP_ROWS,
    )


def _tables(gathered: Dossier) -> dict[str, tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """Return the tables beside a page: header and rows by their noun."""
    shared_by = [*gathered.items, *gathered.hubs]
    return {
        "members": (
            ("account_id", "cluster_id", "role", "confidence", "framing_cost", *Facts._fields[1:]),
            (_member_row(gathered, member) for member in gathered.members),
        ),
        "findings": (
            Finding._fields,
            chain(gathered.findings_for, gathered.findings_against),
        ),
        "sensitivity": (
            Without._fields,
            ((each.left_out, each.tier, each.kept, ", ".join(each.lost)) for each in gathered.sensitivity),
        ),
        "outsiders": (Outsider._fields, iter(gathered.outsiders)),
        "taken": (tuple(map(str, gathered.taken.columns)), gathered.taken.itertuples(index=False, name=None)),
        "hours": (Hour._fields, iter(gathered.hours)),
        "handovers": (
            ("banned", "banned_at", "opened", "opened_at", "hours"),
            (astuple(each) for each in times_of.handovers(gathered.facts).found),
        ),
        "items": (
            ("kind", "family", "value", "members", "accounts", "links", "bits", "use", "reason"),
            (_item_row(item) for item in shared_by),
        ),
        "links": (("left", "right", "bits", "families", "items"), _link_rows(gathered.links)),
        "sightings": (Touch._fields, iter(gathered.touches)),
    }


def _facts(gathered: Dossier, account: str) -> Facts:
    return gathered.facts.get(account) or Facts(account)


def _member_row(gathered: Dossier, member: Member) -> tuple[Any, ...]:
    name = member.account_id
    known = _facts(gathered, name)[1:]
    return (name, gathered.summary.cluster_id, member.role, member.confidence, gathered.framing_cost[name], *known)


def _item_row(item: SharedItem) -> tuple[Any, ...]:
    shared = len(item.touches)
    bits = round(item.bits, 3)
    return (item.kind, item.family, item.value, shared, item.accounts, item.links, bits, item.use, item.reason)


def _link_rows(links: Ties) -> Iterator[tuple[Any, ...]]:
    few = len(links.items.thing) <= MOST_NAMED
    named = links.items if few else links.items.strongest(max(MOST_NAMED // len(links), 1))
    more = np.diff(links.items.start) - np.diff(named.start)
    said = named.said("{} {}".format, " ({:.3f} bits)".format)
    for (left, right, bits), families, items, rest in zip(links.ends(), links.families, said, more, strict=True):
        told = [*items, f"and {rest:,} more, in links.parquet of the run"] if rest else items
        yield left, right, round(bits, 3), ", ".join(families), "; ".join(told)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("graphlink"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (_source(environment, name) for name in ("report.css", "report.js"))
    environment.globals.update(style=style, script=script, style_hash=_hash(style), script_hash=_hash(script))
    environment.globals["facts_of"] = _facts
    environment.filters.update(clipped=drawing.clipped, number=number, rounded=rounded, unbroken=unbroken)
    environment.filters.update(amount=amount, shown=shown, when=when, day=day, times=times, bits_odds=bits_odds)
    return environment


def _source(environment: Environment, name: str) -> Markup:
    """Return a file of ours as it stands; it is the only text that goes onto a page unescaped."""
    source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr] # set just above
    return Markup(source.replace("\r\n", "\n"))  # noqa: S704 - part of this package, no data in it


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def shown(text: object) -> Markup:
    """Return the text for a page, set apart from the words around it, with every invisible character made visible.

    Right-to-left overrides and zero-width characters let one account pass for another; a reader must see them. They
    stay in the text, so that a copy of it is exact.
    """
    whole = str(text)
    cut = whole[:LONGEST]
    marked = (
        escape(cut) if cut.isprintable() else Markup().join(escape(c) if c.isprintable() else _marked(c) for c in cut)
    )
    set_apart = Markup(f'<bdi class="v">{marked}</bdi>')  # noqa: S704 - escaped above
    if whole == cut:
        return set_apart
    return set_apart + Markup(' <i class="rest">… {} characters in all</i>').format(number(len(whole)))


def _marked(character: str) -> Markup:
    """Return a character that has no picture, beside its code point.

    HTML cannot carry NUL and lone surrogates, reads a bare CR as LF, and a reference to U+0080..9F as Windows-1252.
    """
    carried = "" if character == "\0" or "\ud800" <= character <= "\udfff" else character.replace("\r", "&#13;")
    code = f"U+{ord(character):04X}"
    return Markup(f'<bdi class="u" data-code="{code}">{carried}</bdi>')  # noqa: S704 - digits of our own making


def number(value: float) -> str:
    """Return a number as people read it: 4,120 or 0.25."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def amount(value: float) -> str:
    """Return a sum as people read it: whole where it is large, else to two decimals."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.2f}"  # noqa: PLR2004 - 1,234 or 12.50


def rounded(value: float) -> str:
    """Return a number to one decimal, or to its first digit where that would be 0.0, with a true minus sign."""
    small = _LEAST_SHOWN <= abs(value) < 0.05  # noqa: PLR2004 - half of the last digit
    return (f"{value:.1g}" if small else f"{value:,.1f}").replace("-", "\N{MINUS SIGN}")


def when(time: str) -> Markup:
    """Return an instant without its T and Z: the page says once that all times are UTC."""
    parts = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?Z", time)
    if not parts:
        return shown(time)
    return Markup('<time datetime="{}">{} {}</time>').format(time, parts[1], parts[2])


def unbroken(text: Markup) -> Markup:
    """Return a text of which no line ends inside a date."""
    # of a plain string: what re joins of Markup would be escaped again
    kept = re.sub(r"\b\d{4}-\d\d-\d\d\b", r'<span class="t">\g<0></span>', str(text))
    return Markup(kept)  # noqa: S704 - digits of what was escaped already


def day(time: str) -> Markup:
    """Return the day of an instant."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", time):
        return shown(time)
    return Markup('<time datetime="{}">{}</time>').format(time, time[:10])


def times(score: float) -> str:
    """Return a likelihood ratio, given as its log10, as a number of times in words."""
    if not math.isfinite(score) or abs(score) > 6:  # noqa: PLR2004 - weights are reasoned: beyond a million they say nothing more
        return "more than a million times"
    ratio = float(f"{10 ** abs(score):.2g}")
    return f"about {ratio:,.0f} times" if ratio >= 10 else f"about {ratio:g} times"  # noqa: PLR2004 - 1.5 times, 30 times


def bits_odds(bits: float) -> str:
    """Return bits as the chance they stand for: one in so many."""
    if bits > 40:  # noqa: PLR2004 - beyond a trillion the number says nothing more
        return "one in a trillion"
    return f"one in {float(f'{2 ** max(bits, 0):.2g}'):,.0f}"
