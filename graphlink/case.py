"""What a notebook holds: a case and its clusters. Every method is one line over the rooms below."""

# ruff: noqa: PLC0415 - each method loads the rooms it needs and no others: drawing alone takes half a second
from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphlink.errors import GraphlinkError, UsageError
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import igraph
    import networkx as nx
    import pandas as pd

    from graphlink.evaluate import Evaluation
    from graphlink.explain import ClusterExplanation, Explanation
    from graphlink.model import CaseFile, Records
    from graphlink.stages import Stages

ROWS_SHOWN = 50
"""Rows of a table in a notebook; the whole table is an attribute."""


def read(  # noqa: PLR0913 - one argument for each option of the command
    *inputs: str | Path | Iterable[str | Path],
    account: str | tuple[str, ...] = (),
    time: str | tuple[str, ...] = (),
    item: str | tuple[str, ...] = (),
    case: str | Path | None = None,
    settings: Settings | None = None,
    key: str | Path | None = None,
) -> Records:
    """Return the records of files, globs or folders, or of a written case.

    Args:
        inputs: CSV, TSV, JSON Lines or Parquet; one by one, or in lists.
        account: columns that hold the account, where their name does not say so.
        time: columns that hold a time.
        item: columns that hold items, each as `column=kind` or `column=kind:family`.
        case: a case.toml instead of inputs.
        settings: how to read: encoding, time_format, since, until, strict.
        key: the file of the key that card numbers are hashed with, if not the user's own (see `keyfile`).

    Raises:
        UsageError: a file or a column is not there, or no column is the account.
        InputError: nothing in a file can be used.

    """
    from graphlink import keyfile, records

    chosen = keyfile.find(key)
    found = records.read(
        [path for each in inputs for path in ((each,) if isinstance(each, str | Path) else each)],
        settings=settings or Settings(),
        account=_several(account),
        times=_several(time),
        items=_several(item),
        case=case,
        key=lambda: chosen.secret,
    )
    hashed = ("what looks like a card number is hashed with your key (README: Privacy)",) if chosen.was_needed else ()
    return replace(found, notes=(*found.notes, *hashed))


def _several(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def investigate(
    records: Records,
    settings: Settings | None = None,
    *,
    command: str = "",
    stages: Stages | None = None,
) -> Case:
    """Return the case that the records make: linked, clustered, judged and ranked.

    The manifest names the command, and what the stages took that were run.
    """
    from graphlink import pipeline

    found = pipeline.investigate(records, settings or Settings(), stages)
    return Case(replace(found, manifest={**found.manifest, "command": command}), records)


def purge(account: str, folder: str | Path, *, key: str | Path | None = None) -> dict[str, int]:
    """Return how many rows of each table, and records in quarantine, were removed from a run folder with an account.

    Raises:
        MissingInput: no run lies there.
        IntegrityError: the folder is not as it was written.

    """
    from graphlink import keyfile
    from graphlink import purge as erasure

    return erasure.purge(
        Path(folder),
        account,
        pseudonym=keyfile.find(key).pseudonym,
        report=lambda case_file, into: Case(case_file).report(into),
    )


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """One investigation: ranked clusters, and the evidence behind them."""

    case_file: CaseFile
    records: Records | None = field(default=None, compare=False)
    """What the case was made from, while it is open."""

    @classmethod
    def open(cls, folder: str | Path) -> Case:
        """Return the case that a run folder holds."""
        from graphlink import run

        return cls(run.load(folder))

    def redacted(self, level: str = "partner", *, key: str | Path | None = None) -> Case:
        """Return the case as it may be shown to others: pseudonyms (`partner`), or totals (`public`).

        It has no records any more, so nothing raw is saved with it.
        """
        from graphlink import keyfile, redaction

        shown = redaction.redact(self.case_file, level, keyfile.find(key).pseudonym)
        return self if shown is self.case_file else Case(shown)

    def save(
        self, folder: str | Path, *, report: bool = True, force: bool = False, stages: Stages | None = None
    ) -> Path:
        """Return the run folder that was written: tables, what was quarantined, report and manifest."""
        from graphlink import run

        return run.write(
            self.case_file,
            folder,
            quarantine=self._write_quarantine if self.records else None,
            report=self.report if report else None,
            force=force,
            stages=stages,
        )

    def _write_quarantine(self, folder: Path) -> None:
        from graphlink import refused

        if self.records:
            refused.copy(self.records, folder)

    @property
    def clusters(self) -> pd.DataFrame:
        """The ranked clusters, as in clusters.csv."""
        return self.case_file.clusters

    @property
    def members(self) -> pd.DataFrame:
        """The accounts of all clusters, as in members.csv."""
        return self.case_file.members

    @property
    def links(self) -> pd.DataFrame:
        """The pairs of accounts that agree beyond chance, as in links.parquet; the items behind each are a list."""
        return self.case_file.links.astype({"items": object})

    @property
    def items(self) -> pd.DataFrame:
        """The items on two accounts or more and what they were good for, as in items.parquet."""
        return self.case_file.items

    def cluster(self, text: str | int) -> Cluster:
        """Return the cluster of that id, the beginning of one, or that rank."""
        from graphlink import explain

        return Cluster(self.case_file, explain.find_cluster(self.case_file, str(text)))

    def view(self, cluster: str | int = 1, path: str | Path | None = None) -> Path | Page:
        """Return the interactive graph of a cluster, the first if none is named, for a notebook; or its file."""
        return self.cluster(cluster).view(path)

    def explain(self, left: str, right: str) -> Explanation:
        """Return what two accounts share, and whether that links them."""
        from graphlink import explain

        return explain.pair(self.case_file, left, right, reread=self._read_again)

    def _read_again(self, accounts: tuple[str, ...]) -> pd.DataFrame:
        from graphlink import filing, pipeline

        try:
            records = self.records or pipeline.read_again(self.case_file)
        except GraphlinkError as error:
            raise UsageError(
                f"{accounts[0]} is in no cluster, and its records cannot be read again: {error}"
            ) from error
        return filing.sightings_of(records, accounts)

    def report(self, folder: str | Path, *, cluster: str | int | None = None, pdf: bool = False) -> Path:
        """Return the first page of the report on all clusters, or the page of one, written into a folder."""
        from graphlink import report, view

        chosen = None if cluster is None else self.cluster(cluster).cluster_id
        return report.write(self.case_file, Path(folder), cluster=chosen, pdf=pdf, graph_page=view.page)

    def export(self, path: str | Path, form: str) -> Path:
        """Return the file that the case was exported to."""
        from graphlink import export

        export.write(self.case_file, Path(path), form)
        return Path(path)

    def evaluate(self, truth: pd.DataFrame) -> Evaluation:
        """Return how well the case agrees with labels: a table with account_id and ring."""
        from graphlink import evaluate

        return evaluate.evaluate(self.case_file, truth)

    def to_networkx(self) -> nx.Graph:
        """Return accounts and items as a networkx graph."""
        from graphlink import export

        return export.networkx_graph(self.case_file)

    def to_igraph(self) -> igraph.Graph:
        """Return accounts and items as an igraph graph."""
        from graphlink import export

        return export.igraph_graph(self.case_file)

    def __repr__(self) -> str:
        """Return how many clusters there are of each tier."""
        tiers = self.clusters["tier"].value_counts()
        counts = ", ".join(f"{tiers[tier]} {tier}" for tier in ("coordinated", "review", "explained") if tier in tiers)
        return f"Case of {len(self.clusters)} clusters" + (f": {counts}" if counts else "")

    def _repr_html_(self) -> str:
        from graphlink import dossier

        columns = ["rank", "cluster_id", "tier", "score", "explanation", "accounts", "evidence"]
        return f"<p>{self!r}</p>" + _html(dossier.as_told(self.case_file)[columns])


@dataclass(frozen=True, slots=True, repr=False)
class Cluster:
    """One cluster of a case."""

    case_file: CaseFile
    cluster_id: str

    @property
    def summary(self) -> pd.Series[Any]:
        """Its row in clusters.csv."""
        return self._own(self.case_file.clusters).iloc[0]

    @property
    def findings(self) -> pd.DataFrame:
        """What speaks for one operator and what against."""
        return self._own(self.case_file.findings)

    @property
    def waterfall(self) -> pd.DataFrame:
        """What each family of evidence gives to its average link: family, bits, and the bits of those before it."""
        import pandas as pd

        return pd.DataFrame(self.explain().dossier.waterfall)

    @property
    def hours(self) -> pd.DataFrame:
        """How many events fall into each hour of the week (UTC): seven rows from Monday, 24 columns."""
        table = self._own(self.case_file.hours).pivot_table(index="weekday", columns="hour", values="events")
        return table.reindex(index=range(7), columns=range(24), fill_value=0).fillna(0).astype(int)

    @property
    def sensitivity(self) -> pd.DataFrame:
        """Which accounts stay if one family of evidence, or the strongest item, is left out."""
        return self._own(self.case_file.sensitivity)

    @property
    def taken(self) -> pd.DataFrame:
        """What its accounts took: events and measures by day and model."""
        return self._own(self.case_file.taken)

    @property
    def members(self) -> pd.DataFrame:
        """Its accounts: role, confidence, and what the records say of each."""
        return self._own(self.case_file.members).merge(self.case_file.facts, on="account_id", how="left")

    @property
    def items(self) -> pd.DataFrame:
        """The items that its members share, and on how many accounts of the whole case each is."""
        sightings = self.case_file.sightings
        inside = sightings[sightings["account_id"].isin(self.members["account_id"])]
        shared = inside.groupby(["kind", "value"], as_index=False).agg(members=("account_id", "nunique"))
        known = shared[shared["members"] > 1].merge(self.case_file.items, on=["kind", "value"], how="left")
        return known.sort_values(["members", "kind", "value"], ascending=[False, True, True], ignore_index=True)

    @property
    def links(self) -> pd.DataFrame:
        """The links between its members."""
        links, inside = self.case_file.links, self.members["account_id"]
        within = links[links["left"].isin(inside) & links["right"].isin(inside)]
        return within.reset_index(drop=True).astype({"items": object})

    def explain(self) -> ClusterExplanation:
        """Return what the cluster rests on, and where it is weakest."""
        from graphlink import explain

        return explain.cluster(self.case_file, self.cluster_id)

    def view(self, path: str | Path | None = None) -> Path | Page:
        """Return the interactive graph: to be shown in a notebook, or the file it was written to."""
        from graphlink import view

        if path is None:
            return Page(view.fragment(self.case_file, self.cluster_id))
        return view.write(self.case_file, self.cluster_id, Path(path))

    def report(self, path: str | Path) -> Path:
        """Return the file that the evidence page was written to."""
        from graphlink import outfile, report

        outfile.write_text(Path(path), report.page(self.case_file, self.cluster_id))
        return Path(path)

    def __repr__(self) -> str:
        """Return the cluster in one line."""
        row = self.summary
        return f"{self.cluster_id}: {row['tier']}, {row['accounts']} accounts. {row['evidence']}"

    def _repr_html_(self) -> str:
        said = f"<p>{escape(str(self.summary['evidence']))}</p>"
        told = self.summary.drop("evidence").to_frame().T
        weighed = self.findings.sort_values("weight", key=abs, ascending=False, kind="stable")
        return said + _html(told) + _html(weighed[["side", "weight", "sentence"]])

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["cluster_id"] == self.cluster_id].reset_index(drop=True)


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A page that a notebook shows."""

    html: str

    def __repr__(self) -> str:
        """Return what it is, where it cannot be shown."""
        return "an interactive graph: give view() a path to write it to a file"

    def _repr_html_(self) -> str:
        return self.html


def _html(table: pd.DataFrame) -> str:
    """Return the table as HTML; every cell was written by somebody else, and is escaped."""
    import pandas as pd

    with pd.option_context("display.max_colwidth", None):
        shown = table.head(ROWS_SHOWN).to_html(index=False, escape=True, border=0)
    more = len(table) - ROWS_SHOWN
    return shown + (f"<p>and {more:,} more</p>" if more > 0 else "")
