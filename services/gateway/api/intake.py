"""What all ways of asking for a job share: headers, digest, order."""

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from fastapi import Request, Response
from pydantic import BaseModel

from services.contracts import JobSpec, ModelEntry
from services.gateway.api.context import Gateway
from services.gateway.api.inputs import Inputs
from services.gateway.api.patience import CLIENT_GONE
from services.gateway.api.refusals import content_refused
from services.gateway.core.account import Caller
from services.gateway.core.flaws import SpecError
from services.gateway.core.idempotency import body_digest, is_valid_key
from services.gateway.core.job import AlreadyEnded
from services.gateway.core.pricing import units
from services.gateway.core.spec import SEEDS, Wish, job_spec, lighter_render
from services.gateway.desk import IdempotencyKeyReused, Order, Receipt
from services.gateway.moderating import verdict_on
from services.kit.errors import Unavailable
from services.kit.http import ApiError, Code, FieldError
from services.kit.moderation import Strictness

__all__ = [
    "Asked",
    "digest_of",
    "give_up",
    "idempotency_key",
    "preferred_wait",
    "spec_of",
    "take",
    "wants_cancel",
    "with_inputs",
]

_CANCEL = "cancel-on-disconnect"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as its route has read it.

    `within` is where a field lies in the body, if not on top; for the others see `Order`.
    """

    wish: Wish
    posted: BaseModel
    inputs: Inputs | None = None
    end_user: str | None = None
    is_retry: bool = False
    waits: bool = False
    allow_deferred: bool = False
    allow_degraded: bool = False
    start_by: datetime | None = None
    strictness: Strictness = Strictness.AUTO
    within: Mapping[str, str] = field(default_factory=dict)


async def take(here: Gateway, request: Request, caller: Caller, asked: Asked) -> Receipt:
    """The job of a request. Its photos are stored before it is: render may begin at once.

    Raises ApiError and Unavailable.
    """
    spec, model = spec_of(here, with_inputs(asked.wish, asked.inputs), asked.within)
    await _moderate(here, spec, asked.strictness)
    order = Order(
        caller=caller,
        spec=spec,
        units=units(spec, model),
        digest=digest_of(request, asked.posted, asked.inputs),
        idempotency_key=idempotency_key(request),
        is_retry=asked.is_retry,
        waits=asked.waits,
        allow_deferred=asked.allow_deferred,
        allow_degraded=asked.allow_degraded,
        lighter=lighter_render(spec, model),
        start_by=asked.start_by,
        end_user=asked.end_user,
    )
    return await _stored(here, order, asked.inputs)


async def _stored(here: Gateway, order: Order, inputs: Inputs | None) -> Receipt:
    if inputs:
        await inputs.store(here)
    try:
        receipt = await here.desk.take(order)
    except IdempotencyKeyReused as reused:
        raise ApiError(Code.IDEMPOTENCY_KEY_REUSED) from reused
    if inputs and receipt.replayed:
        await inputs.discard(here)
    return receipt


async def _moderate(here: Gateway, spec: JobSpec, strictness: Strictness) -> None:
    """Raises ApiError when a moderator refuses the prompt, Unavailable when it is away."""
    verdict = await verdict_on(here.moderator, spec.prompt, strictness)
    if verdict.refused:
        raise content_refused("input", verdict.categories)


def with_inputs(wish: Wish, inputs: Inputs | None) -> Wish:
    return replace(wish, photo=inputs.photo, mask=inputs.mask) if inputs else wish


def spec_of(
    here: Gateway, wish: Wish, within: Mapping[str, str] | None = None
) -> tuple[JobSpec, ModelEntry]:
    """What would be drawn. Raises ApiError."""
    try:
        return job_spec(wish, here.catalogue, secrets.randbelow(SEEDS))
    except SpecError as error:
        raise _refused(error, within or {}) from error


def digest_of(request: Request, posted: BaseModel, inputs: Inputs | None) -> str:
    """The same for every spelling of the same request."""
    body = posted.model_dump(mode="json", exclude_unset=True)
    files = {"files": inputs.digest} if inputs else {}
    return body_digest(request.url.path, {**body, **files})


def idempotency_key(request: Request) -> str | None:
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not is_valid_key(given[0]):
        detail = "An Idempotency-Key is one header of 1 to 255 printable ASCII characters."
        raise ApiError(Code.INVALID_IDEMPOTENCY_KEY, detail)
    return given[0]


def preferred_wait(request: Request, most: float) -> float | None:
    """The seconds of `Prefer: wait=n` (RFC 7240), at most `most`; others are passed over."""
    for preference in _preferences(request):
        found = re.fullmatch(r'wait\s*=\s*"?(\d{1,6})"?', preference, re.IGNORECASE)
        if found:
            return min(float(found[1]), most)
    return None


async def give_up(here: Gateway, request: Request, caller: Caller, receipt: Receipt) -> Response:
    """For a client that hung up. Its job goes on, unless `Prefer: cancel-on-disconnect` was said.

    A job that an earlier request made is that request's to cancel.
    """
    if wants_cancel(request) and not receipt.replayed:
        with suppress(AlreadyEnded, Unavailable):
            await here.desk.cancel(caller.account, receipt.job.id)
    return Response(status_code=CLIENT_GONE)


def wants_cancel(request: Request) -> bool:
    """Whether its client said `Prefer: cancel-on-disconnect`."""
    return _CANCEL in map(str.lower, _preferences(request))


def _preferences(request: Request) -> list[str]:
    given = ",".join(request.headers.getlist("prefer")).split(",")
    return [preference.strip() for preference in given]


def _refused(error: SpecError, within: Mapping[str, str]) -> ApiError:
    code = Code.named(error.flaw.value)
    found = FieldError(within.get(error.field, f"/{error.field}"), code, error.detail)
    return ApiError(code, error.detail, errors=[found], allowed=error.allowed)
