"""What is known of items beforehand: set aside they link nobody, and the list of items says why."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from graphlink import engine, pipeline, records
from graphlink.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from graphlink.model import CaseFile, Records

RING = "ring0", "ring1", "ring2", "ring3"
NETWORKS = "cidr,asn,kind,country\n8.8.4.0/24,64500,mobile,FR\n8.8.8.0/24,64501,hosting,DE\nfoo,1,1,1\n"


def settings(folder: Path, *, networks: str = "", allow: str = "", labels: str = "") -> Settings:
    for name, text in (("networks", networks), ("allow", allow), ("labels", labels)):
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return Settings(
        threads=2,
        networks=str(folder / "networks.csv") if networks else "",
        allow=str(folder / "allow.csv") if allow else "",
        labels=str(folder / "labels.csv") if labels else "",
    )


def read(folder: Path, **lists: str) -> Records:
    """Return four on one address, one device and one card, among a thousand others."""
    lines = [f"{account},8.8.8.8,dev-1,card-1\n" for account in RING]
    lines += [f"acct{i},8.8.4.{i % 50},dev-{i // 2 + 2},card-{i // 3 + 2}\n" for i in range(1000)]
    (folder / "signups.csv").write_text("account_id,ip,device_id,payment_id\n" + "".join(lines), "utf-8")
    return records.read([folder / "signups.csv"], settings=settings(folder, **lists))


def case(folder: Path, **lists: str) -> CaseFile:
    return pipeline.investigate(read(folder, **lists), Settings(threads=2))


def values(found: Records, kind: str) -> dict[str, int]:
    seen = found.sightings.filter(found.sightings.kind == kind)
    counted = engine.fetch(seen.group_by("value").agg(n=seen.count())).to_pylist()
    return {row["value"]: row["n"] for row in counted}


def item(found: CaseFile, value: str) -> dict[str, Any]:
    (row,) = found.items[found.items["value"] == value].to_dict("records")
    return {str(name): each for name, each in row.items()}


def test_without_lists_the_four_are_one_cluster(tmp_path: Path) -> None:
    assert sorted(case(tmp_path).members["account_id"]) == list(RING)


def test_an_address_has_its_operator_as_an_item(tmp_path: Path) -> None:
    assert values(read(tmp_path, networks=NETWORKS), "asn") == {"AS64501": 4}


def test_an_address_of_a_carrier_links_nobody_and_implies_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, networks=NETWORKS)
    assert values(found, "ip") == {"8.8.8.8": 4}
    assert values(found, "ip_prefix") == {"8.8.8.0/24": 4}


def test_the_list_of_items_says_what_the_file_says_of_an_address(tmp_path: Path) -> None:
    found = case(tmp_path, networks=NETWORKS)
    carrier, hosting = item(found, "8.8.4.0"), item(found, "8.8.8.8")
    assert (carrier["accounts"], carrier["use"]) == (20, "public")
    assert carrier["reason"].startswith("carrier, AS64500, FR by --networks: it serves people who never met")
    assert (hosting["accounts"], hosting["use"]) == (4, "private")
    assert hosting["reason"].startswith("hosting, AS64501, DE by --networks: on 4 accounts")


def test_rows_that_are_no_range_are_said(tmp_path: Path) -> None:
    assert "--networks: passed over row 3 is no address range" in read(tmp_path, networks=NETWORKS).notes[0]


def test_the_files_that_were_consulted_are_in_the_manifest(tmp_path: Path) -> None:
    found = case(tmp_path, networks=NETWORKS)
    sha256 = hashlib.sha256(NETWORKS.encode()).hexdigest()
    assert found.manifest["consulted"] == [{"path": str(tmp_path / "networks.csv"), "sha256": sha256}]


def test_an_allowed_account_is_in_no_cluster_and_no_link(tmp_path: Path) -> None:
    found = case(tmp_path, allow="ring1\n")
    assert sorted(found.members["account_id"]) == ["ring0", "ring2", "ring3"]
    assert not {"ring1"} & {*found.links["left"], *found.links["right"]}


def test_an_allowed_account_still_makes_its_items_common(tmp_path: Path) -> None:
    assert item(case(tmp_path, allow="ring1\n"), "card-1")["accounts"] == 4


def test_an_allowed_item_makes_no_link_and_is_listed_as_ignored(tmp_path: Path) -> None:
    found = case(tmp_path, allow="kind,value\npayment,card-1\ndevice,dev-1\n")
    assert found.members.empty
    card = item(found, "card-1")
    assert (card["accounts"], card["use"], card["reason"]) == (4, "ignored", "on the allow list")


def test_what_an_allowed_address_implies_is_allowed_with_it(tmp_path: Path) -> None:
    found = read(tmp_path, networks=NETWORKS, allow="kind,value\nip,8.8.8.8\n")
    assert values(found, "ip_prefix") == values(found, "asn") == {}


@pytest.mark.parametrize(
    "allow",
    ["ring1\nring9\n", "account_id,kind,value\nring9,,\n", "kind,value\nwallet,x\n", "kind,value\nip,8.8.8.9\n"],
)
def test_what_an_allow_list_names_in_vain_is_said(tmp_path: Path, allow: str) -> None:
    assert "--allow: 1 of what it names is not in the records" in read(tmp_path, allow=allow).notes[0]


def test_being_named_by_others_gives_an_account_no_item(tmp_path: Path) -> None:
    # whoever signs up names whom he likes as his referrer: that must not tie the one named to him
    path = tmp_path / "signups.csv"
    path.write_text("account_id,referrer,device_id\nvictim,,dev-1\nbad1,victim,dev-2\nbad2,victim,dev-3\n", "utf-8")
    found = records.read([path], settings=Settings(threads=2))
    named = found.sightings.filter(found.sightings.kind == "referrer")
    assert sorted(engine.fetch(named)["account"].to_pylist()) == ["bad1", "bad2"]


def said_of_labels(folder: Path, labels: str) -> tuple[float, str]:
    """Return weight and sentence of what the labels say of the four."""
    found = case(folder, labels=labels)
    home = found.members.set_index("account_id").loc["ring0", "cluster_id"]
    rows = found.findings[(found.findings["cluster_id"] == home) & (found.findings["finding"] == "labels")]
    weight, sentence = rows[["weight", "sentence"]].to_numpy().tolist()[0]
    return weight, sentence


def test_what_is_labelled_bad_speaks_for_an_operator_and_never_by_itself(tmp_path: Path) -> None:
    weight, sentence = said_of_labels(tmp_path, "account_id,label\nring0,bad\nring1,Bad\nring2,bad\n")
    assert sentence == "3 of them are labelled bad, or use what is."
    assert 1 < weight <= 2


def test_who_uses_what_is_labelled_bad_counts_with_it(tmp_path: Path) -> None:
    assert said_of_labels(tmp_path, "kind,value,label\npayment,card-1,bad\n")[1].startswith("4 of them")


def test_what_is_labelled_good_protects_as_if_it_were_allowed(tmp_path: Path) -> None:
    assert "ring0" not in set(case(tmp_path, labels="account_id,label\nring0,good\n").members["account_id"])
    found = case(tmp_path, labels="kind,value,label\ndevice,dev-1,good\n")
    assert (item(found, "dev-1")["use"], item(found, "dev-1")["reason"]) == ("ignored", "labelled good")


def test_without_labels_nothing_is_said_of_them(tmp_path: Path) -> None:
    assert "labels" not in set(case(tmp_path).findings["finding"])


def test_what_labels_name_in_vain_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, labels="account_id,label\nnobody,bad\n").notes == (
        "--labels: 1 of what it names is not in the records, the first: account 'nobody'",
    )
