"""Web Push: browsers that are told although no page of theirs is open."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from services.contracts import EndpointId
from services.kit.http import ApiError, Code
from services.kit.http.documented import BODY, KEY, answers, documented_body
from services.kit.http.json_body import json_of
from services.notify.api.auth import Reader, Writer
from services.notify.api.context import Here, Notify
from services.notify.api.endpoints import forget, owned
from services.notify.api.webhook_bodies import ENDS, StrictBody, Type
from services.notify.core.address import TargetRefused, parse_target
from services.notify.core.delivery import Channel
from services.notify.core.endpoint import Endpoint, PushKeys
from services.notify.core.subscription import PushKeysInvalid, is_push_service, push_keys
from services.notify.deliveries.web_push import is_on_curve
from services.notify.keyring import KeyOwner

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["web push"])

_MOST = 20


class PushKey(BaseModel):
    object: str = "push_key"
    public_key: str = Field(description="The page's `applicationServerKey`.")


class _Keys(StrictBody):
    p256dh: str = Field(max_length=100)
    auth: str = Field(max_length=40)


class PushRequest(StrictBody):
    """A browser's `PushSubscription` as its `toJSON()` gives it; `types` may be added."""

    endpoint: str = Field(examples=["https://updates.push.services.mozilla.com/wpush/v2/…"])
    expirationTime: float | None = Field(None, description="Not heeded: an end tells itself.")  # noqa: N815
    keys: _Keys
    types: list[Type] = Field(list(ENDS), min_length=1, description="By default each end.")


class PushBody(BaseModel):
    id: EndpointId
    object: str = "push_subscription"
    endpoint: str
    types: list[str]
    status: Literal["enabled", "failing"]


class PushList(BaseModel):
    object: str = "list"
    data: list[PushBody]


@router.get(
    "/push-key",
    operation_id="getPushKey",
    summary="The key that a page subscribes with",
    responses=answers(*KEY),
)
async def key(here: Here, _: Reader) -> PushKey:
    """It stays the same for as long as the installation keeps its database."""
    return PushKey(public_key=here.outside.vapid.public_key)


@router.post(
    "/push-subscriptions",
    operation_id="subscribe",
    status_code=201,
    summary="Add a browser",
    responses=answers(
        *KEY,
        *BODY,
        Code.PUSH_ENDPOINT_NOT_ALLOWED,
        Code.PUSH_KEYS_INVALID,
        Code.TOO_MANY_REQUESTS,
    ),
    openapi_extra=documented_body(PushRequest),
)
async def subscribe(
    here: Here, owner: Writer, posted: Annotated[PushRequest, Depends(json_of(PushRequest))]
) -> PushBody:
    """The same address again is the same subscription, with what is new of it.

    So a page may send it at each visit.
    """
    _check_address(here, posted.endpoint)
    keys, types = _keys_of(posted), tuple(dict.fromkeys(posted.types))
    now = here.clock.now()
    newest = await here.feeds.newest(owner.account)
    wanted = Endpoint.new(
        EndpointId.of(owner.account, posted.endpoint),
        owner.account,
        posted.endpoint,
        types,
        now=now,
        cursor=newest,
        push=keys,
    )
    known = await here.outside.endpoints.change(
        wanted.id, lambda known: known.renewed(types, keys, now)
    )
    if known is None:
        await _check_room(here, owner)
        await here.outside.endpoints.add(wanted)
    here.outside.fanout.forget(owner.account)
    return _body(known or wanted)


@router.get(
    "/push-subscriptions",
    operation_id="listSubscriptions",
    summary="List browsers",
    responses=answers(*KEY),
)
async def list_(here: Here, owner: Reader) -> PushList:
    found = await here.outside.endpoints.of(owner.account, Channel.WEB_PUSH)
    return PushList(data=[_body(one) for one in found])


@router.delete(
    "/push-subscriptions/{id}",
    operation_id="unsubscribe",
    status_code=204,
    summary="Forget a browser",
    responses=answers(*KEY, Code.NOT_FOUND),
)
async def unsubscribe(here: Here, owner: Writer, id: str) -> Response:
    await forget(here, await owned(here, owner, id, Channel.WEB_PUSH))
    return Response(status_code=204)


def _check_address(here: Notify, url: str) -> None:
    """Raises ApiError: only services that browsers use are ever told."""
    try:
        host = parse_target(url, here.rules).host
    except TargetRefused as refused:
        raise ApiError.of_field(
            "/endpoint", Code.PUSH_ENDPOINT_NOT_ALLOWED, refused.detail
        ) from refused
    if not is_push_service(host, here.push_services):
        detail = "It is not of a push service that this installation sends to."
        raise ApiError.of_field("/endpoint", Code.PUSH_ENDPOINT_NOT_ALLOWED, detail)


def _keys_of(posted: PushRequest) -> PushKeys:
    """Raises ApiError."""
    try:
        keys = push_keys(posted.keys.p256dh, posted.keys.auth)
    except PushKeysInvalid as error:
        raise ApiError.of_field(
            f"/keys/{error.field}", Code.PUSH_KEYS_INVALID, str(error)
        ) from error
    if not is_on_curve(keys):
        raise ApiError.of_field("/keys/p256dh", Code.PUSH_KEYS_INVALID, "It is no point of P-256.")
    return keys


async def _check_room(here: Notify, owner: KeyOwner) -> None:
    if len(await here.outside.endpoints.of(owner.account, Channel.WEB_PUSH)) >= _MOST:
        raise ApiError(Code.TOO_MANY_REQUESTS, f"An account has at most {_MOST} browsers.")


def _body(endpoint: Endpoint) -> PushBody:
    return PushBody(
        id=endpoint.id,
        endpoint=endpoint.url,
        types=list(endpoint.types),
        status="failing" if endpoint.failing_since else "enabled",
    )
