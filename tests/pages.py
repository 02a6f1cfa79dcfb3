"""What the pages of a report must say, number for number, told again from the raw records and from the tables beside.

None of graphlink's rooms, as in rederive.py, which holds the tables against the records. Here every piece of text on a
page that bears a digit (a paragraph, a row, a point of a list, a word in a picture) must be one of those that follow
from records and tables: `unexplained` returns the others. Left out are the picture of who shares what, whose places are
drawn and not derived, and what stands on every page (method, glossary).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from itertools import pairwise
from platform import python_version
from typing import TYPE_CHECKING

from page_text import (
    TOP,
    better,
    first_six,
    instant,
    many,
    number,
    plain,
    rest_of,
    rounded,
    share,
    short,
    total,
    when,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raw import Raw

    Row = dict[str, str]
    Tables = defaultdict[str, list[Row]]

PROVENANCE = "provenance.csv"
TOP_HUBS, BINS, LANES = 20, 60, 40
INNOCENT = {
    "household": "one household",
    "organisation": "one organisation",
    "shared egress": "people behind one shared way to the internet",
    "agency": "an agency that runs accounts for its clients",
    "test accounts": "test accounts",
    "common interest": "strangers who use one tool or take one course",
}
TIERS = {
    "coordinated": "Act on these: the evidence beats every innocent explanation that was weighed.",
    "review": "A person must look: the evidence does not decide.",
    "explained": "Linked, and an innocent reason accounts for it: not accused.",
}


# What is told of a cluster


def page(raw: Raw, row: Row, tables: Tables, told: dict[str, str]) -> Iterator[str]:
    """Yield each text with a digit that the page of a cluster may bear.

    Args:
        raw: the records.
        row: what the index says of the cluster.
        tables: those beside the page.
        told: the table of provenance.

    """
    taken = "".join(_taken_sentence(raw, tables["members"])) if tables["taken"] else ""
    yield from _head(raw, row, tables, taken)
    yield from chance(told)
    yield from _findings(row, tables)
    yield from _left_out(row, tables)
    yield from _links(tables)
    yield from _items(tables)
    if taken:
        yield from _taken(raw, tables)
    if row["tier"] != "explained":
        yield from _timeline(tables)
        yield from _hours(tables)
    yield from _rows(tables)
    yield from provenance(told)


def _head(raw: Raw, row: Row, tables: Tables, taken: str) -> Iterator[str]:
    n, tier, score = int(row["accounts"]), row["tier"], float(row["score"])
    name = INNOCENT.get(row["explanation"], "")
    known = {"coordinated": ": the evidence points to one operator", "review": " that a person must look at"}
    likely = f", most likely {name}" if score < 0 else f" that {name} would explain"
    yield f"All clusters · Evidence report · cluster {row['cluster_id']} · rank {int(row['rank']):,}"
    yield f"{n:,} linked accounts{known.get(tier, likely if name else '')}"
    yield f"{row['evidence']} findings.csv"
    yield f"{taken} taken.csv"
    nobody = "The evidence does not decide; nobody is accused here."
    if tier == "explained":
        nobody = ("That is too little to go by. " if score > 0 else "") + "Nobody is accused here."
    said = f"{tier} {better(score)} (score {rounded(score)})."
    yield said if tier == "coordinated" else f"{said} {nobody}"
    core = sum(each["role"] == "core" for each in tables["members"])
    yield f"Accounts | {n:,} | {core:,} core, {n - core:,} edge"
    yield f"First seen | {when(min(each['first_seen'] for each in tables['members']))} | all times are UTC"
    yield f"Last seen | {when(max(each['last_seen'] for each in tables['members']))} | in the records that were read"
    events = [each for member in tables["members"] for each in raw.of[member["account_id"]]]
    made = sum(each.model is not None for each in events)
    yield f"Taken | {made:,} | exchanges, of {len(events):,} records that name them"
    yield f"Events | {len(events):,} | rows of the records that name them"
    against = [float(each["weight"]) for each in tables["findings"] if each["side"] == "against"]
    stands = "stands" if len(against) == 1 else "stand"
    yield (
        f"Against it {stands} {many(len(against), 'finding', 'findings')} of {rounded(sum(against))}"
        + (" together" if len(against) > 1 else "")
        + f".{_rival(row, tables)}{_hinges(row, tables)} The case against"
    )


def _rival(row: Row, tables: Tables) -> str:
    rivals = {each["explanation"] for each in tables["findings"]} - {""}
    rival = row["explanation"] or (min(rivals) if len(rivals) == 1 else "")
    return f" The innocent explanation that comes closest is {INNOCENT[rival]}." if rival else ""


def _hinges(row: Row, tables: Tables) -> str:
    names = [each["left_out"] for each in tables["sensitivity"] if each["tier"] != row["tier"]]
    which = "that" if len(names) == 1 else "any one of these"
    if names:
        return f" It hangs on {' and on '.join(names)}: without {which} the tier would be lower."
    return " No one family of evidence carries it alone." if tables["sensitivity"] else ""


def chance(told: dict[str, str]) -> Iterator[str]:
    """Yield what chance would do, as provenance has it: what worlds of chance held is no fact of the records."""
    of = {name.removeprefix("chance.decoys."): value for name, value in told.items()}
    worlds, links = number(of["worlds"]), float(of["links"]) > 2 * float(of["links_promised"])
    one = of["worlds"] == "1"
    weaker = " (strangers of one week share more by chance than the bar knows, so a link alone is weaker than it says),"
    more = "; more of them (--decoys) tell it more closely" if float(of["fdr_high"]) > 0.05 else ""
    yield (
        f"What chance alone would do. {number(told['links'])} pairs of accounts were linked in the whole case, of "
        f"{number(told['chance.tried'])} that were weighed. The bar for a link is set so that chance is expected to "
        f"make "
        f"at most {100 * float(told['chance.stated']):,.4g}% of all links, everything that was tried taken into "
        f"account. "
        f"As a check {worlds} {'world' if one else 'worlds'} of chance {'was' if one else 'were'} searched in the same "
        f"way: {number(of['accounts'])} accounts that share as much, but with anybody who came about the same time. It "
        f"held {number(of['links'])} links, where {number(of['links_promised'])} were "
        f"expected{weaker if links else ','} "
        f"{many(int(of['coordinated']), 'coordinated cluster', 'coordinated clusters')} and {number(of['review'])} for "
        f"review, so that chance alone is estimated to have made {100 * float(of['fdr']):,.4g}% of the coordinated "
        f"clusters here, and at most {100 * float(of['fdr_high']):,.4g}% as far as "
        f"{'one world' if one else 'so many worlds'} "
        f"can tell{more}. That speaks of chance only: people who truly belong together, as a household does, are "
        f"linked "
        "too, and judged afterwards. provenance.csv"
    )


def _findings(row: Row, tables: Tables) -> Iterator[str]:
    for each in tables["findings"]:
        weight, sentence = float(each["weight"]), " ".join(each["sentence"].split())
        against = INNOCENT.get(each["explanation"], "")
        for source in ("members.csv", "sightings.csv", "the records"):
            yield f"{rounded(weight)} | {sentence} {source}"
            yield f"{rounded(weight)} | {sentence} Weighed against {against}. {source}"
        yield f"Beside the score, and not counted in it: {sentence} findings.csv"
    score, name = (
        float(row["score"]),
        _rival(row, tables).removeprefix(" The innocent explanation that comes closest is "),
    )
    said = f"{better(score)}. findings.csv"
    yield f"The best innocent explanation is {name} {said}"
    yield f"The best innocent explanation that was weighed is {name[:-1]}, and it falls short. {said}"
    sides = [sum(float(each["weight"]) for each in tables["findings"] if each["side"] == s) for s in ("for", "against")]
    yield (
        f"All findings together: {rounded(sides[0])} for and {rounded(sides[1])} against make {rounded(score)}, "
        "the score."
    )


def _left_out(row: Row, tables: Tables) -> Iterator[str]:
    for each in tables["sensitivity"]:
        lost = [name for name in each["lost"].split(", ") if name]
        kept = f"{int(each['kept']):,} of {int(row['accounts']):,}"
        yield f"{each['left_out']} | {kept} | {each['tier']} | {first_six(lost) or 'nobody'}"


def _links(tables: Tables) -> Iterator[str]:
    bits = [float(each["bits"]) for each in tables["links"]]
    if not bits:
        return
    mean, agreed = sum(bits) / len(bits), sum(", " in each["families"] for each in tables["links"])
    odds = f"{float(f'{2**mean:.2g}'):,.0f}" if mean <= 40 else "a trillion"
    yield (
        f"{many(len(bits), 'pair', 'pairs')} of these accounts {'is' if len(bits) == 1 else 'are'} linked, {agreed:,} "
        f"of "
        f"them by two families of items or more. The average link stands {rounded(mean)} bits beyond chance: by "
        f"accident two accounts agree as much in one in {odds} pairs at most."
        + (
            f" The weakest stands {rounded(min(bits))} bits. A link of few bits carries nothing by itself: it is "
            f"listed "
            "where both accounts agree with the rest of the group, one by one, and so with each other."
            if len(bits) > 1
            else ""
        )
    )
    family = {(each["kind"], each["value"]): each["family"] for each in tables["items"]}
    total: Counter[str] = Counter()
    for each in tables["links"]:
        for kind, value, given in re.findall(r"(\S+) (.*?) \(([0-9.]+) bits\)(?:; |$)", each["items"]):
            total[family[kind, value]] += float(given)
    # the tables give the bits of an item to three digits, so that a mean may lie half a digit to one side
    for name, of in total.items():
        yield from {f"{name} | {rounded(of / len(bits) + by)}" for by in (-0.0005, 0, 0.0005)}
    yield from {f"beyond chance | {rounded(mean)}"}


def _items(tables: Tables) -> Iterator[str]:
    n, touching = len(tables["members"]), defaultdict(list)
    for each in tables["sightings"]:
        touching[each["kind"], each["value"]].append(each)
    for item in tables["items"]:
        links, own = int(item["links"]), touching[item["kind"], item["value"]]
        if not links or not own:
            continue
        others = int(item["accounts"]) - len(own)
        beside = " and by nobody else"
        if others > 0:
            verb, be = ("touches", "is") if others == 1 else ("touch", "are")
            outside = f"{many(others, 'account', 'accounts')} outside the cluster"
            beside = f"; {outside} {verb} it too and {be} not accused by that"
        first = f"For example {own[0]['file']}, row {int(own[0]['row']):,}: {own[0]['account_id']}"
        yield (
            f"{item['kind']} {item['value']} | Shared by {len(own):,} of {n:,} members{beside}. Gives "
            f"{rounded(float(item['bits']) / links)} bits to each of {many(links, 'link', 'links')}. | "
            f"{first_six([each['account_id'] for each in own])} | {first}, first on {when(own[0]['first_seen'])}."
        )


# What was taken, and when what happened


def _used(raw: Raw, members: list[Row]) -> list[tuple[str, str, dict[str, float]]]:
    """Return day, model and measures of each record of the members."""
    rows = (row for member in members for row in raw.of[member["account_id"]])
    return [(f"{row.time:%Y-%m-%d}", row.model or "", row.measures) for row in rows]


def _taken_sentence(raw: Raw, members: list[Row]) -> Iterator[str]:
    used = _used(raw, members)
    models = Counter(model for _, model, _ in used if model)
    made, every = models.total(), sum(row.model is not None for row in raw.rows)
    yield f"{len(members):,} accounts made {short(made)} exchanges ({share(made / every)} of all)"
    sums: Counter[str] = Counter()
    for _, _, measures in used:
        sums.update(measures)
    tokens = (
        [f"{short(sums['tokens_in'] + sums['tokens_out'])} tokens"] if sums["tokens_in"] + sums["tokens_out"] else []
    )
    told = [*tokens, *([f"amount {short(sums['amount'])}"] if sums["amount"] else [])]
    yield f" with {' and '.join(told)}" if told else ""
    named = [f"{model} ({share(count / made)})" for model, count in sorted(models.items(), key=lambda m: (-m[1], m[0]))]
    named = [*named[:3], *([f"{len(named) - 3} more"] if len(named) > 3 else [])]
    yield f" from {', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else f" from {named[0]}"
    days = sorted(day for day, model, _ in used if model)
    yield f" between {days[0]} and {days[-1]}." if days[0] != days[-1] else f" on {days[0]}."


def _taken(raw: Raw, tables: Tables) -> Iterator[str]:
    used = _used(raw, tables["members"])
    every, made = sum(row.model is not None for row in raw.rows), sum(bool(model) for _, model, _ in used)
    yield (
        "Counted over the rows of all records that name a member. Of all "
        f"{every:,} exchanges in these records, {made:,} are theirs: {100 * made / every:,.4g}%."
    )
    for name in {model for _, model, _ in used}:
        own = [measures for _, model, measures in used if model == name]
        sums = [total(sum(each.get(m, 0) for each in own)) for m in ("amount", "tokens_in", "tokens_out")]
        events = len(own) if name else 0
        yield " | ".join([name or "no model named", f"{events:,}", f"{100 * events / max(made, 1):.1f}%", *sums])


def _timeline(tables: Tables) -> Iterator[str]:
    members = tables["members"]
    spans = [(instant(each["first_seen"]), instant(each["last_seen"])) for each in members]
    opened = [instant(each["signed_up"]) for each in members if each["signed_up"]]
    banned = [instant(each["banned"]) for each in members if each["banned"]]
    known = [*opened, *banned, *(time for span in spans for time in span)]
    start, end = min(known), max(known)
    length = max(end - start, timedelta(minutes=1))

    def place(time: datetime) -> int:
        return min(BINS - 1, int((min(max(time, start), end) - start) / length * BINS))

    days: Counter[int] = Counter()
    for each in tables["taken"]:
        days[place(datetime.fromisoformat(each["day"]).replace(tzinfo=UTC) + timedelta(hours=12))] += int(
            each["events"]
        )
    in_use = Counter(at for first, last in spans for at in range(place(first), place(last) + 1))
    for counts in (Counter(map(place, opened)), in_use, Counter(map(place, banned)), days):
        if counts:
            yield f"at most {max(counts.values()):,}"
        yield from (f"{start + length * (at / BINS):%Y-%m-%d %H:%M}: {count:,}" for at, count in counts.items())
    step = length / BINS
    unit = next((n, u) for n, u in (("days", 24), ("hours", 1), ("minutes", 1 / 60)) if step >= timedelta(hours=u))
    lanes = (
        " Below, one line an account: a ring where it was opened, a bar while it was in use, "
        "a cross where it was banned."
    )
    yield (
        f"Each column stands for {step / timedelta(hours=unit[1]):.3g} {unit[0]}. An account counts as in use from its "
        f"first to its last event.{lanes if len(members) <= LANES else ''} Times are UTC."
    )
    if len(members) <= LANES:
        yield from (each["account_id"] for each in members)
    yield from _ticks(start, end)
    yield from _replaced(tables, [*opened], sorted(banned), end)


def _ticks(start: datetime, end: datetime) -> Iterator[str]:
    """Yield the dates below a timeline: the smallest of these steps of which seven at most cover it."""
    days = (1, 2, 7, 14, 30, 61, 91, 183, *(365 * years for years in (1, 2, 5, 10, 20)))
    hours = (1 / 12, 1, 3, 6, 12, *(24 * each for each in days))
    step = next(timedelta(hours=each) for each in hours if (end - start) / timedelta(hours=each) <= 7)
    time = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while time <= end:
        if time >= start:
            yield f"{time:%Y-%m-%d}" if step >= timedelta(days=1) else f"{time:%m-%d %H:%M}"
        time += step


def _replaced(tables: Tables, opened: list[datetime], bans: list[datetime], end: datetime) -> Iterator[str]:
    after = [time for time in opened if bans and time > bans[0]]
    if not after:
        return
    at_once = timedelta(hours=48)
    covered = sum((min(b - a, at_once) for a, b in pairwise([*bans, end])), timedelta()) / (end - bans[0])
    found = len(tables["handovers"])
    red = " A red line leads from each such ban to what was opened next."
    drawn = len(tables["members"]) <= LANES and found
    yield (
        f"{found:,} of the {many(len(after), 'account', 'accounts')} opened after the first ban "
        f"{'was' if found == 1 else 'were'} opened within 48 hours of a ban of another member; opened at any time, "
        f"{rounded(covered * len(after))} of them would have been.{red if drawn else ''} This counts times only: "
        f"whether "
        "one took the place of the other is for a person to judge."
    )


def _hours(tables: Tables) -> Iterator[str]:
    counts = Counter({(int(each["weekday"]), int(each["hour"])): int(each["events"]) for each in tables["hours"]})
    if not counts:
        return
    yield from (f"{counts[day, hour]:,}" for day in range(7) for hour in range(24))
    yield from (f"{hour:02d}:00" for hour in range(0, 24, 3))
    yield (
        "How many events fall into each hour of the week (UTC), over the whole time: the stronger the colour, the "
        "more; "
        f"the strongest holds {max(counts.values()):,}. People sleep and have weekends; a script need not. That alone "
        "accuses nobody: innocent jobs run round the clock, too."
    )


# Tables


def _rows(tables: Tables) -> Iterator[str]:
    members = tables["members"]
    banned = any(each["banned"] for each in members)
    for each in members[:TOP]:
        times = [when(each[name]) for name in ("signed_up", "first_seen", "last_seen", *(["banned"] if banned else []))]
        cost, events = int(each["framing_cost"]), int(each["events"])
        figures = [f"{float(each['confidence']):.2f}", f"{cost:,}", f"{events:,}"]
        yield plain(" | ".join([each["account_id"], each["role"], *figures, *times]))
    for each in tables["outsiders"][:TOP]:
        yield f"{each['account_id']} | {each['role']} | {each['sentence']}"
    hubs = [each for each in tables["items"] if each["use"] in {"public", "ignored"} and each["links"] == "0"]
    items = [each for each in tables["items"] if each not in hubs]
    for each in items[:TOP]:
        others = max(0, int(each["accounts"]) - int(each["members"]))
        figures = [f"{int(each['members']):,}", f"{others:,}", f"{int(each['links']):,}"]
        told = [each["kind"], each["value"], *figures, rounded(float(each["bits"])), each["use"], each["reason"]]
        yield plain(" | ".join(told))
    for each in hubs[:TOP_HUBS]:
        figures = [f"{int(each['members']):,}", f"{int(each['accounts']):,}"]
        yield plain(" | ".join([each["kind"], each["value"], *figures, each["use"], each["reason"]]))
    yield from rest_of(len(members), "members")
    yield from rest_of(len(tables["outsiders"]), "outsiders")
    yield from rest_of(len(items), "items")
    yield from rest_of(len(hubs), "items", TOP_HUBS)


def inputs(raw: Raw) -> dict[str, str]:
    """Return what the table of provenance must say of the records and of the libraries that read them here."""
    rows = Counter(row.file for row in raw.rows)
    told = {"accounts": str(len(raw.of)), "usage.events": str(sum(row.model is not None for row in raw.rows))}
    for place, path in enumerate(sorted(raw.folder.iterdir()), 1):
        read = {"rows_read": rows[path.name], "rows_accepted": rows[path.name], "rows_quarantined": 0}
        read |= {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        told |= {f"inputs.{place}.{name}": str(value) for name, value in read.items()}
    return told


def versions(told: dict[str, str]) -> dict[str, str]:
    """Return the versions that are installed here of the libraries that a report names."""
    names = [name.removeprefix("libraries.") for name in told if name.startswith("libraries.")]
    here = {f"libraries.{name}": python_version() if name == "Python" else version(name) for name in names}
    return here | {"version": version("graphlink")}


def provenance(told: dict[str, str]) -> Iterator[str]:
    """Yield what the pages say of inputs, program and settings."""
    for place in range(1, 1 + len([name for name in told if re.fullmatch(r"inputs\.\d+\.path", name)])):
        of = {
            name: told[f"inputs.{place}.{name}"]
            for name in ("path", "sha256", "rows_read", "rows_accepted", "rows_quarantined")
        }
        figures = [number(of[name]) for name in ("rows_read", "rows_accepted", "rows_quarantined")]
        yield " | ".join([of["path"], *figures, of["sha256"]])
    yield f"Command = {told['command']}"
    yield f"Program = graphlink {told['version']}"
    made = [
        f"{name.removeprefix('libraries.')} {value}" for name, value in told.items() if name.startswith("libraries.")
    ]
    yield f"Made with = {', '.join(made)}"
    yield f"Seed = {told['seed']}"
    settings = {name.removeprefix("settings."): value for name, value in told.items() if name.startswith("settings.")}
    yield from (f"{name} = {value or 'not set'}" for name, value in settings.items())


def index(told: dict[str, str], clusters: list[Row]) -> Iterator[str]:
    """Yield each text with a digit that the index may bear, from its table in which each row was derived."""
    tiers = {tier: [each for each in clusters if each["tier"] == tier] for tier in TIERS}
    accounts = {tier: sum(int(each["accounts"]) for each in of) for tier, of in tiers.items()}
    accused = tiers["coordinated"]
    clusters_of = many(len(accused), "coordinated cluster", "coordinated clusters")
    yield f"{many(accounts['coordinated'], 'account', 'accounts')} in {clusters_of}"
    yield f"No coordinated cluster, {many(len(clusters), 'linked group', 'linked groups')} to know of"
    yield (
        f"{number(told['accounts'])} accounts were read provenance.csv. Accounts are linked where they share more than "
        "chance explains. For each cluster the innocent explanations were weighed against one operator. The ranking "
        "below "
        "says how that came out; each name opens the evidence."
    )
    for tier, of in tiers.items():
        yield f"{len(of):,} | {tier.capitalize()} · {many(accounts[tier], 'account', 'accounts')} | {TIERS[tier]}"
    ranked = sorted(
        clusters, key=lambda each: (list(tiers).index(each["tier"]), -float(each["score"]), each["cluster_id"])
    )
    for rank, each in enumerate(ranked, 1):
        best = f" Best innocent explanation: {each['explanation']}." if each["explanation"] else ""
        figures = [f"{int(each[name]):,}" for name in ("accounts", "core_accounts", "events")]
        days = [each["first_seen"][:10], each["last_seen"][:10]]
        said = f"{each['cluster_id']} | {each['evidence']}{best}"
        yield " | ".join([f"{rank:,}", said, each["tier"], rounded(float(each["score"])), *figures, *days])
    sums = [f"{sum(int(each[name]) for each in clusters):,}" for name in ("accounts", "core_accounts", "events")]
    yield plain(" | ".join([f"All {many(len(clusters), 'cluster', 'clusters')}", "", "", *sums]))
    yield from chance(told)
    yield from provenance(told)
