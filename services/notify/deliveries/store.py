"""Endpoints and deliveries as the database keeps them."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime, timedelta
from typing import TypeVar

from services.contracts import AccountId, DeliveryId, EndpointId
from services.kit.documents import Change, CollectionSpec, Condition, Documents, Index
from services.notify.core.delivery import Channel, Delivery, DeliveryStatus
from services.notify.core.endpoint import Endpoint

__all__ = ["DELIVERIES", "ENDPOINTS", "Deliveries", "Endpoints"]

S = TypeVar("S")

ENDPOINTS: CollectionSpec[Endpoint] = CollectionSpec(
    "endpoints",
    Endpoint,
    (Index(("account", "id")), Index(("changed_at",)), Index(("hears_limits", "id"))),
)
DELIVERIES: CollectionSpec[Delivery] = CollectionSpec(
    "deliveries",
    Delivery,
    (
        Index(("endpoint", "-place")),
        Index(("account",)),
        Index(("next_at",), sparse=True),
        Index(("expires_at",), expire_after=timedelta(0)),
    ),
)

_PAGE = 200


class Endpoints:
    """All of it raises Unavailable when the database does not answer."""

    def __init__(self, documents: Documents[Endpoint]) -> None:
        self._documents = documents

    async def get(self, id: EndpointId) -> Endpoint | None:
        document = await self._documents.load(id)
        return document.state if document else None

    async def mine(self, account: AccountId, id: str, channel: Channel) -> Endpoint | None:
        """Only if it is this account's, and of this channel; `id` may be anything."""
        try:
            endpoint = await self.get(EndpointId(id))
        except ValueError:
            return None
        owned = endpoint and endpoint.account == account and endpoint.channel is channel
        return endpoint if owned else None

    async def of(self, account: AccountId, channel: Channel | None = None) -> list[Endpoint]:
        """All of an account, whose number the routes bound."""
        found = await self._documents.find([("account", "==", account)], order=("id",), limit=_PAGE)
        states = (document.state for document in found)
        return [one for one in states if channel in (None, one.channel)]

    async def changed_since(self, moment: datetime) -> list[Endpoint]:
        found = await self._documents.find([("changed_at", ">=", moment)], limit=_PAGE)
        return [document.state for document in found]

    async def hearing_limits(self) -> AsyncIterator[Endpoint]:
        last = ""
        while True:
            found = await self._documents.find(
                [("hears_limits", "==", True), ("id", ">", last)], order=("id",), limit=_PAGE
            )
            for document in found:
                yield document.state
            if len(found) < _PAGE:
                return
            last = found[-1].id

    async def add(self, endpoint: Endpoint) -> None:
        await self._documents.change(endpoint.id, lambda known: None if known else Change(endpoint))

    async def change(
        self, id: EndpointId, decide: Callable[[Endpoint], Endpoint]
    ) -> Endpoint | None:
        return await _changed(self._documents, id, decide)

    async def delete(self, id: EndpointId) -> bool:
        return await self._documents.delete(id)

    async def erase(self, account: AccountId) -> None:
        while found := await self.of(account):
            for endpoint in found:
                await self._documents.delete(endpoint.id)


class Deliveries:
    """All of it raises Unavailable when the database does not answer."""

    def __init__(self, documents: Documents[Delivery]) -> None:
        self._documents = documents

    async def get(self, endpoint: EndpointId, id: DeliveryId) -> Delivery | None:
        document = await self._documents.load(id)
        return document.state if document and document.state.endpoint == endpoint else None

    async def add(self, delivery: Delivery) -> None:
        """Once: the same event for the same endpoint has the same id."""
        await self._documents.change(
            delivery.id, lambda known: None if known else Change(delivery), is_new=True
        )

    async def due(
        self, now: datetime, *, without: Collection[EndpointId] = (), limit: int = _PAGE
    ) -> list[Delivery]:
        """The longest overdue first; not of these endpoints."""
        where: list[Condition] = [("next_at", "<=", now)]
        where += [("endpoint", "!=", endpoint) for endpoint in without]
        found = await self._documents.find(where, order=("next_at",), limit=limit)
        return [document.state for document in found]

    async def page(
        self,
        endpoint: EndpointId,
        *,
        limit: int,
        status: DeliveryStatus | None = None,
        before: str | None = None,
        since: int | None = None,
    ) -> list[Delivery]:
        """Newest first; `before` a place, `since` a sequence."""
        where: list[Condition] = [("endpoint", "==", endpoint)]
        where += [("status", "==", status)] if status else []
        where += [("place", "<", before)] if before is not None else []
        where += [("sequence", ">=", since)] if since is not None else []
        found = await self._documents.find(where, order=("-place",), limit=limit)
        return [document.state for document in found]

    async def change(
        self, id: DeliveryId, decide: Callable[[Delivery], Delivery]
    ) -> Delivery | None:
        return await _changed(self._documents, id, decide)

    async def drop(self, condition: Condition) -> None:
        while found := await self._documents.find([condition], limit=_PAGE):
            for document in found:
                await self._documents.delete(document.id)


async def _changed(documents: Documents[S], id: str, decide: Callable[[S], S]) -> S | None:
    """None where there is no such document."""

    def on_known(state: S | None) -> Change[S] | None:
        changed = decide(state) if state is not None else None
        return Change(changed) if changed is not None and changed != state else None

    return await documents.change(id, on_known)
