"""Erased accounts: what of them is left to erase, and that they are known when they come again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from services.contracts import AccountId, Event
from services.contracts.retention import longest_replay
from services.kit.clock import Clock
from services.kit.documents import Change, CollectionSpec, Documents, Index
from services.kit.errors import KitError
from services.kit.pause import pause
from services.kit.telemetry import metrics

__all__ = ["ERASURES", "Eraser", "Erasure", "Erasures", "erasure_id"]

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 5.0
_AGAIN_SECONDS = 1.0
_AT_ONCE = 100


@dataclass(frozen=True)
class Erasure:
    """`account` is there while there is something to do; what stays then names nobody.

    `by` is who asked for it, `awaits` the services that have not yet said that they are done.
    `round` grows with each reason to look: a look that began before the last one finishes nothing.
    """

    begun_at: datetime
    account: AccountId | None
    by: str | None = None
    awaits: tuple[str, ...] = ()
    round: int = 1
    done_at: datetime | None = None
    expires_at: datetime | None = None


ERASURES: CollectionSpec[Erasure] = CollectionSpec(
    "erasures",
    Erasure,
    (
        Index(("account",), sparse=True),
        Index(("expires_at",), sparse=True, expire_after=timedelta(0)),
    ),
)


def erasure_id(account: AccountId) -> str:
    """Tells an erased account from others to whoever has its id, and nobody else what it was."""
    return hashlib.sha256(account.encode()).hexdigest()


class Erasures:
    """One service's erasures. Each is kept until no event of its account can come any more.

    Raises Unavailable when the database does not answer.
    """

    def __init__(self, documents: Documents[Erasure], clock: Clock) -> None:
        self.begun = asyncio.Event()
        self._documents = documents
        self._clock = clock

    async def find(self, account: AccountId) -> Erasure | None:
        document = await self._documents.load(erasure_id(account))
        return document.state if document else None

    async def begin(
        self, account: AccountId, *, by: str | None = None, awaits: Sequence[str] = ()
    ) -> Erasure:
        """There is something to erase; the one who asked first stays on record."""
        now = self._clock.now()

        def decide(known: Erasure | None) -> Change[Erasure] | None:
            if known is None:
                return Change(Erasure(now, account, by, tuple(awaits)))
            again = known.round + 1
            return Change(replace(known, account=account, expires_at=None, round=again))

        begun = await self._documents.change(erasure_id(account), decide)
        assert begun is not None
        self.begun.set()
        return begun

    async def meets(self, account: AccountId) -> bool:
        """Whether an account is erased for which something was stored; then it begins anew.

        To be asked after the write: then either this sees the erasure, or the eraser, which looks
        after the erasure has begun, sees what was written.
        """
        if await self.find(account) is None:
            return False
        await self.begin(account)
        return True

    async def heard(self, account: AccountId, service: str) -> None:
        """A service has said that it is done."""

        def decide(known: Erasure | None) -> Change[Erasure] | None:
            if known is None or service not in known.awaits:
                return None
            awaits = tuple(each for each in known.awaits if each != service)
            return Change(replace(known, awaits=awaits))

        await self._documents.change(erasure_id(account), decide)

    async def tell(self, account: AccountId, event: Event) -> None:
        """Says something about an erased account that has no document any more."""

        def decide(known: Erasure | None) -> Change[Erasure] | None:
            return Change(known, (event,)) if known else None

        await self._documents.change(erasure_id(account), decide)

    async def finish(self, looked_at: Erasure, account: AccountId, *events: Event) -> bool:
        """Nothing is left: the account's id goes too, and `events` say so.

        False where there was a reason to look again since `looked_at`.
        """
        now = self._clock.now()

        def decide(known: Erasure | None) -> Change[Erasure] | None:
            if known is None or known.account is None or known.round != looked_at.round:
                return None
            done = replace(
                known,
                account=None,
                done_at=known.done_at or now,
                expires_at=now + longest_replay(),
            )
            return Change(done, events)

        after = await self._documents.change(erasure_id(account), decide)
        return after is not None and after.account is None

    async def unfinished(self) -> list[Erasure]:
        found = await self._documents.find(
            [("account", ">", "")], order=("account",), limit=_AT_ONCE
        )
        return [document.state for document in found]


class Eraser:
    """Works off what has begun, on any replica: two that do it at once do the same twice.

    `erase` takes away what it can and answers whether that was all; `says` are the events that
    tell of a finished one.
    """

    name = "eraser"

    def __init__(
        self,
        erasures: Erasures,
        erase: Callable[[Erasure, AccountId], Awaitable[bool]],
        says: Callable[[AccountId, datetime], tuple[Event, ...]],
        clock: Clock,
    ) -> None:
        self._erasures = erasures
        self._erase = erase
        self._says = says
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            left = await self._attempt()
            await self._rest(_AGAIN_SECONDS if left else _EVERY_SECONDS, stop)

    async def look(self) -> bool:
        """One look at each; true while any is not finished. Raises Unavailable."""
        left = False
        self._erasures.begun.clear()
        for erasure in await self._erasures.unfinished():
            if not (erasure.account and await self._finished(erasure, erasure.account)):
                left = True
        return left

    async def _finished(self, erasure: Erasure, account: AccountId) -> bool:
        if not await self._erase(erasure, account):
            return False
        said = self._says(account, self._clock.now())
        if not await self._erasures.finish(erasure, account, *said):
            return False
        metrics.RETENTION_REMOVED.add(1, what="account", reason="erased")
        log.info("account_erased", account=str(account))
        return True

    async def _attempt(self) -> bool:
        try:
            return await self.look()
        except KitError as error:
            log.warning("erasing_put_off", reason=str(error))
            return False

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        resting = asyncio.ensure_future(pause(self._clock, seconds, stop))
        begun = asyncio.ensure_future(self._erasures.begun.wait())
        try:
            await asyncio.wait({resting, begun}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            begun.cancel()
