"""An explanation says what is shared, how much it says, and where that is written."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from sample_case import HOME, HOME_ID, RING, RING_ID, case_file

from graphlink import explain
from graphlink.errors import UsageError

if TYPE_CHECKING:
    from graphlink.model import CaseFile


def _without_link(left: str, right: str) -> CaseFile:
    full = case_file()
    gone = (full.links["left"] == left) & (full.links["right"] == right)
    return dataclasses.replace(full, links=full.links[~gone])


def test_the_bars_add_up_to_the_bits_of_the_link() -> None:
    found = explain.pair(case_file(), RING[0], RING[1])
    assert found.linked
    assert found.bits == sum(bar.bits for bar in found.bars) == 40.75
    assert [bar.kind for bar in found.bars] == ["payment", "device", "ip"]


def test_a_bar_cites_file_and_row_of_both_accounts() -> None:
    card = explain.pair(case_file(), RING[0], RING[1]).bars[0]
    assert (card.left.file, card.left.row) == ("records/usage.csv", 1)
    assert (card.right.file, card.right.row) == ("records/usage.csv", 11)
    assert (card.accounts, card.use) == (4, "private")


def test_the_order_of_the_two_does_not_matter() -> None:
    assert explain.pair(case_file(), RING[1], RING[0]) == explain.pair(case_file(), RING[0], RING[1])


def test_two_accounts_that_share_nothing_are_said_to_share_nothing() -> None:
    found = explain.pair(case_file(), RING[0], HOME[0])
    assert not found.linked
    assert (found.bars, found.bits, found.cluster_id) == ((), 0, "")
    assert found.sentence == "Nothing links them: they share nothing."


def test_what_is_shared_without_a_link_is_shown_and_adds_nothing() -> None:
    found = explain.pair(_without_link(*HOME), *HOME)
    assert [(bar.value, bar.bits) for bar in found.bars] == [("198.51.100.4", 0)]
    assert found.sentence == "Nothing links them: what they share is too little to tell from chance."


def test_two_of_a_cluster_without_a_link_are_shown_the_strongest_chain() -> None:
    case = _without_link(RING[0], RING[1])
    case.links.loc[case.links["right"] == RING[3], "bits"] += 5
    assert explain.pair(case, RING[0], RING[1]).through == (RING[3],)


def test_an_account_in_no_cluster_is_one_line_or_reread() -> None:
    with pytest.raises(UsageError, match="stranger is in no cluster"):
        explain.pair(case_file(), RING[0], "stranger")
    card = case_file().sightings.head(1).assign(account_id="stranger")
    found = explain.pair(case_file(), RING[0], "stranger", reread=lambda _: card)
    assert [bar.value for bar in found.bars] == ["card_9"]


def test_an_account_is_not_linked_with_itself() -> None:
    with pytest.raises(UsageError, match="is given twice"):
        explain.pair(case_file(), RING[0], RING[0])


@pytest.mark.parametrize("text", [RING_ID, "c-1a", "1"])
def test_a_cluster_is_named_by_its_id_the_beginning_of_it_or_its_rank(text: str) -> None:
    assert explain.find_cluster(case_file(), text) == RING_ID


@pytest.mark.parametrize(
    ("text", "said"),
    [("c-", "2 clusters begin with c-"), ("9", "no cluster '9'"), ("", "no cluster"), (RING[0], "is an account")],
)
def test_a_text_that_means_no_one_cluster_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explain.find_cluster(case_file(), text)


def test_a_cluster_is_explained_by_its_dossier() -> None:
    found = explain.cluster(case_file(), "1").dossier
    assert found.summary.cluster_id == RING_ID
    assert [(item.value, item.bits) for item in found.items] == [
        ("card_9", 99.0),
        ("dev_5", 91.5),
        ("203.0.113.7", 54.0),
    ]


def test_the_weakest_member_is_the_least_certain_one() -> None:
    case = case_file()
    case.members.loc[case.members["account_id"] == RING[2], "confidence"] = 0.4
    weakest = explain.cluster(case, "1").weakest
    assert (weakest.account_id, weakest.confidence, weakest.links, weakest.strongest) == (RING[2], 0.4, 3, 40.75)


def test_a_cluster_without_links_inside_is_still_explained() -> None:
    empty = dataclasses.replace(case_file(), links=case_file().links.iloc[:0])
    assert explain.cluster(empty, HOME_ID).weakest.links == 0


def test_an_explanation_in_a_notebook_is_a_waterfall_of_escaped_text() -> None:
    found = explain.pair(case_file(), "acct-01", "acct-02")
    bars = (dataclasses.replace(found.bars[0], value="<script>alert(1)</script>"), *found.bars[1:])
    shown = dataclasses.replace(found, bars=bars)._repr_html_()
    assert "<script" not in shown
    assert shown.count("<rect") == len(found.bars) == 3
    assert "records/usage.csv, row 1<br>records/usage.csv, row 11" in shown
