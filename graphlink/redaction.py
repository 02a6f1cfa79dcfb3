"""A case as it may be shown to others: CaseFile -> CaseFile, before anything is written.

`partner`: every account id, item value, file path and label is a keyed pseudonym that shows its kind, in tables,
sentences and manifest alike; times and figures stay. A `cluster_id` stays too: it was made before.
`public`: clusters and totals; no account, no item, no time, no pseudonym.

What is not known to be free of identifiers is left out of the manifest, so that a new entry cannot leak.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from graphlink.errors import UsageError
from graphlink.model import CaseFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    Pseudonym = Callable[[str, str], str]
    Item = tuple[str, str]

LEVELS = ("none", "partner", "public")
"""How much is withheld, from nothing to every account."""

OF_ACCOUNTS = ("referrer", "transfer")
"""The kinds whose values are account ids: an account has one pseudonym wherever it stands."""

WITHHELD = "(withheld)"
_UNTOLD = "not written: its records are raw"
_KEPT = (
    "version",
    "libraries",
    "seed",
    "stages",
    "kinds",
    "accounts",
    "links",
    "chance",
    "usage",
    "window",
    "moving",
    "purged",
)
_SETTINGS_OF_TEXT = ("method", "since", "until", "window", "time_format", "encoding", "delimiter", "memory", "engine")
_COUNTS = ("rows_read", "rows_accepted", "rows_quarantined")
# An id like these cannot be told from the counts and the little words of our own sentences.
_OURS = re.compile(r"[0-9]{1,6}|..?", re.DOTALL)
_WORD = re.compile(r"[^\W_]+|[\W_]")


def redact(case_file: CaseFile, level: str, pseudonym: Pseudonym) -> CaseFile:
    """Return the case with as much withheld as the level says; one that is redacted as far already, as it is.

    Args:
        case_file: the case.
        level: one of `LEVELS`.
        pseudonym: gives the pseudonym of a kind and a value; it depends on a key (see `keyfile`).

    Raises:
        UsageError: there is no such level.

    """
    if LEVELS.index(checked(level)) <= LEVELS.index(case_file.manifest.get("redacted", "none")):
        return case_file
    return _partner(case_file, pseudonym) if level == "partner" else _public(case_file)


def checked(level: str) -> str:
    """Return the level, if there is such a one: better asked before the work than after it.

    Raises:
        UsageError: there is none.

    """
    if level not in LEVELS:
        raise UsageError(f"redact is {level!r}", then=f"it takes {', '.join(LEVELS)}")
    return level


@dataclass(frozen=True, slots=True)
class _Names:
    """What each identifier of a case is called instead."""

    accounts: dict[str, str]
    items: dict[Item, str]
    files: dict[str, str]
    labels: dict[str, str]

    def every(self) -> dict[str, str]:
        """Return all names that a sentence may quote."""
        values = {value: name for (_, value), name in self.items.items()}
        return {**values, **self.files, **self.accounts}


def _names(case_file: CaseFile, pseudonym: Pseudonym) -> _Names:
    inputs = (each["path"] for each in case_file.manifest.get("inputs", []))
    return _Names(
        accounts={each: pseudonym("acct", each) for each in _accounts(case_file)},
        items={(k, v): pseudonym("acct" if k in OF_ACCOUNTS else k, v) for k, v in _items(case_file)},
        files={each: pseudonym("file", each) for each in chain(inputs, case_file.sightings["file"].unique())},
        labels={each: pseudonym("label", each) if each else "" for each in case_file.facts["label"].unique()},
    )


def _accounts(case_file: CaseFile) -> set[str]:
    of_accounts = ("members", "sightings", "facts", "outsiders")
    tables = (getattr(case_file, name)["account_id"] for name in of_accounts)
    return set(chain(*tables, case_file.links["left"], case_file.links["right"]))


def _items(case_file: CaseFile) -> set[Item]:
    listed = chain(*(zip(t["kind"], t["value"], strict=True) for t in (case_file.items, case_file.sightings)))
    return {*listed, *((item["kind"], item["value"]) for items in case_file.links["items"] for item in items)}


# Partner


def _partner(case_file: CaseFile, pseudonym: Pseudonym) -> CaseFile:
    """Return the case under pseudonyms. The rows are sorted anew: the order of ids tells about ids."""
    names = _names(case_file, pseudonym)
    said = _Sentences(names.every())
    order = case_file.clusters.set_index("cluster_id")["rank"]
    return CaseFile(
        clusters=case_file.clusters.assign(evidence=said.redacted(case_file.clusters["evidence"])),
        members=_named_accounts(case_file.members, names).sort_values(
            ["cluster_id", "account_id"], key=lambda c: c.map(order) if c.name == "cluster_id" else c, ignore_index=True
        ),
        links=_links(case_file.links, names),
        items=_named_items(case_file.items, names, said).sort_values(["kind", "value"], ignore_index=True),
        sightings=_named_sightings(case_file.sightings, names),
        facts=_named_accounts(
            case_file.facts.assign(label=case_file.facts["label"].map(names.labels)), names
        ).sort_values("account_id", ignore_index=True),
        findings=case_file.findings.assign(sentence=said.redacted(case_file.findings["sentence"])),
        taken=_named_models(case_file.taken, pseudonym),
        hours=case_file.hours,
        sensitivity=_named_sensitivity(case_file.sensitivity, names),
        outsiders=_named_accounts(case_file.outsiders, names)
        .assign(sentence=said.redacted(case_file.outsiders["sentence"]))
        .sort_values(["cluster_id", "account_id"], ignore_index=True),
        candidates=case_file.candidates.iloc[:0],
        manifest=_manifest(case_file.manifest, names, pseudonym),
    )


def _named_accounts(table: pd.DataFrame, names: _Names) -> pd.DataFrame:
    return table.assign(account_id=table["account_id"].map(names.accounts))


def _values(table: pd.DataFrame, names: _Names) -> list[str]:
    return [names.items[item] for item in zip(table["kind"], table["value"], strict=True)]


def _named_sensitivity(table: pd.DataFrame, names: _Names) -> pd.DataFrame:
    things = {f"{kind} {value}": f"{kind} {name}" for (kind, value), name in names.items.items()}
    lost: Any = [sorted(names.accounts[each] for each in ids) for ids in table["lost"]]
    left_out = [things.get(each, each) for each in table["left_out"]]
    return table.assign(left_out=left_out, lost=lost)


def _named_models(taken: pd.DataFrame, pseudonym: Pseudonym) -> pd.DataFrame:
    """Return what was taken; a model is whatever stood in that column."""
    names = {model: pseudonym("model", model) if model else "" for model in taken["model"].unique()}
    named = taken.assign(model=taken["model"].map(names).astype(object))
    return named.sort_values(["cluster_id", "day", "model"], ignore_index=True)


def _named_items(items: pd.DataFrame, names: _Names, said: _Sentences) -> pd.DataFrame:
    return items.assign(value=_values(items, names), reason=said.redacted(items["reason"]))


def _named_sightings(sightings: pd.DataFrame, names: _Names) -> pd.DataFrame:
    named = _named_accounts(sightings, names).assign(
        value=_values(sightings, names), file=sightings["file"].map(names.files)
    )
    return named.sort_values(["account_id", "kind", "value"], ignore_index=True)


def _links(links: pd.DataFrame, names: _Names) -> pd.DataFrame:
    ends = [sorted((names.accounts[a], names.accounts[b])) for a, b in zip(links["left"], links["right"], strict=True)]
    items: Any = [_link_items(each, names) for each in links["items"]]
    named = links.assign(
        left=[left for left, _ in ends],
        right=[right for _, right in ends],
        items=items,
    )
    return named.sort_values(["left", "right"], ignore_index=True)


def _link_items(items: Iterable[Mapping[str, Any]], names: _Names) -> list[dict[str, Any]]:
    named = ({**item, "value": names.items[item["kind"], item["value"]]} for item in items)
    return sorted(named, key=lambda item: (item["kind"], item["value"]))


def _manifest(manifest: Mapping[str, Any], names: _Names, pseudonym: Pseudonym) -> dict[str, Any]:
    return {
        **_harmless(manifest),
        "command": _command(str(manifest.get("command", "")), names, pseudonym),
        "inputs": [{**each, "path": names.files[each["path"]]} for each in manifest.get("inputs", [])],
        "redacted": "partner",
        "quarantine": _UNTOLD,
    }


def _harmless(manifest: Mapping[str, Any]) -> dict[str, Any]:
    settings = {
        name: value
        for name, value in manifest.get("settings", {}).items()
        if not isinstance(value, str) or name in _SETTINGS_OF_TEXT
    }
    return {**{name: manifest[name] for name in _KEPT if name in manifest}, "settings": settings}


def _command(command: str, names: _Names, pseudonym: Pseudonym) -> str:
    """Return what was typed with only its program, command and options as they were."""
    try:
        words = shlex.split(command)
    except ValueError:  # not typed in a shell
        return WITHHELD
    shown = [names.files.get(word) or _argument(word, pseudonym) for word in words[2:]]
    return shlex.join([*words[:2], *shown])


def _argument(word: str, pseudonym: Pseudonym) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    return f"{option}{equals}" + (pseudonym("arg", value) if value else "")


class _Sentences:
    """Replaces every identifier that a sentence quotes. A name is looked up by its first word: one pass, any length."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = {text: name for text, name in names.items() if text and not _OURS.fullmatch(text)}
        self.lengths: defaultdict[str, set[int]] = defaultdict(set)
        for text in self.names:
            self.lengths[_first_word(text)].add(len(text))

    def redacted(self, texts: pd.Series[str]) -> list[str]:
        """Return the sentences, no identifier in them."""
        known = {text: self._redacted(text) for text in texts.unique()}
        return [known[text] for text in texts]

    def _redacted(self, text: str) -> str:
        starts = [word.start() for word in _WORD.finditer(text)]
        edges, parts, done = {*starts, len(text)}, [], 0
        for start in starts:
            if start >= done and (found := self._longest(text, start, edges)):
                parts += [text[done:start], self.names[found]]
                done = start + len(found)
        return "".join([*parts, text[done:]])

    def _longest(self, text: str, start: int, edges: set[int]) -> str:
        lengths = self.lengths.get(_first_word(text, start), ())
        fitting = (text[start : start + size] for size in sorted(lengths, reverse=True) if start + size in edges)
        return next((each for each in fitting if each in self.names), "")


def _first_word(text: str, start: int = 0) -> str:
    found = _WORD.match(text, start)
    return found[0] if found else ""


# Public


def _public(case_file: CaseFile) -> CaseFile:
    """Return clusters and totals. Clusters are named by their rank: members can be guessed from a `cluster_id`."""
    said = _Sentences(dict.fromkeys(_names(case_file, lambda kind, _: kind).every(), WITHHELD))
    clusters, findings = case_file.clusters, case_file.findings
    ids = {old: f"c-{rank:010d}" for old, rank in zip(clusters["cluster_id"], clusters["rank"], strict=True)}
    return replace(
        _emptied(case_file),
        clusters=clusters.assign(
            cluster_id=clusters["cluster_id"].map(ids),
            first_seen="",
            last_seen="",
            evidence=said.redacted(clusters["evidence"]),
        ),
        findings=findings.assign(
            cluster_id=findings["cluster_id"].map(ids), sentence=said.redacted(findings["sentence"])
        ),
        taken=_summed(case_file.taken.assign(cluster_id=case_file.taken["cluster_id"].map(ids))),
        hours=case_file.hours.iloc[:0],
    )


def _summed(taken: pd.DataFrame) -> pd.DataFrame:
    """Return what each cluster took in all: no day, no model."""
    return taken.assign(day="", model="").groupby(["cluster_id", "day", "model"], as_index=False).sum()


def _emptied(case_file: CaseFile) -> CaseFile:
    tables = ("members", "links", "items", "sightings", "facts", "sensitivity", "outsiders", "candidates")
    totals = {name: len(getattr(case_file, name)) for name in tables}
    inputs = [
        {"path": f"file {i}", "sha256": WITHHELD, **{name: each.get(name) for name in _COUNTS}}
        for i, each in enumerate(case_file.manifest.get("inputs", []), 1)
    ]
    told = {"inputs": inputs, "totals": totals, "redacted": "public", "quarantine": _UNTOLD}
    harmless = {name: value for name, value in _harmless(case_file.manifest).items() if name != "purged"}
    return replace(
        case_file, **{name: getattr(case_file, name).iloc[:0] for name in tables}, manifest={**harmless, **told}
    )
