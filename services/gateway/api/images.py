"""OpenAI's images API: one call, and the pictures in its answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from services.contracts import JobStatus
from services.gateway.api.auth import Writer
from services.gateway.api.bodies import documented_body, json_of
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import BODY, DRAWING, KEY, answers
from services.gateway.api.image_answer import answer, answer_headers, later_answer
from services.gateway.api.image_request import ImageRequest, refuse_unoffered
from services.gateway.api.image_response import ImagesResponse
from services.gateway.api.intake import give_up, take
from services.gateway.api.patience import while_connected
from services.gateway.api.refusals import not_completed
from services.gateway.core.account import Caller
from services.gateway.core.job import Job
from services.kit.blobs import BlobMissing
from services.kit.errors import Unavailable
from services.kit.http import ApiError, Code, from_unavailable

__all__ = ["router"]

router = APIRouter(tags=["images"])

_Posted = Annotated[ImageRequest, Depends(json_of(ImageRequest))]

_OPTIONS = "/heatsink"
_WITHIN = dict.fromkeys(("negative_prompt", "steps", "guidance", "seed"), _OPTIONS)
_REFUSALS = (
    Code.JOB_CANCELLED,
    Code.GONE,
    Code.RENDER_FAILED,
    Code.RENDER_TIMEOUT,
    Code.BLOB_STORE_UNAVAILABLE,
)


@router.post(
    "/v1/images/generations",
    operation_id="createImage",
    summary="Draw images and wait for them",
    response_model=ImagesResponse,
    responses={
        202: {"model": ImagesResponse, "description": "Drawn later, as `allow_deferred` said."},
        **answers(*KEY, *BODY, *DRAWING, *_REFUSALS, openai=True),
    },
    openapi_extra=documented_body(ImageRequest),
)
async def create_image(request: Request, here: Here, caller: Writer, posted: _Posted) -> Response:
    """Waits until the images are drawn, or refused, or a time limit is over (504).

    A client that gave up and asks again (`x-stainless-retry-count` above 0, or the same
    `Idempotency-Key`) gets the job that it made before, not a second one. A 503 without `job` in
    it has made none. The job of a client that hangs up goes on, unless it sent `Prefer:
    cancel-on-disconnect`.

    With `heatsink.allow_deferred`, a job that the load would refuse is answered at once, with 202,
    no images and `heatsink.job`. With `heatsink.allow_degraded` it is drawn lighter, as
    `heatsink.degraded` and `heatsink.steps` say.
    """
    refuse_unoffered(posted)
    with here.waits.one():
        return await _wait_for(request, here, caller, posted)


async def _wait_for(
    request: Request, here: Gateway, caller: Caller, posted: ImageRequest
) -> Response:
    receipt = await take(
        here,
        request,
        caller,
        posted.wish,
        posted,
        end_user=posted.end_user,
        is_retry=_is_retry(request),
        waits=True,
        allow_deferred=posted.own.allow_deferred,
        allow_degraded=posted.own.allow_degraded,
        within=_WITHIN,
    )
    outcome = here.desk.outcome(receipt.job, here.settings.wait_seconds)
    job = await while_connected(request, outcome)
    if job is None:
        return await give_up(here, request, caller, receipt)
    if job.is_put_off:
        later = later_answer(here, posted, job).model_dump(mode="json", exclude_none=True)
        return JSONResponse(later, status_code=202, headers=answer_headers(here, job))
    if job.status is not JobStatus.COMPLETED:
        raise not_completed(job, here.clock.now(), here.desk.obstacle(waits=True))
    headers = answer_headers(here, job)
    if receipt.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(await _content(here, posted, job), headers=headers)


async def _content(here: Gateway, wanted: ImageRequest, job: Job) -> object:
    try:
        response = await answer(here, wanted, job)
    except BlobMissing as missing:
        raise ApiError(Code.GONE, "The images of this job were deleted.", job=job.id) from missing
    except Unavailable as away:
        detail = f"The images are drawn, and can't be read just now: GET /v1/jobs/{job.id}."
        raise from_unavailable(away, detail, job=job.id) from away
    return response.model_dump(mode="json", exclude_none=True)


def _is_retry(request: Request) -> bool:
    count = request.headers.get("x-stainless-retry-count", "0")
    return count.isdecimal() and int(count) > 0
