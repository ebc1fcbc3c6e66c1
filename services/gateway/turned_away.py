"""Submissions that became no job: kept for a while, so that each is refused in public once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.contracts import AccountId, SubmissionId
from services.contracts.events import SubmissionRefused
from services.kit.clock import Clock
from services.kit.documents import Change, CollectionSpec, Documents, Index

__all__ = ["TURNED_AWAY", "TurnedAway", "TurnedAways"]

_KEPT = timedelta(days=8)
"""Longer than `submissions` is kept: what comes again is known."""

_PAGE = 100


@dataclass(frozen=True)
class TurnedAway:
    account: AccountId
    submission: SubmissionId
    code: str
    at: datetime


TURNED_AWAY: CollectionSpec[TurnedAway] = CollectionSpec(
    "turned_away", TurnedAway, (Index(("account",)), Index(("at",), expire_after=_KEPT))
)


class TurnedAways:
    """All of it raises Unavailable when the database does not answer."""

    def __init__(self, documents: Documents[TurnedAway], clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def refuse(
        self, account: AccountId, submission: SubmissionId, code: str, detail: str
    ) -> None:
        """Tells it by the same write; the same submission again says nothing."""
        now = self._clock.now()
        event = SubmissionRefused(
            at=now, account=account, submission=submission, code=code, detail=detail
        )
        change = Change(TurnedAway(account, submission, code, now), (event,))
        await self._documents.change(
            _id(account, submission), lambda known: None if known else change, is_new=True
        )

    async def get(self, account: AccountId, submission: SubmissionId) -> TurnedAway | None:
        document = await self._documents.load(_id(account, submission))
        return document.state if document else None

    async def erase(self, account: AccountId) -> bool:
        """False while something of it is not published yet."""
        found = await self._documents.find([("account", "==", account)], limit=_PAGE)
        gone = [await self._documents.discard(document.id) for document in found]
        return all(gone) and len(found) < _PAGE


def _id(account: AccountId, submission: SubmissionId) -> str:
    return f"{account}/{submission}"
