"""The first sentence on a cluster says what was taken, and nothing that the table does not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from sample_case import HOME_ID, RING_ID, case_file

from graphlink import taken

if TYPE_CHECKING:
    from graphlink.model import CaseFile


def of(*rows: dict[str, Any], **usage: Any) -> CaseFile:
    whole = [{"cluster_id": RING_ID, "day": "", "model": "", "events": 1, **row} for row in rows]
    case = case_file()
    told = {"noun": "exchanges", "events": 1000, "measures": {}, **usage}
    return replace(case, taken=pd.DataFrame(whole), manifest={**case.manifest, "usage": told})


def test_the_sentence_says_how_much_of_what_share_and_when() -> None:
    assert taken.sentence(case_file(), RING_ID) == (
        "4 accounts made 84 exchanges (42% of all) with 84,000 tokens from large (100%) "
        "between 2026-05-01 and 2026-05-20."
    )


def test_a_cluster_without_times_has_no_days() -> None:
    assert taken.sentence(case_file(), HOME_ID).endswith("tokens from large (100%).")


def test_tokens_in_and_out_are_tokens_and_other_measures_keep_their_name() -> None:
    case = of({"tokens_in": 2e6, "tokens_out": 1.1e6, "amount": 20.0})
    assert "with 3.1 million tokens and amount 20." in taken.sentence(case, RING_ID)


def test_the_commonest_models_are_named_and_the_rest_counted() -> None:
    case = of(*({"model": name, "events": n} for name, n in zip("abcde", (1, 5, 2, 8, 4), strict=True)))
    assert taken.sentence(case, RING_ID).endswith("from d (40%), b (25%), e (20%) and 2 more.")


def test_what_tells_of_no_use_is_called_records() -> None:
    case = of({"events": 2, "day": "2026-05-01"}, noun="records")
    assert taken.sentence(case, RING_ID) == "4 accounts have 2 records (0.2% of all) on 2026-05-01."


def test_where_the_case_does_not_say_there_is_no_sentence() -> None:
    case = case_file()
    assert taken.sentence(replace(case, taken=case.taken.iloc[:0]), RING_ID) == ""
