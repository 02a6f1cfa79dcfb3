"""What others see of a case names nobody: not in a table, not in a sentence, not in any byte of what is written."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from sample_case import RING, RING_ID, case_file

from graphlink import cli, keyfile, run
from graphlink.case import Case
from graphlink.errors import UsageError
from graphlink.model import CaseFile
from graphlink.redaction import LEVELS, redact

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
DIGITS = "0123456789abcdef" * 4
TABLES = [field.name for field in dataclasses.fields(CaseFile) if field.name != "manifest"]


@pytest.fixture(autouse=True)
def key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> keyfile.Key:
    """Return the key of everybody in these tests."""
    path = tmp_path_factory.mktemp("keys") / "team.key"
    path.write_text(DIGITS)
    path.chmod(0o600)
    monkeypatch.setenv(keyfile.VARIABLE, str(path))
    return keyfile.find()


def partner(case: CaseFile, key: keyfile.Key) -> CaseFile:
    return redact(case, "partner", key.pseudonym)


def public(case: CaseFile) -> CaseFile:
    return redact(case, "public", never)


def never(kind: str, value: str) -> str:
    raise AssertionError(f"{kind} {value} would be a pseudonym")


def changed(case: CaseFile, **tables: Any) -> CaseFile:
    return dataclasses.replace(case, **tables)


def text(case: CaseFile) -> str:
    """Return all that a case says."""
    return json.dumps([getattr(case, name).to_dict("list") for name in TABLES] + [case.manifest], ensure_ascii=False)


def test_none_changes_nothing(key: keyfile.Key) -> None:
    case = case_file()
    assert redact(case, "none", key.pseudonym) is case


def test_a_level_that_there_is_not_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="redact is 'some'; it takes none, partner, public"):
        redact(case_file(), "some", never)


def test_a_partner_sees_every_id_value_and_path_under_a_pseudonym(key: keyfile.Key) -> None:
    shown = partner(case_file(), key)
    assert set(shown.members["account_id"][:4]) == {key.pseudonym("acct", account) for account in RING}
    assert set(shown.facts["account_id"]) == set(shown.members["account_id"])
    assert [value.rpartition("_")[0] for value in shown.items["value"]] == list(shown.items["kind"])
    assert set(shown.sightings["file"]) == {key.pseudonym("file", "records/usage.csv")}
    assert shown.manifest["inputs"][0]["path"] == key.pseudonym("file", "records/usage.csv")


def test_a_partner_sees_kinds_times_figures_and_cluster_ids(key: keyfile.Key) -> None:
    case, shown = case_file(), partner(case_file(), key)
    figures = [name for name in run.TABLES["clusters.csv"].names if name != "evidence"]
    assert shown.clusters[figures].equals(case.clusters[figures])
    assert sorted(shown.items["kind"]) == sorted(case.items["kind"])
    assert sorted(shown.links["bits"]) == sorted(case.links["bits"])
    assert shown.manifest["inputs"][0]["sha256"] == case.manifest["inputs"][0]["sha256"]


def test_what_is_linked_is_linked_under_pseudonyms(key: keyfile.Key) -> None:
    case, shown = case_file(), partner(case_file(), key)
    names = {account: key.pseudonym("acct", account) for account in case.members["account_id"]}
    ends = zip(case.links["left"], case.links["right"], strict=True)
    pairs = list(zip(shown.links["left"], shown.links["right"], strict=True))
    assert {frozenset(pair) for pair in pairs} == {frozenset((names[a], names[b])) for a, b in ends}
    assert all(left < right for left, right in pairs)


def test_the_order_of_rows_tells_nothing_of_ids(key: keyfile.Key) -> None:
    shown = partner(case_file(), key)
    for table, columns in (("links", ["left", "right"]), ("facts", ["account_id"]), ("items", ["kind", "value"])):
        frame = getattr(shown, table)
        assert frame.equals(frame.sort_values(columns, ignore_index=True))


def test_an_account_has_one_pseudonym_as_member_and_as_referrer(key: keyfile.Key) -> None:
    case = case_file()
    items = case.items.assign(kind="referrer", value=RING[0])
    assert set(partner(changed(case, items=items), key).items["value"]) == {key.pseudonym("acct", RING[0])}


@pytest.mark.parametrize(
    "quoted", ["acct-01", "203.0.113.7", "card_9", "records/usage.csv", "Mozilla/5.0 (X11; Linux)", "a@b.example"]
)
def test_a_sentence_quotes_a_pseudonym(quoted: str, key: keyfile.Key) -> None:
    case = case_file()
    items = case.items.assign(value=[*case.items["value"][:3], "Mozilla/5.0 (X11; Linux)", "a@b.example"])
    items.loc[0, "value"] = "card_9"
    sentence = f'2 of 4 used "{quoted}", then {quoted}; and {quoted}.'
    case = changed(case, items=items, findings=case.findings.assign(sentence=sentence))
    assert re.fullmatch(
        r'2 of 4 used "(\w+_[0-9a-f]{20})", then \1; and \1\.', partner(case, key).findings["sentence"][0]
    )
    assert public(case).findings["sentence"][0] == '2 of 4 used "(withheld)", then (withheld); and (withheld).'


def test_a_figure_in_a_sentence_stays_though_an_account_is_called_so(key: keyfile.Key) -> None:
    case = case_file()
    members = case.members.assign(account_id=["4", "5", "6", "7", "8", "9"])
    shown = partner(changed(case, members=members), key)
    assert shown.findings["sentence"][0] == "One card pays for all 4 accounts."


def test_part_of_a_word_is_no_identifier(key: keyfile.Key) -> None:
    case = case_file()
    sentence = "xacct-01 and acct-012."
    assert (
        partner(changed(case, findings=case.findings.assign(sentence=sentence)), key).findings["sentence"][0]
        == sentence
    )


def test_a_command_keeps_its_options_and_no_argument(key: keyfile.Key) -> None:
    typed = "graphlink clusters records/usage.csv 'my folder' --item=ip=ip --run /cases/smith --no-report"
    shown = partner(changed(case_file(), manifest={**case_file().manifest, "command": typed}), key).manifest["command"]
    assert shown.startswith(f"graphlink clusters {key.pseudonym('file', 'records/usage.csv')} arg_")
    assert re.fullmatch(r"graphlink clusters file_\w+ arg_\w+ --item=arg_\w+ --run arg_\w+ --no-report", shown)


def test_what_is_not_known_to_be_harmless_is_left_out_of_the_manifest(key: keyfile.Key) -> None:
    manifest = {**case_file().manifest, "settings": {"seed": 7, "temp_dir": "/home/me", "allow": "x"}, "new": "acct-01"}
    for shown in (
        partner(changed(case_file(), manifest=manifest), key),
        public(changed(case_file(), manifest=manifest)),
    ):
        assert shown.manifest["settings"] == {"seed": 7}
        assert "new" not in shown.manifest


def test_the_public_sees_clusters_and_totals_and_nothing_else() -> None:
    case, shown = case_file(), public(case_file())
    assert [name for name in TABLES if not getattr(shown, name).empty] == ["clusters", "findings", "taken"]
    assert list(shown.clusters["cluster_id"]) == ["c-0000000001", "c-0000000002"]
    assert list(shown.clusters["accounts"]) == list(case.clusters["accounts"])
    told = {
        "members": 6,
        "links": 7,
        "items": 5,
        "sightings": 14,
        "facts": 6,
        "sensitivity": 4,
        "outsiders": 1,
        "candidates": 0,
    }
    assert shown.manifest["totals"] == told
    assert not re.search(r"_[0-9a-f]{20}|2026-|[0-9a-f]{64}", text(shown))


@pytest.mark.parametrize("level", LEVELS[1:])
def test_the_manifest_says_what_was_withheld(level: str, key: keyfile.Key) -> None:
    shown = redact(case_file(), level, key.pseudonym)
    assert shown.manifest["redacted"] == level
    assert shown.manifest["quarantine"].startswith("not written")


def test_what_was_withheld_stays_withheld(key: keyfile.Key) -> None:
    once = partner(case_file(), key)
    assert partner(once, key) is once
    assert redact(public(case_file()), "partner", never).members.empty
    assert text(public(once)) == text(public(case_file()))


def test_a_case_without_clusters_is_redacted(key: keyfile.Key) -> None:
    empty = changed(case_file(), **{name: getattr(case_file(), name).iloc[:0] for name in TABLES})
    assert partner(empty, key).links.empty
    assert public(empty).clusters.empty


def test_two_teams_with_one_key_see_the_same_and_with_two_keys_nothing_alike(key: keyfile.Key, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text(DIGITS[::-1])
    other.chmod(0o600)
    ours, theirs = Case(case_file()).redacted(), Case(case_file()).redacted(key=key.path)
    assert text(ours.case_file) == text(theirs.case_file)
    foreign = Case(case_file()).redacted(key=other)
    assert not set(foreign.members["account_id"]) & set(ours.members["account_id"])


# The canaries: in every field of the inputs


def world(folder: Path) -> Path:
    """Write a small world with a canary in every field, a column that is not used, and records nobody can read."""
    assert cli.main(["simulate", "s1", "--accounts", "800", "--format", "csv", "-o", str(folder)]) == 0
    for path in (folder / "records").iterdir():
        with path.open(newline="") as file:
            header, *rows = csv.reader(file)
        with (path.parent / f"canary-{path.name}").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*header, "label", "unused"])
            writer.writerows([*map(with_canary, header, row), "canary-label", "canary-unused"] for row in rows)
            file.write("canary-ragged,1\n" + ",".join(["canary-broken"] * (len(header) + 2)) + "\n")
        path.unlink()
    return folder / "records"


def with_canary(column: str, value: str) -> str:
    free = value and not re.search("_at|timestamp|tokens|amount|phone", column)
    if not free or column in {"ip", "signup_ip"}:
        return value
    return f"canary-{value}"


def decoded(folder: Path) -> str:
    """Return every byte of every file, and what Parquet has packed."""
    return "\n".join(
        (str(pq.read_table(path).to_pydict()) if path.suffix == ".parquet" else path.read_bytes().decode("latin-1"))
        + path.read_bytes().decode("latin-1")
        + str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
    )


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of records that are full of canaries."""
    return world(tmp_path_factory.mktemp("world") / "canary-folder")


@pytest.fixture(scope="module")
def made(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the run folder of the records, nothing withheld."""
    folder = tmp_path_factory.mktemp("made") / "run"
    assert cli.main(["clusters", str(records), "--run", str(folder), "--quiet", "--no-report"]) == 0
    return folder


def leaks(text: str, made: Path) -> list[str]:
    """Return the canaries and the addresses of the case that a text holds."""
    items = run.load(made).items
    known = [*items["value"][items["kind"].isin(["ip", "ip_prefix", "phone"])], "canary"]
    return [value for value in known if value in text]


def test_a_run_of_which_nothing_is_withheld_is_full_of_canaries(made: Path) -> None:
    assert len(leaks(decoded(made), made)) > 10
    assert "coordinated" in set(run.load(made).clusters["tier"])
    assert "canary-ragged" in decoded(made / "quarantine")


@pytest.mark.parametrize("level", LEVELS[1:])
def test_no_canary_of_any_field_is_in_a_byte_of_a_redacted_run(
    level: str, records: Path, made: Path, tmp_path: Path
) -> None:
    typed = ["clusters", str(records), "--run", str(tmp_path / "run"), "--redact", level, "--json"]
    typed += ["--no-report"] if level == "public" else []  # the next test writes it
    done = subprocess.run([sys.executable, "-m", "graphlink", *typed], capture_output=True, text=True, check=True)
    assert leaks(decoded(tmp_path / "run") + done.stdout, made) == []
    assert not (tmp_path / "run" / "quarantine").exists()
    assert run.load(tmp_path / "run").clusters["score"].equals(run.load(made).clusters["score"])


@pytest.mark.parametrize("level", LEVELS[1:])
def test_no_canary_is_in_what_is_made_of_a_run_for_others(level: str, made: Path, tmp_path: Path) -> None:
    forms = ("csv", "parquet", "graphml", "gexf", "cytoscape", "networkx-json")
    typed = [["view", "1", "-o", "1.html"], ["report", *(["1"] if level == "partner" else []), "-o", "report"]]
    typed += [["export", "--format", form, "-o", f"members.{form}"] for form in forms]
    for *words, out in typed:
        assert cli.main([*words, str(tmp_path / out), "--run", str(made), "--redact", level]) == 0
    assert leaks(decoded(tmp_path), made) == []


def test_a_wrong_level_is_told_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["clusters", "nowhere.csv", "--redact", "all"]) == 2
    assert capsys.readouterr().err == "graphlink: redact is 'all'; it takes none, partner, public\n"


def test_a_redacted_run_is_explained_under_pseudonyms(tmp_path: Path, key: keyfile.Key, capsys: Capture) -> None:
    Case(case_file()).redacted().save(tmp_path / "run", report=False)
    names = [key.pseudonym("acct", account) for account in RING[:2]]
    assert cli.main(["explain", *names, "--run", str(tmp_path / "run")]) == 0
    assert "Linked by 40.8 bits" in capsys.readouterr().out.replace("\n", " ")
    assert cli.main(["explain", RING_ID, "--run", str(tmp_path / "run")]) == 0
