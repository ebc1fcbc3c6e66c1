"""The account's quota document: what it holds of its window, and what was decided lately."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.contracts import AccountId, JobId
from services.contracts.events import AccountStatus

__all__ = ["AccountQuota", "Forgotten", "Grant", "Promise", "Spent"]


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A reservation whose job has no end yet.

    `saved` are units that its lighter render does not cost the fleet.
    """

    job: JobId
    units: int
    images: int
    granted_at: datetime
    leaves_at: datetime
    saved: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Units of ended jobs that leave the window at one moment; `job` is the last of them."""

    job: JobId
    units: int
    granted_at: datetime
    leaves_at: datetime
    saved: float = 0.0


@dataclass(frozen=True)
class Forgotten:
    """How many decisions are left to the ledger alone, and the highest job id among them.

    Ids sort by birth, so that a newer job is known to be none of them without a look-up.
    """

    count: int = 0
    highest: str = ""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A moment that a refusal named: from `at` until `until` so many units get in, whatever m is.

    The fleet may have grown hotter meanwhile; who was sent away until then is let in all the same.
    """

    units: int
    at: datetime
    until: datetime

    def covers(self, units: int, now: datetime) -> bool:
        return units <= self.units and self.at <= now <= self.until


@dataclass(frozen=True, kw_only=True)
class AccountQuota:
    """One account. Everything that a promise rests on changes by compare-and-set of this value.

    `as_of` is the latest moment that any decision has seen: a clock that is behind (another
    replica's, or one set back) never opens the window a second time. `version` counts what others
    were told of its usage, `turn` its ledger rows. `decided` are the jobs decided lately that hold
    no open grant. `spent` holds nothing that has left by `as_of`.
    """

    account: AccountId
    plan: str
    account_version: int
    as_of: datetime
    status: AccountStatus = AccountStatus.ACTIVE
    version: int = 0
    turn: int = 0
    open: tuple[Grant, ...] = ()
    spent: tuple[Spent, ...] = ()
    decided: tuple[str, ...] = ()
    forgotten: Forgotten = Forgotten()
    oldest_open_at: datetime | None = None
    promise: Promise | None = None

    @property
    def used(self) -> int:
        """Units that count: those of open grants, however old, and what has not left yet."""
        held = sum(grant.units for grant in self.open)
        return held + sum(spent.units for spent in self.spent)

    @property
    def saved(self) -> float:
        """Units among those used that lighter renders did not cost."""
        held: tuple[Grant | Spent, ...] = (*self.open, *self.spent)
        return sum(item.saved for item in held)

    def at(self, now: datetime) -> "AccountQuota":
        """This account at `now`, or later if a decision has seen a later moment."""
        as_of = max(now, self.as_of)
        spent = tuple(item for item in self.spent if item.leaves_at > as_of)
        return replace(self, as_of=as_of, spent=spent)

    def grant_of(self, job: JobId) -> Grant | None:
        return next((grant for grant in self.open if grant.job == job), None)

    def remembers(self, job: JobId) -> bool:
        return self.grant_of(job) is not None or job in self.decided

    def may_have_forgotten(self, job: JobId) -> bool:
        return str(job) <= self.forgotten.highest

    def granting(self, grant: Grant) -> "AccountQuota":
        return _holding(self, (*self.open, grant))

    def refusing(self, job: JobId) -> "AccountQuota":
        return replace(self, decided=(*self.decided, job))

    def closing(self, grant: Grant, kept: int) -> "AccountQuota":
        """The grant's job has ended with `kept` units delivered; the others are free at once."""
        still_open = tuple(other for other in self.open if other.job != grant.job)
        spent = self.spent
        if kept and grant.leaves_at > self.as_of:
            spent = _spend(spent, grant, kept)
        closed = replace(self, spent=spent, decided=(*self.decided, grant.job))
        return _holding(closed, still_open)


def _holding(account: AccountQuota, grants: tuple[Grant, ...]) -> AccountQuota:
    oldest = min((grant.granted_at for grant in grants), default=None)
    return replace(account, open=grants, oldest_open_at=oldest)


def _spend(spent: tuple[Spent, ...], grant: Grant, kept: int) -> tuple[Spent, ...]:
    beside = [item for item in spent if item.leaves_at == grant.leaves_at]
    others = tuple(item for item in spent if item.leaves_at != grant.leaves_at)
    joined = Spent(
        job=grant.job,
        units=sum(item.units for item in beside) + kept,
        granted_at=grant.granted_at,
        leaves_at=grant.leaves_at,
        saved=sum(item.saved for item in beside) + grant.saved * kept / grant.units,
    )
    return tuple(sorted((*others, joined), key=lambda item: item.leaves_at))
