"""Operators' acts as the database keeps them. The write that changes an account brings its act."""

from services.contracts import AccountId, ActId
from services.gateway.core.audit import Act
from services.kit.documents import Condition, Rows

__all__ = ["Acts"]


class Acts:
    """All of it raises Unavailable when the database does not answer."""

    def __init__(self, rows: Rows[Act]) -> None:
        self._rows = rows

    async def page(
        self, account: AccountId | None, *, limit: int, before: ActId | None = None
    ) -> list[Act]:
        """Newest first, older than `before`; those of one account or of all."""
        where: list[Condition] = [("account", "==", account)] if account else []
        where += [("_id", "<", before)] if before else []
        return await self._rows.find(where, order=("-_id",), limit=limit)

    async def erase(self, account: AccountId) -> None:
        await self._rows.delete([("account", "==", account)])
