"""The tables of the worlds by a fourth hand (`fourth_hand`): all that accounts did, as a platform would export it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from fourth_things import Fixed, digest, dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fourth_people import Account, Platform, Use
    from numpy.typing import NDArray

    Times = NDArray[np.float64]

MOST = 600  # requests of one account, jobs apart
SIGNUPS = ["account_id", "created_at", "signup_ip", "email", "phone", "device_id", "user_agent", "ja3", "referred_by",
           "banned_at"]  # fmt: skip
LOGINS = ["account_id", "timestamp", "ip", "device_id", "user_agent", "ja3"]


class Rows(NamedTuple):
    """Requests of an account."""

    times: Times
    prompts: NDArray[Any]
    ips: NDArray[np.int64]


class Tables:
    """All rows of a platform, and the names its accounts have."""

    def __init__(self, platform: Platform) -> None:
        self.of, self.rng = platform, platform.rng
        order = self.rng.permutation(len(platform.people))
        names = {int(k): "acct_" + digest(platform.seed, "a", place)[:10] for place, k in enumerate(order)}
        self.names = [names[k] for k in range(len(names))]
        self._usage: list[pd.DataFrame] = []
        self._signups: list[tuple[Any, ...]] = []
        self._payments: list[tuple[Any, ...]] = []
        self._logins: list[tuple[Any, ...]] = []
        for account in platform.people:
            self._put(account, self.names[account.number])

    def _put(self, account: Account, name: str) -> None:
        parts = [rows for rows in (self._sessions(account), *self._jobs(account)) if len(rows.times)]
        if parts:
            rows = Rows(*map(np.concatenate, zip(*parts, strict=True)))
            keys = np.array(["key_" + digest(name, k)[:12] for k in range(2)], object)
            used = keys[(self.rng.random(len(rows.times)) < 0.2).astype(int)]
            self._usage.append(
                pd.DataFrame({
                    "account_id": name, "timestamp": rows.times, "ip": rows.ips, "prompt_hash": rows.prompts,
                    "user_agent": account.agent, "api_key_id": used,
                })
            )  # fmt: skip
        self._log_in(account, name, np.concatenate([rows.times for rows in parts]) if parts else None)
        self._pay(account, name)
        self._sign_up(account, name)

    def _pick(self, times: Times, uses: Sequence[Use]) -> NDArray[np.int64]:
        """Return which of the things that are used at each time."""
        weight = np.array([use.weight for use in uses])
        since, until = [use.since for use in uses], [use.until for use in uses]
        likely = weight * ((times[:, None] >= since) & (times[:, None] < until)) + 1e-12 * weight
        up_to = likely.cumsum(1)
        return (self.rng.random(len(times))[:, None] * up_to[:, -1:] > up_to).sum(1)

    def _addresses(self, account: Account, times: Times) -> NDArray[np.int64]:
        """Return from where somebody works: one place for three hours."""
        blocks, at = np.unique(np.floor(times * 8).astype(int), return_inverse=True)
        place = self._pick(blocks / 8 + 0.06, account.sources)[at]
        ips = np.zeros(len(times), np.int64)
        for k in np.unique(place):
            here = place == k
            session = at[here] * 3 + (times[here] * 24).astype(int) % 3
            ips[here] = account.sources[k].what.get(times[here], session, self.rng)
        return ips

    def _sessions(self, account: Account) -> Rows:
        """Return what somebody asks by hand and by his programs."""
        rng = self.rng
        n = min(MOST, rng.poisson(account.rate * max(0.0, account.end - account.start)))
        times = self._moments(account, n) if n else np.empty(0)
        if not len(times):
            return Rows(times, np.empty(0, object), np.empty(0, np.int64))
        which, prompts = self._pick(times, account.templates), np.empty(len(times), object)
        for k in np.unique(which):
            here, of = which == k, account.templates[k].what
            prompts[here] = of[np.minimum((len(of) * rng.random(here.sum()) ** 1.6).astype(int), len(of) - 1)]
        once = np.flatnonzero(rng.random(len(times)) < self.of.once)
        prompts[once] = [f"{of:016x}" for of in rng.integers(1 << 62, size=len(once)).tolist()]
        return Rows(times, prompts, self._addresses(account, times))

    def _moments(self, account: Account, n: int) -> Times:
        rng = self.rng
        many = max(1, int(n / rng.uniform(2, 9)))
        days = np.arange(int(account.start), max(int(np.ceil(account.end)), int(account.start) + 1))
        weekend = (days + self.of.begins.day_of_week) % 7 >= 5
        likely = np.where(weekend, account.weekend, 1.0) * rng.gamma(1.5, 1, len(days)) + 1e-9
        hours = rng.choice(24, many, p=account.hours / account.hours.sum()) + rng.random(many) - account.city.zone
        begun = rng.choice(days, many, p=likely / likely.sum()) + hours % 24 / 24
        return _within(account, begun[rng.integers(0, many, n)] + rng.exponential(12 / 1440, n))

    def _jobs(self, account: Account) -> list[Rows]:
        rng, rows = self.rng, []
        for job in account.jobs:
            times = job.times[rng.random(len(job.times)) < job.share]
            times = _within(account, times + rng.exponential(job.late / 86400, len(times)))
            ips = (
                self._addresses(account, times)
                if job.source is None
                else job.source.get(times, np.arange(len(times)), rng)
            )
            rows.append(Rows(times, job.templates[rng.integers(0, len(job.templates), len(times))], ips))
        return rows

    def _log_in(self, account: Account, name: str, used: Times | None) -> None:
        rng, span = self.rng, account.end - account.start
        if span <= 0:
            return
        n = max(1, rng.poisson(account.logins * span * 0.7))
        if used is None:
            times = np.sort(rng.uniform(account.start, account.end, n))
        else:
            times = np.sort(rng.choice(used, n)) - rng.exponential(0.005, n)
        times = np.clip(times, account.start, self.of.days)
        ips = self._addresses(account, times)
        for time, k, ip in zip(times, self._pick(times, account.devices), ips, strict=True):
            self._logins.append((name, time, ip, *account.devices[k].what))

    def _pay(self, account: Account, name: str) -> None:
        for card in account.cards:
            low, high = max(card.since, account.start), min(card.until, account.end)
            if high > low:
                for time in self.rng.uniform(low, high, max(1, self.rng.poisson(card.weight * (high - low)))):
                    self._payments.append((name, time, card.what, float(self.of.one([5, 10, 20, 20, 50, 100]))))

    def _sign_up(self, account: Account, name: str) -> None:
        """Note a signup: for old accounts, often on a device and from an address that are no longer used."""
        first = max(account.devices, key=lambda use: use.weight).what
        kept = account.created >= -60 or self.of.chance(0.5)
        device = first if kept else self.of.software.device(own=True)
        inviter = None if account.inviter in (None, account) else self.names[account.inviter.number]
        self._signups.append(
            (name, account.created, self._first_address(account), account.email, account.phone, *device, inviter,
             account.banned)
        )  # fmt: skip

    def _first_address(self, account: Account) -> int:
        when = np.array([account.created])
        if account.signup_from is not None:
            return int(account.signup_from.get(when, np.array([0]), self.rng)[0])
        if account.created >= 0 and account.sources:
            return int(self._addresses(account, when)[0])
        if isinstance(account.home, Fixed) and self.of.chance(0.5):
            return int(account.home.ips[0])
        return int(self.rng.choice(account.city.providers[0].pool))

    def signups(self) -> pd.DataFrame:
        """Return the accounts, by name."""
        table = pd.DataFrame(self._signups, columns=SIGNUPS).sort_values("account_id", ignore_index=True)
        return self._handed_over(
            table.assign(
                signup_ip=dotted(table["signup_ip"].to_numpy()),
                created_at=self._instants(table["created_at"]),
                banned_at=self._instants(table["banned_at"]),
            )
        )

    def usage(self) -> pd.DataFrame:
        """Return the requests."""
        rng, table = self.rng, pd.concat(self._usage).sort_values("timestamp", kind="stable", ignore_index=True)
        n = len(table)
        return self._handed_over(
            table.assign(
                timestamp=self._instants(table["timestamp"]),
                ip=dotted(table["ip"].to_numpy()),
                model=rng.choice(["small", "medium", "large"], n, p=[0.5, 0.35, 0.15]),
                tokens_in=np.exp(rng.normal(6, 1.2, n)).astype(int) + 5,
                tokens_out=np.exp(rng.normal(5.4, 1.1, n)).astype(int) + 1,
            )
        )

    def payments(self) -> pd.DataFrame:
        """Return the charges; none where the platform hands none over."""
        rows = self._payments if self.of.has["payments"] else []
        table = pd.DataFrame(rows, columns=["account_id", "timestamp", "card_fingerprint", "amount"])
        table = table.sort_values("timestamp", kind="stable", ignore_index=True)
        return table.assign(timestamp=self._instants(table["timestamp"]))

    def logins(self) -> pd.DataFrame:
        """Return the logins; none where the platform hands none over."""
        rows = self._logins if self.of.has["logins"] else []
        table = pd.DataFrame(rows, columns=LOGINS).sort_values("timestamp", kind="stable", ignore_index=True)
        ips = dotted(table["ip"].to_numpy(np.int64))
        return self._handed_over(table.assign(timestamp=self._instants(table["timestamp"]), ip=ips))

    def _handed_over(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[[column for column in table if self.of.has.get(column, True)]]

    def _instants(self, days: pd.Series) -> pd.Series:
        return self.of.begins + pd.to_timedelta((days.astype(float) * 86400).round(), unit="s")

    def truth(self) -> pd.DataFrame:
        """Return unit and kind of every account, and what `graphlink evaluate` asks for."""
        columns = ["account_id", "unit", "kind", "ring", "role", "group"]
        rows = [(self.names[account.number], *_belongs(account)) for account in self.of.people]
        return pd.DataFrame(rows, columns=columns).sort_values("account_id", ignore_index=True)


def _belongs(account: Account) -> tuple[str, str, str, str, str]:
    if account.ring:
        return account.ring, account.ring.rsplit("-", 1)[0].replace("-", " ", 1), account.ring, account.role, ""
    if account.unit is None:
        return f"single-{account.number}", "single", "", account.role or "single", ""
    return account.unit.name, account.unit.kind, "", account.role or account.unit.kind, account.unit.name


def _within(account: Account, times: Times) -> Times:
    return np.sort(times[(times >= account.start) & (times < account.end)])
