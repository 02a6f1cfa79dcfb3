"""The tables of a case say what the stages found: ranked, named, in the words and units of the contract."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tiny_world import at, grouped, read

from graphlink import filing, graph, links, outsiders
from graphlink import records as reading
from graphlink.model import NO_TIME, CaseFile, Partition
from graphlink.scoring import Judged
from graphlink.settings import Settings
from graphlink.significance import Chance, Decoys

if TYPE_CHECKING:
    from graphlink.model import AccountGraph, Links, Records

FIGURES = Path(__file__).parents[2] / "shared/data/splink/historical_figures_with_errors_50k.parquet"
MAIL = [f"mail-{i}" for i in range(6)]
CARDS = [f"card-{i}" for i in range(6)]
HOME = ["home-0", "home-1"]
SECOND = 1_000_000
CHANCE = Chance(pd.DataFrame(columns=["cluster", "clause"]), Decoys(0, 0, 0, 0, 0, 0))
NOBODY = pd.DataFrame(columns=list(outsiders.COLUMNS))


@dataclasses.dataclass
class Found:
    """What the stages before this one hand over."""

    records: Records
    graph: AccountGraph
    links: Links
    partition: Partition

    def filed(self, judged: Judged) -> CaseFile:
        """Return the case that they make of this judgement."""
        return filing.file(self.records, self.graph, self.links, self.partition, judged, NOBODY, CHANCE, Settings())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Return a town of three clusters: two rings of six and a household, whose second account has no time at all."""
    rows = []
    for name, members in (("mail", MAIL), ("card", CARDS), ("home", HOME)):
        for i, account in enumerate(members):
            items = {
                "device_id": name,
                "payment_id": f"{name} card",
                "ip": "203.0.113.7",
                "prompt_hash": f"{name} {i % 2}",
            }
            rows += [
                {"account_id": account, "timestamp": at(i), **items},
                {"account_id": account, "timestamp": at(i + 0.5), **items},
            ]
    rows += [
        {
            "account_id": f"other-{i:03}",
            "timestamp": at(i),
            "ip": "203.0.113.7",
            "device_id": f"d{i}",
            "payment_id": f"c{i}",
            "prompt_hash": f"p{i}",
        }
        for i in range(200)
    ]
    for row in rows:
        if row["account_id"] == "home-1":
            row["timestamp"] = ""
    records = read(tmp_path_factory.mktemp("town"), acts=rows)
    made = graph.build(records)
    linked = links.link(made, Settings())
    return Found(records, made, linked, grouped(made, HOME, CARDS, MAIL))


FINDINGS = [
    (0, "size", -3.0, "household", "they are 2 accounts"),
    (0, "devices", 1.5, "household", "they share a device"),
    (0, "cards", -0.5, "household", "they share a card"),
    (1, "size", 9.0, "agency", "they are 6 accounts"),
    (1, "cards", 1.0, "agency", "they share cards"),
    (1, "moments", 1.25, "agency", "they act together"),
    (1, "pace", 0.5, "agency", "they are busy"),
    (1, "mail", -2.0, "agency", "they have a domain"),
]


def judged(tiers: list[str], scores: list[float], lacking: tuple[str, ...] = ()) -> Judged:
    return Judged(
        table=pd.DataFrame({"tier": tiers, "score": scores, "explanation": ["household", "", "agency"]}),
        findings=pd.DataFrame(FINDINGS, columns=["cluster", "finding", "weight", "explanation", "clause"]),
        traits=pd.DataFrame({"accounts": [2, 6, 6]}),
        lacking=lacking,
    )


@pytest.fixture(scope="module")
def case(found: Found) -> CaseFile:
    return found.filed(judged(["explained", "coordinated", "review"], [-2.0, 4.5, 2.0]))


# Ids and times


def test_a_cluster_is_named_by_its_members_whoever_computes_it() -> None:
    ids = ["b", "a", "10", "9", "é", "Z", " x "]
    said = subprocess.run(  # noqa: S602 - what a reader of the contract would type
        "printf '%s\\n' 10 9 Z a b é ' x ' | LC_ALL=C sort | sha256sum",  # noqa: S607 - the tools of any machine
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert filing.cluster_id(pd.Series(ids)) == f"c-{said.stdout[:10]}"


def test_the_order_of_its_members_does_not_change_a_clusters_name() -> None:
    assert filing.cluster_id(pd.Series(["b", "a", "c"])) == filing.cluster_id(pd.Series(["c", "b", "a"]))
    assert filing.cluster_id(pd.Series(["a", "b"])) != filing.cluster_id(pd.Series(["ab"]))


def test_instants_are_utc_text_to_the_microsecond_and_empty_where_there_is_none() -> None:
    noon = np.datetime64("2026-05-01T12:00:00", "us").astype(np.int64)
    instants = np.array([noon, noon + 1, noon + 250_000, NO_TIME, 0, -1])
    assert filing.text_of(instants).tolist() == [
        "2026-05-01T12:00:00Z",
        "2026-05-01T12:00:00.000001Z",
        "2026-05-01T12:00:00.250000Z",
        "",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
    ]
    assert filing.text_of(np.array([], np.int64)).tolist() == []


# Clusters and members


def test_clusters_are_ranked_by_tier_before_score(case: CaseFile) -> None:
    assert case.clusters["rank"].tolist() == [1, 2, 3]
    assert case.clusters["tier"].tolist() == ["coordinated", "review", "explained"]
    assert case.clusters["cluster_id"].tolist() == [filing.cluster_id(pd.Series(each)) for each in (CARDS, MAIL, HOME)]


def test_clusters_of_one_tier_and_score_are_ranked_by_name(found: Found) -> None:
    clusters = found.filed(judged(["review"] * 3, [2.0, 2.0, 2.0])).clusters
    assert clusters["cluster_id"].tolist() == sorted(clusters["cluster_id"])


def test_a_cluster_counts_accounts_events_and_when_it_was_seen(case: CaseFile) -> None:
    first = case.clusters.loc[0]
    assert first[["accounts", "core_accounts", "events"]].tolist() == [6, 6, 12]
    assert first[["first_seen", "last_seen"]].tolist() == ["2026-05-01T00:00:00Z", "2026-05-01T00:05:30Z"]


def test_an_account_without_times_takes_none_from_its_cluster(case: CaseFile) -> None:
    assert case.clusters.loc[2, ["first_seen", "last_seen"]].tolist() == [
        "2026-05-01T00:00:00Z",
        "2026-05-01T00:00:30Z",
    ]


def test_members_stand_by_rank_of_their_cluster_then_by_id(case: CaseFile) -> None:
    assert case.members["account_id"].tolist() == [*CARDS, *MAIL, *HOME]
    assert case.members["cluster_id"].tolist() == [
        id_ for id_, size in zip(case.clusters["cluster_id"], (6, 6, 2), strict=True) for _ in range(size)
    ]


def test_who_does_not_hold_is_at_the_edge(found: Found) -> None:
    shaky = found.partition.confidence * np.where(found.graph.accounts["account_id"] == "mail-3", 0.4, 1)
    partition = dataclasses.replace(found.partition, core=shaky >= 0.9, confidence=shaky)
    members = (
        dataclasses.replace(found, partition=partition)
        .filed(judged(["review"] * 3, [2.0] * 3))
        .members.set_index("account_id")
    )
    assert members.loc["mail-3", ["role", "confidence"]].tolist() == ["edge", 0.4]
    assert set(members.drop("mail-3")["role"]) == {"core"}


# Evidence


def test_evidence_is_one_sentence_of_the_two_findings_that_weigh_most_for_the_tier(case: CaseFile) -> None:
    assert case.clusters["evidence"].tolist() == [
        "6 accounts: they act together; they share cards.",
        "6 accounts: nothing tells for or against them.",
        "2 accounts: they share a card.",
    ]


def test_what_the_data_lack_is_said_of_every_cluster(found: Found) -> None:
    said = found.filed(judged(["review"] * 3, [2.0] * 3, ("payments", "prompts"))).clusters["evidence"]
    assert said.str.endswith("; payments or prompts would tell whether that is innocent.").all()


def test_findings_speak_for_or_against_and_are_sentences(case: CaseFile) -> None:
    findings = case.findings
    assert ((findings["side"] == "for") == (findings["weight"] > 0)).all()
    assert set(findings["side"]) == {"for", "against"}
    assert findings["sentence"].iloc[0] == "They are 2 accounts."
    assert findings["cluster_id"].iloc[0] == filing.cluster_id(pd.Series(HOME))


# Links and items


def test_links_have_a_left_and_a_right_and_bits_that_are_those_of_their_items(case: CaseFile) -> None:
    assert len(case.links) >= 15
    assert (case.links["left"] < case.links["right"]).all()
    for link in case.links.itertuples():
        assert link.bits == round(sum(item["bits"] for item in link.items), 3)
        assert link.families == sorted(set(link.families))
        assert {item["kind"] for item in link.items} <= {"device", "payment", "prompt", "ip"}


def test_every_shared_item_is_there_with_its_use_and_the_reason(case: CaseFile, found: Found) -> None:
    items = case.items.set_index(["kind", "value"])
    assert len(items) == len(found.graph.items)
    assert items.loc[("ip", "203.0.113.7"), ["accounts", "use"]].tolist() == [214, "public"]
    assert items.loc[("payment", "home card"), "use"] == "private"
    assert items.loc[("device", "card"), "use"] == "shared"
    shape = re.compile(r"on [\d,]+ accounts, \d+% of which are linked there by another family too: adds \d+\.\d bits")
    assert all(shape.fullmatch(reason) for reason in items["reason"])


def test_corroboration_is_the_share_of_accounts_that_agree_elsewhere(case: CaseFile) -> None:
    items = case.items.set_index(["kind", "value"])["corroboration"]
    assert items["device", "card"] == 1
    assert items["ip", "203.0.113.7"] <= 14 / 214
    assert items.between(0, 1).all()


# What a case shows of its accounts


def test_facts_and_sightings_are_those_of_the_members(case: CaseFile) -> None:
    members = set(case.members["account_id"])
    assert set(case.facts["account_id"]) == set(case.sightings["account_id"]) == members
    home = case.facts.set_index("account_id").loc["home-1"]
    assert home.tolist() == [2, "", "", "", "", ""]


def test_a_sighting_cites_the_row_it_stands_in(case: CaseFile, found: Found) -> None:
    seen = case.sightings.query("account_id == 'mail-1' and kind == 'device'").iloc[0]
    assert seen[["value", "events", "row"]].tolist() == ["mail", 2, 3]
    assert seen["file"] == found.records.inputs[0].path


@pytest.mark.skipif(not FIGURES.exists(), reason="the historical figures are not on this machine")
def test_a_birth_date_that_somebody_filled_in_by_default_is_public() -> None:
    settings = Settings()
    of = graph.build(
        reading.read([FIGURES], settings=settings, account=["unique_id"], items=["dob=birth", "postcode_fake=home"])
    )
    items = filing.judged_items(of, links.link(of, settings))
    most = items[items["kind"] == "birth"].nlargest(20, "accounts")
    assert most["value"].str.endswith("-01-01").all()
    assert set(most["use"]) == {"public"}
