"""The raw records of a folder laid out as the sample is, looked up in the ways that a report speaks of them.

Plain Python, none of graphlink's rooms. pyarrow hands over the rows of Parquet, and numpy repeats one draw: which
accounts were taken for *ordinary*, which the seed in the report's provenance settles.
"""

from __future__ import annotations

import csv
import json
import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median, variance
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        items.append(("signup_batch", f"{slot_of(at):%Y-%m-%dT%H:%MZ}"))
    measures = {name: float(row[name]) for name in ("amount", "tokens_in", "tokens_out") if row.get(name) is not None}
    return Row(name, number, row["account_id"], at, items, row.get("model"), measures)


def slot_of(time: datetime) -> datetime:
    """Return the beginning of the five minutes."""
    return time - (time - datetime(1970, 1, 1, tzinfo=UTC)) % FIVE


class Raw:
    """The records, looked up in the ways that a report speaks of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = list(rows(folder))
        self.of: defaultdict[str, list[Row]] = defaultdict(list)
        self.touch: defaultdict[tuple[str, Item], list[Row]] = defaultdict(list)
        self.holders: defaultdict[Item, set[str]] = defaultdict(set)
        self.held: defaultdict[str, set[Item]] = defaultdict(set)
        for row in self.rows:
            self.of[row.account].append(row)
            for item in row.items:
                self.touch[row.account, item].append(row)
                self.holders[item].add(row.account)
                self.held[row.account].add(item)
        self.moments = {account: len({row.time for row in each}) for account, each in self.of.items()}
        with (folder / "signups.csv").open(encoding="utf-8", newline="") as file:
            signups = list(csv.DictReader(file))
        self.opened = {each["account_id"]: datetime.fromisoformat(each["created_at"]) for each in signups}
        self.banned = {
            each["account_id"]: datetime.fromisoformat(each["banned_at"]) for each in signups if each["banned_at"]
        }
        self.numbered = {each["account_id"] for each in signups if re.search(r"\d.*@", each["email"])}
        first: dict[str, datetime] = {}
        for row in self.rows:
            if row.file != CHARGED and row.time > self.opened[row.account]:
                first[row.account] = min(row.time, first.get(row.account, row.time))
        begins = min(first.values())  # whoever was opened before may have acted unseen
        self.delay = {a: time - self.opened[a] for a, time in first.items() if self.opened[a] >= begins}
        acts = {(row.account, slot_of(row.time)) for row in self.rows if row.file != CHARGED}
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
            for item in raw.held[account]:
                inside[item].add(account)
        self.touched = inside
        self.shared = {i: a for i, a in inside.items() if len(a) > 1 and 5 * len(a) >= len(raw.holders[i])}

    def of_kind(self, kind: str) -> dict[Item, set[str]]:
        """Return the shared items of a kind, and the members on each."""
        return {item: accounts for item, accounts in self.shared.items() if item[0] == kind}

    def covered(self, kind: str) -> set[str]:
        """Return the members on any shared item of a kind."""
        return set().union(*self.of_kind(kind).values())

    def touching(self, kind: str, *, alone: bool) -> float:
        """Return the share of the members that touch a thing that no other member touches, or one that another does."""
        some = (a for i, a in self.touched.items() if i[0] == kind and (len(a) == 1) == alone)
        return len(set().union(*some)) / len(self.members)

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
        touched = {(a, i): self.raw.events(a, i) for a in self.members for i in self.raw.held[a]}
        every = sum(n for (_, item), n in touched.items() if item[0] == kind)
        return sum(n for (_, item), n in touched.items() if item in items) / max(every, 1)

    def sentences(self, usual: Usual) -> dict[str, list[str]]:
        """Return what each finding may say of this group."""
        n, times = len(self.members), self.fresh(usual.addresses) / usual.fresh
        own, met = self.touching("payment", alone=True), self.touching("ip", alone=False)
        ordinary, patterns = (
            "where ordinary accounts have",
            "of those on no mail domain of theirs have mailbox names of one pattern, where ordinary pairs have in",
        )
        each = math.exp(self.volume())
        machines = f"{self.life('device'):.0%} of their events with a device are on devices that they share"
        addresses = "of those with an address on addresses that they share"
        said = {
            "size": [f"They are {n:,} accounts."],
            "bans": [self._bans()],
            "devices": ["They share no device that is theirs."],
            "cards": [f"They share no card that is theirs; {own:.0%} of them pay with one that no other of them has."],
            "signups": [self._signups()],
            "mail": ["They have no mail domain of their own."],
            "addresses": [f"They share no address of their own; {met:.0%} of them were on one where another was."],
            "moments": [self._moments()],
            "pace": [
                f"A typical one (geometric mean) has {each:,.0f} events, {ordinary} {math.exp(usual.volume):,.0f}."
            ],
            "volumes": [
                f"How much they use it varies {self.spread() / usual.spread:.0%} as much as among ordinary accounts."
            ],
            "starts": [self._starts(usual.delays)],
            "names": [f"{self.alike():.0%} of the pairs {patterns} {usual.alike:.0%}."],
            "clients": [f"{self.on_their_own_domain():.0%} of them have a mail domain that no other account has."],
            "places": [
                f"{machines}, {self.life('ip'):.0%} {addresses}; {met:.0%} of them were on one where another was."
            ],
            "rotation": [
                f"Beside the shared addresses they use {times:.1f} times as many as ordinary accounts that are as busy."
            ],
            "tastes": [
                f"{len(self.covered('prompt')) / n:.0%} of them send templates that are theirs{self._tastes()}."
            ],
        }
        if devices := self.of_kind("device"):
            said["devices"] = [f"{machines} ({len(devices)}), {self.each('device'):.1f} each."]
        if cards := self.of_kind("payment"):
            shared = f"{len(self.covered('payment')) / n:.0%} of them pay with cards that they share ({len(cards)})"
            said["cards"] = [f"{shared}, {own:.0%} with one that no other of them has."]
        if shared := self.of_kind("ip"):
            share = f"{self.life('ip'):.0%} of their events with an address are on addresses"
            use = f"{share} that they share ({len(shared)})"
            largest = f"{max(map(len, shared.values())) / n:.0%} of them on the commonest"
            inside = f"{self.inside('ip'):.0%} of the accounts there are theirs."
            said["addresses"] = [f"{use}, {self.each('ip'):.1f} each, with {largest}; {inside}"]
        if domains := self.of_kind("email_domain"):
            numbers = len(self.raw.numbered & set(self.members)) / n
            largest = max(map(len, domains.values())) / n
            said["mail"] = [
                f"{largest:.0%} of them use one mail domain that is theirs; {numbers:.0%} have numbers in their names."
            ]
        if (mailbox := max(map(len, self.of_kind("email").values()), default=0) / n) > 0.6:
            said["mail"] = [f"{mailbox:.0%} of them have one and the same mailbox."]
        return said

    def _bans(self) -> str:
        banned = len(self.raw.banned.keys() & set(self.members))
        return f"{banned:,} of them had been banned." if banned else "None of them had been banned."

    def _signups(self) -> str:
        times = sorted(self.raw.opened[account] for account in self.members)
        near = {i for i, (a, b) in enumerate(pairwise(times)) if b - a <= timedelta(hours=1)}
        share = len(near | {i + 1 for i in near}) / len(times)
        return (
            f"{share:.0%} of them were opened within an hour of another."
            if share
            else ("No two were opened within an hour of each other.")
        )

    def _starts(self, usual: list[timedelta]) -> str:
        delays = [self.raw.delay[account] for account in self.members if account in self.raw.delay]
        if not delays:
            return ""
        minutes = median(delay / timedelta(minutes=1) for delay in delays)
        rank = median((1 + bisect_right(usual, delay)) / (1 + len(usual)) for delay in delays)
        soon = f"as soon as {min(rank, 1):.1%} of ordinary accounts do"
        return f"A typical one first acts {minutes:,.0f} minutes after it was opened, {soon}."

    def _moments(self) -> str:
        """Say how often pairs of members chose the same five minutes, and how often others in the very same hours did.

        66 pairs of others, as many as twelve slots have, meet as is usual over all hours. Or how often they would, if
        they keep to the same twelfths of an hour as in their other hours, where that is more.
        """
        acts = {(slot_of(r.time), a) for a in self.members for r in self.raw.of[a] if r.file != CHARGED}
        active = Counter(slot for slot, _ in acts)
        expected, habit = 0.0, Counter[int]()
        for slot, number in active.items():
            habit[slot.minute // 5] += number
        for hour in {slot.replace(minute=0) for slot in active}:
            slots = [hour + i * FIVE for i in range(12)]
            crowd = [self.raw.crowd[slot] - active[slot] for slot in slots]
            share = (sum(map(_pairs, crowd)) + 66 * self.raw.usual) / (_pairs(sum(crowd)) + 66)
            rest = [habit[i] - active[slot] + 1 for i, slot in enumerate(slots)]
            share = max(share, sum(each**2 for each in rest) / sum(rest) ** 2)
            expected += _pairs(sum(active[slot] for slot in slots)) * share
        times = f"{sum(map(_pairs, active.values())):,.0f} times, of which their hours explain {expected:,.0f}"
        return f"Pairs of them act in the same five minutes {times}."

    def volume(self) -> float:
        """Return the mean logarithm of a member's events."""
        return fmean(math.log(self.raw.moments[account]) for account in self.members)

    def spread(self) -> float:
        """Return the variance of that logarithm."""
        return variance(math.log(self.raw.moments[account]) for account in self.members)

    def alike(self) -> float:
        """Return the share of pairs whose mailbox names are of one pattern, of those on no domain of the group."""
        domains = self.of_kind("email_domain")
        house = {a for item, on in domains.items() if 2 * len(on) >= len(self.raw.holders[item]) for a in on}
        named = [_of(self.raw.held[account], "email_pattern") for account in set(self.members) - house]
        n = sum(map(bool, named))
        alike = sum(many * (many - 1) for many in Counter(item for each in named for item in each).values())
        return alike / (n * (n - 1)) if n > 1 else math.nan

    def on_their_own_domain(self) -> float:
        """Return the share of members on a mail domain that no other account has."""
        domains = [_of(self.raw.held[account], "email_domain") for account in self.members]
        return fmean(bool(each) and all(len(self.raw.holders[item]) == 1 for item in each) for each in domains)

    def fresh(self, usual: dict[int, float]) -> float:
        """Return their addresses beside the shared ones, over what is `usual` in as many events, by octaves."""
        own = expected = 0.0
        for account in self.members:
            beside = _of(self.raw.held[account], "ip") - self.shared.keys()
            if beside:
                own += len(beside)
                octave = _octave(sum(self.raw.events(account, item) for item in beside))
                expected += float(np.interp(octave, list(usual), list(usual.values())))
        return own / expected if expected else math.nan

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


def _of(items: set[Item], kind: str) -> set[Item]:
    return {item for item in items if item[0] == kind}


def _octave(events: int) -> int:
    return events.bit_length() - 1


class Usual:
    """What is usual: the medians of 200 groups of twelve in no cluster, drawn by the seed that the report states.

    How many addresses go with how many events is told by all who are in no cluster and in none of those groups.
    """

    def __init__(self, raw: Raw, clusters: list[set[str]], seed: int) -> None:
        clustered = set().union(*clusters)
        everybody = sorted(raw.of)
        alone = [n for n, account in enumerate(everybody) if account not in clustered and raw.moments[account] > 1]
        drawn = np.random.default_rng(seed).permutation(np.array(alone))[:2400].tolist()
        names = [everybody[n] for n in drawn[: len(drawn) // 12 * 12]]
        groups = [Group(raw, names[i : i + 12]) for i in range(0, len(names), 12)]
        by_octave: defaultdict[int, list[int]] = defaultdict(list)
        for account in raw.of.keys() - clustered - set(names):
            if addresses := _of(raw.held[account], "ip"):
                by_octave[_octave(sum(raw.events(account, item) for item in addresses))].append(len(addresses))
        self.delays = sorted(delay for account, delay in raw.delay.items() if account not in clustered)
        self.addresses = {octave: fmean(by_octave[octave]) for octave in sorted(by_octave)}
        self.volume = median(group.volume() for group in groups)
        self.spread = median(group.spread() for group in groups)
        self.alike = median(each for group in groups if not math.isnan(each := group.alike()))
        self.fresh = median(each for group in groups if not math.isnan(each := group.fresh(self.addresses)))
