"""Batches as the database keeps them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.contracts import AccountId, BatchId
from services.gateway.core.batch import Batch
from services.kit.documents import Change, CollectionSpec, Condition, Documents, Index

__all__ = ["BATCHES", "Batches"]

BATCHES: CollectionSpec[Batch] = CollectionSpec(
    "batches",
    Batch,
    (
        Index(("account", "-id")),
        Index(("idempotency",), unique=True, sparse=True),
        Index(("due_at",), sparse=True),
        Index(("expires_at",), expire_after=timedelta(0)),
    ),
)


class Batches:
    """All of it raises Unavailable when the database does not answer."""

    def __init__(self, documents: Documents[Batch]) -> None:
        self._documents = documents

    async def get(self, account: AccountId, id: BatchId) -> Batch | None:
        document = await self._documents.load(id)
        return document.state if document and document.state.account == account else None

    async def with_idempotency(self, idempotency: str) -> Batch | None:
        found = await self._documents.find([("idempotency", "==", idempotency)], limit=1)
        return found[0].state if found else None

    async def page(
        self, account: AccountId, *, limit: int, before: BatchId | None = None
    ) -> list[Batch]:
        """Batches of one account, newest first, older than `before`."""
        where: list[Condition] = [("account", "==", account)]
        where += [("id", "<", before)] if before else []
        found = await self._documents.find(where, order=("-id",), limit=limit)
        return [document.state for document in found]

    async def running(self, account: AccountId) -> int:
        # A comparison: SecantusDB has no index for "!=".
        where: list[Condition] = [("account", "==", account), ("due_at", ">", _LONG_AGO)]
        return await self._documents.count(where)

    async def due(self, now: datetime, limit: int = 20) -> list[Batch]:
        """Those of any account to look at by now, the longest overdue first."""
        found = await self._documents.find([("due_at", "<=", now)], order=("due_at",), limit=limit)
        return [document.state for document in found]

    async def insert(self, batch: Batch) -> None:
        """Raises Duplicate when its idempotency key is taken."""
        await self._documents.change(
            batch.id, lambda known: None if known else Change(batch), is_new=True
        )

    async def change(self, id: BatchId, decide: Callable[[Batch], Batch]) -> Batch | None:
        """None when there is no such batch."""

        def on_known(batch: Batch | None) -> Change[Batch] | None:
            changed = decide(batch) if batch else None
            return Change(changed) if changed and changed != batch else None

        return await self._documents.change(id, on_known)

    async def discard(self, id: BatchId) -> bool:
        return await self._documents.discard(id)


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
