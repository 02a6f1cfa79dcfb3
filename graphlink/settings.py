"""Every option once: its default, unit, range and meaning. Help, TOML, manifest and documentation come from here."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from graphlink.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Option(NamedTuple):
    """One option as people read it."""

    name: str
    default: Any
    unit: str
    allowed: str
    meaning: str


def _option(  # noqa: PLR0913 - each argument is one column of the table that `settings` prints
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    return field(
        default=default, metadata={"meaning": meaning, "unit": unit, "low": low, "high": high, "choices": choices}
    )


METHODS = ("leiden", "louvain", "components", "label-propagation", "infomap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one investigation.

    Raises:
        UsageError: a value is outside its range.

    """

    min_accounts: int = _option(2, "the smallest cluster that is listed", unit="accounts", low=2)
    method: str = _option("leiden", "how links become clusters", choices=METHODS)
    since: str = _option("", "events before this time are left out", unit="ISO 8601")
    until: str = _option("", "events from this time on are left out", unit="ISO 8601")
    window: str = _option(
        "", "accounts share an item only where they touch it within this time of each other", unit="30s, 5m, 2h or 1d"
    )
    time_format: str = _option(
        "", "the form of all times, where it cannot be told from the column", unit="strptime or s, ms, us, ns"
    )
    encoding: str = _option("utf-8", "the encoding of CSV and JSON Lines")
    delimiter: str = _option(
        "", "what stands between the fields of CSV, or `tab`; empty: found out for each file", unit="character"
    )
    networks: str = _option(
        "",
        "whose addresses are: a CSV file of ranges with their country, asn, kind (hosting, vpn, carrier, campus)",
        unit="file",
    )
    allow: str = _option(
        "", "what never accuses: a file of accounts, one a line, or CSV with account_id, or kind and value", unit="file"
    )
    labels: str = _option(
        "",
        "what is known already: a CSV file with label (bad or good) and account_id, or kind and value",
        unit="file",
    )
    strict: bool = _option(default=False, meaning="stop at the first record that is not accepted")
    seed: int = _option(0, "where random steps start; the same seed gives the same bytes", low=0, high=2**32 - 1)
    threads: int = _option(0, "how many threads work; 0: all there are", unit="threads", low=0, high=1024)
    memory: str = _option(
        "", "how much memory reading takes before it spills, as 2GB; empty: four fifths of the machine's"
    )
    temp_dir: str = _option("", "where the engine spills; empty: the system's temporary folder")
    engine: str = _option("duckdb", "where relational work runs", choices=("duckdb", "spark"))
    spark_master: str = _option(
        "", "the master of a Spark cluster, as spark://host:7077; empty: Spark on this machine", unit="URL"
    )
    false_links: float = _option(
        0.001, "what share of the links chance alone may have made", unit="share", low=1e-9, high=0.5
    )
    decoys: int = _option(
        1, "how many rewired worlds are searched too, to say what chance finds; 0: none", unit="worlds", low=0, high=100
    )
    top: int = _option(20, "how many clusters the printed table shows", unit="clusters", low=1)

    def __post_init__(self) -> None:
        """Refuse a value that is outside its range."""
        for each in fields(self):
            _check(each.name, getattr(self, each.name), each.type, each.metadata)

    def changed(self, **values: Any) -> Settings:
        """Return these settings with some values replaced."""
        return replace(self, **values)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield name and value of each setting, in the order in which they are declared."""
        return ((each.name, getattr(self, each.name)) for each in fields(self))


def options() -> list[Option]:
    """Return every option with its default, unit, allowed values and meaning."""
    return [
        Option(f.name, f.default, f.metadata["unit"], _allowed(f.metadata), f.metadata["meaning"])
        for f in fields(Settings)
    ]


def meaning(name: str) -> str:
    """Return the sentence that says what an option means."""
    return next(option.meaning for option in options() if option.name == name)


def _allowed(limits: Mapping[str, Any]) -> str:
    if limits["choices"]:
        return ", ".join(limits["choices"])
    low, high = limits["low"], limits["high"]
    if low is None:
        return ""
    return f"{low:g} to {high:g}" if high is not None else f"{low:g} or more"


_TYPES: dict[str, Any] = {"int": int, "float": (int, float), "str": str, "bool": bool}


def _check(name: str, value: Any, type_name: Any, limits: Mapping[str, Any]) -> None:
    wrong = not isinstance(value, _TYPES[type_name]) or (isinstance(value, bool) and type_name != "bool")
    wrong = wrong or (limits["choices"] and value not in limits["choices"])
    wrong = wrong or (limits["low"] is not None and value < limits["low"])
    wrong = wrong or (limits["high"] is not None and value > limits["high"])
    if wrong:
        raise UsageError(f"{name} is {value!r}", then=f"it takes {_allowed(limits) or type_name}")
