"""A completed job becomes OpenAI's answer."""

import base64
from datetime import timedelta

from services.gateway.api.context import Gateway
from services.gateway.api.image_request import ImageRequest
from services.gateway.api.image_response import (
    Image,
    ImageFacts,
    ImagesResponse,
    JobFacts,
    QuotaAfter,
    TokenDetails,
    Usage,
)
from services.gateway.api.picture_links import picture_link
from services.gateway.core.headers import QuotaView, quota_headers
from services.gateway.core.job import Job
from services.gateway.core.pricing import token_usage
from services.kit.blobs import BlobMissing
from services.kit.errors import Unavailable
from services.kit.http import ApiError, Code, from_unavailable

__all__ = ["answer", "answer_headers", "later_answer"]


async def answer(here: Gateway, request: ImageRequest, job: Job) -> ImagesResponse:
    """Raises ApiError where a picture can't be read."""
    as_links = request.response_format == "url"
    try:
        images = [
            _linked(here, job, index) if as_links else await _embedded(here, job, index)
            for index in range(len(job.images))
        ]
    except BlobMissing as missing:
        gone = "The images of this job were deleted."
        raise ApiError(Code.GONE, gone, job=job.id) from missing
    except Unavailable as away:
        detail = f"The images are drawn, and can't be read just now: GET /v1/jobs/{job.id}."
        raise from_unavailable(away, detail, job=job.id) from away
    return _response(here, request, job, images)


def later_answer(here: Gateway, request: ImageRequest, job: Job) -> ImagesResponse:
    """For a job that is put off: no images, and where to look for them."""
    return _response(here, request, job, [])


def _response(
    here: Gateway, request: ImageRequest, job: Job, images: list[Image]
) -> ImagesResponse:
    return ImagesResponse(
        created=int((job.ended_at or job.updated_at).timestamp()),
        data=images,
        quality=request.quality_drawn,
        size=str(job.spec.size),
        output_format=job.spec.format,
        safety_identifier=request.end_user,
        usage=_usage(job),
        heatsink=_facts(here, job),
    )


def answer_headers(here: Gateway, job: Job) -> dict[str, str]:
    view = _quota_view(here, job)
    return dict(quota_headers(view)) if view else {}


def _linked(here: Gateway, job: Job, index: int) -> Image:
    link = picture_link(here, job, index)
    facts = _image_facts(job, index).model_copy(update={"expires_at": link.expires_at})
    return Image(url=link.url, heatsink=facts)


async def _embedded(here: Gateway, job: Job, index: int) -> Image:
    content = await here.pictures.get(job.images[index].blob)
    return Image(b64_json=base64.b64encode(content).decode(), heatsink=_image_facts(job, index))


def _image_facts(job: Job, index: int) -> ImageFacts:
    made = job.images[index]
    return ImageFacts(seed=made.seed, width=made.width, height=made.height, sha256=made.sha256)


def _usage(job: Job) -> Usage:
    tokens = token_usage(job.spec)
    return Usage(
        input_tokens=tokens.text_in,
        output_tokens=tokens.images_out,
        total_tokens=tokens.total,
        input_tokens_details=TokenDetails(text_tokens=tokens.text_in, image_tokens=0),
        output_tokens_details=TokenDetails(text_tokens=0, image_tokens=tokens.images_out),
    )


def _facts(here: Gateway, job: Job) -> JobFacts:
    return JobFacts(
        job=job.id,
        model=job.spec.model,
        seeds=list(job.spec.seeds),
        steps=job.spec.steps,
        drawn_size=str(job.spec.drawn_size),
        guidance=job.spec.guidance,
        seconds=job.seconds,
        degraded=job.degraded,
        deferred=job.is_put_off,
        expected_at=job.expected_at,
        quota=_quota_after(here, job),
    )


def _quota_after(here: Gateway, job: Job) -> QuotaAfter | None:
    view, facts = _quota_view(here, job), job.quota
    if view is None or facts is None:
        return None
    return QuotaAfter(
        plan=facts.plan,
        window_seconds=facts.window_seconds,
        used=facts.used + facts.units,
        left=view.remaining,
        limit=facts.limit,
        limit_normally=facts.limit_normally,
        resets_at=here.clock.now() + timedelta(seconds=view.reset),
    )


def _quota_view(here: Gateway, job: Job) -> QuotaView | None:
    """Counted from the decision on this job: what quota tells of the account may lag behind it."""
    if job.quota is None:
        return None
    usage = here.tables.usage.get(job.account)
    grants = usage.grants if usage else ()
    heard = any(grant.job == job.id for grant in grants)
    resets_at = max((grant.leaves_at for grant in grants), default=None) if heard else None
    return QuotaView.of(job.quota, granted=True, resets_at=resets_at, now=here.clock.now())
