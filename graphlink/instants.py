"""How instants are written, and what they are: whole microseconds since 1970 UTC.

A form is one regular expression with a field for each group, so the engine and Python read the same text the same
way: `parse` is exact and slow, `expression` is the same in the engine, and a property test holds them together.
Three rules make a value refusable rather than guessed at:

- Times without a zone are UTC.
- Years run from 1990 to 2099. What lies outside (1970-01-01, 9999-12-31) is a default that somebody's software wrote,
  and this is what makes the units of numbers tell apart: seconds, milliseconds, microseconds and nanoseconds of those
  years never meet.
- Digits below a microsecond are cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import ibis

from graphlink.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

SECOND = 1_000_000
EARLIEST = 631_152_000 * SECOND
"""1990-01-01T00:00:00Z."""
LATEST = 4_102_444_800 * SECOND
"""2100-01-01T00:00:00Z, the first instant that is too late."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR, _MONTH, _DAY = "(199[0-9]|20[0-9]{2})", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_HOUR, _SIXTY, _FRACTION = "([01][0-9]|2[0-3])", "([0-5][0-9])", "([0-9]{1,9})"
_LOOSE = {
    _MONTH: "(0[1-9]|1[0-2]?|[2-9])",
    _DAY: "(0[1-9]|[12][0-9]?|3[01]?|[4-9])",
    _HOUR: "([01][0-9]?|2[0-3]?|[3-9])",
}
"""The same with or without a leading zero. No two branches begin alike: RE2 then needs one pass, 4 times as fast."""
_ZONE = "(Z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = "january|february|march|april|may|june|july|august|september|october|november|december"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an instant.

    `name` is what people read and what `--time-format` takes. A value of the form matches `pattern` as a whole (RE2,
    and every other engine); group i holds field i. `places` is how many decimal places lie between a number and
    microseconds; None for a date that is written out.
    """

    name: str
    pattern: str
    fields: tuple[str, ...]
    places: int | None = None


def _number(name: str, places: int) -> Form:
    return Form(name, r"^([0-9]{1,19})(?:\.([0-9]{1,9}))?$", ("whole", "fraction"), places)


_NANOSECONDS = 9
_CLOCK = ("hour", "minute", "second")
_SLASHED = f"(?: {_LOOSE[_HOUR]}:{_SIXTY}(?::{_SIXTY})?)?$"

ISO = Form(
    "ISO 8601",
    f"^{_YEAR}-{_MONTH}-{_DAY}(?:[T ]{_HOUR}:{_SIXTY}(?::{_SIXTY}(?:[.]{_FRACTION})?)?(?: ?{_ZONE})?)?$",
    ("year", "month", "day", *_CLOCK, "fraction", "zone"),
)
MONTH_FIRST = Form("m/d/Y", f"^{_LOOSE[_MONTH]}/{_LOOSE[_DAY]}/{_YEAR}{_SLASHED}", ("month", "day", "year", *_CLOCK))
DAY_FIRST = Form("d/m/Y", f"^{_LOOSE[_DAY]}/{_LOOSE[_MONTH]}/{_YEAR}{_SLASHED}", ("day", "month", "year", *_CLOCK))
NUMBERS = (_number("s", 6), _number("ms", 3), _number("us", 0), _number("ns", -3))
FORMS = (ISO, MONTH_FIRST, DAY_FIRST, *NUMBERS)
"""The forms that are told from a column."""

_ISO_IN_UTC = ISO.pattern.replace(_ZONE, "(?:Z|UTC|[+]00:00)")
_ISO_WITH_OFFSET = ISO.pattern.replace(f"(?: ?{_ZONE})?)?", "[+-](?:0[0-9]|1[0-4]):[0-5][0-9])")

_ABSENT = (
    r"(?i)^\s*(?:null|none|nan|nat|n/?a|unknown|-|\\n|-1|0(?:\.0+)?"
    r"|(?:0000-00-00|0001-01-01|1970-01-01|9999-12-31)(?:[t ].*)?)?\s*$"
)

_DIRECTIVES = {
    "Y": ("year", _YEAR),
    "y": ("short year", "([0-6][0-9]|9[0-9])"),
    "m": ("month", _MONTH),
    "b": ("month name", f"((?i:{'|'.join(_MONTHS)}))"),
    "B": ("month name", f"((?i:{_MONTH_NAMES}))"),
    "d": ("day", _DAY),
    "H": ("hour", _HOUR),
    "I": ("half-day hour", _MONTH),
    "p": ("half", "((?i:am|pm))"),
    "M": ("minute", _SIXTY),
    "S": ("second", _SIXTY),
    "f": ("fraction", _FRACTION),
    "z": ("zone", _ZONE),
    "Z": ("", "(?:UTC|GMT)"),
    "a": ("", "[A-Za-z]{3}"),
    "A": ("", "[A-Za-z]{6,9}"),
    "%": ("", "%"),
}
_SHORTHANDS = {"%T": "%H:%M:%S", "%R": "%H:%M", "%F": "%Y-%m-%d", "%D": "%m/%d/%y"}
_COMPLETE = ({"year", "month", "day"}, {"short year", "month", "day"})


def absent(value: str) -> bool:
    """Return whether the text says that there is no time: empty, null, 0, -1, 1970-01-01, 9999-12-31 and the like."""
    return re.fullmatch(_ABSENT, value) is not None


def is_absent(column: ir.StringValue) -> ir.BooleanValue:
    """Return the same as `absent` for a column, true for NULL. Ask it only where `expression` gave NULL: it is slow."""
    return column.isnull() | column.re_search(_ABSENT)


def detect(values: Iterable[str], *, where: str = "", like: Form | None = None) -> Form:
    """Return the form of a column, told from its distinct values or a sample of them.

    It is the form in which more than half of the values are written; a column in which nothing is present is ISO. The
    order of the values does not matter. A sample in which no day is beyond 12 is ambiguous where the whole column may
    not be: ask again with all distinct values.

    Args:
        values: texts as they stand in the file; absent ones are passed over.
        where: file and column, for the message.
        like: the form of another column of the table: it settles month or day where nothing here does.

    Raises:
        UsageError: months and days cannot be told apart, or are mixed up, or no form fits.

    """
    texts = sorted({value for value in values if not absent(value)})
    hits = {form: {text for text in texts if parse(form, text) is not None} for form in FORMS}
    form = max(FORMS, key=lambda each: len(hits[each]))
    if texts and 2 * len(hits[form]) <= len(texts):
        strange = next(text for text in texts if text not in hits[form])
        raise UsageError(
            f"times are in no form that most of them share, one is {strange[:40]!r}",
            where=where,
            then="say it with --time-format, as '%d.%m.%Y %H:%M'",
        )
    if form in {MONTH_FIRST, DAY_FIRST} and like in {MONTH_FIRST, DAY_FIRST} and hits[MONTH_FIRST] == hits[DAY_FIRST]:
        return like
    if form in {MONTH_FIRST, DAY_FIRST}:
        _refuse_ambiguity(hits[MONTH_FIRST], hits[DAY_FIRST], where)
    return form


def _refuse_ambiguity(month_first: set[str], day_first: set[str], where: str) -> None:
    only_month, only_day = sorted(month_first - day_first), sorted(day_first - month_first)
    if bool(only_month) == bool(only_day):
        found = (
            f"both {only_month[0]!r} and {only_day[0]!r}" if only_day else f"{min(month_first)!r} and no day over 12"
        )
        raise UsageError(
            f"month and day cannot be told apart, found {found}", where=where, then="say --time-format m/d/Y or d/m/Y"
        )


def stated(time_format: str) -> Form:
    """Return the form that `--time-format` names: s, ms, us, ns, m/d/Y, d/m/Y, ISO 8601, or a strptime format.

    Raises:
        UsageError: it is none of these, or leaves the date incomplete.

    """
    names = {form.name.casefold(): form for form in FORMS} | {"iso": ISO}
    return names.get(time_format.casefold()) or _strptime(time_format)


def _strptime(time_format: str) -> Form:
    text = re.sub("%[TRFD]", lambda found: _SHORTHANDS[found[0]], time_format)
    fields, pattern = [], "^"
    loose = {} if re.search(r"%\w%\w", text) else _LOOSE  # 2015111 could be the 1st of November or the 11th of January
    for directive, literal in re.findall("%(.?)|([^%]+)", text):
        field, expected = ("", re.escape(literal)) if literal else _directive(directive, time_format)
        expected = loose.get(expected, expected)
        pattern += expected
        fields += [field] if field else []
    what = {"month" if field == "month name" else field for field in fields}
    halves = len({"half", "half-day hour"} & what)
    if len(what) < len(fields) or not any(whole <= what for whole in _COMPLETE) or halves == 1:
        raise _unusable(time_format, "needs year, month and day, each once, and %I together with %p")
    return Form(time_format, f"{pattern}$", tuple(fields))


def _directive(directive: str, time_format: str) -> tuple[str, str]:
    if directive not in _DIRECTIVES:
        raise _unusable(time_format, f"holds %{directive}, which is not among %{' %'.join(_DIRECTIVES)}")
    return _DIRECTIVES[directive]


def _unusable(time_format: str, why: str) -> UsageError:
    return UsageError(
        f"the time format {time_format!r} {why}", then="write it as in '%d.%m.%Y %H:%M', or one of s, ms, us, ns"
    )


def parse(form: Form, value: str) -> int | None:
    """Return the microseconds since 1970 UTC that the text stands for, None if it is not of the form.

    >>> parse(ISO, "2026-05-01T08:00:00.5+02:00")
    1777615200500000
    """
    found = re.fullmatch(form.pattern[1:-1], value)
    if not found:
        return None
    text = dict(zip(form.fields, (group or "" for group in found.groups()), strict=True))
    return _from_date(text) if form.places is None else _from_number(text, form.places)


def _from_number(text: dict[str, str], places: int) -> int | None:
    digits = text["whole"] + text["fraction"].ljust(places, "0")[:places] if places >= 0 else text["whole"][:places]
    micros = int(digits or "0")
    return micros if EARLIEST <= micros < LATEST else None


def _from_date(text: dict[str, str]) -> int | None:
    minute, second = (int(text.get(field) or 0) for field in _CLOCK[1:])
    try:
        moment = datetime(_year(text), _month(text), int(text["day"]), _hour(text), minute, second, tzinfo=UTC)
    except ValueError:  # the 30th of February
        return None
    fraction = int(text.get("fraction", "").ljust(6, "0")[:6])
    return (moment - _EPOCH) // timedelta(microseconds=1) + fraction - _offset(text.get("zone", ""))


def _year(text: dict[str, str]) -> int:
    short = text.get("short year")
    return int(text["year"]) if short is None else int(short) + (1900 if short >= "90" else 2000)


def _month(text: dict[str, str]) -> int:
    name = text.get("month name")
    return int(text["month"]) if name is None else _MONTHS.index(name[:3].lower()) + 1


def _hour(text: dict[str, str]) -> int:
    half = text.get("half")
    return int(text.get("hour") or 0) if half is None else int(text["half-day hour"]) % 12 + 12 * (half.lower() == "pm")


def _offset(zone: str) -> int:
    if zone[:1] not in {"+", "-"}:
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = 60 * int(digits[:2]) + int(digits[2:])
    return 60 * SECOND * (minutes if zone[0] == "+" else -minutes)


def expression(form: Form, column: ir.StringValue) -> ir.IntegerValue:
    """Return the instants of a text column as int64 microseconds since 1970 UTC, NULL where `parse` gives None."""
    if form.places is not None:
        return _numbers(form, column, form.places)
    if form != ISO:
        return _dates(form, column)
    # Nearly all files hold these two shapes. The patterns stay: the cast alone also takes ' 5', '24:00:00' and '5.'.
    local = column.left(column.length() - len("+02:00"))
    return ibis.cases(
        (column.re_search(_ISO_IN_UTC), _micros(column.try_cast("timestamp"))),
        (column.re_search(_ISO_WITH_OFFSET), _micros(local.try_cast("timestamp")) - _offset_of(column.right(6))),
        else_=_dates(form, column),
    )


def from_native(column: ir.Column, form: Form | None = None, *, where: str = "") -> ir.IntegerValue:
    """Return the instants of a column of any type as int64 microseconds since 1970 UTC, NULL where there is none.

    Timestamps and dates need no form (those without a zone are UTC); text and numbers do: `detect` tells it from
    their texts.

    Raises:
        UsageError: text or numbers came without a form that fits, or the type cannot hold instants.

    """
    kind = column.type()
    if kind.is_timestamp():
        return _plausible(_micros(column))
    if kind.is_date():
        return _plausible(_micros(column.cast("timestamp")))
    if form is not None and kind.is_string():
        return expression(form, column)
    if form is not None and form.places is not None and kind.is_numeric():
        return _native_numbers(form, column, form.places)
    raise UsageError(f"a column of type {kind} holds no times", where=where, then="say their form with --time-format")


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # Ibis has no types
def epoch_us(moment) -> int:  # type: ignore[no-untyped-def] # noqa: ANN001 - Ibis takes every type where none is said
    """Return the microseconds since 1970 UTC: the engine's function of that name, a tenth of the cost of a delta."""
    raise NotImplementedError


def _micros(moment: ir.TimestampValue) -> ir.IntegerValue:
    if moment.type().scale != _NANOSECONDS:
        return epoch_us(moment)
    # The engine's microseconds are rounded, a text's are cut off. Both ends carry a zone or neither does: mixed, the
    # engine would count in the zone of its session.
    zoned = moment.type().timezone is not None
    start = (
        ibis.literal(_EPOCH, "timestamp('UTC')") if zoned else ibis.literal(_EPOCH.replace(tzinfo=None), "timestamp")
    )
    return _shortened(moment.delta(start, unit="nanosecond").cast("string"), 3)


def _numbers(form: Form, column: ir.StringValue, places: int) -> ir.IntegerValue:
    whole, fraction = column.re_extract(form.pattern, 1), column.re_extract(form.pattern, 2)
    if places < 0:
        return _plausible(_shortened(whole, -places))
    return ibis.cases(
        (column.re_search("^[0-9]{1,19}$"), _scaled(column.try_cast("int64"), 10**places)),
        else_=_plausible((whole + (fraction + "0" * places).left(places)).try_cast("int64")),
    )


def _shortened(digits: ir.StringValue, by: int) -> ir.IntegerValue:
    """Return the number without its last digits; a division would pass through float64, which has too few."""
    return digits.left(digits.length() - by).try_cast("int64")


def _native_numbers(form: Form, column: ir.NumericColumn, places: int) -> ir.IntegerValue:
    if not column.type().is_integer():
        micros = column.cast("float64") * 10.0**places
        return ibis.ifelse(micros.between(EARLIEST, LATEST - 1), micros.round(), ibis.null("int64"))
    return _scaled(column.try_cast("int64"), 10**places) if places >= 0 else expression(form, column.cast("string"))


def _scaled(number: ir.IntegerValue, unit: int) -> ir.IntegerValue:
    """Return number x unit where that is plausible; a number beyond never meets the product, which would overflow."""
    return ibis.ifelse(number.between(EARLIEST // unit, (LATEST - 1) // unit), number * unit, ibis.null("int64"))


def _plausible(micros: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.ifelse(micros.between(EARLIEST, LATEST - 1), micros, ibis.null("int64"))


def _dates(form: Form, column: ir.StringValue) -> ir.IntegerValue:
    """Return what the groups of the form add up to; all are empty where it does not match, which is no timestamp."""
    text = _fields(form, column)
    minute, second = (text[field].nullif("").fill_null("0") if field in text else "0" for field in _CLOCK[1:])
    day = _year_text(text) + "-" + _month_text(text) + "-" + text["day"]
    micros = _micros((day + " " + _hour_text(text) + ":" + minute + ":" + second).try_cast("timestamp"))
    if "fraction" in text:
        micros += (text["fraction"] + "000000").left(6).try_cast("int64")
    return micros - _offset_of(text["zone"]) if "zone" in text else micros


def _fields(form: Form, column: ir.StringValue) -> dict[str, ir.StringValue]:
    """Return the text of each field, taken with the form's other groups opened: half the engine's time."""
    return {field: column.re_extract(_with_group(form.pattern, i), 1) for i, field in enumerate(form.fields)}


def _with_group(pattern: str, wanted: int) -> str:
    number = count()
    return re.sub(r"(?<!\\)\((?!\?)", lambda _: "(" if next(number) == wanted else "(?:", pattern)


def _year_text(text: dict[str, ir.StringValue]) -> ir.StringValue:
    short = text.get("short year")
    return text["year"] if short is None else ibis.ifelse(short >= "90", "19", "20") + short


def _month_text(text: dict[str, ir.StringValue]) -> ir.StringValue:
    name = text.get("month name")
    if name is None:
        return text["month"]
    return name.left(3).lower().cases(*((month, str(i)) for i, month in enumerate(_MONTHS, 1)), else_="")


def _hour_text(text: dict[str, ir.StringValue]) -> ir.StringValue | str:
    if "half" in text:
        hour = text["half-day hour"].try_cast("int64") % 12 + ibis.ifelse(text["half"].lower() == "pm", 12, 0)
        return hour.cast("string")
    return text["hour"].nullif("").fill_null("0") if "hour" in text else "0"


def _offset_of(zone: ir.StringValue) -> ir.IntegerValue:
    digits = zone.replace(":", "")
    hours, minutes = (digits.substr(start, 2).try_cast("int64").fill_null(0) for start in (1, 3))
    return ibis.ifelse(zone.startswith("-"), -60 * SECOND, 60 * SECOND) * (60 * hours + minutes)
