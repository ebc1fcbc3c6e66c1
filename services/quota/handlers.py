"""Load, decide, save: what quota does with each event that it hears."""

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from services.contracts import Envelope, Event, Lane
from services.contracts.events import (
    AccountChanged,
    AccountStatus,
    JobAdmitted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobRejected,
    JobRequested,
    LimitsChanged,
)
from services.kit.clock import Clock
from services.kit.erasures import Erasures
from services.kit.errors import Unavailable
from services.quota import reports
from services.quota.core import (
    Book,
    JobEnd,
    Outcome,
    Plans,
    Verdict,
    change_account,
    refuse_erased,
    reserve,
    settle,
    tell_again,
)
from services.quota.core.law import DEFAULTS, Constants
from services.quota.doors import Doors
from services.quota.repository import Accounts

__all__ = ["Handlers", "Limits"]

_LOOK_UPS = 5


class Limits(Protocol):
    """The limits in force: the last `LimitsChanged` of each plan and pool."""

    @property
    def caught_up(self) -> bool:
        """False while some may be missing. No news of a limit is only then no limit."""
        ...

    def values(self) -> Iterable[LimitsChanged]: ...


class Handlers:
    """Quota's answers to `requests`, `renders` and `accounts`.

    Each is harmless when it comes again: the account's document or the ledger knows the job.
    """

    def __init__(
        self,
        accounts: Accounts,
        erasures: Erasures,
        plans: Plans,
        limits: Limits,
        clock: Clock,
        *,
        doors: Doors,
        k: Constants = DEFAULTS,
    ) -> None:
        self._accounts = accounts
        self._erasures = erasures
        self._plans = plans
        self._limits = limits
        self._doors = doors
        self._clock = clock
        self._k = k

    async def handle(self, envelope: Envelope[Event]) -> None:
        """Raises Unavailable while the database, the limits or the ledger can't be relied on."""
        match envelope.data:
            case JobRequested() as request:
                await self._requested(request)
            case JobCompleted() | JobFailed() | JobCancelled() as end:
                await self._ended(end)
            case AccountChanged(status=AccountStatus.ERASED) as event:
                await self._erasures.begin(event.account)
            case AccountChanged() as event if await self._erasures.find(event.account) is None:
                change = partial(change_account, event=event, now=self._clock.now())
                await self._accounts.change(event.account, change)
                await self._erasures.meets(event.account)
            case _:
                pass  # the rest of these streams is for others

    async def _requested(self, request: JobRequested) -> None:
        outcome = await self._reserved(request)
        if outcome.verdict is Verdict.STRANGER:
            await self._refuse_erased(request)
            return
        if outcome.verdict is Verdict.CONGESTED:
            raise Unavailable("ledger", "too many of an account's decisions are not filed yet")
        match outcome.decision:
            case JobAdmitted() as admitted:
                self._doors.let_in(admitted, self._clock.now())
            case JobRejected() as rejected:
                self._doors.send_away(request, rejected, self._clock.now())
        reports.decided(request, outcome)
        if request.reminder and outcome.verdict is Verdict.REPEATED:
            await self._tell_again(request)

    async def _reserved(self, request: JobRequested) -> Outcome:
        looked_up, may_open = None, False
        for _ in range(_LOOK_UPS):
            decide = partial(
                reserve,
                request=request,
                book=self._book(),
                now=self._clock.now(),
                looked_up=looked_up,
                may_open=may_open,
                doorway=self._doors.look(request.spec.pool, self._clock.now()),
            )
            outcome = await self._accounts.decide(request.account, decide)
            if outcome.verdict is Verdict.STRANGER and not await self._erasures.find(
                request.account
            ):
                may_open = True
                continue
            if may_open:
                await self._erasures.meets(request.account)
            if outcome.verdict is not Verdict.LOOK_UP:
                return outcome
            if await self._accounts.is_filed(request.job):
                return Outcome(Verdict.REPEATED)
            looked_up = outcome.forgotten_count
        raise Unavailable("database", "the account changes faster than its ledger can be read")

    async def _refuse_erased(self, request: JobRequested) -> None:
        """Whoever waits for it hears an end, and no document comes back."""
        rejected = refuse_erased(request, self._book(), self._clock.now())
        await self._erasures.tell(request.account, rejected)

    async def _tell_again(self, request: JobRequested) -> None:
        """Its first telling is lost, or still in the outbox if its row is not filed yet."""
        row = await self._accounts.reserved(request.job)
        if row and row.quota:
            plan = self._plans.find(row.quota.plan)
            lane = row.lane or (plan.lane if plan else Lane.FREE)
            again = partial(tell_again, request=request, row=row, lane=lane)
            await self._accounts.change(request.account, again)
            reports.told_again(request)

    async def _ended(self, end: JobEnd) -> None:
        decide = partial(settle, end=end, now=self._clock.now())
        outcome = await self._accounts.decide(end.account, decide)
        if outcome.verdict is Verdict.UNMATCHED and (
            await self._accounts.is_filed(end.job) or await self._erasures.find(end.account)
        ):
            outcome = Outcome(Verdict.REPEATED)
        reports.ended(end, outcome)

    def _book(self) -> Book:
        if not self._limits.caught_up:
            raise Unavailable("limits", "not read to their end yet")
        return Book(self._plans, {said.key: said for said in self._limits.values()}, self._k)
