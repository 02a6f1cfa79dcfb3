"""Files are found, unpacked and hashed; bombs are refused."""

from __future__ import annotations

import gzip
import io
import resource
import time
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from graphlink import sources
from graphlink.errors import InputError, IntegrityError, MissingInput, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def touch(path: Path, content: bytes = b"uid\na\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def forms(folder: Path, *inputs: Path | str) -> dict[str, tuple[str, str | None]]:
    return {source.file.name: (source.form, source.packed) for source in sources.find(inputs, folder)}


def test_a_folder_is_its_tables(tmp_path: Path) -> None:
    for name in (
        "a.csv",
        "b.tsv.gz",
        "c.jsonl.zst",
        "d.parquet",
        "README.md",
        ".hidden.csv",
        "_SUCCESS",
        "x/_tmp/e.csv",
    ):
        touch(tmp_path / name)
    assert forms(tmp_path, tmp_path) == {
        "a.csv": ("csv", None),
        "b.tsv.gz": ("csv", "gzip"),
        "c.jsonl.zst": ("jsonl", "zstd"),
        "d.parquet": ("parquet", None),
    }


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    file = touch(tmp_path / "a b.csv")
    assert [source.file for source in sources.find([file.as_uri(), tmp_path.as_uri()], tmp_path)] == [file]


def test_a_url_of_a_store_is_not_read_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="s3:// is not read; mount the store"):
        sources.find(["s3://bucket/usage"], tmp_path)


def test_folders_that_name_a_column_are_partitions(tmp_path: Path) -> None:
    touch(tmp_path / "usage/model=m%201/day=__HIVE_DEFAULT_PARTITION__/a.csv")
    assert [s.partition for s in sources.find([tmp_path / "usage"], tmp_path)] == [(("model", "m 1"), ("day", None))]
    assert [s.partition for s in sources.find([f"{tmp_path}/usage/*/*/*.csv"], tmp_path)] == [
        (("model", "m 1"), ("day", None))
    ]


def test_a_file_named_twice_is_found_once(tmp_path: Path) -> None:
    file = touch(tmp_path / "a.csv")
    assert len(sources.find([file, tmp_path, f"{tmp_path}/*.csv"], tmp_path)) == 1


def test_a_name_with_glob_signs_is_a_name_first(tmp_path: Path) -> None:
    file = touch(tmp_path / "a[1]*.csv")
    assert [source.file for source in sources.find([file], tmp_path)] == [file]


@pytest.mark.parametrize("name", ["nothing.csv", "*.none"])
def test_what_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingInput):
        sources.find([tmp_path / name], tmp_path)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table"):
        sources.find([tmp_path], tmp_path)


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_packed_files_unpack_whole_even_of_several_members(tmp_path: Path, packed: str) -> None:
    first, second = (pa.compress(part, codec=packed, asbytes=True) for part in (b"uid\na\n", b"b\n"))
    file = touch(tmp_path / ("x.csv.gz" if packed == "gzip" else "x.csv.zst"), first + second)
    assert b"".join(sources.blocks(sources.find([file], tmp_path)[0], 4)) == b"uid\na\nb\n"


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_packed_file_is_refused(tmp_path: Path, packed: str, damage: str) -> None:
    plain = b"".join(b"%d,%d\n" % (i, i * i) for i in range(20_000))
    whole = gzip.compress(plain) if packed == "gzip" else pa.compress(plain, codec=packed, asbytes=True)
    half = len(whole) // 2
    broken = whole[:half] if damage == "cut" else whole[:half] + bytes(64) + whole[half + 64 :]
    file = touch(tmp_path / ("x.csv.gz" if packed == "gzip" else "x.csv.zst"), broken)
    with pytest.raises(InputError):
        list(sources.blocks(sources.find([file], tmp_path)[0]))


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_a_bomb_is_refused_within_5_processor_seconds_and_256_mib(tmp_path: Path, packed: str) -> None:
    file = tmp_path / ("x.csv.gz" if packed == "gzip" else "x.csv.zst")
    with pa.CompressedOutputStream(pa.OSFile(str(file), "wb"), packed) as bomb:
        for _ in range(100):
            bomb.write(b"a,b,c\n" * 170_000)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InputError, match="bomb"):
        for _ in sources.blocks(sources.find([file], tmp_path)[0]):
            pass
    assert time.process_time() - begun < 5  # of the processor: the bar of a threat, whatever else the machine does
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 * 1024


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    source = sources.find([touch(tmp_path / "a.csv")], tmp_path)[0]
    digest = sources.digests([source])[0]
    sources.unchanged(source, digest)
    source.file.write_bytes(b"other")
    with pytest.raises(IntegrityError, match="changed"):
        sources.unchanged(source, digest)


def test_standard_input_is_told_by_its_first_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, expected in ((b"uid\na\n", "csv"), (b'{"uid":"a"}\n', "jsonl")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert [(s.path, s.form) for s in sources.find(["-"], tmp_path)] == [("-", expected)]


def test_a_text_file_in_a_folder_is_no_table_and_that_is_said(tmp_path: Path) -> None:
    table, notes = touch(tmp_path / "a.csv"), touch(tmp_path / "notes.txt")
    assert [source.file for source in sources.find([tmp_path], tmp_path)] == [table]
    assert next(sources.passed_over([tmp_path, "-"])).endswith("as notes.txt")
    assert [source.form for source in sources.find([notes], tmp_path)] == ["csv"]  # named by itself, it is read


@pytest.mark.parametrize(
    ("start", "what"), [(b"PAR1", "Parquet"), (b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04", "workbook")]
)
def test_what_is_no_text_is_called_what_it_is(tmp_path: Path, start: bytes, what: str) -> None:
    with pytest.raises(InputError, match=f"no text but .*{what}"):
        sources.find([touch(tmp_path / "x.csv", start + bytes(100))], tmp_path)
