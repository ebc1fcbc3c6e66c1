"""Webhooks: an account's endpoints, and what became of each delivery."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.contracts import EndpointId
from services.kit.http import ApiError, Code
from services.kit.http.documented import BODY, KEY, answers, documented_body
from services.kit.http.json_body import json_of
from services.notify.api.auth import Reader, Writer
from services.notify.api.context import Here
from services.notify.api.endpoints import forget, owned
from services.notify.api.webhook_bodies import (
    DeliveryList,
    EndpointBody,
    EndpointChange,
    EndpointList,
    EndpointMade,
    EndpointRequest,
    Redelivered,
    Redelivery,
    Rotation,
    delivery_body,
    endpoint_body,
)
from services.notify.core.delivery import Channel, DeliveryStatus, again
from services.notify.core.endpoint import Endpoint, rotated
from services.notify.deliveries.signing import new_secret

__all__ = ["router"]

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

_OF_ONE = (*KEY, Code.NOT_FOUND)
_TARGET = (
    Code.WEBHOOK_URL_SCHEME,
    Code.WEBHOOK_URL_INVALID,
    Code.WEBHOOK_ADDRESS_NOT_PUBLIC,
    Code.WEBHOOK_PORT_NOT_ALLOWED,
    Code.WEBHOOK_NOT_VERIFIED,
)
_MOST = 20
_PAGE = 100


@router.post(
    "",
    operation_id="createWebhook",
    status_code=201,
    summary="Add an endpoint",
    responses=answers(*KEY, *BODY, *_TARGET, Code.TOO_MANY_REQUESTS),
    openapi_extra=documented_body(EndpointRequest),
)
async def create(
    here: Here, owner: Writer, posted: Annotated[EndpointRequest, Depends(json_of(EndpointRequest))]
) -> EndpointMade:
    """It is told a challenge first, `webhook.challenge`, and must answer with what it says.

    The secret is shown this once. Events are those from now on.
    """
    if not here.challenges.passes(owner.account):
        detail = "Too many addresses were tried: try again in a while."
        raise ApiError(Code.TOO_MANY_REQUESTS, detail, retry_after=60)
    if len(await here.outside.endpoints.of(owner.account, Channel.WEBHOOK)) >= _MOST:
        raise ApiError(Code.TOO_MANY_REQUESTS, f"An account has at most {_MOST} endpoints.")
    now, secret = here.clock.now(), new_secret()
    await here.outside.challenger.challenge(posted.url, secret)
    newest = await here.feeds.newest(owner.account)
    endpoint = Endpoint.new(
        EndpointId.new(now),
        owner.account,
        posted.url,
        tuple(dict.fromkeys(posted.types)),
        secret=here.outside.sealer.seal(secret),
        now=now,
        cursor=newest,
    )
    await here.outside.endpoints.add(endpoint)
    here.outside.fanout.forget(owner.account)
    return EndpointMade(**endpoint_body(endpoint).model_dump(), secret=secret)


@router.get("", operation_id="listWebhooks", summary="List endpoints", responses=answers(*KEY))
async def list_(here: Here, owner: Reader) -> EndpointList:
    found = await here.outside.endpoints.of(owner.account, Channel.WEBHOOK)
    return EndpointList(data=[endpoint_body(one) for one in found])


@router.get(
    "/{id}",
    operation_id="getWebhook",
    summary="Look at an endpoint",
    responses=answers(*_OF_ONE),
)
async def get(here: Here, owner: Reader, id: str) -> EndpointBody:
    return endpoint_body(await owned(here, owner, id, Channel.WEBHOOK))


@router.patch(
    "/{id}",
    operation_id="changeWebhook",
    summary="Change, disable or enable it",
    responses=answers(*_OF_ONE, *BODY),
    openapi_extra=documented_body(EndpointChange),
)
async def change(
    here: Here,
    owner: Writer,
    id: str,
    posted: Annotated[EndpointChange, Depends(json_of(EndpointChange))],
) -> EndpointBody:
    """One that is enabled again hears what comes from now on."""
    endpoint = await owned(here, owner, id, Channel.WEBHOOK)
    now = here.clock.now()
    newest = await here.feeds.newest(owner.account)

    def decide(known: Endpoint) -> Endpoint:
        types = tuple(dict.fromkeys(posted.types)) if posted.types else known.types
        known = known.hearing(types, now)
        if posted.enabled is True and known.disabled_at:
            return known.enabled(newest)
        return known.disabled(now, "asked") if posted.enabled is False else known

    changed = await here.outside.endpoints.change(endpoint.id, decide)
    here.outside.fanout.forget(owner.account)
    return endpoint_body(changed or endpoint)


@router.delete(
    "/{id}",
    operation_id="deleteWebhook",
    status_code=204,
    summary="Remove it",
    responses=answers(*_OF_ONE),
)
async def delete(here: Here, owner: Writer, id: str) -> Response:
    """With the log of its deliveries."""
    await forget(here, await owned(here, owner, id, Channel.WEBHOOK))
    return Response(status_code=204)


@router.post(
    "/{id}/rotate",
    operation_id="rotateWebhookSecret",
    summary="Make a new secret",
    responses=answers(*_OF_ONE, *BODY, Code.OUT_OF_RANGE),
    openapi_extra=documented_body(Rotation),
)
async def rotate(
    here: Here, owner: Writer, id: str, posted: Annotated[Rotation, Depends(json_of(Rotation))]
) -> EndpointMade:
    """Both sign until the overlap is over. The new one is shown this once."""
    endpoint = await owned(here, owner, id, Channel.WEBHOOK)
    now, secret, overlap = here.clock.now(), new_secret(), timedelta(hours=posted.overlap_hours)
    sealed = here.outside.sealer.seal(secret)
    changed = await here.outside.endpoints.change(
        endpoint.id, lambda known: rotated(known, sealed, now, overlap)
    )
    return EndpointMade(**endpoint_body(changed or endpoint).model_dump(), secret=secret)


@dataclass(frozen=True)
class _Page:
    status: Annotated[DeliveryStatus | None, Query(description="Only these.")] = None
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 20
    before: Annotated[str | None, Query(max_length=100, description="`next_before` of a page.")] = (
        None
    )


@router.get(
    "/{id}/deliveries",
    operation_id="listDeliveries",
    summary="List its deliveries",
    responses=answers(*_OF_ONE, Code.INVALID_VALUE, Code.OUT_OF_RANGE, Code.TOO_LONG),
)
async def deliveries(
    here: Here, owner: Reader, id: str, page: Annotated[_Page, Depends()]
) -> DeliveryList:
    """Newest first; kept for a week."""
    endpoint = await owned(here, owner, id, Channel.WEBHOOK)
    found = await here.outside.deliveries.page(
        endpoint.id, limit=page.limit, status=page.status, before=page.before
    )
    return DeliveryList(
        data=[delivery_body(one) for one in found],
        next_before=found[-1].place if len(found) == page.limit else None,
    )


@router.post(
    "/{id}/redeliver",
    operation_id="redeliver",
    status_code=202,
    summary="Send again",
    responses=answers(*_OF_ONE, *BODY, Code.OUT_OF_RANGE),
    openapi_extra=documented_body(Redelivery),
)
async def redeliver(
    here: Here, owner: Writer, id: str, posted: Annotated[Redelivery, Depends(json_of(Redelivery))]
) -> Redelivered:
    """Those named, or those of a range: a hundred at a time. Each keeps its `webhook-id`."""
    endpoint = await owned(here, owner, id, Channel.WEBHOOK)
    if posted.ids is not None:
        named = [await here.outside.deliveries.get(endpoint.id, one) for one in posted.ids]
        chosen = [one for one in named if one]
    else:
        chosen = await here.outside.deliveries.page(
            endpoint.id, limit=_PAGE, status=posted.status, since=posted.since
        )
    now = here.clock.now()
    for one in chosen:
        await here.outside.deliveries.change(one.id, lambda known: again(known, now))
    here.outside.deliverer.wake()
    return Redelivered(count=len(chosen))
