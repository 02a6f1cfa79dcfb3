"""The records of a file that were not accepted, in their own bytes: found again where they lie, card numbers hashed.

What cannot be told apart is known when a file is spooled; what is told apart and yet refused (a time that is none, an
address that is none) is known when its table is read.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from graphlink import cards, engine, quarantine, spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend as Backend

    from graphlink.cards import Key
    from graphlink.model import Records
    from graphlink.sources import Source


def write(  # noqa: PLR0913, PLR0917 - what is known of a file, and where its records go
    source: Source, spooled: spool.Spooled | None, late: Sequence[ir.Table], target: Path, backend: Backend, key: Key
) -> tuple[Path | None, int]:
    """Return where the records of a file that were not accepted lie, if there are any, and how many they are.

    Args:
        source: the file.
        spooled: how it was told apart; None for Parquet.
        late: row and reason of those that were refused afterwards.
        target: the file to write.
        backend: where the tables are.
        key: returns what card numbers are hashed with.

    """
    if spooled is None:
        rows = _raw_parquet(source, late[0]) if late else iter(())
    else:
        rows = _raw_text(source, spooled, late, backend)
    count = quarantine.write((_without_cards(record, key) for record in rows), source.path, target)
    return (target if count else None), count


def copy(records: Records, folder: Path) -> list[Path]:
    """Return the files written: for each input with records that were not accepted, one that can be mended and read."""
    written = []
    for number, file in enumerate(records.quarantine):
        if file is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = records.inputs[number].path
            name = "standard-input" if path == "-" else Path(path).name
            target = folder / f"{number:03}-{name}.jsonl"
            shutil.copyfile(file, target)
            written.append(target)
    return written


def first_reason(written: Iterable[Path | None]) -> str:
    """Return of which record the first of these files tells, and why it was refused; nothing if there is none."""
    for file in filter(None, written):
        with file.open(encoding="ascii") as lines:
            record = next(line for line in map(json.loads, lines) if line["row"])
        return f", as row {record['row']}: {record['reason']}"
    return ""


def _without_cards(record: quarantine.Rejected, key: Key) -> quarantine.Rejected:
    raw = cards.hidden_in_raw(record.raw, key)
    if raw == record.raw:
        return record
    reason = cards.hidden(record.reason, key)  # it may quote the record
    return record._replace(raw=raw, reason=f"{reason}; a card number in it is hashed" if record.row else reason)


def _raw_text(
    source: Source, spooled: spool.Spooled, late: Sequence[ir.Table], backend: Backend
) -> Iterator[quarantine.Rejected]:
    """Yield the records of a text file that were not accepted, in their order, after its header."""
    places = [engine.parquet(backend, [spooled.bad]).select("row", "offset", "size", "reason")] if spooled.bad else []
    for here in late:
        stored = engine.parquet(backend, spooled.parts)
        joined = stored.join(here, stored.row == here.row)
        places.append(joined.select(stored.row, stored.offset, stored.size, here.reason))
    rows = engine.fetch(ibis.union(*places, distinct=False).order_by("row")).to_pylist() if places else []
    if not rows:
        return
    header = (0, spooled.begins)
    spans = [header, *((row["offset"], row["size"]) for row in rows)]
    raws = quarantine.cut(spool.original(source)[0], spans)
    head = next(raws)
    if spooled.form.startswith("csv"):
        yield quarantine.Rejected(0, 0, quarantine.HEADER, head)
    for row, raw in zip(rows, raws, strict=True):
        yield quarantine.Rejected(row["row"], row["offset"], row["reason"], raw)


def _raw_parquet(source: Source, rejected: ir.Table) -> Iterator[quarantine.Rejected]:
    """Yield the rows of a Parquet file that were not accepted, as JSON."""
    backend = rejected.get_backend()
    stored = engine.parquet(backend, [source.file])
    wanted = rejected.select(number=rejected.row - 1, why=rejected.reason)
    rows = stored.join(wanted, stored[engine.ROW_NUMBER] == wanted.number).order_by("number").drop("filename")
    for row in engine.fetch(rows).to_pylist():
        number, why = row.pop("number"), row.pop("why")
        row.pop(engine.ROW_NUMBER, None)
        raw = json.dumps(row, default=str, ensure_ascii=False).encode() + b"\n"
        yield quarantine.Rejected(number + 1, None, why, raw)
