"""`GET /v1/submissions/{submission}`: what became of it, for producers that read no topic."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from services.contracts import SubmissionId
from services.gateway.api.auth import Reader
from services.gateway.api.context import Here
from services.gateway.api.documented import KEY
from services.gateway.api.job_body import JobBody, job_body
from services.kit.http import ApiError, Code
from services.kit.http.documented import answers

__all__ = ["router"]

router = APIRouter(prefix="/v1/submissions", tags=["producers"])


class Refusal(BaseModel):
    code: str = Field(examples=[Code.CONTENT_REFUSED.value])
    at: datetime


class SubmissionBody(BaseModel):
    """Both, where another message under the same name came after the job."""

    submission: str
    object: str = "submission"
    job: JobBody | None
    refusal: Refusal | None = Field(description="Kept for eight days.")


@router.get(
    "/{submission:path}",
    operation_id="getSubmission",
    summary="Look at what became of a submission",
    responses=answers(*KEY, Code.NOT_FOUND),
)
async def get(
    here: Here, caller: Reader, submission: Annotated[str, Path(max_length=128)]
) -> SubmissionBody:
    """By the producer's own name for it. 404 until its message has been read."""
    try:
        name = SubmissionId(submission)
    except ValueError as error:
        raise ApiError(Code.NOT_FOUND) from error
    job = await here.desk.submitted(caller.account, name)
    refused = await here.turned_away.get(caller.account, name)
    if job is None and refused is None:
        raise ApiError(Code.NOT_FOUND)
    return SubmissionBody(
        submission=name,
        job=job_body(here, job) if job else None,
        refusal=Refusal(code=refused.code, at=refused.at) if refused else None,
    )
