"""Text files become Parquet: the accepted records' columns as text, with the place of each record in its file.

A file is read in blocks of whole records. What the scan finds good is parsed and written; what it finds bad is noted
with its place and its reason. Record counts of scan and parser must agree.
"""

from __future__ import annotations

import codecs
import itertools
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graphlink import arrays, csvtext, jsonlines, quarantine
from graphlink.columns import recognise, wanted
from graphlink.errors import GraphlinkError, InputError, IntegrityError, UsageError
from graphlink.sources import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from graphlink.columns import Told
    from graphlink.sources import Source

PLACE = ("file", "row", "offset", "size")
"""Columns of every spooled file: position of the file, 1-based row, and its bytes in the decompressed file."""
SOME, FEW = 1000, 100
"""Of so many records with at most so many texts in a column, the column is written with a dictionary."""
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Spooled:
    """A text file that was read: where its records lie, and how many there were."""

    parts: tuple[Path, ...]
    bad: Path | None
    """Place and reason of each record that was not accepted: file, row, offset, size, reason."""
    found: tuple[str, ...]
    form: str
    rows: int
    accepted: int
    begins: int = 0
    """Where the first record begins: how long the header is."""


def physical(name: str) -> str:
    """Return the name of a column in a spooled file: one that no engine folds, trims or takes for another.

    >>> physical("ip"), physical("IP")
    ('c6970', 'c4950')
    """
    return "c" + name.encode().hex()


def read(  # noqa: PLR0913 - what reading a file takes
    source: Source, number: int, told: Told, folder: Path, *, encoding: str, delimiter: str, strict: bool
) -> Spooled:
    """Return a text file's accepted records as Parquet, the others as places with reasons.

    Raises:
        InputError: the file cannot be read, or with `strict` a record was not accepted.
        IntegrityError: the records do not add up to the file.

    """
    try:
        stream = _Stream(source, encoding)
        with _Writer(folder, number, strict=strict) as writer:
            if stream.form == "jsonl":
                spooled = _read_jsonl(source, stream, writer, told)
            else:
                spooled = _read_csv(source, stream, writer, told, delimiter)
        if writer.offset != stream.bytes:
            raise IntegrityError(f"{writer.offset:,} bytes of records in a file of {stream.bytes:,}")
    except GraphlinkError as error:
        where = f"{source.path}: {error.where}" if error.where else source.path
        raise type(error)(error.found, where=where, then=error.then) from error
    return spooled


def original(source: Source) -> tuple[Iterator[bytes], str | None]:
    """Return the bytes that hold a file's records, and their form if they were taken out of a quarantine file."""
    chunks = blocks(source)
    first = next(chunks, b"")
    chunks = itertools.chain([first], chunks)
    kept = quarantine.form(first.partition(b"\n")[0]) if source.form == "jsonl" else None
    return (_unwrapped(chunks, source.path) if kept else chunks), kept


class _Stream:
    """The bytes of a text file as UTF-8, in blocks, whatever its encoding was, and how many there are."""

    def __init__(self, source: Source, encoding: str) -> None:
        chunks, kept = original(source)
        first = next(chunks, b"")
        chunks = itertools.chain([first], chunks)
        self.form, self.kept = kept or source.form, " in quarantine" if kept else ""
        self.bytes = 0
        bom = next((bom for bom in BOMS if first.startswith(bom)), b"")
        self.codec = BOMS.get(bom) or _codec(encoding)
        self.skipped = len(bom)
        chunks = self._counted(chunks)
        self.chunks = chunks if self.codec == "utf-8" else _transcoded(chunks, self.codec)

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        skip = self.skipped
        for chunk in chunks:
            self.bytes += len(chunk)
            yield chunk[skip:]
            skip = 0

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        """Yield each chunk, and whether it is the last."""
        before = next(self.chunks, b"")
        for chunk in self.chunks:
            yield before, False
            before = chunk
        yield before, True

    def sizes(self, block: bytes, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many bytes each record takes in the file itself."""
        if self.codec == "utf-8" or not ends.size:
            return np.diff(ends, prepend=0)
        starts = [0, *ends[:-1].tolist()]
        records = (block[a:b] for a, b in zip(starts, ends.tolist(), strict=True))
        return np.array([len(_original(record, self.codec)) for record in records], np.int64)


def _codec(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise UsageError(f"the encoding {encoding!r} is unknown", then="look at --encoding") from error
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name)


def _strange(codec: str) -> str:
    """Return how what a codec cannot read passes through, to be found as text that is not UTF-8."""
    return "surrogatepass" if codec.startswith(("utf-16", "utf-32")) else "surrogateescape"


def _original(record: bytes, codec: str) -> bytes:
    return record.decode("utf-8", "surrogatepass").encode(codec, _strange(codec))


def _transcoded(chunks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)(_strange(codec))
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise InputError(f"not {codec}: {error.reason}", then="name its --encoding") from error


def _unwrapped(chunks: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Yield the records of a quarantine file as the file they came from had them; a header comes by itself."""
    origin: str | None = None
    for lines in _lines(chunks):
        records: list[bytes] = []
        for file, row, _, raw in quarantine.raw_records(lines, where):
            if origin not in {None, file}:
                raise InputError(f"records of two files, {origin!r} and {file!r}", then="keep one file for each")
            origin = file
            record = raw if raw.endswith((b"\n", b"\n\0")) else raw + b"\n"
            if row == 0:
                yield record
            else:
                records.append(record)
        yield b"".join(records)


def _lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield [line for line in lines if line.strip()]
    yield [rest] if rest.strip() else []


class _Writer:
    """Two Parquet files, of accepted records and of places with reasons; a new part where new columns turn up."""

    def __init__(self, folder: Path, number: int, *, strict: bool) -> None:
        self.folder, self.number, self.strict = folder, number, strict
        self.parts: list[Path] = []
        self.rows = self.accepted = 0
        self.offset = 0
        self._good: pq.ParquetWriter | None = None
        self._bad: pq.ParquetWriter | None = None
        # one block is written while the next one is scanned
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None
        self._writing = Lock()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self._pool.shutdown()
        self._written()
        with self._writing:  # an interrupt may leave a thread that the pool does not know of
            for writer in (self._good, self._bad):
                if writer is not None:
                    writer.close()

    @property
    def bad_file(self) -> Path | None:
        """Where the places of the records not accepted lie, if there are any."""
        return None if self._bad is None else self.folder / f"{self.number}-bad.parquet"

    def write(self, sizes: NDArray[np.int64], bad: dict[int, str], columns: dict[str, pa.Array]) -> None:
        """Write the records of one block; the columns hold the accepted ones only."""
        rows = np.arange(self.rows + 1, self.rows + 1 + sizes.size)
        offsets = self.offset + np.cumsum(sizes) - sizes
        good = np.ones(sizes.size, np.bool_)
        good[list(bad)] = False
        if bad:
            self._reject(rows[~good], offsets[~good], sizes[~good], list(bad.values()))
        if good.any():
            self._accept({**self._place(rows[good], offsets[good], sizes[good]), **columns})
        self.rows += sizes.size
        self.accepted += int(good.sum())
        self.offset += int(sizes.sum())

    def _place(self, *place: NDArray[np.int64]) -> dict[str, pa.Array]:
        columns: list[NDArray[Any]] = [np.full(place[0].size, self.number, np.int32), *place]
        return {name: arrays.numbers(column) for name, column in zip(PLACE, columns, strict=True)}

    def _accept(self, columns: dict[str, pa.Array]) -> None:
        table = pa.table(columns)
        if self._good is None or self._good.schema != table.schema:
            self._written()
            if self._good is not None:
                self._good.close()
            self.parts.append(self.folder / f"{self.number}-{len(self.parts)}.parquet")
            self._good = _parquet_writer(self.parts[-1], table.schema, _repeating(table))
        self._written()
        self._pending = self._pool.submit(self._put, self._good, table)

    def _put(self, writer: pq.ParquetWriter, table: pa.Table) -> None:
        with self._writing:
            writer.write_table(table)

    def _written(self) -> None:
        """Wait for the block before, and raise what went wrong with it."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def _reject(self, rows: NDArray[Any], offsets: NDArray[Any], sizes: NDArray[Any], reasons: list[str]) -> None:
        if self.strict:
            raise InputError(
                reasons[0], where=f"row {rows[0]}, byte {offsets[0]}", then="mend it, or leave out --strict"
            )
        table = pa.table({**self._place(rows, offsets, sizes), "reason": arrays.texts(reasons)})
        if self._bad is None:
            self._bad = _parquet_writer(self.folder / f"{self.number}-bad.parquet", table.schema)
        self._bad.write_table(table)


def _parquet_writer(path: Path, schema: pa.Schema, repeating: Sequence[str] = ()) -> pq.ParquetWriter:
    # what is written here is read a few times only: to compress it costs more than it saves
    packed = dict.fromkeys(("row", "offset", "size"), "DELTA_BINARY_PACKED")
    dictionary = ["file", *repeating]
    return pq.ParquetWriter(
        path, schema, compression="none", use_dictionary=dictionary, column_encoding=packed, write_statistics=False
    )


def _repeating(table: pa.Table) -> list[str]:
    """Return the columns of text that say few things: a dictionary is cheaper there, and twice as dear elsewhere."""
    some = table.slice(0, SOME).drop_columns(list(PLACE))
    return [n for n, column in zip(some.column_names, some.columns, strict=True) if len(set(column.to_pylist())) <= FEW]


def _read_csv(source: Source, stream: _Stream, writer: _Writer, told: Told, stated: str) -> Spooled:
    chunks = iter(stream)
    block, last = next(chunks)
    prefer = b"\t" if ".tsv" in source.path.lower() else b","
    delimiter = csvtext.stated(stated) if stated else csvtext.sniff(block, prefer=prefer)
    found, start = csvtext.header(block, delimiter)
    recognise([*found, *dict(source.partition)], told)  # a table without an account is refused before it is read
    used = [i for i, name in enumerate(found) if wanted(name, told)]
    writer.offset = begins = stream.skipped + int(stream.sizes(block, np.array([start])).sum())
    chunks = itertools.chain([(block[start:], last)], chunks)
    for block, scan in whole_records(chunks, lambda b, last: csvtext.scan(b, delimiter, len(found), last=last)):
        writer.write(stream.sizes(block, scan.ends), scan.bad, _parsed(block, scan, delimiter, found, used))
    form = f"csv{stream.kept}, delimiter {chr(delimiter)!r}, {stream.codec}"
    parts, bad = tuple(writer.parts), writer.bad_file
    return Spooled(parts, bad, tuple(found), form, writer.rows, writer.accepted, begins)


def _parsed(
    block: bytes, scan: csvtext.Scan, delimiter: int, found: Sequence[str], used: Sequence[int]
) -> dict[str, pa.ChunkedArray]:
    accepted = scan.ends.size - len(scan.bad)
    if not accepted:
        return {}
    table = csvtext.parse(good_bytes(block, scan), delimiter, len(found), used, quoted=scan.quoted)
    if table.num_rows != accepted:
        raise IntegrityError(f"the scan counts {accepted:,} records, the parser {table.num_rows:,}")
    return dict(zip([physical(found[i]) for i in used], table.columns, strict=True))


def good_bytes(block: bytes, scan: csvtext.Scan) -> bytes:
    """Return the bytes of the records that are accepted."""
    if not scan.bad:
        return block
    view, starts = memoryview(block), scan.starts
    edges = [(-1, 0), *((int(starts[i]), int(scan.ends[i])) for i in scan.bad), (len(block), -1)]
    return b"".join(view[before[1] : after[0]] for before, after in itertools.pairwise(edges))


def _read_jsonl(source: Source, stream: _Stream, writer: _Writer, told: Told) -> Spooled:
    paths: dict[str, None] = {}
    roles: dict[str, bool] = {}

    def known(path: str) -> bool:
        if path not in roles:
            roles[path] = wanted(path, told)
        return roles[path]

    writer.offset = stream.skipped
    for block, ends in whole_records(iter(stream), lambda b, last: jsonlines.line_ends(b, last=last)):
        records, bad, seen = jsonlines.parse(block, ends, known)
        paths |= seen
        names = [path for path in paths if known(path)]
        columns = {physical(n): arrays.texts([r.get(n) for r in records]) for n in names}
        writer.write(stream.sizes(block, ends), bad, columns if records else {})
    recognise([*paths, *dict(source.partition)], told)
    form = f"jsonl{stream.kept}, {stream.codec}"
    return Spooled(tuple(writer.parts), writer.bad_file, tuple(paths), form, writer.rows, writer.accepted)


def whole_records(
    chunks: Iterator[tuple[bytes, bool]], find: Callable[[bytes, bool], Any]
) -> Iterator[tuple[bytes, Any]]:
    """Yield blocks of whole records with what `find` found in them; what is left over begins the next one."""
    rest = b""
    for chunk, last in chunks:
        block = rest + chunk
        found = find(block, last)
        ends = getattr(found, "ends", found)
        consumed = int(ends[-1]) if ends.size else 0
        if consumed:
            yield block[:consumed], found
        rest = block[consumed:]
