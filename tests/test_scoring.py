"""A cluster is judged against its best innocent explanation, and never beyond what the data can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from test_features import drawn
from tiny_world import grouped, read

from graphlink import features, graph, scoring, traits
from graphlink.model import EXPLANATIONS, TIERS

if TYPE_CHECKING:
    from pathlib import Path

    from graphlink.scoring import Judged

NOTHING: Any = None  # records, graph and partition are read by `traits` alone


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a judge of traits that are handed to it instead of measured."""

    def judged(table: pd.DataFrame, ordinary: pd.DataFrame) -> Judged:
        monkeypatch.setattr(traits, "measure", lambda *_, **__: (table, ordinary))
        return scoring.judge(NOTHING, NOTHING, NOTHING)

    return judged


def usual() -> pd.DataFrame:
    """Return ordinary groups of accounts that act ten times each."""
    return drawn(20, seed=1).assign(volume=np.log(10))


def added_up(found: Judged) -> Any:
    """Return what the findings of each cluster come to."""
    total = found.findings.groupby("cluster")["weight"].sum()
    return total.reindex(found.table.index, fill_value=0).to_numpy()


def test_the_findings_of_a_cluster_add_up_to_its_score(judge: Any) -> None:
    found = judge(drawn(300, seed=2), usual())
    assert added_up(found) == pytest.approx(found.table["score"].to_numpy(), abs=1e-9)


def test_the_score_is_against_the_best_explanation_and_names_it(judge: Any) -> None:
    table = drawn(60, seed=3)
    found = judge(table, usual())
    each = {name: finding(table, usual()).ratios for name, finding in features.FINDINGS.items()}
    cleared = sum(np.minimum(each[name], 0) for name in features.COSTLESS)
    some = np.minimum(scoring.HIDDEN / np.minimum(cleared, scoring.HIDDEN), 1)
    some[:, EXPLANATIONS.index(scoring.TESTS)] = 1
    each |= {name: np.where(each[name] < 0, each[name] * some, each[name]) for name in features.COSTLESS}
    united = sum(each[name] for name in features.UNITY)
    over = np.maximum(united - scoring.UNITED, 0) * (np.array(EXPLANATIONS) != scoring.STRANGERS)
    totals = sum(each.values(), np.zeros((60, len(EXPLANATIONS)))) - over
    assert found.table["score"].to_numpy() == pytest.approx(totals.min(axis=1), abs=0.01)
    named = found.table["explanation"] != ""
    assert (np.array(EXPLANATIONS)[totals.argmin(axis=1)] == found.table["explanation"])[named].all()
    assert set(found.findings["explanation"]) <= set(EXPLANATIONS)


def test_what_costs_nothing_to_leave_out_clears_nobody_by_much(judge: Any) -> None:
    ratios = judge(drawn(300, seed=5), usual()).ratios
    cleared = sum(np.minimum(ratios[name], 0) for name in features.COSTLESS)
    tests = EXPLANATIONS.index(scoring.TESTS)
    assert np.delete(cleared, tests, axis=1).min() == pytest.approx(scoring.HIDDEN, abs=0.003)
    assert cleared[:, tests].min() < scoring.HIDDEN  # tests are told by what is there


def test_tiers_follow_the_score(judge: Any) -> None:
    found = judge(drawn(300, seed=4).assign(accounts=12), usual()).table
    wanted = np.select([found["score"] >= 3, found["score"] >= 1], TIERS[:2], TIERS[2])
    assert found["tier"].tolist() == wanted.tolist()
    assert set(found["tier"]) == set(TIERS)


def test_a_coordinated_cluster_has_no_innocent_explanation(judge: Any) -> None:
    found = judge(drawn(300, seed=5), usual()).table
    assert (found.loc[found["tier"] == "coordinated", "explanation"] == "").all()


def test_strangers_who_have_one_interest_have_no_name_in_the_table_and_one_in_the_findings(judge: Any) -> None:
    found = judge(drawn(300, seed=5), usual())
    unnamed = found.table.index[(found.table["explanation"] == "") & (found.table["tier"] != "coordinated")]
    assert len(unnamed)
    assert set(found.findings.set_index("cluster").loc[unnamed, "explanation"]) == {"common interest"}


def test_two_accounts_are_coordinated_only_for_what_many_groups_with_nothing_in_common_do(judge: Any) -> None:
    table = drawn(300, seed=6).assign(accounts=2, **{"volume_spread": 1e-6, "slots.met": 9e9, "banned": 2})
    for few in ({"bought": 1.0, "starts.beyond": scoring.MANY - 1}, {"bought": 0.0, "starts.beyond": scoring.MANY}):
        assert "coordinated" not in set(judge(table.assign(**few), usual()).table["tier"])
    many = table.assign(**{"bought": 1.0, "starts.beyond": scoring.MANY})
    assert "coordinated" in set(judge(many, usual()).table["tier"])


def test_what_weighs_nothing_is_no_finding(judge: Any) -> None:
    assert (judge(drawn(300, seed=7), usual()).findings["weight"] != 0).all()


def test_a_cluster_has_each_finding_once(judge: Any) -> None:
    found = judge(drawn(300, seed=7), usual()).findings
    assert not found.duplicated(["cluster", "finding"]).any()
    assert set(found["finding"]) == set(features.FINDINGS)


def telling_nothing(table: pd.DataFrame) -> pd.DataFrame:
    kept = table.drop(columns=[name for name in table if str(name).startswith(("payment", "email", "prompt"))])
    return kept.assign(**{"starts.known": 0, "bought": np.nan})


def test_where_nothing_tells_innocent_from_guilty_every_cluster_is_for_review(judge: Any) -> None:
    ordinary = telling_nothing(usual()).assign(volume=0.0)
    found = judge(telling_nothing(drawn(100, seed=8)), ordinary)
    assert set(found.table["tier"]) == {"review"}
    assert found.lacking == ("payments", "e-mail addresses", "prompts", "usage over time")


def test_data_that_have_it_all_lack_nothing(judge: Any) -> None:
    assert judge(drawn(10, seed=9), usual()).lacking == ()


def test_without_clusters_there_is_nothing_to_judge(judge: Any) -> None:
    found = judge(drawn(3, seed=1).iloc[:0], usual())
    assert (len(found.table), len(found.findings)) == (0, 0)


def test_the_judgement_does_not_depend_on_which_other_clusters_there_are(judge: Any) -> None:
    table = drawn(40, seed=10)
    whole, part = judge(table, usual()).table, judge(table.iloc[:7], usual()).table
    pd.testing.assert_frame_equal(whole.iloc[:7], part)


def test_accounts_that_share_one_device_and_no_more_accuse_nobody(tmp_path: Path) -> None:
    found = read(tmp_path, acts=[{"account_id": f"a{i}", "device_id": "x"} for i in range(30)])
    made = graph.build(found)
    judged = scoring.judge(found, made, grouped(made, [f"a{i}" for i in range(20)]))
    assert judged.table["tier"].tolist() == ["review"]
    assert judged.lacking


def test_what_says_no_more_than_that_accounts_are_one_unit_accuses_nobody(judge: Any) -> None:
    ratios = judge(drawn(300, seed=4), usual()).ratios
    united = sum(ratios[name] for name in features.UNITY).max(axis=0)
    units = np.array(EXPLANATIONS) != scoring.STRANGERS
    assert united[units].max() == pytest.approx(scoring.UNITED, abs=0.003)
    assert united[~units] > scoring.COORDINATED  # strangers are no unit: that says all there is to say against them
    assert scoring.UNITED < scoring.COORDINATED
