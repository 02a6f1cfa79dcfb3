"""The report of a run, derived again from the raw input by other means: plain Python, none of graphlink's rooms.

    python tests/rederive.py graphlink-run/report data/sample/records

Prints each statement that the raw records do not bear out. The records are laid out as the sample is: signups.csv,
payments.jsonl, usage.parquet (pyarrow hands its rows over; nothing else is used).

Derived again: who the members are said to be (events, first and last seen, opened, banned), every touch with its times,
count and cited row, every item's accounts inside and outside, what was taken by day and model, the hours of the week,
the accounts opened at once after a ban, and every sentence of findings but for what it says of *ordinary* accounts:
those are drawn at random. Bits, scores and confidence are no facts of the records; that they add up is checked.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = tuple[str, str]
FIVE = timedelta(minutes=5)
CHARGED = "payments.jsonl"
"""What is charged is no act of an account."""
DERIVED_TWICE = ("slot", "schedule")
"""Kinds that graphlink finds by looking at many accounts at once: here only that the account was active then."""


class Row(NamedTuple):
    """A record: `items` are what it says that the account touched."""

    file: str
    number: int
    account: str
    time: datetime
    items: list[Item]
    model: str | None
    measures: dict[str, float]


def rows(folder: Path) -> Iterator[Row]:
    """Yield every record of a folder laid out as the sample is."""
    with (folder / "signups.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            yield _row("signups.csv", number, row, row["created_at"], ip="signup_ip")
    with (folder / "payments.jsonl").open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            yield _row("payments.jsonl", number, row, row["timestamp"])
    for number, row in enumerate(pq.read_table(folder / "usage.parquet").to_pylist(), 1):
        yield _row("usage.parquet", number, row, row["timestamp"], ip="ip")


def _row(name: str, number: int, row: dict[str, Any], time: datetime | str, ip: str = "") -> Row:
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    columns = {"payment_id": "payment", "device_id": "device", "prompt_hash": "prompt"}
    columns |= dict.fromkeys(("phone", "referrer", "user_agent"), "") | ({ip: "ip"} if ip else {})
    items = [(kind or column, row[column]) for column, kind in columns.items() if row.get(column)]
    if ip and row.get(ip):
        items.append(("ip_prefix", f"{row[ip].rpartition('.')[0]}.0/24"))
    if row.get("email"):
        mailbox, _, domain = row["email"].lower().partition("@")
        letters = re.sub(r"[a-z]+", "a", mailbox)
        items += [("email_domain", domain), ("email_pattern", re.sub(r"\d", "9", letters))]
        items.append(("signup_batch", f"{_slot(at):%Y-%m-%dT%H:%MZ}"))
    measures = {name: float(row[name]) for name in ("amount", "tokens_in", "tokens_out") if row.get(name) is not None}
    return Row(name, number, row["account_id"], at, items, row.get("model"), measures)


def _slot(time: datetime) -> datetime:
    return time - (time - datetime(1970, 1, 1, tzinfo=UTC)) % FIVE


class Raw:
    """The records, looked up in the ways that a report speaks of them."""

    def __init__(self, folder: Path) -> None:
        self.rows = list(rows(folder))
        self.of: defaultdict[str, list[Row]] = defaultdict(list)
        self.touch: defaultdict[tuple[str, Item], list[Row]] = defaultdict(list)
        self.holders: defaultdict[Item, set[str]] = defaultdict(set)
        for row in self.rows:
            self.of[row.account].append(row)
            for item in row.items:
                self.touch[row.account, item].append(row)
                self.holders[item].add(row.account)
        with (folder / "signups.csv").open(encoding="utf-8", newline="") as file:
            signups = list(csv.DictReader(file))
        self.opened = {each["account_id"]: datetime.fromisoformat(each["created_at"]) for each in signups}
        self.banned = {
            each["account_id"]: datetime.fromisoformat(each["banned_at"]) for each in signups if each["banned_at"]
        }
        self.numbered = {each["account_id"] for each in signups if re.search(r"\d.*@", each["email"])}
        acts = {(row.account, _slot(row.time)) for row in self.rows if row.file != CHARGED}
        self.crowd = Counter(slot for _, slot in acts)
        spread = Counter(slot.minute for _, slot in acts)
        self.usual = sum((n / len(acts)) ** 2 for n in spread.values())

    def events(self, account: str, item: Item) -> int:
        """Return at how many instants the account touched the item."""
        return len({row.time for row in self.touch[account, item]})


class Group:
    """The members of a cluster, and what they share: on two members, who are a fifth of all who touch it."""

    def __init__(self, raw: Raw, members: list[str]) -> None:
        self.raw, self.members = raw, sorted(members)
        inside: defaultdict[Item, set[str]] = defaultdict(set)
        for account in members:
            for item in {item for row in raw.of[account] for item in row.items}:
                inside[item].add(account)
        self.shared = {i: a for i, a in inside.items() if len(a) > 1 and 5 * len(a) >= len(raw.holders[i])}

    def of_kind(self, kind: str) -> dict[Item, set[str]]:
        """Return the shared items of a kind, and the members on each."""
        return {item: accounts for item, accounts in self.shared.items() if item[0] == kind}

    def covered(self, kind: str) -> set[str]:
        """Return the members on any shared item of a kind."""
        return set().union(*self.of_kind(kind).values())

    def each(self, kind: str) -> float:
        """Return how many shared items such a member touches."""
        return sum(map(len, self.of_kind(kind).values())) / max(len(self.covered(kind)), 1)

    def inside(self, kind: str) -> float:
        """Return the share of the accounts on the shared items that are members."""
        items = self.of_kind(kind)
        return sum(map(len, items.values())) / max(sum(len(self.raw.holders[item]) for item in items), 1)

    def life(self, kind: str) -> float:
        """Return the share of their events with the kind that are on shared items."""
        items = self.of_kind(kind)
        touched = {(a, i): self.raw.events(a, i) for a in self.members for r in self.raw.of[a] for i in r.items}
        every = sum(n for (_, item), n in touched.items() if item[0] == kind)
        return sum(n for (_, item), n in touched.items() if item in items) / max(every, 1)

    def sentences(self) -> dict[str, list[str]]:
        """Return what each finding may say of this group, as far as it speaks of the group alone."""
        n = len(self.members)
        said = {
            "size": [f"They are {n:,} accounts."],
            "bans": [self._bans()],
            "devices": ["They share no device."],
            "cards": ["They share no card."],
            "signups": [self._signups()],
            "mail": ["They have no mail domain of their own."],
            "addresses": [],
            "moments": [self._moments()],
            "pace": [f"A typical one has {self._pace():,.0f} events, "],
            "tastes": [
                f"{len(self.covered('prompt')) / n:.0%} of them send templates that are theirs{self._tastes()}."
            ],
        }
        if devices := self.of_kind("device"):
            share = f"{self.life('device'):.0%} of their use comes from devices that they share"
            said["devices"] = [f"{share} ({len(devices)}), {self.each('device'):.1f} each."]
        if cards := self.of_kind("payment"):
            said["cards"] = [
                f"{len(self.covered('payment')) / n:.0%} of them pay with cards that they share ({len(cards)})."
            ]
        if addresses := self.of_kind("ip"):
            inside = f"{self.inside('ip'):.0%} of the accounts there are theirs."
            said["addresses"] = [
                f"Each is seen on {self.each('ip'):.1f} of the addresses that they share ({len(addresses)}); {inside}"
            ]
        if domains := self.of_kind("email_domain"):
            numbers = len(self.raw.numbered & set(self.members)) / n
            largest = max(map(len, domains.values())) / n
            said["mail"] = [
                f"{largest:.0%} of them use one mail domain that is theirs; {numbers:.0%} have numbers in their names."
            ]
        return said

    def _bans(self) -> str:
        banned = len(self.raw.banned.keys() & set(self.members))
        return f"{banned:,} of them were banned." if banned else "None of them was banned."

    def _signups(self) -> str:
        times = sorted(self.raw.opened[account] for account in self.members)
        near = {i for i, (a, b) in enumerate(pairwise(times)) if b - a <= timedelta(hours=1)}
        share = len(near | {i + 1 for i in near}) / len(times)
        return (
            f"{share:.0%} of them were opened within an hour of another."
            if share
            else ("No two were opened within an hour of each other.")
        )

    def _moments(self) -> str:
        """Say how often pairs of members chose the same five minutes, and how often others in the very same hours did.

        66 pairs of others, as many as twelve slots have, meet as is usual over all hours.
        """
        acts = {(_slot(r.time), a) for a in self.members for r in self.raw.of[a] if r.file != CHARGED}
        active = Counter(slot for slot, _ in acts)
        expected = 0.0
        for hour in {slot.replace(minute=0) for slot in active}:
            slots = [hour + i * FIVE for i in range(12)]
            crowd = [self.raw.crowd[slot] - active[slot] for slot in slots]
            share = (sum(map(_pairs, crowd)) + 66 * self.raw.usual) / (_pairs(sum(crowd)) + 66)
            expected += _pairs(sum(active[slot] for slot in slots)) * share
        times = f"{sum(map(_pairs, active.values())):,.0f} times, of which their hours explain {expected:,.0f}"
        return f"Pairs of them act in the same five minutes {times}."

    def _pace(self) -> float:
        instants = [len({row.time for row in self.raw.of[account]}) for account in self.members]
        return math.exp(sum(map(math.log, instants)) / len(instants))

    def _tastes(self) -> str:
        """Return Pearson's chi-squared of members x their own templates, over its degrees of freedom."""
        own = {i: a for i, a in self.shared.items() if i[0] == "prompt" and 2 * len(a) > len(self.raw.holders[i])}
        counts = {(a, i): self.raw.events(a, i) for i, accounts in own.items() for a in accounts}
        per_account, per_item = Counter[str](), Counter[Item]()
        for (account, item), count in counts.items():
            per_account[account] += count
            per_item[item] += count
        total, freedom = sum(counts.values()), (len(per_account) - 1) * (len(per_item) - 1)
        chi = sum(c**2 * total / (per_account[a] * per_item[i]) for (a, i), c in counts.items()) - total
        return f", and differ in which by {chi / freedom:.1f} times what chance gives" if own and freedom else ""


def _pairs(number: float) -> float:
    return number * (number - 1) / 2


def differences(report: Path, raw: Raw) -> list[str]:
    """Return every statement of a report that the records do not bear out; nothing for a good one."""
    found = []
    for page in sorted((report / "clusters").glob("*.html")):
        if not page.name.endswith("-graph.html"):
            found += [f"{page.stem}: {each}" for each in _page(raw, page)]
    return found


def _page(raw: Raw, page: Path) -> Iterator[str]:
    tables: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    tables |= {path.stem.rpartition("-")[2]: _table(path) for path in page.parent.glob(f"{page.stem}-*.csv")}
    members = [row["account_id"] for row in tables["members"]]
    text = page.read_text(encoding="utf-8")
    words = " ".join(unescape(re.sub(r"<[^>]*>", "", text.partition("<body>")[2])).split())
    yield from _members(raw, tables["members"])
    yield from _touches(raw, tables["sightings"])
    yield from _items(raw, tables["items"], set(members))
    yield from _use(raw, tables, members)
    yield from _handovers(raw, tables["handovers"], members)
    yield from _findings(Group(raw, members), tables["findings"], words)
    yield from _adds_up(tables, words)
    yield from _headline(raw, members, words)


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
            cited = {(each.file, str(each.number), _slot(each.time)) for each in raw.of[account]}
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


def _use(raw: Raw, tables: dict[str, list[dict[str, str]]], members: list[str]) -> Iterator[str]:
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
    yield from _differ("hours", said, dict(hours))


def _handovers(raw: Raw, table: list[dict[str, str]], members: list[str]) -> Iterator[str]:
    bans = sorted((raw.banned[account], account) for account in members if account in raw.banned)
    derived = set()
    for account in members:
        before = [each for each in bans if each[0] < raw.opened[account]]
        if before and raw.opened[account] - before[-1][0] <= timedelta(hours=48) and before[-1][1] != account:
            derived.add((before[-1][1], account))
    yield from _differ("opened after a ban", {(row["banned"], row["opened"]) for row in table}, derived)


def _findings(group: Group, table: list[dict[str, str]], words: str) -> Iterator[str]:
    derived = group.sentences()
    for row in table:
        sentence, known = row["sentence"], derived.get(row["finding"])
        if " ".join(sentence.split()) not in words:
            yield f"{row['finding']}: the page does not say {sentence}"
        if known is not None and not any(sentence.startswith(each) for each in known):
            yield f"{row['finding']}: said {sentence!r}, the records say {known}"


def _adds_up(tables: dict[str, list[dict[str, str]]], words: str) -> Iterator[str]:
    """Compare what must add up: findings to the score, the items of each link to its bits, the links to their mean."""
    score = sum(float(row["weight"]) for row in tables["findings"])
    said = re.search(r"\(score (−?[0-9.]+)\)", words)  # noqa: RUF001 - the minus sign
    if said and abs(float(said[1].replace("\N{MINUS SIGN}", "-")) - score) > 0.051:
        yield f"score: said {said[1]}, the findings add up to {score}"
    for row in tables["links"]:
        parts = sum(float(bits) for bits in re.findall(r"\(([0-9.]+) bits\)", row["items"]))
        if abs(parts - float(row["bits"])) > 0.005 * (1 + row["items"].count(" bits)")):
            yield f"link {row['left']} {row['right']}: {row['bits']} bits, its items {parts}"
    if tables["links"]:
        bits = [float(row["bits"]) for row in tables["links"]]
        for name, value in (("average link stands", sum(bits) / len(bits)), ("weakest stands", min(bits))):
            shown = re.search(rf"The {name} ([0-9.,]+) bits", words)
            if shown and abs(float(shown[1].replace(",", "")) - value) > 0.051:
                yield f"{name}: said {shown[1]}, it is {value}"


def _headline(raw: Raw, members: list[str], words: str) -> Iterator[str]:
    times = sorted(row.time for account in members for row in raw.of[account])
    shown = [f"{len(members):,} linked accounts", f"First seen{times[0]:%Y-%m-%d %H:%M}"]
    shown += [f"Last seen{times[-1]:%Y-%m-%d %H:%M}"]
    exchanges = sum(row.model is not None for account in members for row in raw.of[account])
    every = sum(row.model is not None for row in raw.rows)
    if "What was taken" in words:
        shown += [f"Of all {every:,} exchanges in these records, {exchanges:,} are theirs"]
        shown += [f"{len(members):,} accounts made {exchanges:,} exchanges"]
    else:
        shown += [f"Events{len(times):,}"]
    yield from (f"the page does not say {each!r}" for each in shown if each not in words)


if __name__ == "__main__":
    wrong = differences(Path(sys.argv[1]), Raw(Path(sys.argv[2])))
    sys.stdout.writelines(f"{each}\n" for each in wrong)
    sys.exit(bool(wrong))
