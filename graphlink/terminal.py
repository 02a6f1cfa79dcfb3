"""What people read on a terminal: tables, and what to do next. Plain text where it is piped.

Every value was written by whoever signed up: markup is off, and control characters are shown as their escapes, so
that no account can clear the screen, colour itself or write right to left over its neighbours.
"""

from __future__ import annotations

import itertools
import shlex
import shutil
import sys
import textwrap
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from graphlink import columns, kinds, settings
from graphlink.dossier import as_told
from graphlink.model import NO_TIME, TIERS
from graphlink.shared import HUBS, SharedItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from graphlink.dossier import Dossier
    from graphlink.explain import Bar, ClusterExplanation, Explanation
    from graphlink.model import CaseFile
    from graphlink.rows import Touch
    from graphlink.survey import Role, Survey

STYLES = {"coordinated": "bold red", "review": "yellow", "explained": "green", "for": "red", "against": "green"}

LONGEST = 60
"""Characters of one value that a table shows; the run folder has all of it."""

FEW = 300
"""Fewer accounts than this are hardly enough for anything shared to be rare."""

UNLIMITED = 1 << 20
"""The width of a pipe, in columns."""


def shown(text: object) -> str:
    r"""Return a text as it is shown: what cannot be seen is written as its escape.

    >>> shown("a\x1b[2J")
    'a\\x1b[2J'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def short(text: object) -> str:
    """Return a text as it is shown in a table: cut in the middle if it is long."""
    whole = shown(text)
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST // 2]}…{whole[-LONGEST // 2 :]}"


def say(text: str = "", *, indent: int = 0) -> None:
    """Print a message: it goes to stderr, so that stdout holds nothing but what was asked for."""
    sys.stderr.write(_wrapped(text, indent=indent, out=sys.stderr) + "\n")


def line(text: str = "") -> None:
    """Print a line of what was asked for."""
    sys.stdout.write(shown(text) + "\n")


def table(header: Sequence[str], rows: Sequence[Sequence[object]], *, out: TextIO | None = None) -> None:
    """Print a table; columns of numbers are aligned to the right. In a pipe a row is one line, however long."""
    out = out or sys.stdout
    grid = Table(box=box.SIMPLE_HEAD if out.isatty() else None, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for position, name in enumerate(header):
        numbers = bool(rows) and all(isinstance(row[position], int | float) for row in rows)
        grid.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(_cell(value) for value in row))
    _print(grid, out)


def _cell(value: object) -> Text:
    if isinstance(value, float):
        return Text(f"{value:.1f}")
    if isinstance(value, int):
        return Text(f"{value:,}")
    text = shown(value)
    return Text(text, style=STYLES.get(text, ""))


def _print(what: Any, out: TextIO) -> None:
    if out.isatty():
        Console(file=out, markup=False, highlight=False, emoji=False).print(what)
        return
    plain = StringIO()
    Console(file=plain, markup=False, highlight=False, emoji=False, width=UNLIMITED, no_color=True).print(what)
    out.writelines(line.rstrip() + "\n" for line in plain.getvalue().splitlines())


def _wrapped(text: str, *, indent: int = 0, out: TextIO | None = None) -> str:
    """Return a text wrapped to the terminal; in a pipe it is one line."""
    width = shutil.get_terminal_size().columns if (out or sys.stdout).isatty() else UNLIMITED
    edge = " " * indent
    return textwrap.fill(shown(text), max(40, width), initial_indent=edge, subsequent_indent=edge)


def _paragraph(text: str, *, indent: int = 0) -> None:
    sys.stdout.write(_wrapped(text, indent=indent) + "\n")


# Clusters


def ranking(case_file: CaseFile, top: int) -> None:
    """Print the ranked clusters, each with the sentence that says why, to be read in 80 columns."""
    if case_file.clusters.empty:
        _print(Text(f"no clusters: nothing links two accounts beyond chance{_too_few(case_file, '; ')}"), sys.stdout)
        return
    header = f"{'rank':>4}  {'tier':<11}  {'cluster':<12}  {'accounts':>8}  {'score':>8}  explanation\n"
    lines = Text.assemble((header, "bold"))
    for row in as_told(case_file).head(top).to_dict("records"):
        lines.append_text(_ranked(row))
    more = len(case_file.clusters) - top
    lines.append(f"      and {more:,} more, in clusters.csv\n" if more > 0 else "")
    lines.rstrip()
    _print(lines, sys.stdout)


def _too_few(case_file: CaseFile, before: str) -> str:
    """Return why little is linked in a small case: what six of sixty share is hardly rarer than chance."""
    accounts = case_file.manifest.get("accounts", FEW)
    little = f"{before}among {accounts:,} accounts little can be beyond chance: bring ordinary ones too"
    return little if accounts < FEW else ""


def _ranked(row: Mapping[Any, Any]) -> Text:
    tier = shown(row["tier"])
    return Text.assemble(
        f"{row['rank']:>4}  ",
        (f"{tier:<11}", STYLES.get(tier, "")),
        f"  {shown(row['cluster_id']):<12}  {row['accounts']:>8,}  {row['score']:>8.3f}  {shown(row['explanation'])}\n",
        _wrapped(row["evidence"], indent=6) + "\n",
    )


def summary(case_file: CaseFile, folder: Path) -> None:
    """Say what was read, what was set aside and why, where the run lies, and what to type next."""
    say()
    for line in (*_counts(case_file), *_hubs(case_file)):
        say(line)
    say(f"run folder: {folder}")
    page = folder / "report" / "index.html"
    if page.is_file():
        say(f"report:     {page}")
    if not case_file.clusters.empty:
        elsewhere = "" if str(folder) == "graphlink-run" else f" --run {shlex.quote(str(folder))}"
        say(f"next:       graphlink view 1 --open{elsewhere}")


def _counts(case_file: CaseFile) -> list[str]:
    inputs = case_file.manifest.get("inputs", [])
    accepted, refused = (sum(each[name] for each in inputs) for name in ("rows_accepted", "rows_quarantined"))
    tiers = case_file.clusters["tier"].value_counts()
    clusters = ", ".join(f"{count:,} {tier}" for tier in TIERS if (count := int(tiers.get(tier, 0))))
    said = [f"records:    {accepted:,} accepted, {refused:,} in quarantine"]
    said += [f"clusters:   {clusters}", *_chance(case_file), *_small(case_file)] if clusters else []
    return [*said, *_moving(case_file)]


def _small(case_file: CaseFile) -> list[str]:
    """Return what a reader must know of a small case that has clusters nevertheless."""
    few = _too_few(case_file, "note:       ")
    return [few] if few else []


def _moving(case_file: CaseFile) -> list[str]:
    """Return which kinds of item are one witness, and why: of each witness the first two."""
    first = {each["witness"]: each for each in reversed(case_file.manifest.get("moving", []))}
    return [
        f"one witness: {' and '.join(each['kinds'])} move together: "
        f"{' and '.join(f'{share:.0%}' for share in each['shares'])} of them are on all accounts of one of the other"
        for each in first.values()
    ]


def _chance(case_file: CaseFile) -> list[str]:
    """Return what was found in rewired worlds, where there were any."""
    told = case_file.manifest.get("chance", {}).get("decoys")
    if not told:
        return []
    worlds = f"{told['worlds']:,} rewired " + ("world" if told["worlds"] == 1 else "worlds")
    found = f"{told['clusters']:,} clusters, {told['coordinated']:,} of them coordinated"
    links = f"{told['links']:,} links, {told['links_promised']:,g} promised"
    return [f"chance:     {found}, and {links}, in {worlds} of {told['accounts']:,} accounts"]


def _hubs(case_file: CaseFile, top: int = 3) -> list[str]:
    """Return the largest items that were judged to say nothing, with the reason, and how many more there are."""
    items = case_file.items
    hubs = items[items["use"].isin(HUBS)].sort_values(["accounts", "kind", "value"], ascending=[False, True, True])
    told = [
        f"set aside:  {row['kind']} {short(row['value'])}: {row['use']}, {row['reason']}"
        for row in hubs.head(top).to_dict("records")
    ]
    return [*told, f"            and {len(hubs) - top:,} more, in items.parquet"] if len(hubs) > top else told


# Explanations


def pair(found: Explanation) -> None:
    """Print why two accounts are linked, or that nothing links them, and each thing they share as a bar of bits."""
    _paragraph(f"{found.left} and {found.right}: {found.sentence}")
    longest = max((bar.bits for bar in found.bars), default=0.0)
    for bar in found.bars:
        line()
        line(f"{bar.bits:6.1f} bits  {_filled(bar.bits, longest)}  {bar.kind} {short(bar.value)}")
        _paragraph(_rarity(bar), indent=2)
        for account, touch in ((found.left, bar.left), (found.right, bar.right)):
            _paragraph(f"{short(account)}: {_seen(touch)}row {touch.row:,} of {touch.file}", indent=2)


def _filled(bits: float, longest: float, width: int = 20) -> str:
    return ("█" * round(width * bits / longest) if longest else "").ljust(width)


def _rarity(bar: Bar) -> str:
    reason = f"; {bar.use}: {bar.reason}" if bar.use in HUBS else ""
    return f"on {bar.accounts:,} accounts of the case{reason}" if bar.accounts else "on these two accounts"


def _seen(touch: Touch) -> str:
    first, last = touch.first_seen[:10], touch.last_seen[:10]
    span = first if first == last else f"{first} to {last}"
    return f"{span}, {touch.events:,} events, " if span else f"{touch.events:,} events, "


def cluster(found: ClusterExplanation) -> None:
    """Print what a cluster rests on: findings for and against, its items, its weakest member."""
    dossier, weakest = found.dossier, found.weakest
    _paragraph(_headline(dossier))
    if found.taken:
        _paragraph(found.taken)
    _paragraph(dossier.summary.evidence)
    line()
    weighed = [(f.side, _weight(f.weight), f.sentence) for f in (*dossier.weighed_for, *dossier.findings_against)]
    table(["side", "weight", "finding"], [*weighed, *(("beside", "", f.sentence) for f in dossier.unweighed)])
    line()
    if dossier.hinges:
        _paragraph(f"It hangs on {' and on '.join(map(short, dossier.hinges))}: without, the tier would be lower.")
        line()
    for bits, bar, name in found.waterfall():
        line(f"{bits:6.1f} bits  {bar}  {short(name)}")
    line()
    table(["bits", "kind", "value", "members", "on accounts", "links"], [_support(item) for item in dossier.items[:20]])
    line()
    text = f"Weakest member: {weakest.account_id}, confidence {weakest.confidence:.2f}, {weakest.links:,} links"
    _paragraph(f"{text}, the strongest of {weakest.strongest:.1f} bits.")


def _weight(weight: float) -> str:
    return f"{weight:+.1f}" if abs(weight) >= 0.05 else f"{weight:+.1g}"  # noqa: PLR2004 - half of the last digit


def _headline(dossier: Dossier) -> str:
    row = dossier.summary
    told = dossier.rival if row.tier != "coordinated" else ""  # a common interest has no name in the table
    innocent = f", best innocent explanation: {told}" if told else ""
    return f"{row.cluster_id}: {row.tier}, {row.accounts:,} accounts, score {row.score:.3f}{innocent}."


def _support(item: SharedItem) -> list[object]:
    return [item.bits, item.kind, short(item.value), len(item.touches), item.accounts, item.links]


# Records and options


def mapping(roles: Sequence[Role], notes: Sequence[str]) -> None:
    """Say what the columns of each table are taken for, and which are not used."""
    for file, group in itertools.groupby(roles, key=lambda role: role.file):
        columns_of = list(group)
        unused = [each.column for each in columns_of if not each.role]
        say(file)
        say(", ".join(_meant(each) for each in columns_of if each.role), indent=2)
        if unused:
            say(f"not used: {', '.join(unused)}", indent=2)
    for note in notes:
        say(f"note: {note}")
    say()


def _meant(role: Role) -> str:
    meant = role.role.removeprefix("item: ").partition(":")[0]
    return role.column if role.column == meant else f"{role.column} ({meant})"


def survey(found: Survey) -> None:
    """Print what records hold: counts, kinds, the values on most accounts, and what would be in quarantine."""
    read, refused = (sum(getattr(each, name) for each in found.inputs) for name in ("rows_read", "rows_quarantined"))
    _paragraph(f"{read:,} records, {refused:,} of them in quarantine; {found.accounts:,} accounts{_between(found)}.")
    line()
    kinds_found = [(k.kind, k.family, k.values, k.shared, k.accounts) for k in found.kinds]
    table(["kind", "family", "values", "shared", "on accounts"], kinds_found)
    line()
    common = [(kind.kind, short(top.value), top.accounts) for kind in found.kinds for top in kind.top]
    table(["kind", "top values", "on accounts"], common)
    if found.refused:
        line()
        table(
            ["file", "row", "reason", "record"], [(r.file, str(r.row), r.reason, short(r.raw)) for r in found.refused]
        )


def _between(found: Survey) -> str:
    if found.first_seen == NO_TIME:
        return ", no times"
    first, last = (datetime.fromtimestamp(at // 10**6, UTC).date() for at in (found.first_seen, found.last_seen))
    return f", {first} to {last}"


def options() -> None:
    """Print every setting, then the names by which columns are recognised, then the kinds of items."""
    rows = [
        (o.name, str(o.default), ", ".join(filter(None, (o.allowed, o.unit))), o.meaning) for o in settings.options()
    ]
    table(["setting", "default", "takes", "meaning"], rows)
    line()
    recognised = [*columns.ROLES.items(), *((f"item: {kind}", names) for kind, names in columns.ITEMS.items())]
    table(["column is taken for", "if its name is"], [(role, ", ".join(names)) for role, names in recognised])
    line()
    table(["kind", "family", "meaning"], [(k.name, k.family, k.meaning) for k in kinds.BUILT_IN.values()])


def profile(took: Sequence[Mapping[str, object]]) -> None:
    """Print what each stage took, to stderr: stage, seconds, rows, and the peak of memory in MiB."""
    rows = [(each["stage"], each["seconds"], each["rows"], _mebibytes(each.get("peak_bytes"))) for each in took]
    table(["stage", "seconds", "rows", "peak MiB"], rows, out=sys.stderr)


def _mebibytes(count: object) -> int | str:
    return count >> 20 if isinstance(count, int) else "unknown"


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str, Sequence[Mapping[str, Any]]], None]]:
    """Yield a function that is told which stage begins, and what those before took; on a terminal it shows at once."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    with Console(stderr=True, markup=False).status("reading") as status:
        yield lambda stage, done: status.update(Running(stage, tuple(done), time.monotonic()), spinner="dots")


SHARES = {
    "read": 14,
    "behaviour": 6,
    "graph": 6,
    "links": 14,
    "communities": 3,
    "scoring": 4,
    "outsiders": 1,
    "proof": 4,
    "decoys": 4,
    "tables": 9,
    "run folder": 1,
    "report": 34,
}
"""The part of the time that each stage takes, as a rule (docs/benchmarks.md): what is left is told by what is done."""


@dataclass(frozen=True, slots=True)
class Running:
    """The line that says how far the job is: the stage, the records read, the time so far and what is left of it."""

    stage: str
    done: tuple[Mapping[str, Any], ...]
    begun: float
    clock: Callable[[], float] = time.monotonic

    def __rich__(self) -> Text:
        """Return the line as of now."""
        here, before = self.clock() - self.begun, sum(each["seconds"] for each in self.done)
        known = sum(SHARES.get(each["stage"], 0) for each in self.done)
        number = f"stage {min(len(self.done) + 1, len(SHARES))} of {len(SHARES)}"
        rows = [f"{self.done[0]['rows']:,} records"] if self.done else []
        left = [f"about {_minutes(max(before * (sum(SHARES.values()) / known - 1) - here, 1))} left"] if known else []
        return Text("  ".join([shown(self.stage), number, *rows, _minutes(before + here), *left]))


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
