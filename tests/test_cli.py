"""What is typed, what is printed, and the exit code: as other people's scripts rely on it."""

from __future__ import annotations

import dataclasses
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from sample_case import RING, RING_ID, case_file, interested

from graphlink import cli, run, terminal
from graphlink.case import Case

COMMANDS = [
    *("clusters", "check", "explain", "view", "report", "export"),
    *("evaluate", "simulate", "verify", "purge", "settings"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(here: Path) -> Path:
    """Return the default run folder, with the sample case in it."""
    return run.write(case_file(), here / "graphlink-run")


def typed(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return what a command printed and its exit code, from a process of its own."""
    env = os.environ | {"COLUMNS": "80"} | environment
    return subprocess.run(
        [sys.executable, "-m", "graphlink", *args], capture_output=True, text=True, env=env, check=False
    )


def fails(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    """Return exit code and the one line that a command printed to stderr."""
    code = cli.main(args)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("graphlink: ")
    assert err.count("\n") == 1
    return code, err


def test_help_names_each_command_in_one_line() -> None:
    said = typed("--help")
    listed = re.findall(r"^  (\w+)  +\S.*[^.]\.$", said.stdout.partition("Commands:")[2], re.MULTILINE)
    assert (said.returncode, listed) == (0, COMMANDS)


def test_help_loads_no_library_but_the_parser() -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "graphlink", "--help"], capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in said.stderr.splitlines()}
    assert loaded.isdisjoint({"rich", "pandas", "ibis", "pyarrow", "numpy", "igraph", "networkx", "pyvis", "jinja2"})


def test_version_is_printed() -> None:
    assert re.fullmatch(r"graphlink \d+\.\d+\.\d+\n", typed("--version").stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: graphlink {command}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["cluster"], "No such command"),
        (["clusters", "--nothing"], "No such option: --nothing"),
        (["clusters"], "no inputs; name files, globs or folders"),
        (["clusters", "a.csv", "--case", "case.toml"], "inputs and a case"),
        (["clusters", "a.csv", "--seed", "x"], "Invalid value for '--seed'"),
        (["clusters", "a.csv", "--min-accounts", "1"], "min_accounts is 1; it takes 2 or more"),
        (["clusters", "a.csv", "--method", "magic"], "method is 'magic'; it takes leiden, "),
        (["explain", "a", "b", "c"], "3 names; give two accounts, or one cluster"),
        (["explain", "c-0"], "graphlink-run: no run.json here"),
        (["verify", "--run", "nowhere"], "nowhere: no run.json here; make a run with `graphlink clusters`"),
        (["simulate"], "a scenario and a folder are needed"),
    ],
)
@pytest.mark.usefixtures("here")
def test_wrong_usage_is_one_line_and_exit_code_2(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = fails(capsys, *args)
    assert code == 2
    assert said in line


def test_a_run_folder_in_the_way_is_told_before_anything_is_read(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = fails(capsys, "clusters", "nowhere.csv", "--run", made.name)
    assert (code, line) == (
        2,
        "graphlink: graphlink-run: holds a run already; replace it with --force, or name another folder with --run\n",
    )


@pytest.mark.usefixtures("made")
def test_explain_prints_what_two_accounts_share(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", RING[0], RING[1]]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("acct-01 and acct-02: Linked by 40.8 bits: 3 families of evidence agree")
    assert out[2].split() == ["16.5", "bits", "█" * 20, "payment", "card_9"]
    assert out[4] == "  acct-01: 2026-05-01 to 2026-05-20, 7 events, row 1 of records/usage.csv"


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", [RING_ID, "c-1a2", "1"])
def test_explain_prints_what_a_cluster_rests_on(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{RING_ID}: coordinated, 4 accounts, score 5.125.")
    assert "One card pays for all 4 accounts." in out
    assert "It hangs on payment: without, the tier would be lower." in out


@pytest.mark.usefixtures("made")
def test_explain_draws_what_the_average_link_is_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", RING_ID]) == 0
    bars = [line for line in capsys.readouterr().out.splitlines() if " bits  " in line and "█" in line]
    steps, whole = bars[:-1], bars[-1]
    begun = [(line.index("█"), line.rindex("█") + 1) for line in steps]
    assert all(before[1] == after[0] for before, after in pairwise(begun))
    assert (begun[0][0], begun[-1][1]) == (whole.index("█"), whole.rindex("█") + 1)
    assert sum(float(line.split()[0]) for line in steps) == pytest.approx(float(whole.split()[0]), abs=0.2)


@pytest.mark.usefixtures("made")
def test_an_unknown_account_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capsys, "explain", RING[0], "stranger")
    assert code == 2
    assert "stranger is in no cluster" in line


@pytest.mark.usefixtures("made")
def test_view_report_and_export_print_where_they_wrote(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["view", "1"]) == 0
    assert cli.main(["view", "1", "-o", "ring.html"]) == 0
    assert cli.main(["report"]) == 0
    assert cli.main(["report", "2", "-o", "home"]) == 0
    assert cli.main(["export", "--format", "graphml", "-o", "ring.graphml"]) == 0
    written = capsys.readouterr().out.splitlines()
    assert written[:3] == [f"{RING_ID}.html", "ring.html", "graphlink-report/index.html"]
    assert all((here / path).is_file() for path in written)


def test_verify_names_what_differs_and_fails(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify"]) == 0
    assert capsys.readouterr().out == "graphlink-run: as it was written\n"
    (made / "members.csv").write_text("")
    assert cli.main(["verify"]) == 1
    out, err = capsys.readouterr()
    assert out == "members.csv: was changed\n"
    assert err == "graphlink: graphlink-run: differs from what was written in 1 of its files\n"


def test_settings_prints_every_setting_and_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["settings"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^min_accounts +2 +2 or more, accounts +the smallest cluster", out, re.MULTILINE)
    assert "device_fingerprint" in out


def test_an_unexpected_error_is_one_line_that_says_how_to_see_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "verify", lambda _: 1 / 0)
    code, line = fails(capsys, "verify")
    assert code == 1
    assert "unexpected ZeroDivisionError" in line
    assert "GRAPHLINK_DEBUG=1" in line
    monkeypatch.setenv("GRAPHLINK_DEBUG", "1")
    assert cli.main(["verify"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupted_command_is_one_line_and_exit_code_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "verify", interrupted)
    assert fails(capsys, "verify") == (130, "graphlink: interrupted\n")


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    done = subprocess.run(  # noqa: S602 - a pipe is the test
        f"{sys.executable} -m graphlink settings | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


# What people read

PRINTS_RANKING = f"""
import sys
import time
from itertools import pairwise
sys.path.insert(0, {str(Path(__file__).parent)!r})
from sample_case import case_file
from graphlink import terminal
terminal.ranking(case_file(), 20)
"""
RANKING = [sys.executable, "-c", PRINTS_RANKING]


def test_the_ranked_table_fits_into_80_columns() -> None:
    shown = on_a_terminal(RANKING)
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["1", "coordinated", RING_ID, "4", "5.125"]
    assert "\x1b[" in shown


def on_a_terminal(command: list[str], **environment: str) -> str:
    """Return what a command prints to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"COLUMNS": "80", "TERM": "xterm"} | environment
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    assert process.returncode == 0
    os.close(ours)
    return shown.decode()


def _read(terminal_end: int) -> bytes:
    try:
        return os.read(terminal_end, 65536)
    except OSError:  # Linux says so where the other end is closed
        return b""


def test_the_ranked_table_names_a_common_interest(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.ranking(interested(case_file()), 20)
    assert re.findall(r"c-\w+ +\d+ +\S+(.*)", capsys.readouterr().out) == ["", "  common interest"]


def test_a_line_says_how_far_the_job_is_and_how_long_it_will_take() -> None:
    done = ({"stage": "read", "seconds": 28.0, "rows": 1_200_000},)
    line = terminal.Running("behaviour", done, 100.0, lambda: 140.0)
    share = sum(terminal.SHARES.values()) / terminal.SHARES["read"]
    left = int(28 * (share - 1) - 40)
    said = f"behaviour  stage 2 of 12  1,200,000 records  1:08  about {left // 60}:{left % 60:02} left"
    assert str(line.__rich__()) == said
    assert str(terminal.Running("read", (), 140.0, lambda: 140.0).__rich__()) == "read  stage 1 of 12  0:00"


def test_a_terminal_shows_each_stage_and_a_pipe_none(here: Path, records: Path) -> None:
    command = [sys.executable, "-m", "graphlink", "clusters", "--no-report", "--force", str(records)]
    seen = on_a_terminal(command)
    assert re.search("links.*stage 4 of 12", seen)
    assert " left" in seen
    piped = subprocess.run(command, capture_output=True, text=True, check=True, cwd=here)
    assert "stage" not in piped.stderr


def test_no_color_is_respected() -> None:
    coloured = re.compile(r"\x1b\[(\d+;)*[34]\d")
    assert not coloured.search(on_a_terminal(RANKING, NO_COLOR="1"))
    assert coloured.search(on_a_terminal(RANKING))


def test_hostile_text_is_shown_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    payload = "\x1b[2J[red]x[/red]\u202e:smile:\r\n"
    clusters = case_file().clusters.assign(evidence=payload)
    terminal.ranking(dataclasses.replace(case_file(), clusters=clusters), 20)
    terminal.table(["value"], [[payload]])
    out = capsys.readouterr().out
    assert out.count("\\x1b[2J[red]x[/red]\\u202e:smile:\\r\\n") == 3
    assert "\x1b" not in out


def test_a_small_case_without_clusters_is_told_why(capsys: pytest.CaptureFixture[str]) -> None:
    manifest = {**case_file().manifest, "accounts": 60}
    terminal.ranking(dataclasses.replace(case_file(), clusters=case_file().clusters.iloc[:0], manifest=manifest), 20)
    assert "; among 60 accounts little can be beyond chance: bring ordinary ones too" in capsys.readouterr().out


def test_a_small_case_with_clusters_is_told_what_to_bring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for accounts, said in ((60, True), (5000, False)):
        manifest = {**case_file().manifest, "accounts": accounts}
        terminal.summary(dataclasses.replace(case_file(), manifest=manifest), tmp_path)
        assert (f"among {accounts:,} accounts little can be beyond chance" in capsys.readouterr().err) is said


def test_no_clusters_are_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.ranking(dataclasses.replace(case_file(), clusters=case_file().clusters.iloc[:0]), 20)
    assert capsys.readouterr().out == "no clusters: nothing links two accounts beyond chance\n"


def test_the_summary_says_what_was_set_aside_and_what_to_type_next(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.summary(Case.open(made).case_file, Path("graphlink-run"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "99 accepted, 1 in quarantine" in err
    assert "ip 203.0.113.200: public, on 4,120 accounts that agree in nothing else" in err
    assert "graphlink view 1 --open" in err


# The main job


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small world's records."""
    folder = tmp_path_factory.mktemp("world")
    assert cli.main(["simulate", "s1", "--accounts", "800", "--format", "csv", "-o", str(folder)]) == 0
    return folder / "records"


def test_clusters_prints_the_table_says_the_rest_and_writes_the_run(
    here: Path, records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["clusters", str(records)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["rank", "tier", "cluster", "accounts", "score", "explanation"]
    assert re.search(r"signups\.csv\n  account_id \(account\), created_at \(time\), email, ", err)
    assert "run folder: graphlink-run" in err
    found = {path.relative_to(here / "graphlink-run").as_posix() for path in (here / "graphlink-run").iterdir()}
    assert {*run.TABLES, "run.json", "report"} <= found
    assert run.verify("graphlink-run") == ()
    assert run.read_manifest("graphlink-run")["command"].startswith("graphlink")


@pytest.mark.usefixtures("here")
def test_clusters_prints_json_and_nothing_else(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clusters", str(records), "--json", "--quiet", "--no-report"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [row["rank"] for row in json.loads(out)] == list(range(1, len(json.loads(out)) + 1))
    assert list(json.loads(out)[0]) == list(run.TABLES["clusters.csv"].names)


def test_check_shows_mapping_counts_top_values_and_what_would_be_in_quarantine(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "use.csv").write_text(
        "account_id,time,ip,colour\na,2026-05-01,192.0.2.1,red\nb,2026-05-02,192.0.2.1,red\nc,x,192.0.2.1,red\n"
    )
    assert cli.main(["check", "use.csv", "--write-case", "case.toml"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("use.csv\n  account_id (account), time, ip\n  not used: colour\n")
    assert out.startswith("3 records, 1 of them in quarantine; 2 accounts, 2026-05-01 to 2026-05-02.\n")
    assert re.search(r"^ip +192\.0\.2\.1 +2$", out, re.MULTILINE)
    assert "c,x,192.0.2.1,red" in out
    assert 'account = "account_id"' in (here / "case.toml").read_text()


WRONG = {
    "a missing file": (["nowhere.csv"], 2),
    "an empty file": (["empty.csv"], 1),
    "a table without an account column": (["nobody.csv"], 2),
    "an unknown column": (["fine.csv", "--item", "nothing=device"], 2),
    "an unknown time column": (["fine.csv", "--time", "nothing"], 2),
    "a truncated Parquet": (["cut.parquet"], 1),
    "no such case": (["--case", "nowhere.toml"], 2),
}


@pytest.mark.parametrize(("args", "code"), WRONG.values(), ids=list(WRONG))
def test_wrong_input_is_one_line_and_leaves_nothing(
    here: Path, args: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "empty.csv").write_text("")
    (here / "nobody.csv").write_text("colour,ip\nred,192.0.2.1\n")
    (here / "fine.csv").write_text("account_id,ip\na,192.0.2.1\n")
    (here / "cut.parquet").write_bytes(b"PAR1\x15\x04")
    before = sorted(here.iterdir())
    assert fails(capsys, "clusters", *args)[0] == code
    assert sorted(here.iterdir()) == before


def test_ctrl_c_stops_the_job_in_one_line_and_leaves_nothing(here: Path, records: Path) -> None:
    command = [sys.executable, "-m", "graphlink", "clusters", "--quiet", "--temp-dir", ".", str(records)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not any(here.glob("*/*")):  # reading has begun
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert (process.returncode, said) == (130, "graphlink: interrupted\n")
    assert list(here.iterdir()) == []
