"""How far a case agrees with a truth: partitions compared, and who was accused rightly or in error.

A truth names the ring of each guilty account. Everybody else is innocent, whether the truth lists them or not. Where it
also has the columns role and group, innocents of one group (a household, an organisation) belong together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from graphlink import calibration
from graphlink.errors import InputError, MissingInput, UnknownColumn
from graphlink.model import TIERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.calibration import Calibration
    from graphlink.model import CaseFile

_MOSTLY = 0.5
WHOLE, PURE = 0.8, 0.9
"""A ring is found whole when one cluster holds this share of it, and it is this share of the cluster."""


class Share(NamedTuple):
    """A proportion with its 95 % interval; a share of nothing has no value."""

    cases: int
    of: int
    value: float | None
    low: float
    high: float


def share(cases: int, of: int, *, z: float = 1.959964) -> Share:
    """Return a proportion with its interval after Wilson (1927), which holds for few cases and near 0 and 1.

    >>> share(0, 20)
    Share(cases=0, of=20, value=0.0, low=0.0, high=0.161)
    """
    if not of:
        return Share(cases, of, None, 0.0, 1.0)
    p, spread = cases / of, z * z / of
    middle = (p + spread / 2) / (1 + spread)
    reach = z * sqrt(p * (1 - p) / of + spread / of / 4) / (1 + spread)
    return Share(cases, of, round(p, 6), max(0.0, round(middle - reach, 3)), min(1.0, round(middle + reach, 3)))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two partitions of the same accounts agree; an account in no cluster is a cluster of its own.

    Pairwise: of the pairs in one cluster, how many are of one ring (precision), and the other way round (recall).
    B-cubed (Bagga & Baldwin 1998): the same asked of each account about its own cluster, then averaged, so that a
    large ring does not outvote small ones. `ari`: the adjusted Rand index (Hubert & Arabie 1985): pairs on which both
    agree, 0 at what chance gives, 1 at identity. None where nothing was there to be right or wrong about.
    """

    accounts: int
    pair_precision: float | None
    pair_recall: float | None
    pair_f1: float | None
    b3_precision: float | None
    b3_recall: float | None
    b3_f1: float | None
    ari: float | None


def agreement(true: NDArray[np.int64], found: NDArray[np.int64]) -> Agreement:
    """Return how two labellings of the same accounts agree (shape (accounts,) each)."""
    cells = pd.DataFrame({"true": true, "found": found}).value_counts().reset_index(name="both")
    both = cells["both"].to_numpy()
    of_true = cells.groupby("true")["both"].transform("sum").to_numpy()
    of_found = cells.groupby("found")["both"].transform("sum").to_numpy()
    size = int(both.sum())
    agreed, in_true, in_found = _pairs(both), _pairs(np.bincount(true)), _pairs(np.bincount(found))
    pair = _ratio(agreed, in_found), _ratio(agreed, in_true)
    b3 = _ratio((both * both / of_found).sum(), size), _ratio((both * both / of_true).sum(), size)
    return Agreement(size, *pair, _f1(*pair), *b3, _f1(*b3), _ari(agreed, in_true, in_found, size * (size - 1) / 2))


def _pairs(sizes: NDArray[np.int64]) -> float:
    return float((sizes * (sizes - 1.0) / 2).sum())


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _ari(agreed: float, in_true: float, in_found: float, pairs: float) -> float | None:
    if not pairs:
        return None
    chance, most = in_true * in_found / pairs, (in_true + in_found) / 2
    return float((agreed - chance) / (most - chance)) if most != chance else 1.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A case held against a truth.

    `rings`: agreement over ring accounts, all listed clusters counted. `listed`: over all listed and all ring accounts;
    innocents of one group belong together, every other innocent alone. `precision` and `recall` of accounts in
    `coordinated` clusters; with `_or_review` those in `review` too. `accused_in_error`: innocents in `coordinated`
    clusters. `found_whole`: rings of which one cluster, `coordinated` or `review`, holds 80 % and is 90 % pure.
    `linked_to_ring`: innocents with a link to a ring account; `linked_astray`: innocents with a link to an innocent who
    is not of their group. `tiers`: clusters, accounts, ring_accounts, innocents for each tier. `named`: for each role
    of innocents, how many groups with two accounts in one cluster got the explanation of that name there.
    `stained`: innocents that a ring stained (role `stained`) in `coordinated` clusters, of all that were stained.
    `calibration`: how scores of clusters agree with what they are: a ring, if most of their accounts are of one.
    """

    rings: Agreement
    listed: Agreement
    precision: Share
    recall: Share
    precision_or_review: Share
    recall_or_review: Share
    accused_in_error: int
    found_whole: Share
    mixed_clusters: int
    """Clusters that hold accounts of two rings or more."""
    linked_to_ring: int
    linked_astray: int
    tiers: dict[str, dict[str, int]]
    named: dict[str, Share]
    stained: Share
    calibration: Calibration

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as plain values, for JSON."""
        figures = asdict(self)
        figures |= {name: value._asdict() for name, value in figures.items() if isinstance(value, Share)}
        figures["calibration"]["bins"] = [
            {name: value if isfinite(value) else None for name, value in each._asdict().items()}
            for each in self.calibration.bins
        ]
        figures["named"] = {role: value._asdict() for role, value in self.named.items()}
        return figures

    def table(self) -> pd.DataFrame:
        """Return the figures for people: measure, value, interval, meaning."""
        return pd.DataFrame(_rows(self), columns=["measure", "value", "interval", "meaning"])


def _rows(found: Evaluation) -> list[tuple[str, str, str, str]]:
    """Return one row a figure, the harms first."""
    rows = [
        ("accused in error", str(found.accused_in_error), "", "innocents in coordinated clusters"),
        _row("precision", found.precision, "accounts in coordinated clusters that are of a ring"),
        _row("recall", found.recall, "ring accounts that are in coordinated clusters"),
        _row("precision, with review", found.precision_or_review, "the same for coordinated and review clusters"),
        _row("recall, with review", found.recall_or_review, ""),
        _row("rings found whole", found.found_whole, "80 % of the ring in one cluster that is 90 % the ring"),
        ("clusters with two rings", str(found.mixed_clusters), "", ""),
        ("innocents linked to a ring", str(found.linked_to_ring), "", ""),
        (
            "innocents linked astray",
            str(found.linked_astray),
            "",
            "to innocents not of their household or organisation",
        ),
    ]
    for name, part in (("ring accounts", found.rings), ("all listed", found.listed)):
        rows += [
            (f"pairwise F1, {name}", _figure(part.pair_f1), "", _both(part.pair_precision, part.pair_recall)),
            (f"B-cubed F1, {name}", _figure(part.b3_f1), "", _both(part.b3_precision, part.b3_recall)),
            (f"adjusted Rand, {name}", _figure(part.ari), "", ""),
        ]
    rows += [
        _row(f"named {role}", value, "groups in one cluster that are explained so")
        for role, value in found.named.items()
    ]
    rows += [_row("stained accused", found.stained, "innocents that a ring stained, in coordinated clusters")]
    rows += _calibrated(found.calibration)
    return rows + [
        (tier, str(counts["clusters"]), "", "clusters: {accounts} accounts, {ring_accounts} of rings".format(**counts))
        for tier, counts in found.tiers.items()
    ]


def _calibrated(found: Calibration) -> list[tuple[str, str, str, str]]:
    """Return the rows of the calibration error and of the reliability diagram."""
    if found.error is None:
        return []
    error = (
        "calibration error",
        _figure(found.error),
        f"{found.low:.3f} to {found.high:.3f}",
        "of scores, by clusters",
    )
    bars = zip(found.bins, calibration.diagram(found), strict=True)
    return [error, *((f"score {each.low:g} to {each.high:g}", str(each.clusters), "", bar) for each, bar in bars)]


def _row(measure: str, value: Share, meaning: str) -> tuple[str, str, str, str]:
    shown = f"{_figure(value.value)} ({value.cases}/{value.of})"
    return measure, shown, f"{value.low:.3f} to {value.high:.3f}" if value.of else "", meaning


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _both(precision: float | None, recall: float | None) -> str:
    return f"precision {_figure(precision)}, recall {_figure(recall)}"


def read_truth(path: Path | str) -> pd.DataFrame:
    """Return the truth in a CSV file: account_id, ring, and role and group where it has them; all of it text.

    Raises:
        MissingInput: the file is not there.
        UnknownColumn: it has no column account_id or ring.
        InputError: it is no CSV, or names an account twice.

    """
    where = str(path)
    if not Path(path).is_file():
        raise MissingInput("no such file", where=where, then="give a CSV with the columns account_id and ring")
    try:
        truth = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"no CSV that can be read ({error})", where=where) from error
    return _checked(truth, where)


def _checked(truth: pd.DataFrame, where: str = "truth") -> pd.DataFrame:
    for column in ("account_id", "ring"):
        if column not in truth:
            raise UnknownColumn(f"no column {column}", where=where, then="it needs account_id and ring")
    twice = truth["account_id"].duplicated()
    if twice.any():
        raise InputError(f"the account {truth['account_id'][twice].iloc[0]} stands there twice", where=where)
    return truth


def evaluate(case_file: CaseFile, truth: pd.DataFrame) -> Evaluation:
    """Return how the case agrees with the truth.

    Args:
        case_file: the case.
        truth: account_id, ring (empty: innocent), and optionally role and group.

    Raises:
        UnknownColumn: the truth has no column account_id or ring.
        InputError: it names an account twice.

    """
    accounts = _accounts(case_file, _checked(truth))
    listed = accounts[accounts["tier"] != ""]
    guilty = accounts[accounts["ring"] != ""]
    coordinated, review = (listed[listed["tier"].isin(TIERS[:many])] for many in (1, 2))
    return Evaluation(
        rings=_agreement(guilty),
        listed=_agreement(accounts[(accounts["tier"] != "") | (accounts["ring"] != "")]),
        precision=_guilty_of(coordinated),
        recall=share(int((coordinated["ring"] != "").sum()), len(guilty)),
        precision_or_review=_guilty_of(review),
        recall_or_review=share(int((review["ring"] != "").sum()), len(guilty)),
        accused_in_error=int((coordinated["ring"] == "").sum()),
        found_whole=_found_whole(guilty, review),
        mixed_clusters=_mixed(listed),
        **_linked(case_file.links, accounts),
        tiers=_tiers(listed),
        named=_named(listed),
        stained=_stained(accounts),
        calibration=_calibration(case_file, listed),
    )


def _stained(accounts: pd.DataFrame) -> Share:
    rows = accounts[accounts["role"] == "stained"]
    return share(int((rows["tier"] == "coordinated").sum()), len(rows))


def _calibration(case_file: CaseFile, listed: pd.DataFrame) -> Calibration:
    guilty = (listed["ring"] != "").groupby(listed["cluster_id"]).mean()
    score = case_file.clusters.set_index("cluster_id")["score"].reindex(guilty.index)
    return calibration.calibrate(score.to_numpy(float), (guilty > _MOSTLY).to_numpy(bool))


def _accounts(case_file: CaseFile, truth: pd.DataFrame) -> pd.DataFrame:
    """Return every account of the case or the truth: account_id, ring, role, group, cluster_id, tier, explanation.

    What an account is not in is empty text.
    """
    members = case_file.members[["account_id", "cluster_id"]].merge(
        case_file.clusters[["cluster_id", "tier", "explanation"]], on="cluster_id", how="left"
    )
    columns = ["account_id", "ring", "role", "group"]
    known = truth.assign(**{name: "" for name in columns if name not in truth})[columns]
    everybody = known.merge(members, on="account_id", how="outer").fillna("")
    return everybody.astype(str)


def _agreement(accounts: pd.DataFrame) -> Agreement:
    alone = accounts["account_id"]
    belongs = accounts["ring"].where(accounts["ring"] != "", "group:" + accounts["group"])
    belongs = belongs.where(belongs != "group:", "alone:" + alone)
    found = accounts["cluster_id"].where(accounts["cluster_id"] != "", "alone:" + alone)
    return agreement(pd.factorize(belongs)[0], pd.factorize(found)[0])


def _guilty_of(accounts: pd.DataFrame) -> Share:
    return share(int((accounts["ring"] != "").sum()), len(accounts))


def _found_whole(guilty: pd.DataFrame, accounts: pd.DataFrame) -> Share:
    sizes, clusters = guilty.groupby("ring").size(), accounts.groupby("cluster_id").size()
    both = accounts[accounts["ring"] != ""].groupby(["ring", "cluster_id"]).size().reset_index(name="both")
    whole = both["both"] >= WHOLE * sizes.reindex(both["ring"]).to_numpy()
    pure = both["both"] >= PURE * clusters.reindex(both["cluster_id"]).to_numpy()
    return share(both.loc[whole & pure, "ring"].nunique(), len(sizes))


def _mixed(accounts: pd.DataFrame) -> int:
    rings = accounts.loc[accounts["ring"] != "", ["cluster_id", "ring"]].drop_duplicates()
    return int((rings.groupby("cluster_id").size() > 1).sum())


def _linked(links: pd.DataFrame, accounts: pd.DataFrame) -> dict[str, int]:
    """Return how many innocents are linked to a ring, and to innocents who are not of their group."""
    both, ids = pd.factorize(pd.concat([links["left"], links["right"]], ignore_index=True))
    known = accounts.set_index("account_id").reindex(ids)
    guilty = known["ring"].fillna("").to_numpy() != ""
    group = pd.factorize(known["group"].replace("", None))[0]  # -1: of none
    a, b = both, np.roll(both, len(links))
    to_ring = ~guilty[a] & guilty[b]
    astray = ~guilty[a] & ~guilty[b] & ((group[a] < 0) | (group[a] != group[b]))
    return {"linked_to_ring": len(np.unique(a[to_ring])), "linked_astray": len(np.unique(a[astray]))}


def _tiers(listed: pd.DataFrame) -> dict[str, dict[str, int]]:
    counts = {}
    for tier in TIERS:
        rows = listed[listed["tier"] == tier]
        guilty = int((rows["ring"] != "").sum())
        counts[tier] = {
            "clusters": rows["cluster_id"].nunique(),
            "accounts": len(rows),
            "ring_accounts": guilty,
            "innocents": len(rows) - guilty,
        }
    return counts


def _named(listed: pd.DataFrame) -> dict[str, Share]:
    """Return, for each role of innocents, how many of its groups the case explains by their true name."""
    rows = listed[(listed["group"] != "") & (listed["ring"] == "")]
    rows = rows[rows.groupby(["group", "cluster_id"])["account_id"].transform("size") > 1]
    right = (rows["role"] == rows["explanation"]).groupby([rows["role"], rows["group"]]).any()
    return {str(role): share(int(part.sum()), len(part)) for role, part in right.groupby(level="role")}
