"""What the user knows already: accounts and items that are bad, which is evidence, or good, which protects.

Labels are never needed. What is good is allowed (see `allowlist`); what is bad counts for the cluster that it is in,
and no further: a finding is bounded, and needs others beside it to accuse anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from graphlink import allowlist
from graphlink.allowlist import AllowList
from graphlink.errors import InputError, UsageError

if TYPE_CHECKING:
    from graphlink.cards import Key

GOOD, BAD = "good", "bad"
REASON = "labelled good"
_FORM = "--labels takes CSV with label (bad or good), and account_id, or kind and value"


@dataclass(frozen=True, slots=True)
class Labels:
    """Accounts and items that are known to be good, and those that are known to be bad."""

    good: AllowList = field(default_factory=AllowList)
    bad: AllowList = field(default_factory=AllowList)


def read(path: str | Path, *, key: Key = bytes) -> Labels:
    """Return what a CSV file says: label (`bad` or `good`), and account_id, or kind and value, or all of these.

    Args:
        path: the file, in UTF-8.
        key: what card numbers are hashed with, as where the records are read.

    Raises:
        MissingInput: the file is not there.
        InputError: it cannot be read, or holds nothing.
        UsageError: a label or a value cannot be meant, or something is both.

    """
    path = Path(path)
    with allowlist.opened(path, "--labels", then=_FORM) as text:
        rows = list(allowlist.rows(text))
    for row in rows:
        if row.label.strip().lower() not in {GOOD, BAD}:
            raise UsageError(f"label {row.label!r}", where=f"{path}: row {row.number}", then=_FORM)
    of = {each: [row for row in rows if row.label.strip().lower() == each] for each in (GOOD, BAD)}
    return _checked(*(allowlist.gathered(of[each], str(path), key) for each in (GOOD, BAD)), where=str(path))


def _checked(good: AllowList, bad: AllowList, *, where: str) -> Labels:
    if not good and not bad:
        raise InputError("labels nothing", where=where, then=_FORM)
    both = sorted(good.accounts & bad.accounts) + sorted(
        f"{kind} {value}"
        for kind in good.items.keys() & bad.items.keys()
        for value in good.items[kind] & bad.items[kind]
    )
    if both:
        raise UsageError(f"{both[0]} is labelled good and bad", where=where, then="decide")
    return Labels(good, bad)
