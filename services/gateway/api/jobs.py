"""The job API: ask, look, list, cancel."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from services.contracts import JobId, JobStatus
from services.gateway.api.auth import Reader, Writer
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import DRAWING, KEY, PHOTO
from services.gateway.api.intake import Asked, give_up, preferred_wait, take
from services.gateway.api.job_body import JobBody, JobList, job_body
from services.gateway.api.job_request import JobRequest
from services.gateway.api.paging import Cursor, Limit, open_cursor, page_of
from services.gateway.api.patience import while_connected
from services.gateway.api.refusals import rejected
from services.gateway.api.sent_photos import inputs_from
from services.gateway.core.job import AlreadyEnded, Job
from services.gateway.repository import Filter
from services.kit.blobs import BlobMissing
from services.kit.http import ApiError, Code, FieldError
from services.kit.http.documented import BODY, answers, documented_body
from services.kit.http.json_body import json_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_Posted = Annotated[JobRequest, Depends(json_of(JobRequest))]

_Status = Annotated[JobStatus | None, Query(description="Only jobs of this status.")]
_Model = Annotated[str | None, Query(description="Only jobs of this model.", max_length=64)]
_Since = Annotated[AwareDatetime | None, Query(description="Only jobs of this moment or later.")]
_Until = Annotated[AwareDatetime | None, Query(description="Only jobs from before this moment.")]


async def _filter(
    status: _Status = None,
    model: _Model = None,
    created_after: _Since = None,
    created_before: _Until = None,
) -> Filter:
    return Filter(status, model, _first_of(created_after), _first_of(created_before))


def _first_of(moment: datetime | None) -> JobId | None:
    """Ids sort by birth; before 1970 there is none."""
    if moment is None:
        return None
    return JobId.first_of(max(moment, datetime.fromtimestamp(0, UTC)))


@router.post(
    "",
    operation_id="createJob",
    summary="Ask for images",
    status_code=202,
    response_model=JobBody,
    responses={
        200: {"model": JobBody, "description": "The job has ended within `Prefer: wait=n`."},
        **answers(*KEY, *BODY, *DRAWING, *PHOTO),
    },
    openapi_extra=documented_body(JobRequest),
)
async def create_job(request: Request, here: Here, caller: Writer, posted: _Posted) -> Response:
    """Answers at once with a job to follow; with `Prefer: wait=n`, after its end or n seconds.

    With `allow_deferred` a job that the load would refuse waits with the status `deferred`, on a
    unit of the plan's own limit, until the fleet has cooled; `expected_at` says when, as far as
    anybody can. With `allow_degraded` it is drawn now, lighter than asked for (`degraded`; its
    `steps` and `size` say how), if that gets it in.

    No answer waits while the event bus is away, or too many wait already. With `Prefer:
    cancel-on-disconnect` too, hanging up while it waits cancels the job.

    With `image`, it begins with a photo, as `/v1/images/edits` does.

    With an `Idempotency-Key`, the same body again gets the same job and `Idempotent-Replayed`.
    """
    asked = Asked(
        wish=posted.wish,
        posted=posted,
        inputs=await inputs_from(here, caller.account, posted.image, posted.mask),
        allow_deferred=posted.allow_deferred,
        allow_degraded=posted.allow_degraded,
        start_by=_future(here, posted.start_by),
    )
    receipt = await take(here, request, caller, asked)
    headers = _headers(receipt.job)
    if receipt.replayed:
        headers["Idempotent-Replayed"] = "true"
    seconds = preferred_wait(request, here.settings.wait_seconds)
    if seconds is None or here.desk.obstacle(waits=True) or here.waits.refusal():
        return _respond(here, receipt.job, headers)
    with here.waits.one():
        job = await while_connected(request, here.desk.outcome(receipt.job, seconds))
    if job is None:
        return await give_up(here, request, caller, receipt)
    if job.status is JobStatus.REJECTED:
        raise rejected(job, here.clock.now())
    return _respond(here, job, {**headers, "Preference-Applied": f"wait={seconds:.0f}"})


@router.get(
    "",
    operation_id="listJobs",
    summary="List jobs, newest first",
    responses=answers(*KEY, Code.OUT_OF_RANGE, Code.INVALID_VALUE, Code.INVALID_CURSOR),
)
async def list_jobs(
    here: Here,
    caller: Reader,
    of: Annotated[Filter, Depends(_filter)],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> JobList:
    """Those of a status, of a model, or of a time, and all of these together."""
    scope = f"jobs {caller.account} {of}"
    position = open_cursor(here, scope, cursor)
    before = JobId(position) if position else None
    jobs = await here.desk.page(caller.account, of, before=before, limit=limit + 1)
    shown, next_cursor = page_of(here, scope, jobs, limit)
    return JobList(
        data=[job_body(here, job) for job in shown],
        has_more=next_cursor is not None,
        next_cursor=next_cursor,
    )


@router.get(
    "/{id}",
    operation_id="getJob",
    summary="Look at a job",
    responses=answers(*KEY, Code.NOT_FOUND),
)
async def get_job(request: Request, here: Here, caller: Reader, id: str) -> JobBody:
    """With `Prefer: wait=n`: at its end, or after n seconds."""
    job = await here.desk.look(caller.account, _job_id(id))
    if job is None:
        raise ApiError(Code.NOT_FOUND)
    seconds = preferred_wait(request, here.settings.wait_seconds)
    if seconds is None or job.status.is_end or here.waits.refusal():
        return job_body(here, job)
    with here.waits.one():
        ended = await while_connected(request, here.desk.outcome(job, seconds))
    return job_body(here, ended or job)


@router.delete(
    "/{id}",
    operation_id="deleteJob",
    summary="Forget a job and its pictures",
    status_code=204,
    response_class=Response,
    responses=answers(*KEY, Code.NOT_FOUND, Code.JOB_NOT_TERMINAL, Code.BLOB_STORE_UNAVAILABLE),
)
async def delete_job(here: Here, caller: Writer, id: str) -> Response:
    """Its links open nothing from then on; what it cost stays used. Cancel first what runs."""
    job = await here.desk.look(caller.account, _job_id(id))
    if job is None:
        raise ApiError(Code.NOT_FOUND)
    if not job.status.is_end:
        detail = f"The job is {job.status.value}: cancel it first."
        raise ApiError(Code.JOB_NOT_TERMINAL, detail, job_status=job.status.value)
    if not await here.desk.forget(job, here.pictures):
        detail = "Its last word is on its way to Kafka: try again."
        raise ApiError(Code.JOB_NOT_TERMINAL, detail, retry_after=1)
    return Response(status_code=204)


@router.get(
    "/{id}/preview",
    operation_id="getPreview",
    summary="Look at a picture while it is drawn",
    response_class=Response,
    responses={
        200: {"content": {"image/webp": {}}, "description": "Small, and rough at first."},
        **answers(*KEY, Code.NOT_FOUND, Code.STORAGE_UNAVAILABLE, Code.BLOB_STORE_UNAVAILABLE),
    },
)
async def get_preview(here: Here, caller: Reader, id: str) -> Response:
    """The latest of the `previews` that the job asked for; none before the first, or at its end."""
    job = await here.desk.look(caller.account, _job_id(id))
    if job is None or job.progress is None or job.progress.preview is None:
        raise ApiError(Code.NOT_FOUND)
    try:
        content = await here.pictures.get(job.progress.preview)
    except BlobMissing as missing:
        raise ApiError(Code.NOT_FOUND) from missing
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="image/webp", headers=headers)


@router.post(
    "/{id}/cancel",
    operation_id="cancelJob",
    summary="Cancel a job",
    status_code=202,
    responses=answers(*KEY, Code.NOT_FOUND, Code.JOB_ALREADY_TERMINAL),
)
async def cancel_job(here: Here, caller: Writer, id: str) -> JobBody:
    """A wish: the job ends as cancelled, unless it ends otherwise first. Twice does no harm."""
    try:
        job = await here.desk.cancel(caller.account, _job_id(id))
    except AlreadyEnded as ended:
        detail = f"The job is {ended.status.value} already."
        raise ApiError(Code.JOB_ALREADY_TERMINAL, detail, job_status=ended.status.value) from ended
    if job is None:
        raise ApiError(Code.NOT_FOUND)
    return job_body(here, job)


def _future(here: Gateway, moment: datetime | None) -> datetime | None:
    if moment is not None and moment <= here.clock.now():
        found = FieldError("/start_by", Code.OUT_OF_RANGE, "It has passed already.")
        raise ApiError(Code.OUT_OF_RANGE, "start_by has passed already.", errors=[found])
    return moment


def _job_id(text: str) -> JobId:
    try:
        return JobId(text)
    except ValueError as error:
        raise ApiError(Code.NOT_FOUND) from error


def _headers(job: Job) -> dict[str, str]:
    return {"Location": f"/v1/jobs/{job.id}", "Cache-Control": "no-store"}


def _respond(here: Gateway, job: Job, headers: dict[str, str]) -> JSONResponse:
    status = 200 if job.status.is_end else 202
    body = job_body(here, job).model_dump(mode="json")
    return JSONResponse(body, status_code=status, headers=headers)
