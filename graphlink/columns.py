"""What the columns of a table are taken for: by name, by option, by a written case.

Names are compared without case, `-`, `_`, `.` and spaces. Where several names of one role stand in one table, the
first in `ALIASES` is the account, the model, the label; every time and every item column counts.
An `--account` or `--time` replaces what would be recognised in the tables that have the column; an `--item` is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphlink.errors import UnknownColumn, UsageError
from graphlink.model import Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROLES: dict[str, tuple[str, ...]] = {
    "account": ("account_id", "account", "user_id", "uid", "customer_id", "org_id"),
    "time": ("timestamp", "ts", "time", "event_time", "created_at"),
    "signup": ("signup_time", "registered_at", "signed_up_at", "signup_at"),
    "banned": ("banned_at",),
    "label": ("label", "is_fraud"),
    "model": ("model",),
}
"""The names by which a column's role is recognised. A signup time is a time too."""

ITEMS: dict[str, tuple[str, ...]] = {
    "payment": ("payment_id", "card_id", "card_fingerprint", "payment_method"),
    "ip": ("ip", "ip_address", "signup_ip", "client_ip"),
    "device": ("device_id", "device_fingerprint", "fingerprint"),
    "email": ("email",),
    "phone": ("phone",),
    "user_agent": ("user_agent",),
    "tls": ("ja3", "ja4"),
    "prompt": ("prompt_hash", "template_hash", "template_id"),
    "api_key": ("api_key", "api_key_id"),
    "referrer": ("referrer", "referred_by", "invited_by"),
}
"""The names by which a column is recognised as items of a kind."""

MEASURES = ("tokens_in", "tokens_out", "amount")
"""The names by which a column is recognised as a number to add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the user says the columns are, for every table that has them.

    With `exact`, a table has these columns and no others: nothing but the account is recognised by its name.
    """

    account: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    """Pairs of column and kind name."""
    measures: tuple[tuple[str, str], ...] = ()
    signup: str | None = None
    banned: str | None = None
    label: str | None = None
    model: str | None = None
    exact: bool = False

    def named(self) -> tuple[str, ...]:
        """Return every column that was named."""
        singles = (self.signup, self.banned, self.label, self.model)
        pairs = (column for column, _ in self.items + self.measures)
        return (*self.account, *self.times, *pairs, *(s for s in singles if s is not None))


def plain(name: str) -> str:
    """Return a column name as names are compared.

    >>> plain("Device-ID") == plain("device.id") == plain("deviceId")
    True
    """
    return "".join(c for c in name.casefold() if c not in "-_. ")


_ROLE_OF: dict[str, str] = {plain(name): role for role, names in ROLES.items() for name in names}
_KIND_OF: dict[str, str] = {plain(name): kind for kind, names in ITEMS.items() for name in names}
_MEASURES = {plain(name): name for name in MEASURES}


def wanted(name: str, told: Told) -> bool:
    """Return whether a column of this name may have a role."""
    key = plain(name)
    known = key in _ROLE_OF or key in _KIND_OF or key in _MEASURES
    return known or any(name == each or key == plain(each) for each in told.named())


def recognise(found: Sequence[str], told: Told, *, where: str = "") -> Columns:
    """Return what the columns found in one table are taken for.

    Raises:
        UsageError: two columns have the same name, or none is the account.

    """
    _refuse_collisions(found, told, where)
    told = _only_found(found, told)
    free = [name for name in found if name not in told.named()]
    account = (*told.account, *_of_role("account", free))[:1]
    if not account:
        raise UsageError(
            f"no account column among {', '.join(map(repr, found[:20]))}", where=where, then="name it with --account"
        )
    if told.exact:
        return _columns(account[0], told)
    return _columns(account[0], _with_recognised(free, told))


def check_all_found(told: Told, tables: Iterable[Sequence[str]]) -> None:
    """Raise an UnknownColumn for a column that was named and is in no table."""
    tables = list(tables)
    for name in told.named():
        if not any(_find(name, found) for found in tables):
            columns = ", ".join(dict.fromkeys(column for found in tables for column in found))
            raise UnknownColumn(f"no table has the column {name!r}", then=f"there are: {columns}")


def unused(found: Sequence[str], columns: Columns) -> list[str]:
    """Return the columns of a table that have no role."""
    used = set(used_columns(columns))
    return [name for name in found if name not in used]


def used_columns(columns: Columns) -> list[str]:
    """Return the columns that have a role, each once."""
    singles = (columns.account, columns.signup, columns.banned, columns.label, columns.model)
    pairs = (column for column, _ in columns.items + columns.measures)
    return list(dict.fromkeys(n for n in (*singles, *columns.times, *pairs) if n is not None))


def roles(columns: Columns) -> list[tuple[str, str]]:
    """Return pairs of column and what it is taken for, as people read it."""
    taken: list[tuple[str | None, str]] = [(columns.account, "account")]
    taken += [(name, "signup time" if name == columns.signup else "time") for name in columns.times]
    taken += [(name, f"item: {kind}") for name, kind in columns.items]
    taken += [(name, f"measure: {measure}") for name, measure in columns.measures]
    taken += [(columns.banned, "banned at"), (columns.label, "label"), (columns.model, "model")]
    return [(name, role) for name, role in taken if name is not None]


def _of_role(role: str, found: Iterable[str]) -> list[str]:
    """Return the columns of that role, in the order of the table of names."""
    order = [plain(name) for name in ROLES[role]]
    return sorted((n for n in found if _ROLE_OF.get(plain(n)) == role), key=lambda n: order.index(plain(n)))


def _with_recognised(free: Sequence[str], told: Told) -> Told:
    signup = told.signup or next(iter(_of_role("signup", free)), None)
    times = told.times or tuple(n for n in free if _ROLE_OF.get(plain(n)) in {"time", "signup"})
    return Told(
        times=times,
        items=told.items + tuple((n, _KIND_OF[plain(n)]) for n in free if plain(n) in _KIND_OF),
        measures=told.measures + tuple((n, _MEASURES[plain(n)]) for n in free if plain(n) in _MEASURES),
        # a time that was named may be the signup time as well
        signup=signup or next(iter(_of_role("signup", told.times)), None),
        banned=told.banned or next(iter(_of_role("banned", free)), None),
        label=told.label or next(iter(_of_role("label", free)), None),
        model=told.model or next(iter(_of_role("model", free)), None),
    )


def _columns(account: str, told: Told) -> Columns:
    return Columns(
        account=account,
        times=tuple(dict.fromkeys(told.times)),
        items=tuple(dict.fromkeys(told.items)),
        measures=tuple(dict.fromkeys(told.measures)),
        signup=told.signup,
        banned=told.banned,
        label=told.label,
        model=told.model,
    )


def _find(name: str, found: Sequence[str]) -> str | None:
    """Return the column of that name: to the letter, or else as names are compared."""
    return name if name in found else next((each for each in found if plain(each) == plain(name)), None)


def _only_found(found: Sequence[str], told: Told) -> Told:
    def pairs(named: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((column, meant) for name, meant in named if (column := _find(name, found)))

    def single(name: str | None) -> str | None:
        return None if name is None else _find(name, found)

    return Told(
        account=tuple(column for name in told.account if (column := _find(name, found))),
        times=tuple(column for name in told.times if (column := _find(name, found))),
        items=pairs(told.items),
        measures=pairs(told.measures),
        signup=single(told.signup),
        banned=single(told.banned),
        label=single(told.label),
        model=single(told.model),
        exact=told.exact,
    )


def _refuse_collisions(found: Sequence[str], told: Told, where: str) -> None:
    """Two columns of one name cannot both be meant; only those that could have a role matter."""
    seen: dict[str, str] = {}
    named = told.named()
    for name in found:
        key = name if name in named else plain(name)
        if key in seen and (wanted(name, told) or name == seen[key]):
            raise UsageError(
                f"the columns {seen[key]!r} and {name!r} have the same name", where=where, then="rename one"
            )
        seen[key] = name


HOW = ("encoding", "delimiter", "time_format")
"""What a [[table]] of a case.toml says of how its file is read."""


def told_from(table: Mapping[str, object], *, where: str) -> Told:
    """Return what a [[table]] of a case.toml says.

    Raises:
        UsageError: a key is unknown or a value is not of its type.

    """
    not_roles = ("file", *HOW)
    for key in not_roles:
        if not isinstance(table.get(key, ""), str):
            raise UsageError(f"{key} is {table[key]!r}", where=where, then="it takes a text")
    roles_given = {k: v for k, v in table.items() if k not in not_roles}
    known = {"account", "time", "items", "measures", "signup", "banned", "label", "model"}
    for key in roles_given:
        if key not in known:
            raise UsageError(f"the key {key!r} of a [[table]] is unknown", where=where, then=f"known: {sorted(known)}")
    return Told(
        account=_texts(table, "account", where)[:1],
        times=_texts(table, "time", where),
        items=_pairs(table, "items", where),
        measures=_pairs(table, "measures", where),
        signup=next(iter(_texts(table, "signup", where)), None),
        banned=next(iter(_texts(table, "banned", where)), None),
        label=next(iter(_texts(table, "label", where)), None),
        model=next(iter(_texts(table, "model", where)), None),
        exact=bool(roles_given.keys() - {"account"}),
    )


def _texts(table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{key} is {value!r}", where=where, then="it takes the name of a column")
    return tuple(texts)


def _pairs(table: Mapping[str, object], key: str, where: str) -> tuple[tuple[str, str], ...]:
    value = table.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(kind, str) for kind in value.values()):
        raise UsageError(f"{key} is {value!r}", where=where, then='it takes { column = "kind" }')
    return tuple(value.items())
