"""Seeded worlds with their truth: signups, usage and payments, and who is a ring.

A world is drawn in steps that each read only the steps before: `worlds` and `scenarios` (the tables of knobs), `crews`
(who there is), `habits` (what they use), `traffic` (what they do), `names` (how it is spelt). The same scenario, seed
and number of accounts give the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from graphlink import crews, habits, names, scenarios, traffic
from graphlink.errors import FolderInTheWay, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from graphlink.crews import Plan
    from graphlink.traffic import Drawing

FEWEST_ACCOUNTS = 500
"""Below this no world holds its rings and their innocent neighbours."""
FORMS = ("parquet", "csv", "jsonl", "mixed")
_MIXED = {"signups": "csv", "usage": "parquet", "payments": "jsonl"}


@dataclass(frozen=True, slots=True)
class World:
    """A simulated world: its tables, and the truth about it.

    `signups`: account_id, created_at, email, signup_ip, device_id, payment_id, phone, referrer, user_agent, banned_at.
    `payments`: account_id, timestamp, payment_id, amount.
    `truth`: account_id, ring (name, or empty: innocent), role (`ring`, `household`, `organisation`, `agency`,
    `test accounts`, `stained`, `bystander`), group (name of the household, organisation, ...). Accounts that are not
    listed are innocent and belong to nobody.
    """

    scenario: scenarios.Scenario
    seed: int
    signups: pa.Table
    payments: pa.Table
    truth: pd.DataFrame
    _plan: Plan
    _drawn: Drawing

    @property
    def usage(self) -> pa.Table:
        """All requests: account_id, timestamp, ip, device_id, prompt_hash, model, tokens_in, tokens_out, user_agent."""
        return pa.concat_tables(self.usage_parts())

    def usage_parts(self) -> Iterator[pa.Table]:
        """Return the requests in parts that fit into memory, the same every time."""
        return traffic.requests(self._plan, self._drawn)


def simulate(scenario: str, *, seed: int = 0, accounts: int | None = None) -> World:
    """Return the world of that name.

    Args:
        scenario: a name in `scenarios.SCENARIOS`.
        seed: where random numbers start.
        accounts: how many accounts live in it; the scenario's own number if left out. Rings are scaled too.

    Raises:
        UsageError: there is no such scenario, or too few accounts for any.

    """
    if accounts is not None and accounts < FEWEST_ACCOUNTS:
        raise UsageError(f"{accounts} accounts are too few for a world", then=f"ask for {FEWEST_ACCOUNTS} or more")
    plan = crews.gather(scenarios.scenario(scenario).scaled(accounts), seed)
    drawn = traffic.drawing(plan)
    return World(plan.scenario, seed, _signups(plan, drawn), _payments(plan, drawn), _truth(plan, drawn), plan, drawn)


def write(world: World, folder: Path | str, *, form: str = "parquet") -> Path:
    """Return the folder, with records/{signups,usage,payments} and truth.csv written into it.

    Args:
        world: the world.
        folder: where to; it is made if it is not there.
        form: `parquet`, `csv`, `jsonl`, or `mixed`: one table in each.

    Raises:
        UsageError: there is no such form.
        FolderInTheWay: the folder holds something.

    """
    folder = Path(folder)
    if form not in FORMS:
        raise UsageError(f"no format is called {form}", then=f"choose one of {', '.join(FORMS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInTheWay("the folder is not empty", where=str(folder), then="name another")
    (folder / "records").mkdir(parents=True)
    tables = {"signups": [world.signups], "usage": world.usage_parts(), "payments": [world.payments]}
    for name, parts in tables.items():
        ending = _MIXED[name] if form == "mixed" else form
        _WRITERS[ending](folder / "records" / f"{name}.{ending}", parts)
    world.truth.to_csv(folder / "truth.csv", index=False, lineterminator="\n")
    return folder


def _write_parquet(path: Path, parts: Iterable[pa.Table]) -> None:
    parts = iter(parts)
    first = next(parts)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as file:
        file.write_table(first)
        for part in parts:
            file.write_table(part)


def _write_csv(path: Path, parts: Iterable[pa.Table]) -> None:
    parts = map(_with_text_times, parts)
    first = next(parts)
    with pa.csv.CSVWriter(path, first.schema, write_options=pa.csv.WriteOptions(quoting_style="needed")) as file:
        file.write_table(first)
        for part in parts:
            file.write_table(part)


def _write_jsonl(path: Path, parts: Iterable[pa.Table]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for part in map(_with_text_times, parts):
            for batch in part.to_batches(max_chunksize=50_000):
                file.writelines(
                    json.dumps({name: cell for name, cell in row.items() if cell is not None}) + "\n"
                    for row in batch.to_pylist()
                )


_WRITERS: dict[str, Callable[[Path, Iterable[pa.Table]], None]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}


def _with_text_times(table: pa.Table) -> pa.Table:
    """Return the table with instants as ISO 8601 text that ends in Z."""
    for position, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            text = pc.strftime(table[column.name], format="%Y-%m-%dT%H:%M:%SZ")
            table = table.set_column(position, column.name, text)
    return table


def _instants(seconds: NDArray[np.int64], *, empty: int | None = None) -> pa.Array:
    return pa.array(seconds * 1000, pa.timestamp("ms", tz="UTC"), mask=None if empty is None else seconds == empty)


def _signups(plan: Plan, drawn: Drawing) -> pa.Table:
    created = plan.account("created")
    address, device = traffic.at_signup(plan, drawn)
    card = habits.cards(plan)
    code = np.zeros(len(created), np.int64)
    code[card.account] = card.shows(created[card.account])
    order = np.argsort(created, kind="stable")
    table = pa.table(
        {
            "account_id": drawn.ids,
            "created_at": _instants(created),
            "email": names.emails(plan),
            "signup_ip": names.addresses(address),
            "device_id": names.tokens("dev_", device),
            "payment_id": pc.if_else(pa.array(code > 0), names.tokens("card_", code), None),
            "phone": names.phones(plan),
            "referrer": _referrers(plan, drawn),
            "user_agent": pa.array(names.AGENTS).take(pa.array(drawn.agents)),
            "banned_at": _instants(plan.account("banned"), empty=0),
        }
    )
    return table.take(pa.array(order))


def _referrers(plan: Plan, drawn: Drawing) -> pa.Array:
    """Return who invited each account: the first of its crew, a well-known account, or another older one."""
    rng, crew = plan.random("referrers"), plan.account("crew")
    by_age = np.argsort(plan.account("created"), kind="stable")
    rank = np.argsort(by_age)
    fame = rng.choice([1, 40], len(crew), p=[0.7, 0.3])
    inviter = by_age[(rng.random(len(crew)) ** fame * rank).astype(np.int64)]
    eldest = np.zeros(len(plan.crews), np.int64)
    eldest[crew[by_age[::-1]]] = by_age[::-1]
    at = rng.random(len(crew))
    by_crew = at < plan.knob("referred")
    inviter = np.where(by_crew, eldest[crew], inviter)
    invited = (by_crew | (at < plan.life["referred"])) & (inviter != np.arange(len(crew)))
    return pc.if_else(pa.array(invited), drawn.ids.take(pa.array(inviter)), None)


def _payments(plan: Plan, drawn: Drawing) -> pa.Table:
    rng, card = plan.random("payments"), habits.cards(plan)
    times = 1 + rng.poisson(0.5 + plan.scenario.days / 30, len(card.account))
    rows = habits.joined(card.where(np.repeat(np.arange(len(times)), times)), habits.loans(plan))
    who, size = rows.account, len(rows.account)
    time = rng.uniform(plan.account("begins")[who], plan.account("until")[who]).astype(np.int64)
    top_up = np.round(rng.lognormal(3.5, 1, size), 2)
    monthly = rng.choice([20.0, 100.0, 200.0], size, p=[0.5, 0.25, 0.25])
    table = pa.table(
        {
            "account_id": drawn.ids.take(pa.array(who)),
            "timestamp": _instants(time),
            "payment_id": names.tokens("card_", rows.shows(time), capitals=plan.scenario.recased),
            "amount": np.where(rng.random(size) < rng.uniform(0.3, 0.9), monthly, top_up),
        }
    )
    return table.take(pa.array(np.argsort(time, kind="stable")))


def _truth(plan: Plan, drawn: Drawing) -> pd.DataFrame:
    ring, group, role = (plan.knob(name) for name in ("ring", "group", "role"))
    role[habits.bystanders(plan)["account"]] = "bystander"
    role[habits.stained(plan)["victim"]] = "stained"
    truth = pd.DataFrame({"account_id": drawn.ids.to_pylist(), "ring": ring, "role": role, "group": group})
    truth = truth[truth["role"] != ""]
    return truth.sort_values("account_id", ignore_index=True)
