"""Batches: up to a thousand prompts as one order, drawn as the account's limits allow."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from services.contracts import BatchId
from services.gateway.api.auth import Reader, Writer
from services.gateway.api.batch_body import (
    BatchBody,
    BatchItem,
    BatchItems,
    BatchList,
    BatchRequest,
    batch_body,
)
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import DRAWING, KEY, PHOTO
from services.gateway.api.intake import digest_of, idempotency_key, spec_of, with_inputs
from services.gateway.api.job_body import job_body
from services.gateway.api.paging import Cursor, Limit, open_cursor, page_of
from services.gateway.api.sent_photos import inputs_from
from services.gateway.core.account import Caller
from services.gateway.core.batch import Batch, Item, cancelled
from services.gateway.core.pricing import units
from services.gateway.core.spec import lighter_render
from services.kit.errors import Duplicate
from services.kit.http import ApiError, Code, FieldError
from services.kit.http.documented import BODY, answers, documented_body
from services.kit.http.json_body import json_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/batches", tags=["batches"])

_MOST_RUNNING = 10

_Posted = Annotated[BatchRequest, Depends(json_of(BatchRequest))]


@router.post(
    "",
    operation_id="createBatch",
    summary="Ask for many images",
    status_code=202,
    response_model=BatchBody,
    responses=answers(*KEY, *BODY, *DRAWING, *PHOTO),
    openapi_extra=documented_body(BatchRequest),
)
async def create(request: Request, here: Here, caller: Writer, posted: _Posted) -> Response:
    """Becomes one job for each prompt, a few at a time, in their order.

    Where the limits leave no room the batch waits until they do (`held` says until when, and by
    which rule), up to `hours`. One job fewer than the plan allows at once is open, so that a
    person can draw meanwhile. A revoked key or a suspended account ends it.

    With an `Idempotency-Key`, the same body again gets the same batch and `Idempotent-Replayed`.
    """
    made = await _made(here, request, caller, posted)
    if earlier := await _earlier(here, made):
        return _respond(here, earlier, replayed=True)
    if await here.batches.running(caller.account) >= _MOST_RUNNING:
        detail = f"An account has at most {_MOST_RUNNING} batches running."
        raise ApiError(Code.CONCURRENCY_LIMIT, detail, retry_after=60)
    try:
        await here.batches.insert(made)
    except Duplicate:
        earlier = await _earlier(here, made)
        return _respond(here, earlier or made, replayed=True)
    return _respond(here, made)


@router.get(
    "",
    operation_id="listBatches",
    summary="List batches, newest first",
    responses=answers(*KEY, Code.OUT_OF_RANGE, Code.INVALID_CURSOR),
)
async def list_(here: Here, caller: Reader, limit: Limit = 20, cursor: Cursor = None) -> BatchList:
    scope = f"batches {caller.account}"
    position = open_cursor(here, scope, cursor)
    before = BatchId(position) if position else None
    batches = await here.batches.page(caller.account, before=before, limit=limit + 1)
    shown, next_cursor = page_of(here, scope, batches, limit)
    return BatchList(
        data=[batch_body(here, batch) for batch in shown],
        has_more=next_cursor is not None,
        next_cursor=next_cursor,
    )


@router.get(
    "/{id}",
    operation_id="getBatch",
    summary="See how far a batch has come",
    responses=answers(*KEY, Code.NOT_FOUND),
)
async def get(here: Here, caller: Reader, id: str) -> BatchBody:
    return batch_body(here, await _batch(here, caller, id))


@router.get(
    "/{id}/items",
    operation_id="listBatchItems",
    summary="List a batch's prompts, with their jobs",
    responses=answers(*KEY, Code.NOT_FOUND, Code.OUT_OF_RANGE, Code.INVALID_CURSOR),
)
async def items(
    here: Here, caller: Reader, id: str, limit: Limit = 20, cursor: Cursor = None
) -> BatchItems:
    """In the order of the prompts."""
    batch = await _batch(here, caller, id)
    scope = f"items {batch.id}"
    first = int(open_cursor(here, scope, cursor) or 0)
    last = first + limit
    more = last < len(batch.items)
    return BatchItems(
        data=await _items(here, batch.items[first:last], first),
        has_more=more,
        next_cursor=here.cursors.seal(scope, str(last)) if more else None,
    )


@router.post(
    "/{id}/cancel",
    operation_id="cancelBatch",
    summary="Cancel a batch",
    status_code=202,
    responses=answers(*KEY, Code.NOT_FOUND, Code.JOB_ALREADY_TERMINAL),
)
async def cancel(here: Here, caller: Writer, id: str) -> BatchBody:
    """Prompts that wait are dropped, open jobs cancelled; what is drawn stays."""
    batch = await _batch(here, caller, id)
    if batch.ended_at:
        raise ApiError(Code.JOB_ALREADY_TERMINAL, "The batch has ended already.")
    now = here.clock.now()
    wished = await here.batches.change(batch.id, lambda known: cancelled(known, now))
    return batch_body(here, wished or batch)


async def _made(here: Gateway, request: Request, caller: Caller, posted: BatchRequest) -> Batch:
    """Checked to the last prompt, with its photos stored. Raises ApiError and Unavailable."""
    key = idempotency_key(request)
    _check_photo_lasts(here, posted)
    inputs = await inputs_from(here, caller.account, posted.image, posted.mask)
    specs = [
        spec_of(here, with_inputs(posted.wish_for(prompt), inputs), {"prompt": f"/prompts/{index}"})
        for index, prompt in enumerate(posted.prompts)
    ]
    spec, model = specs[0]
    if inputs:
        await inputs.store(here)
    now = here.clock.now()
    return Batch(
        id=BatchId.new(now),
        account=caller.account,
        key=caller.key,
        prompts=tuple(posted.prompts),
        spec=spec,
        units=units(spec, model),
        lighter=lighter_render(spec, model),
        allow_deferred=posted.allow_deferred,
        allow_degraded=posted.allow_degraded,
        digest=digest_of(request, posted, inputs),
        idempotency=f"{caller.account}/{key}" if key else None,
        created_at=now,
        due_at=now,
        give_up_at=now + posted.patience,
        expires_at=now + here.settings.batch_life,
        items=(Item(),) * len(posted.prompts),
    )


def _check_photo_lasts(here: Gateway, posted: BatchRequest) -> None:
    if posted.image is None or posted.patience <= here.settings.upload_life:
        return
    most = here.settings.upload_life.total_seconds() / 3600
    detail = f"A batch that begins with a photo lasts {most:g} hours at most."
    error = FieldError("/hours", Code.OUT_OF_RANGE, detail)
    raise ApiError(Code.OUT_OF_RANGE, detail, errors=[error], allowed={"maximum": most})


async def _earlier(here: Gateway, made: Batch) -> Batch | None:
    """What an equal request made before. Raises ApiError when it was another one."""
    earlier = await here.batches.with_idempotency(made.idempotency) if made.idempotency else None
    if earlier and earlier.digest != made.digest:
        raise ApiError(Code.IDEMPOTENCY_KEY_REUSED)
    return earlier


async def _items(here: Gateway, items: tuple[Item, ...], first: int) -> list[BatchItem]:
    jobs = await here.desk.known([item.job for item in items if item.job])
    return [
        BatchItem(
            index=first + place,
            status=item.status,
            detail=item.detail,
            job=job_body(here, jobs[item.job]) if item.job in jobs else None,
        )
        for place, item in enumerate(items)
    ]


async def _batch(here: Gateway, caller: Caller, id: str) -> Batch:
    try:
        batch = await here.batches.get(caller.account, BatchId(id))
    except ValueError as error:
        raise ApiError(Code.NOT_FOUND) from error
    if batch is None:
        raise ApiError(Code.NOT_FOUND)
    return batch


def _respond(here: Gateway, batch: Batch, *, replayed: bool = False) -> Response:
    headers = {"Location": f"/v1/batches/{batch.id}", "Cache-Control": "no-store"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    body = batch_body(here, batch).model_dump(mode="json")
    return JSONResponse(body, status_code=202, headers=headers)
