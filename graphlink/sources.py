"""The files that are read: found, hashed, decompressed, and refused where they are bombs."""

from __future__ import annotations

import glob
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote

import pyarrow as pa

from graphlink.errors import InputError, IntegrityError, MissingInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graphlink.columns import Told

FORMS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
PACKED = {".gz": "gzip", ".zst": "zstd"}
OTHERS = {
    b"PAR1": ("Parquet", ".parquet"),
    b"\x1f\x8b": ("gzip", ".gz"),
    b"\x28\xb5\x2f\xfd": ("zstd", ".zst"),
    b"PK\x03\x04": ("an archive or a workbook", ""),
    b"\xd0\xcf\x11\xe0": ("a workbook", ""),
    b"SQLite format 3": ("a database", ""),
}
"""How files begin that are no text, what they are, and how their names should end, if they are read at all."""

BLOCK = 8 * 2**20
"""Bytes that are read, scanned and parsed at a time."""
LARGEST_RATIO = 250
"""Logs shrink 5 to 50 times; a file that grows more than this, past LARGEST_UNASKED bytes, is a bomb."""
LARGEST_UNASKED = 64 * 2**20
EMPTY_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: as the user calls it, where it lies, what it holds and how it is packed."""

    path: str
    file: Path
    form: str
    packed: str | None = None
    partition: tuple[tuple[str, str | None], ...] = ()
    """Columns that the folders name (`day=2026-05-01/`), with their value."""
    told: Told | None = None
    """What a case.toml says of its columns."""
    encoding: str | None = None
    delimiter: str | None = None
    time_format: str | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file was when it was hashed."""

    sha256: str
    bytes: int
    changed: int
    """When it was last changed, in nanoseconds."""


def find(inputs: Iterable[str | Path], scratch: Path) -> list[Source]:
    """Return the files that paths, globs and folders stand for, each once, in the order of their names.

    Raises:
        MissingInput: there is nothing at a path.
        InputError: a file is of no form that is read.

    """
    found: dict[Path, Source] = {}
    for given in inputs:
        for source in _expand(_here(str(given)), scratch):
            found.setdefault(source.file.resolve(), source)
    return list(found.values())


def passed_over(inputs: Iterable[str | Path]) -> Iterator[str]:
    """Yield what to say of files in folders whose names do not say that they are tables."""
    for folder in (Path(_here(str(given))) for given in inputs if str(given) != "-"):
        others = [file for file in _files(folder) if _form(file) is None] if folder.is_dir() else []
        if others:
            yield f"{len(others):,} of the files in {folder} not read: their names are of no table, as {others[0].name}"


def digests(sources: Sequence[Source]) -> list[Digest]:
    """Return the hash, size and time of each file."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(_digest, sources))


def unchanged(source: Source, digest: Digest) -> None:
    """Raise an IntegrityError if the file was changed while it was read."""
    now = source.file.stat()
    if (now.st_size, now.st_mtime_ns) != (digest.bytes, digest.changed):
        raise IntegrityError("the file changed while it was read", where=source.path, then="read it again")


def blocks(source: Source, size: int = BLOCK) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file, some at a time.

    Raises:
        InputError: the file is damaged, or grows out of all proportion.

    """
    total = 0
    limit = max(LARGEST_UNASKED, LARGEST_RATIO * source.file.stat().st_size)
    try:
        with _opened(source) as stream:
            while block := stream.read(size):
                total += len(block)
                if source.packed and total > limit:
                    raise InputError(
                        f"grows more than {LARGEST_RATIO}-fold when decompressed, as a bomb does",
                        where=source.path,
                        then="decompress it yourself if you trust it",
                    )
                yield block
    except OSError as error:
        raise InputError(f"cannot be read to its end: {_reason(error)}", where=source.path) from error


def _opened(source: Source) -> BinaryIO:
    if source.packed:
        return cast("BinaryIO", pa.CompressedInputStream(pa.OSFile(str(source.file)), source.packed))
    return source.file.open("rb", buffering=0)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).splitlines()[0]


def _digest(source: Source) -> Digest:
    try:
        with source.file.open("rb") as stream:
            stat = source.file.stat()
            return Digest(hashlib.file_digest(stream, "sha256").hexdigest(), stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise InputError(f"cannot be read: {_reason(error)}", where=source.path) from error


def _here(given: str) -> str:
    """Return the path that a `file://` URL names; what is no URL is a path."""
    scheme, divider, rest = given.partition("://")
    if not divider or not scheme.isalnum() or Path(given).exists():
        return given
    if scheme.lower() != "file":
        raise UsageError(f"{scheme}:// is not read", where=given, then="mount the store as a folder, or copy the files")
    return unquote("/" + rest.partition("/")[2])


def _expand(given: str, scratch: Path) -> list[Source]:
    if given == "-":
        return [_standard_input(scratch)]
    path = Path(given)
    if path.is_dir():
        return _folder(path)
    if path.exists():
        return [_source(path, Path(path.anchor))]
    matches = sorted(Path(match) for match in glob.glob(given, recursive=True))  # noqa: PTH207 - an absolute pattern too
    files = [file for match in matches for file in ([match] if match.is_file() else _files(match))]
    if not files:
        raise MissingInput("there is no such file or folder", where=given)
    return [_source(file, Path(given.partition("*")[0]).parent) for file in files]


def _files(folder: Path) -> list[Path]:
    """Return the files below a folder that a table may lie in; hidden ones and job markers are not."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)
    )


def _folder(folder: Path) -> list[Source]:
    files = [file for file in _files(folder) if _form(file) is not None]
    if not files:
        raise InputError(
            "the folder holds no table", where=str(folder), then=f"tables end in {', '.join(FORMS)}, packed or not"
        )
    return [_source(file, folder) for file in files]


def _form(file: Path) -> str | None:
    name = file.with_suffix("") if file.suffix.lower() in PACKED else file
    return FORMS.get(name.suffix.lower())


def _source(file: Path, root: Path) -> Source:
    packed = PACKED.get(file.suffix.lower())
    start = _start(file)
    form = _form(file) or _form_of_content(start)
    if form != "parquet" and not packed:
        _refuse_other(start, file)
    if form == "parquet" and packed:
        raise InputError("a packed Parquet file is not read", where=str(file), then="decompress it first")
    inside = file.parent.relative_to(root).parts if file.is_relative_to(root) else ()
    return Source(str(file), file, form, packed, _partition(inside))


def _start(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(4096)
    except OSError as error:
        raise InputError(f"cannot be read: {_reason(error)}", where=str(file)) from error


def _refuse_other(start: bytes, file: Path) -> None:
    for magic, (what, suffix) in OTHERS.items():
        if start.startswith(magic):
            then = f"let its name end in {suffix}" if suffix else "export it as CSV, JSON Lines or Parquet"
            raise InputError(f"is no text but {what}", where=str(file), then=then)


def _form_of_content(start: bytes) -> str:
    """Return the form of a file whose name says nothing, told by its first bytes."""
    if start.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else "csv"


def _partition(parts: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    pairs = (part.split("=", 1) for part in parts if "=" in part)
    return tuple((unquote(name), None if value == EMPTY_PARTITION else unquote(value)) for name, value in pairs)


def _standard_input(scratch: Path) -> Source:
    """Return standard input, kept in a file: it can be read once only, and rejected records are read twice."""
    file = scratch / "standard-input"
    scratch.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as kept:
        while block := sys.stdin.buffer.read(BLOCK):
            kept.write(block)
    with file.open("rb") as stream:
        packed = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}.get(stream.read(2))
    form = "csv" if packed else _form_of_content(_start(file))
    return Source("-", file, form, packed)
