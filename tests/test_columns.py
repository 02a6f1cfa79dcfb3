"""Columns are taken for what their names or the user say."""

from __future__ import annotations

import pytest

from graphlink.columns import ITEMS, MEASURES, ROLES, Told, check_all_found, plain, recognise, roles, told_from, unused
from graphlink.errors import UnknownColumn, UsageError
from graphlink.kinds import BUILT_IN

NOTHING = Told()


def test_no_name_has_two_roles() -> None:
    names = [plain(n) for group in (*ROLES.values(), *ITEMS.values(), MEASURES) for n in group]
    assert len(names) == len(set(names))


def test_every_recognised_kind_is_in_the_table_of_kinds() -> None:
    assert set(ITEMS) <= set(BUILT_IN)


@pytest.mark.parametrize("name", ["account_id", "Account-ID", "ACCOUNT ID", "accountId"])
def test_case_dashes_and_spaces_do_not_matter(name: str) -> None:
    assert recognise([name, "x"], NOTHING).account == name


def test_the_first_name_of_the_table_is_the_account() -> None:
    assert recognise(["org_id", "user_id"], NOTHING).account == "user_id"


def test_all_times_and_items_count() -> None:
    columns = recognise(["uid", "created_at", "ts", "ip", "signup_ip", "tokens_in"], NOTHING)
    assert columns.times == ("created_at", "ts")
    assert columns.items == (("ip", "ip"), ("signup_ip", "ip"))
    assert columns.measures == (("tokens_in", "tokens_in"),)


def test_a_named_time_replaces_the_recognised_ones_and_a_named_item_is_added() -> None:
    told = Told(times=("bought",), items=(("browser", "user_agent"), ("fingerprint", "tls")))
    columns = recognise(["uid", "ts", "bought", "browser", "fingerprint", "ip"], told)
    assert columns.times == ("bought",)
    assert columns.items == (("browser", "user_agent"), ("fingerprint", "tls"), ("ip", "ip"))


def test_a_signup_time_is_known_as_such_even_where_it_was_named() -> None:
    columns = recognise(["user_id", "signup_time", "purchase_time"], Told(times=("signup_time", "purchase_time")))
    assert (columns.times, columns.signup) == (("signup_time", "purchase_time"), "signup_time")


def test_a_named_account_counts_only_where_it_is() -> None:
    told = Told(account=("player",))
    assert recognise(["player", "account_id"], told).account == "player"
    assert recognise(["account_id"], told).account == "account_id"


@pytest.mark.parametrize("found", [["a", "b"], ["ip"], []])
def test_a_table_without_an_account_is_wrong_usage(found: list[str]) -> None:
    with pytest.raises(UsageError, match="--account"):
        recognise(found, NOTHING)


@pytest.mark.parametrize("found", [["uid", "ip", "IP"], ["uid", "x", "x"], ["user_id", "User-ID"]])
def test_names_that_collide_are_refused(found: list[str]) -> None:
    with pytest.raises(UsageError, match="same name"):
        recognise(found, NOTHING)


def test_names_that_collide_without_a_role_do_no_harm() -> None:
    assert recognise(["uid", "note", "Note"], NOTHING).account == "uid"


def test_a_column_found_in_no_table_is_unknown() -> None:
    told = Told(times=("when",), items=(("card", "payment"),))
    check_all_found(told, [["when"], ["card", "x"]])
    with pytest.raises(UnknownColumn, match="'card'"):
        check_all_found(told, [["when", "x"]])


def test_columns_without_a_role_are_told() -> None:
    found = ["uid", "note", "ip"]
    columns = recognise(found, NOTHING)
    assert unused(found, columns) == ["note"]
    assert roles(columns) == [("uid", "account"), ("ip", "item: ip")]


def test_a_written_table_has_what_is_written_and_nothing_else() -> None:
    table = {"file": "x.csv", "account": "uid", "time": "ts", "items": {"ip": "ip"}, "measures": {"out": "tokens"}}
    columns = recognise(["uid", "ts", "ip", "email", "out"], told_from(table, where=""))
    assert columns.items == (("ip", "ip"),)
    assert columns.measures == (("out", "tokens"),)


@pytest.mark.parametrize("table", [{"itmes": {}}, {"items": ["ip"]}, {"time": 3}])
def test_a_written_table_that_is_wrong_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"case\.toml"):
        told_from(table, where="case.toml")
