"""Simulated worlds: what each scenario promises holds in the tables that are written."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from graphlink import scenarios, simulate
from graphlink.errors import FolderInTheWay, UsageError

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
SIGNUPS = [
    "account_id",
    "created_at",
    "email",
    "signup_ip",
    "device_id",
    "payment_id",
    "phone",
    "referrer",
    "user_agent",
    "banned_at",
]
USAGE = ["account_id", "timestamp", "ip", "device_id", "prompt_hash", "model", "tokens_in", "tokens_out", "user_agent"]
PAYMENTS = ["account_id", "timestamp", "payment_id", "amount"]
SMALL = 2_000


@cache
def world(name: str, accounts: int = SMALL, seed: int = 3) -> simulate.World:
    return simulate.simulate(name, seed=seed, accounts=accounts)


@cache
def usage(name: str, accounts: int = SMALL, seed: int = 3) -> pd.DataFrame:
    """Return the requests, with the ring and the role of each account beside them."""
    made = world(name, accounts, seed)
    truth = made.truth.set_index("account_id")
    rows: pd.DataFrame = made.usage.to_pandas()
    return rows.assign(
        **{column: rows["account_id"].map(truth[column]).fillna("").astype(object) for column in ("ring", "role")}
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def written(name: str, seed: int) -> dict[str, bytes]:
        made = simulate.simulate("sample", seed=seed, accounts=600)
        folder = simulate.write(made, tmp_path / name, form="mixed")
        return {file.name: file.read_bytes() for file in folder.rglob("*.*")}

    first, again, other = written("first", 1), written("again", 1), written("other", 2)
    assert first == again
    assert all(first[name] != other[name] for name in first)


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_every_world_has_the_columns_of_the_contract_and_hangs_together(name: str) -> None:
    made, rows = world(name), usage(name)
    signups, payments = made.signups.to_pandas(), made.payments.to_pandas()
    assert (made.signups.column_names, made.usage.column_names, made.payments.column_names) == (
        SIGNUPS,
        USAGE,
        PAYMENTS,
    )
    assert len(signups) == SMALL
    assert signups["account_id"].is_unique
    assert signups["email"].is_unique
    for accounts in (
        rows["account_id"],
        payments["account_id"],
        made.truth["account_id"],
        signups["referrer"].dropna(),
    ):
        assert accounts.isin(signups["account_id"]).all()
    assert rows["account_id"].nunique() > 0.3 * SMALL
    if not made.scenario.skewed:
        created = rows["account_id"].map(signups.set_index("account_id")["created_at"])
        assert (rows["timestamp"] >= created).all()


@pytest.mark.parametrize("name", set(scenarios.SCENARIOS) - {"s3"})
def test_rings_are_planted_and_stay_a_small_part(name: str) -> None:
    truth = world(name).truth
    ring = truth[truth["ring"] != ""]
    assert (ring["role"] == "ring").all()
    assert ring.groupby("ring").size().min() >= (2 if name == "s12" else 3)
    assert 0 < len(ring) < SMALL / 6


def test_a_world_without_rings_has_households_organisations_agencies_and_test_accounts() -> None:
    truth = world("s3").truth
    assert set(truth["ring"]) == {""}
    assert set(truth["role"]) == {"household", "organisation", "agency", "test accounts"}
    assert 0.15 < (truth["role"] == "household").sum() / SMALL < 0.2


def test_some_addresses_serve_very_many_and_most_serve_one() -> None:
    accounts = usage("s3").groupby("ip")["account_id"].nunique()
    assert accounts.max() > 0.02 * SMALL
    assert (accounts == 1).mean() > 0.5


def test_a_classic_ring_shares_three_cards_four_devices_and_six_addresses() -> None:
    made, rows = world("s1"), usage("s1")
    rings = made.truth[made.truth["ring"] != ""].set_index("account_id")["ring"]
    cards = made.payments.to_pandas().assign(ring=lambda table: table["account_id"].map(rings))
    assert (cards.groupby("ring")["payment_id"].nunique() <= 3).all()
    for column, most in (("device_id", 4), ("ip", 6)):
        own = rows.groupby(column)["ring"].transform(lambda rings: rings.ne("").all())
        touched = rows[own].groupby(["ring", column])["account_id"].nunique().reset_index(name="size")
        assert touched[touched["size"] > 1].groupby("ring").size().between(1, most).all()


def test_poison_puts_every_ring_account_on_three_hubs_of_which_one_serves_a_tenth() -> None:
    rows = usage("s2")
    used = set(world("s2").truth.query("ring != ''")["account_id"])
    hubs = [ip for ip, accounts in rows.groupby("ip")["account_id"] if used <= set(accounts)]
    assert len(hubs) == 3
    assert 0.08 < rows[rows["ip"].isin(hubs)].groupby("ip")["account_id"].nunique().max() / SMALL < 0.2


def test_each_ring_has_an_organisation_as_its_twin() -> None:
    truth = world("s4").truth
    rings = truth[truth["ring"] != ""].groupby("ring").size()
    organisations = truth[truth["role"] == "organisation"].groupby("group").size()
    assert sorted(rings) == sorted(organisations[-len(rings) :])


def test_rings_visit_the_homes_of_those_they_stain() -> None:
    rows = usage("s5")
    at_home = rows[rows["role"] == "stained"].groupby("account_id")["ip"].agg(lambda seen: seen.mode()[0])
    at_home = at_home[at_home.map(rows.groupby("ip")["account_id"].nunique()) < 10]  # no carrier, no campus
    visited = set(rows.loc[rows["role"] == "ring", "ip"])
    assert at_home.isin(visited).mean() > 0.5


def test_bridges_carry_things_of_one_ring_to_the_next() -> None:
    rows = usage("s6", 20_000)
    devices = rows[rows["ring"] != ""].groupby("device_id")["ring"].nunique()
    assert devices.max() == 2


@pytest.mark.parametrize(("name", "share"), [("s8", 0.3), ("s9", 0.2), ("s9-15", 0.15)])
def test_where_everything_is_used_once_ring_accounts_share_no_card_device_or_agent(name: str, share: float) -> None:
    made, rows = world(name), usage(name)
    guilty = rows[rows["ring"] != ""]
    assert guilty.groupby("device_id")["account_id"].nunique().max() == 1
    assert guilty.groupby("ip")["account_id"].nunique().mean() < 1.05
    assert made.scenario.rings[0].make.participation == (share, share, False)


def test_synchronised_slots_gather_the_stated_share_of_a_ring() -> None:
    rows = usage("s8")
    ring = rows[rows["ring"] == "ring-001"]
    together = ring.groupby(ring["timestamp"].dt.floor("5min"))["account_id"].nunique() / ring["account_id"].nunique()
    assert 0.2 < together.nlargest(20).mean() < 0.5


def test_a_third_of_a_ring_is_banned_each_week_and_replaced_within_two_days() -> None:
    made = world("s11")
    ring = set(made.truth.query("ring == 'ring-001'")["account_id"])
    signups = made.signups.to_pandas()
    rows = signups[signups["account_id"].isin(ring)].sort_values("created_at")
    bans = rows["banned_at"].dropna().dt.floor("D").value_counts()
    assert len(bans) == 12
    started = rows[rows["created_at"] > rows["banned_at"].min()]["created_at"]
    waited = [(at - max(ban for ban in rows["banned_at"].dropna() if ban <= at)).total_seconds() for at in started]
    assert max(waited) <= 2 * 86_400
    assert len(started) == bans.sum()


def test_nobody_is_active_after_a_ban() -> None:
    made, rows = world("s11"), usage("s11")
    banned = rows["account_id"].map(made.signups.to_pandas().set_index("account_id")["banned_at"])
    late = (rows["timestamp"] - banned).dt.total_seconds()
    assert late[banned.notna()].max() < 3_600  # a session begun before it ends after it


def test_the_careless_world_repeats_rows_and_writes_tokens_in_capitals() -> None:
    made, rows = world("s14"), usage("s14")
    assert 0.03 < rows.duplicated(["account_id", "timestamp", "prompt_hash"]).mean() < 0.07
    assert rows["device_id"].str.startswith("DEV_").all()
    assert made.signups.to_pandas()["device_id"].str.startswith("dev_").all()


def test_a_large_ring_is_scaled_with_its_world() -> None:
    sizes = world("s12", 10_000).truth.query("ring != ''").groupby("ring").size()
    assert sizes.tolist() == [195, 39, 10]


def test_parameters_are_drawn_anew_for_each_seed() -> None:
    drawn = [
        tuple(simulate.crews.gather(scenarios.scenario("s1").scaled(500), seed).life.values()) for seed in range(3)
    ]
    assert len(set(drawn)) == 3


def test_the_foreign_prior_reaches_beyond_the_usual_one() -> None:
    prior, rng = scenarios.Prior(2, 4), np.random.default_rng(0)
    usual, foreign = prior.draw(rng, 1_000), prior.draw(rng, 1_000, foreign=True)
    assert usual.min() >= 2
    assert usual.max() <= 4
    assert foreign.min() < 2
    assert foreign.max() > 4


def test_all_forms_hold_the_same_records(tmp_path: Path) -> None:
    made = simulate.simulate("sample", accounts=600)
    for form in ("csv", "jsonl", "parquet"):
        simulate.write(made, tmp_path / form, form=form)
    parquet = pq.read_table(tmp_path / "parquet/records/usage.parquet")
    csv = pc.read_csv(tmp_path / "csv/records/usage.csv")
    lines = (tmp_path / "jsonl/records/usage.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    for column in ("account_id", "ip", "device_id", "tokens_out"):
        assert parquet[column].to_pylist() == csv[column].to_pylist() == [record[column] for record in records]
    assert records[0]["timestamp"].endswith("Z")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(FolderInTheWay):
        simulate.write(world("s3"), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_wrong_names_and_too_few_accounts_are_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="s1, s2"):
        simulate.simulate("s99")
    with pytest.raises(UsageError, match="too few"):
        simulate.simulate("s1", accounts=10)
    with pytest.raises(UsageError, match="mixed"):
        simulate.write(world("s3"), tmp_path / "new", form="xml")


def test_the_committed_sample_is_what_its_readme_says() -> None:
    made = simulate.simulate("sample", seed=12)
    assert pq.read_table(SAMPLE / "records/usage.parquet").equals(made.usage)
    assert pd.read_csv(SAMPLE / "truth.csv", keep_default_na=False).equals(made.truth.astype(str))
    signups = pd.read_csv(SAMPLE / "records/signups.csv", dtype=str)
    assert signups["account_id"].tolist() == made.signups["account_id"].to_pylist()
    assert signups["email"].tolist() == made.signups["email"].to_pylist()
