"""A feed in a list, and news to put into it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.contracts import AccountId, EventId, JobId
from services.contracts.jobs import JobStatus
from services.kit.errors import Unavailable
from services.notify.core import Notice, Notification, next_sequence
from services.notify.hub import Hub

NOW = datetime(2026, 3, 25, 18, tzinfo=UTC)
ACCOUNT = AccountId.new(NOW)
JOB = JobId.new(NOW)


def stopped(hub: Hub) -> None:
    """As by a replica that leaves."""
    for listener in hub.leave():
        listener.close("stopping")


def news(
    kind: str = "job.queued",
    account: AccountId = ACCOUNT,
    step: int = 0,
    job: JobId = JOB,
    status: JobStatus = JobStatus.QUEUED,
) -> Notice:
    return Notice(
        event=EventId.new(NOW),
        account=account,
        job=job,
        type=kind,
        at=NOW,
        rank=(2, 0, 0, step),
        facts={"job": job, "status": status.value},
    )


@dataclass
class ListFeeds:
    """Feeds without a database; `hidden` rows are gone by retention, none is read while `away`."""

    rows: list[Notification] = field(default_factory=list)
    hidden: int = 0
    away: bool = False

    async def append(self, notice: Notice) -> Notification | None:
        if any(row.notice.event == notice.event for row in self.rows):
            return None
        mine = [row for row in self.rows if row.notice.account == notice.account]
        self.rows.append(Notification(next_sequence(mine[-1].sequence if mine else None), notice))
        return self.rows[-1]

    async def after(self, account: AccountId, sequence: int, *, limit: int) -> list[Notification]:
        kept = [row for row in self._kept(account) if row.sequence > sequence]
        return kept[:limit]

    async def of_job(self, account: AccountId, job: JobId) -> list[Notification]:
        return [row for row in self._kept(account) if row.notice.job == job]

    async def bounds(self, account: AccountId) -> tuple[int | None, int | None]:
        kept = self._kept(account)
        return (kept[0].sequence, kept[-1].sequence) if kept else (None, None)

    async def newest(self, account: AccountId) -> int:
        return (await self.bounds(account))[1] or 0

    async def erase(self, account: AccountId) -> None:
        self.rows = [row for row in self.rows if row.notice.account != account]

    def _kept(self, account: AccountId) -> list[Notification]:
        if self.away:
            raise Unavailable("database")
        return [row for row in self.rows if row.notice.account == account][self.hidden :]
