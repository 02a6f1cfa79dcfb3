"""One account leaves a run folder: every table, the quarantine and the report, whole or not at all.

Counts, links and cluster ids are made anew from what is left. What only the records could tell again (scores, tiers,
findings, what an item is good for) stays as it was judged; the manifest says so, and so does the cluster concerned. A
folder that is not as it was written is refused: new hashes would make a forgery genuine.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from graphlink import filing, quarantine, run
from graphlink.dossier import family_of
from graphlink.errors import IntegrityError
from graphlink.model import TIERS, CaseFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    Item = tuple[str, str]
    Report = Callable[[CaseFile, Path], object]

TABLES = ("members", "links", "items", "sightings", "facts", "outsiders", "candidates")
OF_CLUSTER = ("members", "findings", "taken", "hours", "sensitivity", "outsiders")
"""The tables that name a cluster, beside `clusters`."""
KEPT = "scores, tiers, findings, reasons and what was taken are those of the judgement, which knew the account"
NOTE = " Judged before an account of it was purged."


def purge(folder: Path, account: str, *, pseudonym: Callable[[str, str], str], report: Report) -> dict[str, int]:
    """Return how many rows of each table and records in quarantine were removed from a run folder with an account.

    Where the folder holds nothing of the account, it stays as it is.

    Args:
        folder: the run folder.
        account: the id, to the letter.
        pseudonym: returns what a kind and a value are called where they must not be named (see `keyfile`).
        report: writes the report on a case into a folder, if the run has one.

    Raises:
        MissingInput: no run lies there.
        IntegrityError: the folder is not as it was written.

    """
    if run.verify(folder):
        raise IntegrityError("is not as it was written", where=str(folder), then="see `graphlink verify`")
    before = run.load(folder)
    after = without(before, account)
    removed = {name: len(getattr(before, name)) - len(getattr(after, name)) for name in TABLES}
    removed["quarantine"] = sum(_mentions(line, account) for path in _refused(folder) for line in _lines(path))
    if any(removed.values()):
        told = replace(after, manifest=_manifest(after, removed, pseudonym("acct", account)))
        run.write(
            told,
            folder,
            quarantine=(lambda into: _copy(folder, into, account)) if (folder / "quarantine").is_dir() else None,
            report=(lambda into: report(told, into)) if (folder / "report").is_dir() else None,
            force=True,
        )
    return removed


def without(case_file: CaseFile, account: str) -> CaseFile:
    """Return the case without an account, and without items that are its id, as where it invited somebody."""
    touched = _touched(case_file, account)
    links = _links(case_file, account)
    items = _items(case_file.items, account, touched, links)
    gone = touched - set(zip(items["kind"], items["value"], strict=True))
    told = {f"{kind} {value}" for kind, value in gone}
    homes = set(case_file.members.loc[case_file.members["account_id"] == account, "cluster_id"])
    sightings = _other(case_file.sightings, account)
    seen = zip(sightings["kind"], sightings["value"], strict=True)
    left = replace(
        case_file,
        members=_other(case_file.members, account),
        links=links,
        items=items,
        sightings=sightings[[item not in gone and item[1] != account for item in seen]],
        facts=_other(case_file.facts, account),
        sensitivity=_sensitivity(case_file.sensitivity, account, homes, told),
        outsiders=_outsiders(case_file.outsiders, account, told),
        candidates=case_file.candidates[(case_file.candidates[["left", "right"]] != account).all(axis=1)],
    )
    for home in homes:
        left = _recounted(left, home)
    return left


def _sensitivity(table: pd.DataFrame, account: str, homes: Collection[str], gone: Collection[str]) -> pd.DataFrame:
    """Return what stays when one thing is left out, counted without the account, and without items that are gone."""
    known = [text not in gone and not text.endswith(f" {account}") for text in table["left_out"]]
    table = table[pd.Series(known, table.index, dtype=bool)]
    stayed = [
        home in homes and account not in ids for home, ids in zip(table["cluster_id"], table["lost"], strict=True)
    ]
    lost = [[each for each in ids if each != account] for ids in table["lost"]]
    return table.assign(kept=table["kept"] - stayed, lost=pd.Series(lost, table.index, dtype=object))


def _outsiders(table: pd.DataFrame, account: str, gone: Collection[str]) -> pd.DataFrame:
    quoted = [any(text in sentence for text in gone) for sentence in table["sentence"]]
    return _other(table[~pd.Series(quoted, table.index, dtype=bool)], account)


def _other(table: pd.DataFrame, account: str) -> pd.DataFrame:
    return table[table["account_id"] != account]


def _touched(case_file: CaseFile, account: str) -> set[Item]:
    """Return the items that the account touches, as far as the folder tells."""
    seen = case_file.sightings[case_file.sightings["account_id"] == account]
    links = case_file.links[(case_file.links["left"] == account) | (case_file.links["right"] == account)]
    return {
        *zip(seen["kind"], seen["value"], strict=True),
        *((item["kind"], item["value"]) for items in links["items"] for item in items),
    }


def _links(case_file: CaseFile, account: str) -> pd.DataFrame:
    links = case_file.links
    links = links[(links["left"] != account) & (links["right"] != account)]
    named = [any(item["value"] == account for item in items) for items in links["items"]]
    weaker = [_weaker(row, account, case_file.manifest) for row in links[named].to_dict("records")]
    rest = [row for row in weaker if row["items"]]
    if not any(named):
        return links
    together = pd.concat([links[~pd.Series(named, index=links.index)], pd.DataFrame(rest, columns=links.columns)])
    return together.sort_values(["left", "right"], key=_by_bytes, ignore_index=True)


def _weaker(link: dict[Any, Any], account: str, manifest: Mapping[str, Any]) -> dict[Any, Any]:
    items = [item for item in link["items"] if item["value"] != account]
    families = sorted({family_of(item["kind"], manifest) for item in items})
    return {**link, "items": items, "families": families, "bits": round(sum(item["bits"] for item in items), 3)}


def _by_bytes(column: pd.Series[str]) -> pd.Series[Any]:
    return column.map(str.encode)


def _items(items: pd.DataFrame, account: str, touched: Collection[Item], links: pd.DataFrame) -> pd.DataFrame:
    """Return the items that two accounts or more still touch, counted anew."""
    here = [item in touched for item in zip(items["kind"], items["value"], strict=True)]
    agreeing = _agreeing(links, touched)
    counted = items.assign(accounts=items["accounts"] - here)
    counted["corroboration"] = [
        round(len(agreeing.get((kind, value), ())) / max(accounts, 1), 3) if again else known
        for kind, value, accounts, known, again in zip(
            *(counted[name] for name in ("kind", "value", "accounts", "corroboration")), here, strict=True
        )
    ]
    return counted[(counted["accounts"] > 1) & (counted["value"] != account)]


def _agreeing(links: pd.DataFrame, wanted: Collection[Item]) -> dict[Item, set[str]]:
    """Return for each item wanted the accounts that are linked on it to one that agrees in another family too."""
    found: dict[Item, set[str]] = {item: set() for item in wanted}
    for left, right, families, items in zip(*(links[n] for n in ("left", "right", "families", "items")), strict=True):
        if len(families) > 1:
            for item in items:
                found.get((item["kind"], item["value"]), set()).update((left, right))
    return found


def _recounted(case_file: CaseFile, home: str) -> CaseFile:
    """Return the case with one cluster counted anew, or without it where too few accounts are left."""
    inside = case_file.members["cluster_id"] == home
    accounts = case_file.members.loc[inside, "account_id"]
    if len(accounts) < case_file.manifest.get("settings", {}).get("min_accounts", 2):
        return _ranked(_dropped(case_file, home, accounts))
    new = filing.cluster_id(accounts)
    facts = case_file.facts[case_file.facts["account_id"].isin(accounts)]
    row = {
        "accounts": len(accounts),
        "core_accounts": int((case_file.members.loc[inside, "role"] == "core").sum()),
        "events": int(facts["events"].sum()),
        "first_seen": min(filter(None, facts["first_seen"]), key=_instant, default=""),
        "last_seen": max(filter(None, facts["last_seen"]), key=_instant, default=""),
    }
    clusters = case_file.clusters.copy()
    clusters.loc[clusters["cluster_id"] == home, list(row)] = list(row.values())
    said = clusters.loc[clusters["cluster_id"] == home, "evidence"]
    clusters.loc[clusters["cluster_id"] == home, "evidence"] = said.str.removesuffix(NOTE) + NOTE
    named = {name: getattr(case_file, name) for name in OF_CLUSTER} | {"clusters": clusters}
    renamed: dict[str, Any] = {name: _renamed(table, home, new) for name, table in named.items()}
    return _ranked(replace(case_file, **renamed))


def _instant(time: str) -> str:
    return time.removesuffix("Z")  # a fraction comes after the whole second, and Z sorts behind both


def _renamed(table: pd.DataFrame, old: str, new: str) -> pd.DataFrame:
    return table.assign(cluster_id=table["cluster_id"].replace({old: new}))


def _dropped(case_file: CaseFile, home: str, accounts: pd.Series[str]) -> CaseFile:
    """Return the case without a cluster and what was kept of its accounts for its sake; links stay."""
    of_cluster = ("clusters", *OF_CLUSTER)
    of_account = ("sightings", "facts")
    tables = {name: getattr(case_file, name) for name in (*of_cluster, *of_account)}
    return replace(
        case_file,
        **{name: tables[name][tables[name]["cluster_id"] != home] for name in of_cluster},
        **{name: tables[name][~tables[name]["account_id"].isin(accounts)] for name in of_account},
    )


def _ranked(case_file: CaseFile) -> CaseFile:
    """Return the case with its clusters in the order of tier, score and the ids that are new."""
    clusters = case_file.clusters
    order = clusters.assign(order=clusters["tier"].map(TIERS.index)).sort_values(
        ["order", "score", "cluster_id"], ascending=[True, False, True], ignore_index=True
    )
    order["rank"] = range(1, len(order) + 1)
    rank = order.set_index("cluster_id")["rank"]
    members = case_file.members.sort_values("cluster_id", key=lambda c: c.map(rank), kind="stable", ignore_index=True)
    return replace(case_file, clusters=order[clusters.columns], members=members)


def _manifest(case_file: CaseFile, removed: Mapping[str, int], name: str) -> dict[str, Any]:
    manifest = case_file.manifest
    known = removed["members"] or removed["links"]
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        **manifest,
        **({"accounts": manifest["accounts"] - 1} if known and "accounts" in manifest else {}),
        **({"links": len(case_file.links)} if "links" in manifest else {}),
        "purged": [*manifest.get("purged", []), {"account": name, "at": at, "removed": dict(removed), "kept": KEPT}],
    }


# Quarantine


def _refused(folder: Path) -> list[Path]:
    return sorted((folder / "quarantine").glob("*.jsonl"))


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _copy(folder: Path, into: Path, account: str) -> None:
    """Copy the records that do not mention the account; a file in which only the header is left is not written."""
    for path in _refused(folder):
        kept = [line for line in _lines(path) if not _mentions(line, account)]
        if any(json.loads(line)["row"] for line in kept):
            (into / path.name).write_bytes(b"".join(kept))


def _mentions(line: bytes, account: str) -> bool:
    """Return whether the id is a field of a record, or a word of one; better a record too many than a person named."""
    ((_, row, _, raw),) = quarantine.raw_records([line], "quarantine")
    edge = r"[\s,;|\"':=\[\]{}\\]"
    field = re.compile(rf"(?<!(?!{edge}).){re.escape(account)}(?={edge}|$)", re.DOTALL)
    return row > 0 and any(field.search(text) for text in _readings(raw))


def _readings(raw: bytes) -> Iterator[str]:
    """Yield what the bytes may say: in each encoding, as they stand, and with the escapes of CSV and JSON undone."""
    for codec in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        text = raw.decode(codec, "replace")
        yield from (text, text.replace('""', '"'), _ESCAPES.sub(_unescaped, text))


_ESCAPES = re.compile(r'(?:\\u[0-9a-fA-F]{4})+|\\["\\/bfnrt]')


def _unescaped(found: re.Match[str]) -> str:
    return str(json.loads(f'"{found[0]}"'))
