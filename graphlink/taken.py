"""What a cluster took, in the sentence that comes first: how much, of which models, when, and what share of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphlink.model import TAKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from graphlink.model import CaseFile

MODELS_NAMED = 3
_MILLION = 1_000_000
_COARSE = 0.1  # shares below it are told to two digits


def sentence(case_file: CaseFile, cluster_id: str) -> str:
    """Return what the accounts of a cluster took; empty where the case does not say."""
    own = case_file.taken[case_file.taken["cluster_id"] == cluster_id]
    accounts = int(case_file.clusters.loc[case_file.clusters["cluster_id"] == cluster_id, "accounts"].sum())
    return told(own, accounts, case_file.manifest.get("usage", {}))


def told(own: pd.DataFrame, accounts: int, usage: Mapping[str, Any]) -> str:
    """Return what so many accounts took, given as rows of `taken`; `usage` is what all accounts took."""
    if own.empty:
        return ""
    made = "made" if usage.get("noun") == "exchanges" else "have"
    return f"{accounts:,} accounts {made} {_events(own, usage)}{_measures(own)}{_models(own)}{_when(own)}."


def _events(own: pd.DataFrame, usage: Mapping[str, Any]) -> str:
    events, every = int(own["events"].sum()), int(usage.get("events", 0))
    share = f" ({_percent(events / every)} of all)" if every else ""
    return f"{_many(events)} {usage.get('noun', 'records')}{share}"


def _measures(own: pd.DataFrame) -> str:
    """Return the sum of each measure; those of tokens are one."""
    sums: dict[str, float] = {}
    for name in own.columns[len(TAKEN) :]:
        noun = "tokens" if "token" in name.lower() else name
        sums[noun] = sums.get(noun, 0.0) + float(own[name].sum())
    said = [f"{_many(sums.pop('tokens'))} tokens"] if sums.get("tokens") else []
    said += [f"{name} {_many(total)}" for name, total in sums.items() if total]
    return f" with {_listed(said)}" if said else ""


def _models(own: pd.DataFrame) -> str:
    per = own[own["model"] != ""].groupby("model")["events"].sum()
    per = per[per > 0].sort_values(ascending=False, kind="stable")
    if per.empty:
        return ""
    named = [f"{model} ({_percent(events / per.sum())})" for model, events in per.head(MODELS_NAMED).items()]
    more = [f"{len(per) - MODELS_NAMED} more"] if len(per) > MODELS_NAMED else []
    return f" from {_listed([*named, *more])}"


def _when(own: pd.DataFrame) -> str:
    days = own.loc[(own["day"] != "") & (own["events"] > 0), "day"]
    if days.empty:
        return ""
    first, last = days.min(), days.max()
    return f" on {first}" if first == last else f" between {first} and {last}"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= _COARSE or not share else f"{share * 100:.2g}%"


def _many(number: float) -> str:
    return f"{number / _MILLION:,.1f} million" if number >= _MILLION else f"{number:,.0f}"


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
