"""The report of a run, derived again from the raw input by other means: none of graphlink's rooms (see raw.py).

    python tests/rederive.py graphlink-run/report data/sample/records

Prints each statement that the raw records do not bear out.

Derived from the records: every text of a page that bears a digit (see pages.py), inputs with their SHA-256, the
versions of the libraries that are installed here, who the members are said to be (events, first and last seen,
opened, banned), every touch with its times, count and cited row, every item's accounts inside and outside, what was
taken by day and model, the hours of the week, the accounts opened at once after a ban, who stands beside an accused
cluster and why, every sentence of findings with what it says of ordinary accounts, and the sums of the index. Derived
from the links that stand beside a page: what each item and family gives, framing costs, and who stays when one thing
is left out. Bits, scores, confidence, proofs on held-back evidence, how many pairs were weighed and what worlds of
chance held are no facts of the records: what must add up is added up, and a page must say what its tables do.
"""

from __future__ import annotations

import csv
import re
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import timedelta
from html import unescape
from math import log, log10
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pages
from page_text import unexplained
from raw import DERIVED_TWICE, Group, Item, Raw, Usual, slot_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    Tables = defaultdict[str, list[dict[str, str]]]

TIERS = ("coordinated", "review", "explained")
RESTS_ON = {
    "devices": "device",
    "cards": "payment",
    "addresses": "network",
    "places": "network",
    "rotation": "network",
    "mail": "contact",
    "names": "contact",
    "signups": "timing",
    "tastes": "content",
    "moments": "timing",
    "starts": "timing",
}
"""The family of evidence behind a finding, as the documentation of findings has it."""
LIKE = ("email_pattern", "user_agent", "ip_prefix")
"""What accounts are like, which is nobody's own."""
FEW = 100
"""Fewer ordinary accounts than this do not tell what is usual of first acts."""
THINGS = ("device", "email", "ip", "payment", "phone")
"""Kinds of things that can be somebody's own, in the order of their names."""


class Report:
    """A report's tables: those of the index, and of each page by its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clusters"
        self.index = {row["cluster_id"]: row for row in _table(folder / "clusters.csv")}
        self.members = {
            name: {row["account_id"] for row in _table(self.folder / f"{name}-members.csv")} for name in self.index
        }
        accused = (self.members[name] for name, row in self.index.items() if row["tier"] == "coordinated")
        self.accused = set().union(*accused)
        self.told = {row["name"]: row["value"] for row in _table(folder / pages.PROVENANCE)}
        self.seed = int(self.told["seed"])

    def tables(self, name: str) -> Tables:
        """Return the tables beside a page by their noun; one that is not there has no rows."""
        paths = self.folder.glob(f"{name}-*.csv")
        return defaultdict(list, {path.stem.rpartition("-")[2]: _table(path) for path in paths})


def differences(folder: Path, raw: Raw, only: str = "") -> list[str]:
    """Return every statement of a report, or of the page of `only` one cluster, that the records do not bear out."""
    report = Report(folder)
    usual = Usual(raw, list(report.members.values()), report.seed)
    names = [only] if only else sorted(report.index)
    found = [f"{name}: {each}" for name in names for each in _page(raw, report, usual, name)]
    return found if only else [*whole(folder, raw, report), *found]


def whole(folder: Path, raw: Raw, report: Report) -> Iterator[str]:
    """Compare what is said of the whole run: inputs and versions here, and the index with its table."""
    for name, value in (pages.inputs(raw) | pages.versions(report.told)).items():
        yield from _differ(name, report.told.get(name), value)
    yield from (
        f"index.html: {each}"
        for each in unexplained(folder / "index.html", pages.index(report.told, list(report.index.values())))
    )


def _page(raw: Raw, report: Report, usual: Usual, name: str) -> Iterator[str]:
    tables, words = report.tables(name), _words(report.folder / f"{name}.html")
    members = [row["account_id"] for row in tables["members"]]
    yield from _index(report.index[name], tables)
    yield from _members(raw, tables["members"])
    yield from _touches(raw, tables["sightings"])
    yield from _items(raw, tables["items"], set(members))
    yield from _use(raw, tables, members)
    yield from _handovers(raw, tables["handovers"], members)
    yield from _outsiders(raw, report, name, tables["outsiders"])
    yield from beside(raw, report, usual, name, tables["outsiders"])
    yield from _findings(Group(raw, members).sentences(usual), tables["findings"], words)
    yield from (
        f"the page says: {each}"
        for each in unexplained(
            report.folder / f"{name}.html", pages.page(raw, report.index[name], tables, report.told)
        )
    )
    yield from _adds_up(report.index[name], tables)
    links = Links(tables)
    yield from links.items(tables["items"])
    yield from links.framing(tables["members"])
    yield from links.sensitivity(report.index[name], tables)


def _words(page: Path) -> str:
    text = page.read_text(encoding="utf-8").partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", "", text)).split())


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        # What a spreadsheet would take for a formula has an apostrophe before it.
        return [{name: re.sub(r"^'(?=[=+@-])", "", cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _differ(what: str, said: object, derived: object) -> Iterator[str]:
    if said != derived:
        yield f"{what}: said {said}, the records say {derived}"


def _time(time: datetime | None) -> str:
    if time is None:
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000Z", "Z")


def _members(raw: Raw, table: list[dict[str, str]]) -> Iterator[str]:
    for row in table:
        account = row["account_id"]
        times = sorted(each.time for each in raw.of[account])
        derived = (str(len(times)), _time(times[0]), _time(times[-1]))
        derived += (_time(raw.opened[account]), _time(raw.banned.get(account)))
        said = tuple(row[name] for name in ("events", "first_seen", "last_seen", "signed_up", "banned"))
        yield from _differ(account, said, derived)


def _touches(raw: Raw, table: list[dict[str, str]]) -> Iterator[str]:
    for row in table:
        account, kind = row["account_id"], row["kind"]
        where = f"{account} {kind} {row['value']}"
        if kind in DERIVED_TWICE:
            cited = {(each.file, str(each.number), slot_of(each.time)) for each in raw.of[account]}
            if not any((Path(row["file"]).name, row["row"]) == (file, number) for file, number, _ in cited):
                yield f"{where}: the cited row is not the account's"
            continue
        held = raw.touch[account, (kind, row["value"])]
        times = sorted({each.time for each in held})
        if not times:
            yield f"{where}: no record says so"
            continue
        said = (row["first_seen"], row["last_seen"], row["events"])
        yield from _differ(where, said, (_time(times[0]), _time(times[-1]), str(len(times))))
        first = {each.file: each.number for each in reversed(held)}
        yield from _differ(f"{where}, the row", int(row["row"]), first.get(Path(row["file"]).name))


def _items(raw: Raw, table: list[dict[str, str]], members: set[str]) -> Iterator[str]:
    for row in table:
        if row["kind"] not in DERIVED_TWICE:
            holders = raw.holders[row["kind"], row["value"]]
            said = (int(row["members"]), int(row["accounts"]))
            yield from _differ(f"{row['kind']} {row['value']}", said, (len(holders & members), len(holders)))


def _use(raw: Raw, tables: Tables, members: list[str]) -> Iterator[str]:
    """Compare what was taken, and at which hours; a row of use is one that names a model."""
    taken: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    hours: Counter[tuple[str, str]] = Counter()
    for row in (row for account in members for row in raw.of[account]):
        cell = taken[f"{row.time:%Y-%m-%d}", row.model or ""]
        cell.update({"events": int(row.model is not None), **row.measures})
        if row.model is not None:
            hours[str(row.time.weekday()), str(row.time.hour)] += 1
    for row in tables["taken"]:
        for name in ("events", "amount", "tokens_in", "tokens_out"):
            if abs(float(row[name]) - taken[row["day"], row["model"]][name]) > 1e-6:
                yield f"{row['day']} {row['model']}: {name} {row[name]}, not {taken[row['day'], row['model']][name]}"
    said = {(row["weekday"], row["hour"]): int(row["events"]) for row in tables["hours"]}
    if said or tables["taken"]:  # neither is told of whom something innocent explains
        yield from _differ("hours", said, dict(hours))


def _handovers(raw: Raw, table: list[dict[str, str]], members: list[str]) -> Iterator[str]:
    bans = sorted((raw.banned[account], account) for account in members if account in raw.banned)
    derived = set()
    for account in members:
        before = [each for each in bans if each[0] < raw.opened[account]]
        if before and raw.opened[account] - before[-1][0] <= timedelta(hours=48) and before[-1][1] != account:
            derived.add((before[-1][1], account))
    yield from _differ("opened after a ban", {(row["banned"], row["opened"]) for row in table}, derived)


def _findings(derived: dict[str, list[str]], table: list[dict[str, str]], words: str) -> Iterator[str]:
    for row in table:
        sentence, known = row["sentence"], derived.get(row["finding"])
        if " ".join(sentence.split()) not in words:
            yield f"{row['finding']}: the page does not say {sentence}"
        if known is None and row["finding"] != "proof":
            yield f"{row['finding']}: nothing is known of such a finding"
        if known is not None and sentence not in known:
            yield f"{row['finding']}: said {sentence!r}, the records say {known}"


def _index(row: dict[str, str], tables: Tables) -> Iterator[str]:
    """Compare what the index says of a cluster: its figures, and a sentence that is made of its findings."""
    members = tables["members"]
    derived = (len(members), sum(each["role"] == "core" for each in members), sum(int(m["events"]) for m in members))
    yield from _differ("index", tuple(int(row[name]) for name in ("accounts", "core_accounts", "events")), derived)
    span = (min(each["first_seen"] for each in members), max(each["last_seen"] for each in members))
    yield from _differ("index", (row["first_seen"], row["last_seen"]), span)
    rest = row["evidence"].removeprefix(f"{len(members):,} accounts: ").removesuffix(".")
    for sentence in (each["sentence"].removesuffix(".") for each in tables["findings"]):
        rest = rest.replace(sentence[:1].lower() + sentence[1:], "")
    yield from _differ("index, the evidence beside its findings", rest.strip("; "), "")


def _outsiders(raw: Raw, report: Report, name: str, table: list[dict[str, str]]) -> Iterator[str]:
    """Compare who touches what an accused cluster does: a victim had it before, a bystander uses it as several do."""
    inside, stolen, used = report.members[name], defaultdict(list), defaultdict(list)
    if report.index[name]["tier"] == "coordinated":
        for item in sorted({i for a in inside for i in raw.held[a] if i[0] in THINGS}, key=lambda i: (i[0], i[1])):
            members = raw.holders[item] & inside
            if 5 * len(members) >= len(raw.holders[item]):
                for account in raw.holders[item] - inside - report.accused:
                    if _was_its_own(raw, account, members, item):
                        stolen[account].append(" ".join(item))
                    elif len(members) > 1:
                        used[account].append(" ".join(item))
    derived = {
        account: ("victim", f"It used {_listed(items)} before the cluster did.") for account, items in stolen.items()
    }
    as_they = "as the cluster does, and no other evidence ties it to the cluster."
    derived = {a: ("bystander", f"It uses {_listed(items)} {as_they}") for a, items in used.items()} | derived
    touching = [row for row in table if row["sentence"].startswith("It use")]
    said = {row["account_id"]: (row["role"], row["sentence"]) for row in touching}
    hanging = {row["account_id"] for row in table} - said.keys()
    yield from _differ("outsiders", said, {a: each for a, each in derived.items() if a not in hanging})


def beside(raw: Raw, report: Report, usual: Usual, name: str, table: list[dict[str, str]]) -> Iterator[str]:
    """Compare who was taken out of an accused cluster for what it did not do, or has in common with everybody."""
    for row in table:
        account, inside = row["account_id"], report.members[name]
        if row["sentence"].endswith("as soon as they were opened, and it did not.") and _at_once(raw, usual, account):
            yield f"{account}: it acted at once, too"
        if row["sentence"].endswith("only what others have, too."):
            theirs = {item for item in raw.held[account] if item[0] not in LIKE and raw.holders[item] & inside}
            own = [i for i in theirs if 2 * len(raw.holders[i] & (inside | {account})) >= len(raw.holders[i])]
            if own:
                yield f"{account}: it has {own[0]} in common with the cluster, and hardly anybody else has"


def _at_once(raw: Raw, usual: Usual, account: str) -> bool:
    """Return whether an account first acted sooner than people do: any order of magnitude alike, against any rank."""
    n = len(usual.delays)
    if account not in raw.delay or n < FEW:
        return False
    rank = (1 + bisect_right(usual.delays, raw.delay[account])) / (1 + n)
    return -log10(rank) > log10(log(1 + n))


def _was_its_own(raw: Raw, account: str, members: set[str], item: Item) -> bool:
    """Return whether an account touched a thing before members did; an address, if it used it more as well."""
    since = min(row.time for row in raw.touch[account, item])
    theirs = min(row.time for member in members for row in raw.touch[member, item])
    more = raw.events(account, item) > sum(raw.events(member, item) for member in members)
    return since < theirs and (item[0] != "ip" or more)


def _listed(items: list[str]) -> str:
    return ", ".join(items[:3]) + (f" and {len(items) - 3:,} more" if len(items) > 3 else "")


def _adds_up(row: dict[str, str], tables: Tables) -> Iterator[str]:
    """Compare what must add up: findings to the score, the items of each link to its bits."""
    score = sum(float(each["weight"]) for each in tables["findings"])
    if abs(float(row["score"]) - score) > 0.051:
        yield f"score: said {row['score']}, the findings add up to {score}"
    for link in tables["links"]:
        parts = sum(float(bits) for bits in re.findall(r"\(([0-9.]+) bits\)", link["items"]))
        if abs(parts - float(link["bits"])) > 0.0005 * (1 + link["items"].count(" bits)")):
            yield f"link {link['left']} {link['right']}: {link['bits']} bits, its items {parts}"


class Link(NamedTuple):
    """A row of links.csv: its items with the bits that each gives."""

    left: str
    right: str
    bits: float
    items: dict[Item, float]


class Links:
    """The links beside a page, and what follows from them."""

    def __init__(self, tables: Tables) -> None:
        self.family = {(row["kind"], row["value"]): row["family"] for row in tables["items"]}
        self.rows = [
            Link(row["left"], row["right"], float(row["bits"]), _parts(row["items"])) for row in tables["links"]
        ]
        self.members = {row["account_id"] for row in tables["members"]}

    def items(self, table: list[dict[str, str]]) -> Iterator[str]:
        """Compare how many links an item speaks for, and the bits it gives them."""
        number, bits = Counter[Item](), Counter[Item]()
        for link in self.rows:
            number.update(link.items.keys())
            bits.update(link.items)
        for row in table:
            item = row["kind"], row["value"]
            yield from _differ(f"{item}, links", int(row["links"]), number[item])
            if abs(float(row["bits"]) - bits[item]) > 0.0005 * number[item] + 0.001:
                yield f"{item}: said {row['bits']} bits, its links {bits[item]}"

    def framing(self, table: list[dict[str, str]]) -> Iterator[str]:
        """Compare how many items must be false before no link of an account rests on two families."""
        used: defaultdict[str, set[Item]] = defaultdict(set)
        cost = Counter[str]()
        for link in sorted(self.rows, key=lambda each: (-self.cost(each), len(each.items), each.left, each.right)):
            for account in (link.left, link.right):
                if not used[account] & link.items.keys():
                    used[account] |= link.items.keys()
                    cost[account] += self.cost(link)
        for row in table:
            yield from _differ(f"{row['account_id']}, framing cost", int(row["framing_cost"]), cost[row["account_id"]])

    def cost(self, link: Link) -> int:
        """Return how many items of a link are not of its largest family."""
        families = Counter(self.family[item] for item in link.items)
        return len(link.items) - max(families.values(), default=0)

    def sensitivity(self, said: dict[str, str], tables: Tables) -> Iterator[str]:
        """Compare who stays without one thing, and that no tier is above what is left of the findings."""
        table = tables["sensitivity"]
        families = {self.family[item] for link in self.rows for item in link.items}
        if table:
            rows = {row["left_out"] for row in table}
            yield from _differ("left out", len(rows), len(families) + 1)
            yield from _differ("families left out", families - rows, set())
        for row in table:
            without = row["left_out"]
            gone = {item for item, family in self.family.items() if without in {family, " ".join(item)}}
            left = sum(float(f["weight"]) for f in tables["findings"] if RESTS_ON.get(f["finding"]) != without)
            best = TIERS[0 if left > 2.9995 else 1 if left > 0.9995 else 2]
            if TIERS.index(row["tier"]) < max(TIERS.index(best), TIERS.index(said["tier"])):
                yield f"without {without}: said {row['tier']}, the findings left come to {left:.3f}"
            stay = self.staying(gone) if row["tier"] == said["tier"] else set()
            derived = (str(len(stay)), ", ".join(sorted(self.members - stay)))
            yield from _differ(f"without {without}", (row["kept"], row["lost"]), derived)

    def staying(self, gone: set[Item]) -> set[str]:
        """Return who is in the largest piece when these items are gone: a link holds while it has a bit."""
        piece = {account: {account} for account in self.members}
        for link in self.rows:
            if link.bits - sum(bits for item, bits in link.items.items() if item in gone) >= 1:
                one, other = piece[link.left], piece[link.right]
                if one is not other:
                    one |= other
                    piece.update(dict.fromkeys(other, one))
        largest = max(map(len, piece.values()))
        return {account for account, each in piece.items() if len(each) == largest > 1}


def _parts(items: str) -> dict[Item, float]:
    found = re.findall(r"(\S+) (.*?) \(([0-9.]+) bits\)(?:; |$)", items)
    return {(kind, value): float(bits) for kind, value, bits in found}


if __name__ == "__main__":
    wrong = differences(Path(sys.argv[1]), Raw(Path(sys.argv[2])))
    sys.stdout.writelines(f"{each}\n" for each in wrong)
    sys.exit(bool(wrong))
