"""Files become Records: nothing lost, nothing invented, no id changed, and the counts say so."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import gzip
import io
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphlink import engine, instants, records, refused
from graphlink.errors import GraphlinkError, InputError, IntegrityError, UnknownColumn, UsageError
from graphlink.model import NO_TIME
from graphlink.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphlink.model import Records

SHARED = Path(__file__).parents[2] / "shared"
HOSTILE = SHARED / "hostile"
ONE = Settings(threads=2)
needs_shared = pytest.mark.skipif(not HOSTILE.is_dir(), reason="no ../shared beside the project")


def read(*inputs: Path | str, settings: Settings = ONE, **told: Any) -> Records:
    return records.read(inputs, settings=settings, **told)


def rows(table: Any, *by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.fetch(table.order_by(list(by))).to_pylist()
    return found


def sightings(found: Records) -> list[dict[str, Any]]:
    return rows(found.sightings, "account", "kind", "value")


def links(found: Records) -> set[tuple[str, str, str, int, int]]:
    return {(s["account"], s["kind"], s["value"], s["first_seen"], s["last_seen"]) for s in sightings(found)}


def text(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def as_csv(path: Path, table: Sequence[dict[str, Any]]) -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return text(path, out.getvalue())


def as_jsonl(path: Path, table: Iterable[dict[str, Any]]) -> Path:
    return text(path, "".join(json.dumps(row) + "\n" for row in table))


def as_parquet(path: Path, table: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(table), path)
    return path


def quarantined(found: Records) -> list[tuple[int, str]]:
    files = filter(None, found.quarantine)
    lines = [json.loads(line) for file in files for line in file.read_text("ascii").splitlines()]
    return [(line["row"], line["reason"]) for line in lines if line["row"]]


USAGE = [
    {
        "account_id": f"a{i % 7}",
        "ts": f"2026-05-{1 + i % 28:02}T08:00:00Z",
        "ip": f"203.0.113.{i % 5}",
        "device_id": f"dev{i % 3}",
    }
    for i in range(60)
]


def test_every_format_gives_the_same_sightings(tmp_path: Path) -> None:
    files = [as_csv(tmp_path / "u.csv", USAGE), as_jsonl(tmp_path / "u.jsonl", USAGE)]
    files += [as_parquet(tmp_path / "u.parquet", USAGE)]
    files += [text(tmp_path / "u.csv.gz", gzip.compress(files[0].read_bytes()))]
    files += [text(tmp_path / "u.jsonl.zst", pa.compress(files[1].read_bytes(), codec="zstd", asbytes=True))]
    results = [sightings(read(file)) for file in files]
    assert len(results[0]) == 7 * (5 + 3 + 1)  # every account meets every address and device, and one /24
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_every_encoding_gives_the_same_sightings(tmp_path: Path, encoding: str) -> None:
    content = 'account_id;device_id\r\nä1;dév-1\r\nä2;"dév;\r\n2"\r\n'
    plain, other = text(tmp_path / "a.csv", content), text(tmp_path / "b.csv", content.encode(encoding))
    told = Settings(threads=1, encoding=encoding if encoding in {"utf-16-le", "latin-1"} else "utf-8")
    assert sightings(read(other, settings=told)) == sightings(read(plain))


def test_native_times_and_numbers_of_parquet_are_read_as_they_are(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC)
    table = [{"account_id": 2**53 + 1, "timestamp": moment, "device_id": 7, "amount": 2, "user": {"ip": "8.8.8.8"}}]
    found = read(as_parquet(tmp_path / "x.parquet", table), items=["user.ip=ip"])
    assert [(s["account"], s["kind"], s["value"]) for s in sightings(found)] == [
        ("9007199254740993", "device", "7"),
        ("9007199254740993", "ip", "8.8.8.8"),
        ("9007199254740993", "ip_prefix", "8.8.8.0/24"),
    ]
    (event,) = rows(found.events, "account")
    assert (event["account"], event["time"], event["amount"]) == ("9007199254740993", 1777622400000000, 2.0)


def test_account_ids_as_floats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="loses digits"):
        read(as_parquet(tmp_path / "x.parquet", [{"account_id": 1.0, "ip": "8.8.8.8"}]))


def naughty() -> list[str]:
    ids = ["007", "7", "7.0", "9007199254740993", "1e5", "NaN", "nan", "null", "NULL", "None", "NA", "true", "0", "-1"]
    ids += [
        "a",
        "A",
        "a ",
        " a",
        "ä",
        "a\u0308",
        "\u212b",
        "\u00c5",
        "a\x00b",
        "a\nb",
        'a"b',
        "a,b",
        "=1+1",
        "x\u202ey",
    ]
    if HOSTILE.is_dir():
        ids += [each for each in json.loads((HOSTILE / "blns/blns.json").read_text("utf-8")) if each]
    return sorted(set(ids))


@pytest.mark.parametrize("form", [as_csv, as_jsonl, as_parquet])
def test_account_ids_are_never_changed_and_never_collide(tmp_path: Path, form: Any) -> None:
    ids = naughty()
    table = [{"account_id": each, "device_id": f"dev-{i}"} for i, each in enumerate(ids)]
    path = tmp_path / {as_csv: "x.csv", as_jsonl: "x.jsonl", as_parquet: "x.parquet"}[form]
    found = read(form(path, table))
    assert {(s["account"], s["value"]) for s in sightings(found)} == {(e, f"dev-{i}") for i, e in enumerate(ids)}
    assert {a["account"] for a in rows(found.accounts, "account")} == set(ids)


def test_nothing_is_linked_through_a_placeholder(tmp_path: Path) -> None:
    values = ["", "unknown", "N/A", "null", "none", "0.0.0.0", "::", "10.1.2.3", "127.0.0.1", "192.168.0.1", "fe80::1"]  # noqa: S104 - an address that identifies nobody
    table = [{"account_id": f"a{i}", "ip": value} for i, value in enumerate(values)]
    found = read(as_csv(tmp_path / "x.csv", [*table, {"account_id": "b", "ip": "8.8.8.8"}]))
    assert {s["account"] for s in sightings(found)} == {"b"}
    assert found.inputs[0].rows_quarantined == 0
    assert len(rows(found.accounts, "account")) == len(values) + 1


def test_what_somebody_typed_takes_no_record_out(tmp_path: Path) -> None:
    typed = ["call me", "0049 151 1234567", "5f4dcc3b5aa765d61d8327deb882cf99", "\x1b[31m"]
    table = [{"account_id": f"a{i}", "phone": each, "payment_id": "pm_7"} for i, each in enumerate(typed)]
    found = read(as_jsonl(tmp_path / "x.jsonl", table))
    assert found.inputs[0].rows_quarantined == 0
    assert [s["value"] for s in sightings(found) if s["kind"] == "phone"] == [
        "+491511234567",
        typed[2],
    ]
    assert [s["account"] for s in sightings(found) if s["kind"] == "payment"] == ["a0", "a1", "a2", "a3"]
    said = "phone: 3 distinct values are not a telephone number: hashes stay as they are, others link nobody"
    assert said in found.notes


@pytest.mark.parametrize("form", [as_csv, as_jsonl, as_parquet])
def test_a_record_that_cannot_be_accepted_is_kept_with_its_reason(tmp_path: Path, form: Any) -> None:
    good = {"account_id": "a", "ts": "2026-05-01T08:00:00Z", "ip": "8.8.8.8", "amount": "1.5"}
    table = [good, {**good, "account_id": ""}, {**good, "ts": "soon"}, {**good, "ip": "foo"}, {**good, "amount": "ten"}]
    table += [{**good, "ts": "2026-05-02"}]
    path = tmp_path / {as_csv: "x.csv", as_jsonl: "x.jsonl", as_parquet: "x.parquet"}[form]
    found = read(form(path, table))
    assert [(row, reason.split(":")[0]) for row, reason in quarantined(found)] == [
        (2, "no account"),
        (3, "ts"),
        (4, "ip"),
        (5, "amount"),
    ]
    counts = found.inputs[0]
    assert (counts.rows_read, counts.rows_accepted, counts.rows_quarantined) == (6, 2, 4)


def test_absent_times_and_numbers_are_no_fault(tmp_path: Path) -> None:
    table = [{"account_id": "a", "ts": t, "amount": n, "device_id": "dev-1"} for t, n in [("", ""), ("null", "NaN")]]
    found = read(as_csv(tmp_path / "x.csv", [*table, {**table[0], "ts": "2026-05-01", "account_id": "b"}]))
    assert found.inputs[0].rows_quarantined == 0
    assert [a["first_seen"] for a in rows(found.accounts, "account")] == [NO_TIME, 1777593600000000]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_mended_records_are_read_again(tmp_path: Path, name: str) -> None:
    table = [{"account_id": f"a{i}", "ip": "8.8.8.8" if i % 2 else "8.8.8"} for i in range(10)]
    form = as_csv if name == "x.csv" else as_jsonl
    first = read(form(tmp_path / name, table))
    (kept,) = refused.copy(first, tmp_path / "quarantine")
    mended = text(tmp_path / "mended.jsonl", kept.read_text("ascii").replace("8.8.8", "8.8.8.8"))
    second = read(tmp_path / name, mended)
    assert {s["account"] for s in sightings(second)} == {row["account_id"] for row in table}
    assert [each.rows_accepted for each in second.inputs] == [5, 5]


def test_a_quarantine_is_read_back_whatever_its_first_record_is(tmp_path: Path) -> None:
    first = read(text(tmp_path / "x.jsonl", 'null\n{"uid": "a", "ip": "8.8.8"}\n{"uid": "b", "ip": "8.8.8.8"}\n'))
    (kept,) = refused.copy(first, tmp_path / "quarantine")
    mended = text(tmp_path / "mended.jsonl", kept.read_text("ascii").replace("8.8.8", "8.8.8.8"))
    assert [s["account"] for s in sightings(read(mended))] == ["a", "a"]


def test_mended_rows_of_parquet_are_read_again(tmp_path: Path) -> None:
    first = read(
        as_parquet(tmp_path / "x.parquet", [{"uid": f"a{i}", "ip": "8.8.8.8" if i else "8.8.8"} for i in range(3)])
    )
    (kept,) = refused.copy(first, tmp_path / "quarantine")
    mended = text(tmp_path / "mended.jsonl", kept.read_text("ascii").replace("8.8.8", "8.8.8.8"))
    assert [s["account"] for s in sightings(read(mended))] == ["a0", "a0"]


def hostile_lines(count: int, seed: int) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - a fuzzer, not a secret
    good = [b'a%d,8.8.8.8,"x, y"\n', b"a%d,1.1.1.1,z\r\n", b'"a%d",,"say ""hi"""\n']
    bad = [b'a%d,"8.8.8.8,x\n', b"a%d\n", b"a%d,1,2,3,4\n", b"\xff%d,1.1.1.1,z\n", b"\n", b'a%d,x"y,z\n', b"a%d\r,,\n"]
    naughty = (HOSTILE / "blns/blns.txt").read_bytes().split(b"\n") if HOSTILE.is_dir() else []
    bad += [b"n%d,8.8.8.8," + line.replace(b"%", b"%%") + b"\n" for line in naughty]
    lines = [chance.choice(good if chance.random() < 0.7 else bad) for _ in range(count)]
    return b"".join(line % i if b"%d" in line else line for i, line in enumerate(lines))


def test_of_20_000_hostile_lines_none_is_lost(tmp_path: Path) -> None:
    body = hostile_lines(20_000, 1)
    found = read(text(tmp_path / "x.csv", b"account_id,ip,note\n" + body))
    kept = (
        [json.loads(line) for line in found.quarantine[0].read_text("ascii").splitlines()]
        if found.quarantine[0]
        else []
    )
    assert kept[0]["row"] == 0
    raws = {line["byte_offset"]: _raw(line) for line in kept}
    whole = (tmp_path / "x.csv").read_bytes()
    assert all(whole[offset : offset + len(raw)] == raw for offset, raw in raws.items())
    lines = sum(raw.count(b"\n") for raw in raws.values()) - 1 + found.inputs[0].rows_accepted
    assert lines == body.count(b"\n")
    assert found.inputs[0].rows_accepted > 10_000


def _raw(line: dict[str, Any]) -> bytes:
    raw: str = line["raw"]
    return base64.b64decode(raw) if line["encoding"] == "base64" else raw.encode()


def test_the_order_of_rows_and_their_number_decide_no_link(tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(USAGE, len(USAGE))  # noqa: S311 - a shuffle
    plain, other, twice = (
        read(as_csv(tmp_path / f"{i}.csv", table)) for i, table in enumerate((USAGE, shuffled, USAGE + USAGE))
    )
    assert links(plain) == links(other) == links(twice)
    used = [[s["events"] for s in sightings(each)] for each in (plain, other, twice)]
    assert used[0] == used[1] == used[2]
    assert rows(twice.accounts.select("account", "events"), "account") == [
        {**row, "events": 2 * row["events"]} for row in rows(plain.accounts.select("account", "events"), "account")
    ]


def test_the_first_row_of_a_sighting_is_cited(tmp_path: Path) -> None:
    text(tmp_path / "a.csv", "uid,device_id\nx,one\ny,two\n")
    text(tmp_path / "b.csv", "uid,device_id\ny,two\nx,one\nx,three\n")
    cited = {(s["account"], s["value"]): (s["file"], s["row"], s["events"]) for s in sightings(read(tmp_path))}
    assert cited == {("x", "one"): (0, 1, 1), ("y", "two"): (0, 2, 1), ("x", "three"): (1, 3, 1)}


def test_several_times_make_several_events_of_one_row(tmp_path: Path) -> None:
    table = [
        {"user_id": "a", "signup_time": "4/30/2026 8:00", "bought": "5/13/2026 9:00", "device_id": "d-1", "amount": 3}
    ]
    found = read(as_csv(tmp_path / "x.csv", table), times=["signup_time", "bought"])
    events = rows(found.events, "time")
    assert [(e["time"], e["amount"]) for e in events] == [(1777536000000000, 3.0), (1778662800000000, None)]
    account = rows(found.accounts, "account")[0]
    assert (account["events"], account["signed_up"], account["last_seen"]) == (1, 1777536000000000, 1778662800000000)


def test_a_column_that_leaves_month_and_day_open_is_read_as_the_clear_one_beside_it(tmp_path: Path) -> None:
    table = [{"uid": "a", "created_at": "4/5/2026", "ts": "5/13/2026", "device_id": "d-1"}]
    found = read(as_csv(tmp_path / "x.csv", table))
    assert rows(found.accounts, "account")[0]["first_seen"] == instants.parse(instants.ISO, "2026-04-05")


@pytest.mark.parametrize("other", ["2026-05-13", "6/7/2026"])
def test_a_column_that_leaves_month_and_day_open_is_refused_where_nothing_settles_it(
    tmp_path: Path, other: str
) -> None:
    table = [{"uid": "a", "created_at": "4/5/2026", "ts": other, "device_id": "d-1"}]
    with pytest.raises(UsageError, match="time-format"):
        read(as_csv(tmp_path / "x.csv", table))


def test_a_column_that_mixes_month_and_day_is_settled_by_nothing(tmp_path: Path) -> None:
    table = [
        {"uid": "a", "created_at": moment, "ts": "5/13/2026", "device_id": "d-1"}
        for moment in ("4/30/2026", "30/4/2026", "4/5/2026")
    ]
    with pytest.raises(UsageError, match="both"):
        read(as_csv(tmp_path / "x.csv", table))


def test_the_delimiter_can_be_said(tmp_path: Path) -> None:
    file = text(tmp_path / "x.csv", "uid:device_id\n1,2:dev-1\n")
    with pytest.raises(UsageError, match="--account"):
        read(file)
    found = sightings(read(file, settings=Settings(delimiter=":")))
    assert [(s["account"], s["value"]) for s in found] == [("1,2", "dev-1")]


@pytest.mark.parametrize("delimiter", ["::", '"', "\n", "a", "\u2028"])
def test_what_divides_no_fields_is_no_delimiter(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(UsageError, match="delimiter"):
        read(text(tmp_path / "x.csv", "uid,ip\na,8.8.8.8\n"), settings=Settings(delimiter=delimiter))


def test_the_time_of_a_table_of_signups_is_when_the_account_was_opened(tmp_path: Path) -> None:
    as_csv(tmp_path / "s.csv", [{"account_id": f"a{i}", "created_at": "2026-05-01", "ip": "8.8.8.8"} for i in range(3)])
    as_csv(tmp_path / "u.csv", [{"account_id": "a0", "ts": "2026-04-01", "ip": "8.8.8.8"}])
    opened = [a["signed_up"] for a in rows(read(tmp_path).accounts, "account")]
    assert opened == [instants.parse(instants.ISO, "2026-05-01")] * 3


def test_events_outside_of_since_and_until_are_left_out(tmp_path: Path) -> None:
    table = [{"uid": "a", "ts": f"2026-05-0{day}", "device_id": f"dev-{day}"} for day in (1, 2, 3)]
    found = read(as_csv(tmp_path / "x.csv", table), settings=Settings(since="2026-05-02", until="2026-05-03"))
    assert [s["value"] for s in sightings(found)] == ["dev-2"]
    assert len(rows(found.events, "time")) == 1
    assert found.inputs[0].rows_accepted == 3


def test_accounts_are_whole_whatever_the_first_item_column_says(tmp_path: Path) -> None:
    table = [
        {"user_id": "u1", "ts": "2026-05-01T08:00:00Z", "ip": "", "device_id": "d-1x", "label": "b"},
        {"user_id": "u1", "ts": "2026-05-02T08:00:00Z", "ip": "203.0.113.7", "device_id": "d-1x", "label": "a"},
        {"user_id": "u1", "ts": "2026-05-02T08:00:00Z", "ip": "203.0.113.8", "device_id": "", "label": ""},
        {"user_id": "u1", "ts": "2026-06-03T08:00:00Z", "ip": "203.0.113.9", "device_id": "d-1x", "label": ""},
        {"user_id": "u2", "ts": "2026-06-01T08:00:00Z", "ip": "203.0.113.9", "device_id": "", "label": ""},
    ]
    settings = Settings(threads=1, until="2026-06-01")
    found = read(as_csv(tmp_path / "x.csv", table), settings=settings)
    first, second = rows(found.accounts, "account")
    assert (first["events"], first["moments"], first["label"]) == (3, 2, "b")
    assert (second["events"], second["first_seen"]) == (0, NO_TIME)
    day = 86_400 * instants.SECOND
    assert first["last_seen"] - first["first_seen"] == day
    touched = {(s["account"], s["value"], s["events"], s["row"]) for s in sightings(found) if s["kind"] != "ip_prefix"}
    assert touched == {("u1", "203.0.113.7", 1, 2), ("u1", "203.0.113.8", 1, 3), ("u1", "d-1x", 2, 1)}
    whole = read(as_csv(tmp_path / "y.csv", table), settings=Settings(threads=1, until="2026-06-01", window="1h"))
    assert rows(whole.accounts, "account") == [first, second]


def test_a_file_given_twice_is_read_once_and_said(tmp_path: Path) -> None:
    as_csv(tmp_path / "a.csv", USAGE)
    as_csv(tmp_path / "b.csv", USAGE)
    found = read(tmp_path)
    assert len(found.inputs) == 1
    assert "b.csv is the same file as" in found.notes[0]


def test_folders_name_columns(tmp_path: Path) -> None:
    for model, day, form in (("m1", 1, as_csv), ("m2", 2, as_csv), ("m1", 3, as_parquet), ("m2", 4, as_parquet)):
        folder = tmp_path / f"usage/model={model}/x={day}"
        folder.mkdir(parents=True)
        form(
            folder / ("u.csv" if form is as_csv else "u.parquet"),
            [{"uid": "a", "ts": f"2026-05-0{day}", "device_id": f"d-{day}"}],
        )
    found = read(tmp_path / "usage")
    assert [e["model"] for e in rows(found.events, "time")] == ["m1", "m2", "m1", "m2"]
    named = {s["value"]: found.inputs[s["file"]].path for s in sightings(found)}
    assert all(f"x={value[-1]}" in path for value, path in named.items())


def test_a_written_case_is_read_as_it_is_written(tmp_path: Path) -> None:
    as_csv(
        tmp_path / "usage/x.csv", [{"who": "a", "at": "1777622400", "where": "8.8.8.8", "out": "5", "ip": "1.1.1.1"}]
    )
    case = text(
        tmp_path / "case.toml",
        '[[table]]\nfile = "usage/*.csv"\naccount = "who"\ntime = "at"\n'
        'items = { where = "ip" }\nmeasures = { out = "tokens" }\n',
    )
    found = records.read(case=case, settings=ONE)
    assert [s["value"] for s in sightings(found)] == ["8.8.8.8", "8.8.8.0/24"]
    assert rows(found.events, "time")[0]["tokens"] == 5.0


def test_a_kind_of_the_users_own_has_its_family(tmp_path: Path) -> None:
    file = as_csv(tmp_path / "x.csv", [{"uid": "a", "wallet": "w-1", "shop": "s-1"}])
    found = read(file, items=["wallet=wallet:payment", "shop=shop"])
    assert [(k.name, k.family) for k in found.kinds] == [("shop", "shop"), ("wallet", "payment")]


def test_strict_stops_at_the_first_record_that_is_not_accepted(tmp_path: Path) -> None:
    for name, content in (("a.csv", "uid,ip\na,8.8.8.8\nb\n"), ("b.csv", "uid,ip\na,8.8.8.8\nb,foo\n")):
        with pytest.raises(InputError, match="row 2"):
            read(text(tmp_path / name, content), settings=Settings(strict=True))


@pytest.mark.parametrize(
    ("content", "told", "error", "says"),
    [
        ("", {}, InputError, "empty"),
        ("a,b\n1,2\n", {}, UsageError, "--account"),
        ("uid,ip\na,8.8.8.8\n", {"items": ["card=payment"]}, UnknownColumn, "card"),
        ("uid,ip\na,8.8.8.8\n", {"items": ["ip"]}, UsageError, "column=kind"),
        ("uid,ip\na,8.8.8.8\n", {"items": ["ip=ip:device"]}, UsageError, "family"),
        ("uid,note\na,x\n", {}, UsageError, "--item"),
        ("uid,ip\n", {}, InputError, "no record"),
        ("uid,ip\na\n", {}, InputError, "no record"),
        ("uid,ts,ip\na,5/6/2026,8.8.8.8\n", {}, UsageError, "--time-format"),
        ("uid,ip,ip\na,b,c\n", {}, UsageError, "same name"),
        ("uid," + "," * 100_000 + "\n", {}, InputError, "columns"),
        ("uid," + "x" * 20_000_000 + "\n", {}, InputError, "header"),
        ("uid,ip\na," + "x" * 20_000_000 + "\n", {}, InputError, "a line of more than"),
    ],
)
def test_wrong_input_is_one_line(
    tmp_path: Path, content: str, told: dict[str, Any], error: type[GraphlinkError], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        read(text(tmp_path / "x.csv", content), **told)
    assert len(str(caught.value).splitlines()) == 1


@needs_shared
@pytest.mark.parametrize(
    "path", sorted(HOSTILE.glob("parquet-bad_data/bad_data/*.parquet")), ids=lambda path: path.stem
)
def test_a_broken_parquet_file_is_an_error_and_no_crash(path: Path) -> None:
    with pytest.raises(GraphlinkError) as caught:
        read(path, account=["x"])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_parquet_file_is_an_error(tmp_path: Path, keep: float) -> None:
    whole = as_parquet(tmp_path / "x.parquet", USAGE).read_bytes()
    with pytest.raises(InputError, match=r"x\.parquet"):
        read(text(tmp_path / "x.parquet", whole[: int(len(whole) * keep)]))


@needs_shared
@pytest.mark.parametrize("path", sorted((HOSTILE / "csv-spectrum/csvs").glob("*.csv")), ids=lambda path: path.stem)
def test_awkward_csv_is_read_as_its_oracle_says_or_kept_in_quarantine(path: Path) -> None:
    expected = json.loads((HOSTILE / f"csv-spectrum/json/{path.stem}.json").read_text("utf-8"))
    if path.stem == "location_coordinates":
        with pytest.raises(GraphlinkError):  # quotes inside fields, in Latin-1
            read(path, account=["Cities"], items=["Counties=county"])
        return
    first, *others = expected[0]
    found = read(path, account=[first], items=[f"{name}=kind{i}" for i, name in enumerate(others)])
    assert found.inputs[0].rows_accepted == len(expected)
    values = {(s["account"], s["kind"]): s["value"] for s in sightings(found)}
    wanted = {(row[first], f"kind{i}"): row[name].strip() for row in expected for i, name in enumerate(others)}
    assert values.items() <= wanted.items()


@needs_shared
def test_the_ecommerce_file_is_read_whole() -> None:
    found = read(
        SHARED / "data/ecommerce_fraud/fraud_data.csv",
        account=["user_id"],
        times=["signup_time", "purchase_time"],
        items=["device_id=device", "ip_address=ip"],
    )
    shared = found.sightings.group_by("kind", "value").agg(n=found.sightings.count())
    counts = rows(
        shared.filter(shared.n > 1).group_by("kind").agg(groups=shared.n.count(), accounts=shared.n.sum()), "kind"
    )
    by_kind = {row["kind"]: (row["groups"], row["accounts"]) for row in counts}
    assert by_kind["device"] == (705, 1945)
    assert by_kind["ip"] == (443, 1360)  # 503 groups of 1,536 with those in private and reserved ranges
    assert found.inputs[0].rows_accepted == 30_190


def test_counts_that_do_not_add_up_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphlink.csvtext.parse", lambda *_, **__: pa.table({"0": ["a"], "1": ["b"]}))
    with pytest.raises(IntegrityError, match="records"):
        read(text(tmp_path / "x.csv", "uid,ip\na,8.8.8.8\nb,8.8.4.4\n"))


def test_records_are_shown_in_one_line(tmp_path: Path) -> None:
    found = read(text(tmp_path / "x.csv", "account_id,device_id\na,d\n,d\n"))
    assert repr(found) == "Records of 1 files: 1 accepted, 1 in quarantine; device"


def test_a_damaged_parquet_file_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read(text(tmp_path / "x.parquet", b"PAR1 and no end"))
    assert str(raised.value).count("x.parquet") == 1


def test_a_binary_file_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no text: its first line has NUL bytes"):
        read(text(tmp_path / "x.csv", b"\x7fELF\r\0\0\0\n"))


def test_the_same_bytes_in_two_partitions_are_two_files(tmp_path: Path) -> None:
    for day in ("2026-05-01", "2026-05-02"):
        text(tmp_path / f"ts={day}" / "x.csv", "account_id,device_id\na,d\n")
    found = read(tmp_path)
    assert [file.rows_accepted for file in found.inputs] == [1, 1]
    assert len(rows(found.events, "time")) == 2


def test_where_no_record_can_be_used_the_first_reason_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no record could be used, as row 1: bytes that are not UTF-8"):
        read(text(tmp_path / "x.csv", b"account_id,device_id\n\xe4,d\n"))
