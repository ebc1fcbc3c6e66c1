"""Every call of quota's database."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime

from services.contracts import AccountId, JobId
from services.kit.documents import (
    Change,
    CollectionSpec,
    Condition,
    Decide,
    Document,
    Documents,
    Index,
    Rows,
)
from services.quota.core import (
    DECIDING,
    LEDGER,
    AccountQuota,
    LedgerRow,
    Operation,
    Outcome,
    PoolLimits,
    forget,
    row_id,
    shut,
    to_forget,
)

__all__ = ["ACCOUNTS", "LIMITS", "Accounts"]

ACCOUNTS = CollectionSpec("accounts", AccountQuota, (Index(("oldest_open_at",), sparse=True),))
LIMITS = CollectionSpec("pools", PoolLimits)
"""One document for each pool."""

_PAGE = 1_000


class Accounts:
    """The accounts' documents, and the ledger that tells of them."""

    def __init__(self, documents: Documents[AccountQuota], ledger: Rows[LedgerRow]) -> None:
        self._documents = documents
        self._ledger = ledger

    async def load(self, account: AccountId) -> Document[AccountQuota] | None:
        return await self._documents.load(account)

    async def decide(
        self, account: AccountId, act: Callable[[AccountQuota | None], Outcome]
    ) -> Outcome:
        """Saves what `act` comes to by compare-and-set, and answers the outcome that was saved."""
        outcomes: list[Outcome] = []

        def once_more(state: AccountQuota | None) -> Change[AccountQuota] | None:
            outcomes.append(act(state))
            return outcomes[-1].change

        await self._documents.change(account, once_more)
        if outcomes[-1].calls_for_forgetting:
            await self._forget(account)
        return outcomes[-1]

    async def change(self, account: AccountId, decide: Decide[AccountQuota]) -> None:
        await self._documents.change(account, decide)

    async def erase(self, account: AccountId) -> bool:
        """Takes away document and rows; false while a grant is open or something unpublished."""
        await self._documents.change(account, shut)
        document = await self._documents.load(account)
        if document and document.state.open:
            return False
        await self._erase_rows(account)
        if not await self._documents.discard(account):
            return False
        await self._erase_rows(account)  # those that the relay has filed meanwhile
        return True

    async def is_filed(self, job: JobId) -> bool:
        """True when the ledger has a decision on this job."""
        return bool(await self._filed([job]))

    async def rows_of(self, job: JobId) -> list[LedgerRow]:
        """What the ledger has of a job, in the order in which it happened."""
        ids = [row_id(job, operation) for operation in Operation]
        rows = await self._ledger.find([("_id", "in", ids)], limit=len(ids))
        return sorted(rows, key=lambda row: row.turn)

    async def reserved(self, job: JobId) -> LedgerRow | None:
        """The ledger's row of its reservation."""
        return await self._ledger.get(row_id(job, Operation.RESERVE))

    async def with_grants_before(self, moment: datetime, limit: int = 100) -> list[AccountId]:
        """Accounts whose oldest open grant is older than that, the oldest first."""
        found = await self._documents.find(
            [("oldest_open_at", "<", moment)], order=["oldest_open_at"], limit=limit
        )
        return [document.state.account for document in found]

    async def rows(
        self, account: AccountId, *, unfiled_of: Document[AccountQuota] | None = None
    ) -> list[LedgerRow]:
        """All rows of an account, by turn; with those that its document has not filed yet."""
        filed = await self._rows(account)
        known = {row.id for row in filed}
        waiting = [
            LEDGER.codec.decode(row.id, row.fields)
            for row in (unfiled_of.unfiled if unfiled_of else ())
            if row.collection == LEDGER.name and row.id not in known
        ]
        return sorted([*filed, *waiting], key=lambda row: row.turn)

    async def _rows(self, account: AccountId) -> list[LedgerRow]:
        rows: list[LedgerRow] = []
        while True:
            last = rows[-1].turn if rows else -1
            page = await self._ledger.find(
                [("account", "==", account), ("turn", ">", last)], order=["turn"], limit=_PAGE
            )
            rows.extend(page)
            if len(page) < _PAGE:
                return rows

    async def decided_since(self, moment: datetime) -> list[LedgerRow]:
        """Every decision since then, the oldest first."""
        rows: list[LedgerRow] = []
        since = moment
        while True:
            page = await self._ledger.find(
                [("since", ">=", since), ("operation", "in", [*DECIDING])],
                order=["since"],
                limit=_PAGE,
            )
            rows.extend(page)
            if len(page) < _PAGE or page[-1].since == since:
                return rows
            since = page[-1].since

    async def everyone(self) -> AsyncIterator[AccountId]:
        """Every account with a document or a row."""
        last = ""
        while found := [*await self._next_document(last), *await self._next_row(last)]:
            last = min(found)
            yield AccountId(last)

    async def _erase_rows(self, account: AccountId) -> None:
        mine: Condition = ("account", "==", account)
        while page := await self._ledger.find([mine], order=["turn"], limit=_PAGE):
            await self._ledger.delete([mine, ("turn", "<=", page[-1].turn)])

    async def _next_document(self, after: str) -> list[str]:
        page = await self._documents.find([("_id", ">", after)], order=["_id"], limit=1)
        return [document.id for document in page]

    async def _next_row(self, after: str) -> list[str]:
        page = await self._ledger.find([("account", ">", after)], order=["account"], limit=1)
        return [row.account for row in page]

    async def _filed(self, jobs: Iterable[str]) -> set[JobId]:
        ids = [row_id(job, operation) for job in jobs for operation in DECIDING]
        rows = await self._ledger.find([("_id", "in", ids)], limit=len(ids))
        return {row.job for row in rows}

    async def _forget(self, account: AccountId) -> None:
        """Leaves decisions that the ledger has to the ledger alone."""
        if (document := await self._documents.load(account)) is None:
            return
        filed = await self._filed(to_forget(document.state))
        await self._documents.change(account, lambda state: forget(state, filed))
