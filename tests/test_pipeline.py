"""The whole job on the sample and on real data: every ring found, nobody innocent accused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphlink import evaluate, pipeline, records
from graphlink.settings import Settings
from graphlink.stages import Stages

if TYPE_CHECKING:
    import pandas as pd

    from graphlink.model import CaseFile

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
ECOMMERCE = ROOT.parent / "shared" / "data" / "ecommerce_fraud" / "fraud_data.csv"

INNOCENT = {"household", "organisation", "agency", "test accounts"}


@pytest.fixture(scope="module")
def told() -> list[str]:
    """Return the list into which the stages of the sample are told as they begin."""
    return []


@pytest.fixture(scope="module")
def sample(told: list[str]) -> CaseFile:
    found = records.read([SAMPLE / "records"], settings=Settings())
    return pipeline.investigate(found, Settings(), Stages(told.append))


@pytest.fixture(scope="module")
def placed(sample: CaseFile) -> pd.DataFrame:
    """Return every listed account: where it is, and what it is in truth (`ring`, `role` and `group` may be empty)."""
    members = sample.members.drop(columns="role").merge(
        sample.clusters[["cluster_id", "tier", "rank", "explanation"]], on="cluster_id"
    )
    return members.merge(evaluate.read_truth(SAMPLE / "truth.csv"), on="account_id", how="left").fillna("")


@pytest.mark.parametrize("ring", ["ring-001", "ring-002", "ring-003", "ring-004"])
def test_a_ring_is_in_one_cluster_of_its_own_that_somebody_will_look_at(placed: pd.DataFrame, ring: str) -> None:
    truth = evaluate.read_truth(SAMPLE / "truth.csv")
    size = int((truth["ring"] == ring).sum())
    home = placed[placed["ring"] == ring]["cluster_id"].mode()[0]
    cluster = placed[placed["cluster_id"] == home]
    inside = int((cluster["ring"] == ring).sum())
    assert inside >= evaluate.WHOLE * size
    assert inside >= evaluate.PURE * len(cluster)
    assert set(cluster["tier"]) <= {"coordinated", "review"}


def test_no_household_organisation_agency_or_test_bench_ranks_above_a_ring(placed: pd.DataFrame) -> None:
    worst_ring = placed[placed["ring"] != ""]["rank"].max()
    best_innocent = placed[placed["role"].isin(INNOCENT)]["rank"].min()
    assert worst_ring < best_innocent


def test_nobody_innocent_is_in_a_coordinated_cluster(placed: pd.DataFrame) -> None:
    accused = placed[placed["tier"] == "coordinated"]
    assert len(accused)
    assert accused[accused["ring"] == ""]["account_id"].tolist() == []


def test_no_cluster_holds_two_rings(placed: pd.DataFrame) -> None:
    rings = placed[placed["ring"] != ""].groupby("cluster_id")["ring"].nunique()
    assert (rings == 1).all()


def test_hubs_are_public_with_the_reason_and_none_is_missing(sample: CaseFile) -> None:
    hubs = sample.items[sample.items["accounts"] > 200]
    assert len(hubs) > 10
    assert set(hubs["kind"]) >= {"ip", "email_domain", "user_agent"}
    assert set(hubs["use"]) == {"public"}
    assert (
        hubs["reason"].str.contains(r"on [\d,]+ accounts, \d+% of which are linked there by another family too").all()
    )


def test_each_stage_is_told_as_it_begins_and_timed(sample: CaseFile, told: list[str]) -> None:
    assert told == [stage["stage"] for stage in sample.manifest["stages"]]
    stages = ["graph", "links", "communities", "scoring", "outsiders", "proof", "decoys", "tables"]
    assert told[-len(stages) :] == stages


@pytest.fixture(scope="module")
def ecommerce() -> CaseFile:
    if not ECOMMERCE.is_file():
        pytest.skip("no ../shared beside the project")
    found = records.read(
        [ECOMMERCE],
        settings=Settings(),
        account=["user_id"],
        times=["signup_time"],
        items=["device_id=device", "ip_address=ip"],
    )
    return pipeline.investigate(found, Settings())


def test_data_without_payments_mail_prompts_or_use_accuse_and_clear_nobody(ecommerce: CaseFile) -> None:
    assert len(ecommerce.clusters) > 100
    assert set(ecommerce.clusters["tier"]) == {"review"}


def test_what_such_data_lack_is_said_in_every_sentence(ecommerce: CaseFile) -> None:
    missing = "payments or e-mail addresses or prompts or usage over time would tell whether that is innocent."
    assert ecommerce.clusters["evidence"].str.endswith(missing).all()
