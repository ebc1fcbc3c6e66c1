"""Quota's shell on parts in memory."""

from collections.abc import Sequence

from services.contracts import Envelope, Event, EventId
from services.contracts.events import JobAdmitted, JobRejected, LimitsChanged, LoadReported
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments, MemoryRows
from services.kit.erasures import ERASURES, Eraser, Erasure, Erasures
from services.quota.core import LEDGER, AccountQuota, LedgerRow, Plans
from services.quota.doors import Doors
from services.quota.erasing import erasing, says
from services.quota.handlers import Handlers
from services.quota.repository import ACCOUNTS, Accounts
from tests.unit.quota.cases import ACCOUNT, NOON, PLANS


class HeardLimits:
    """A table of limits by hand."""

    def __init__(self, *said: LimitsChanged, caught_up: bool = True) -> None:
        self.caught_up = caught_up
        self.said = {event.key: event for event in said}

    def values(self) -> Sequence[LimitsChanged]:
        return list(self.said.values())

    def get(self, key: str, /) -> LimitsChanged | None:
        return self.said.get(key)

    async def until_caught_up(self) -> None:
        assert self.caught_up


class House:
    """One replica; a second shares `documents` and `ledger` through `beside`."""

    def __init__(
        self,
        *,
        plans: Plans = PLANS,
        limits: HeardLimits | None = None,
        beside: "House | None" = None,
        ledger: MemoryRows[LedgerRow] | None = None,
    ) -> None:
        self.clock = ManualClock(NOON)
        self.limits = limits or HeardLimits()
        self.documents: MemoryDocuments[AccountQuota]
        self.ledger: MemoryRows[LedgerRow]
        self.gone: MemoryDocuments[Erasure]
        if beside:
            self.documents, self.ledger = beside.documents, ledger or beside.ledger
        else:
            self.documents = MemoryDocuments(ACCOUNTS, self.clock, "quota")
            self.ledger = MemoryRows(LEDGER)
        self.accounts = Accounts(self.documents, self.ledger)
        self.gone = beside.gone if beside else MemoryDocuments(ERASURES, self.clock, "quota")
        self.erasures = Erasures(self.gone, self.clock)
        self.eraser = Eraser(self.erasures, erasing(self.accounts), says, self.clock)
        self.loads: dict[str, LoadReported] = {}
        self.doors = Doors(self.loads, self.limits)
        self.handlers = Handlers(
            self.accounts, self.erasures, plans, self.limits, self.clock, doors=self.doors
        )

    async def hear(self, event: Event) -> None:
        await self.handlers.handle(Envelope(EventId.new(NOON), "test", event))

    def file_rows(self) -> None:
        """What the relay does with the rows of an outbox."""
        for row in self.documents.rows:
            self.ledger.put(row.id, row.fields)

    @property
    def decisions(self) -> list[JobAdmitted | JobRejected]:
        events = self.documents.events
        return [event for event in events if isinstance(event, JobAdmitted | JobRejected)]

    async def account(self) -> AccountQuota:
        document = await self.documents.load(ACCOUNT)
        assert document is not None
        return document.state
