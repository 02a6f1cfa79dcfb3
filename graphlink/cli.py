"""The command line: parse, call, print. Data goes to stdout, messages to stderr; how it ends stands in `ending`."""

# ruff: noqa: PLC0415 - each command loads the rooms it needs and no others, so that --help comes at once
from __future__ import annotations

import inspect
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphlink import ending, redaction
from graphlink.errors import IntegrityError, UsageError
from graphlink.settings import Settings, options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphlink.case import Case
    from graphlink.settings import Option

app = typer.Typer(
    help="Link the accounts of one operator, and say why.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Inputs = Annotated[list[str] | None, typer.Argument(metavar="INPUT...", help="Files, globs or folders of records.")]
CaseToml = Annotated[Path | None, typer.Option("--case", help="A written case (case.toml) instead of inputs.")]
Account = Annotated[list[str] | None, typer.Option("--account", help="A column that holds the account.")]
Time = Annotated[list[str] | None, typer.Option("--time", help="A column that holds a time; may be repeated.")]
Item = Annotated[
    list[str] | None,
    typer.Option("--item", metavar="COLUMN=KIND[:FAMILY]", help="A column that holds items; may be repeated."),
]
Run = Annotated[Path, typer.Option("--run", help="The run folder.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the run that lies there.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but errors on stderr.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Key = Annotated[
    Path | None,
    typer.Option("--key", help="The file of the key for pseudonyms and card numbers; else the one that is yours."),
]
Redact = Annotated[
    str,
    typer.Option(
        "--redact",
        metavar="LEVEL",
        callback=redaction.checked,
        help="What others may see: none (all), partner (pseudonyms), public (clusters and totals).",
    ),
]
OneCluster = Annotated[str, typer.Argument(metavar="CLUSTER", help="A cluster_id, the beginning of one, or a rank.")]

RUN = Path("graphlink-run")


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for each setting, in place of its `**settings`."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
    added = [
        inspect.Parameter(
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=option.default,
            annotation=Annotated[type(option.default), typer.Option(_flag(option.name), help=_help(option))],
        )
        for option in options()
    ]
    command.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]  # how inspect is told
    return command


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _help(option: Option) -> str:
    limits = ", ".join(part for part in (option.unit, option.allowed) if part)
    return option.meaning[0].upper() + option.meaning[1:] + (f" ({limits})." if limits else ".")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands a flag over like this
    if wanted:
        import graphlink

        sys.stdout.write(f"graphlink {graphlink.__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None: ...


@app.command()
@_with_settings
def clusters(  # noqa: PLR0913 - each argument is one option
    inputs: Inputs = None,
    *,
    case: CaseToml = None,
    account: Account = None,
    time: Time = None,
    item: Item = None,
    run: Run = RUN,
    force: Force = False,
    redact: Redact = "none",
    key: Key = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.")] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Print what each stage took, and its peak memory.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Link accounts, rank the clusters, write the run folder."""
    chosen = Settings(**settings)
    _check_inputs(inputs, case)
    from graphlink import run as runs
    from graphlink import survey, terminal
    from graphlink.case import investigate, read
    from graphlink.stages import Stages

    runs.check_free(run, force=force)
    with terminal.progress(quiet=quiet) as shown:
        stages = Stages(ending.unless_stopped(lambda stage: shown(stage, stages.done)), memory=profile)
        columns = {"account": tuple(account or ()), "time": tuple(time or ()), "item": tuple(item or ())}
        records = stages.run(
            "read", lambda: read(*inputs or (), **columns, case=case, settings=chosen, key=key), survey.rows_read
        )
        if not quiet:
            terminal.mapping(survey.mapping(records), records.notes)
        found = investigate(records, chosen, command=_typed(), stages=stages).redacted(redact, key=key)
        found.save(run, report=not no_report, force=force, stages=stages)
    if as_json:
        _print_json(found.clusters.to_dict("records"))
    else:
        terminal.ranking(found.case_file, chosen.top)
    if not quiet:
        terminal.summary(found.case_file, run)
    if profile:
        terminal.profile(stages.done)


@app.command()
@_with_settings
def check(  # noqa: PLR0913 - each argument is one option
    inputs: Inputs = None,
    *,
    case: CaseToml = None,
    account: Account = None,
    time: Time = None,
    item: Item = None,
    write_case: Annotated[Path | None, typer.Option("--write-case", help="Write the mapping as a case.toml.")] = None,
    **settings: Any,
) -> None:
    """Show how the records are understood, before the main job."""
    chosen = Settings(**settings)
    _check_inputs(inputs, case)
    from graphlink import outfile, survey, terminal
    from graphlink.case import read

    records = read(
        *inputs or (),
        account=tuple(account or ()),
        time=tuple(time or ()),
        item=tuple(item or ()),
        case=case,
        settings=chosen,
    )
    terminal.mapping(survey.mapping(records), records.notes)
    terminal.survey(survey.survey(records))
    if write_case:
        outfile.write_text(write_case, survey.to_case_toml(records, time_format=chosen.time_format))
        terminal.say(f"case: {write_case}")


@app.command()
def explain(
    names: Annotated[list[str], typer.Argument(metavar="A B | CLUSTER", help="Two accounts, or one cluster.")],
    run: Run = RUN,
) -> None:
    """Say why two accounts are linked, or what a cluster rests on."""
    if len(names) > 2:  # noqa: PLR2004 - two accounts, or one cluster
        raise UsageError(f"{len(names)} names", then="give two accounts, or one cluster")
    from graphlink import terminal
    from graphlink.case import Case

    case = Case.open(run)
    if len(names) == 1:
        terminal.cluster(case.cluster(names[0]).explain())
    else:
        terminal.pair(case.explain(*names))


@app.command()
def view(  # noqa: PLR0913 - each argument is one option
    cluster: OneCluster,
    out: Annotated[Path | None, typer.Option("-o", help="The file to write; else CLUSTER.html.")] = None,
    *,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    redact: Redact = "none",
    key: Key = None,
    run: Run = RUN,
) -> None:
    """Draw a cluster as an interactive graph in one HTML file."""
    from graphlink import report as reports
    from graphlink import view as graphs

    chosen = _opened(run, redact, key).cluster(cluster)
    path = out or Path(f"{reports.file_stem(chosen.cluster_id)}.html")
    _hand_over(graphs.write(chosen.case_file, chosen.cluster_id, path), open_it=open_it)


@app.command()
def report(  # noqa: PLR0913 - each argument is one option
    cluster: Annotated[str | None, typer.Argument(metavar="[CLUSTER]", help="A cluster; else all of them.")] = None,
    out: Annotated[Path, typer.Option("-o", help="The folder to write into.")] = Path("graphlink-report"),
    *,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each page as PDF, too; takes Chromium.")] = False,
    redact: Redact = "none",
    key: Key = None,
    run: Run = RUN,
) -> None:
    """Write the evidence report again, of all clusters or of one."""
    _hand_over(_opened(run, redact, key).report(out, cluster=cluster, pdf=pdf))


@app.command()
def export(
    form: Annotated[
        str, typer.Option("--format", help="csv, parquet, xlsx, graphml, gexf, cytoscape, neo4j, stix, networkx-json.")
    ],
    out: Annotated[Path, typer.Option("-o", help="The file to write.")],
    *,
    redact: Redact = "none",
    key: Key = None,
    run: Run = RUN,
) -> None:
    """Write the clusters for other programs and for people."""
    _hand_over(_opened(run, redact, key).export(out, form))


@app.command()
def evaluate(
    truth: Annotated[Path, typer.Argument(metavar="TRUTH.csv", help="Labels: account_id, ring.")],
    run: Run = RUN,
    *,
    as_json: Json = False,
) -> None:
    """Measure a run against labels."""
    from graphlink import evaluate as measures
    from graphlink import terminal
    from graphlink.case import Case

    found = Case.open(run).evaluate(measures.read_truth(truth))
    if as_json:
        _print_json(found.to_dict())
    else:
        figures = found.table()
        terminal.table(list(figures.columns), figures.to_numpy().tolist())


@app.command()
def simulate(  # noqa: PLR0913 - each argument is one option
    scenario: Annotated[str | None, typer.Argument(metavar="SCENARIO", help="One that --list names.")] = None,
    out: Annotated[Path | None, typer.Option("-o", help="The folder to write into.")] = None,
    *,
    list_them: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 0,
    accounts: Annotated[int | None, typer.Option("--accounts", help="How many accounts; else the scenario's.")] = None,
    form: Annotated[str, typer.Option("--format", help="csv, jsonl or parquet.")] = "parquet",
) -> None:
    """Make records with planted rings, and the truth about them."""
    from graphlink import scenarios, terminal
    from graphlink.simulate import simulate as make
    from graphlink.simulate import write

    if list_them:
        terminal.table(
            ["scenario", "accounts", "world"], [(s.name, s.accounts, s.meaning) for s in scenarios.SCENARIOS.values()]
        )
        return
    if scenario is None or out is None:
        raise UsageError("a scenario and a folder are needed", then="write `graphlink simulate SCENARIO -o DIR`")
    _hand_over(write(make(scenario, seed=seed, accounts=accounts), out, form=form))


@app.command()
def verify(run: Run = RUN) -> None:
    """Recompute every hash of a run folder."""
    from graphlink import run as runs
    from graphlink import terminal

    differences = runs.verify(run)
    for each in differences:
        terminal.line(each)
    if differences:
        raise IntegrityError(f"differs from what was written in {len(differences)} of its files", where=str(run))
    terminal.line(f"{run}: as it was written")


@app.command()
def purge(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, to the letter.")],
    run: Run = RUN,
    key: Key = None,
) -> None:
    """Remove an account from a run folder."""
    from graphlink import case, terminal

    removed = case.purge(account, run, key=key)
    terminal.line(f"{run}: {_counted(removed) or 'nothing of that account'}")


@app.command()
def settings() -> None:
    """Show every setting, and the names columns are recognised by."""
    from graphlink import terminal

    terminal.options()


def _check_inputs(inputs: list[str] | None, case: Path | None) -> None:
    if bool(inputs) == bool(case):
        found = "inputs and a case" if inputs else "no inputs"
        raise UsageError(found, then="name files, globs or folders, or one written case with --case")


def _opened(run: Path, redact: str, key: Path | None) -> Case:
    """Return the case of a run folder as it may be shown."""
    from graphlink.case import Case

    return Case.open(run).redacted(redact, key=key)


def _counted(removed: Mapping[str, int]) -> str:
    """Return what was removed, as people read it."""
    return ", ".join(f"{count:,} of {name}" for name, count in removed.items() if count)


def _typed() -> str:
    return shlex.join(["graphlink", *sys.argv[1:]])


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _hand_over(path: Path, *, open_it: bool = False) -> None:
    """Print where something was written, and open it if wanted."""
    from graphlink import terminal

    terminal.line(str(path))
    if open_it:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


def main(args: Sequence[str] | None = None) -> int:
    """Return the exit code of what was typed."""
    return ending.of(lambda: _obeyed(args))


def _obeyed(args: Sequence[str] | None) -> Any:
    """Do what was typed; what typer says of it is wrong usage, and said as such."""
    try:
        return app(args, prog_name="graphlink", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        then = f"see `{context.command_path if context else 'graphlink'} --help`"
        raise UsageError(error.format_message(), then=then) from None
