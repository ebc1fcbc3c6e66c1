"""Pictures by signed link: no key is needed, for the link is one."""

import re

from fastapi import APIRouter, Request, Response

from services.contracts import JobId, PictureFormat
from services.gateway.api.context import Gateway, Here
from services.gateway.core.links import Link, LinkExpired, LinkInvalid
from services.kit.blobs import BlobMissing
from services.kit.http import ApiError, Code
from services.kit.http.documented import answers

__all__ = ["router"]

router = APIRouter(tags=["files"])

_SECONDS = re.compile("[1-9][0-9]{0,11}")
_INDEX = re.compile("0|[1-9][0-9]{0,2}")


@router.get(
    "/v1/files/{job}/{index}.{format}",
    operation_id="getPicture",
    summary="Fetch a picture by its signed link",
    response_class=Response,
    responses={
        200: {
            "content": {one.media_type: {} for one in PictureFormat},
            "description": "The picture.",
        },
        **answers(
            Code.LINK_INVALID,
            Code.LINK_EXPIRED,
            Code.GONE,
            Code.STORAGE_UNAVAILABLE,
            Code.BLOB_STORE_UNAVAILABLE,
        ),
    },
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
            for name in ("expires", "key", "signature")
        ]
    },
)
async def get_picture(request: Request, here: Here, job: str, index: str, format: str) -> Response:
    """Links are in `images[].url` of a job and in `data[].url` of an images response."""
    link = _link(request, job, index, format)
    try:
        here.links.check(link, here.clock.now())
    except LinkInvalid as invalid:
        raise ApiError(Code.LINK_INVALID) from invalid
    except LinkExpired as expired:
        raise ApiError(Code.LINK_EXPIRED) from expired
    return await _picture(here, link)


def _link(request: Request, job: str, index: str, format: str) -> Link:
    """Each parameter once and no other, so that one picture has one address."""
    given = request.query_params.multi_items()
    values = dict(given)
    expires = values.get("expires", "")
    well_formed = (
        sorted(name for name, _ in given) == ["expires", "key", "signature"]
        and _SECONDS.fullmatch(expires)
        and _INDEX.fullmatch(index)
    )
    if not well_formed:
        raise ApiError(Code.LINK_INVALID)
    try:
        return Link(
            JobId(job),
            int(index),
            PictureFormat(format),
            int(expires),
            values["key"],
            values["signature"],
        )
    except ValueError as error:
        raise ApiError(Code.LINK_INVALID) from error


async def _picture(here: Gateway, link: Link) -> Response:
    job = await here.jobs.get_for_link(link.job)
    job = here.waiters.fold(job) if job else None
    image = (
        next((image for image in job.images if image.index == link.index), None) if job else None
    )
    if image is None:
        raise ApiError(Code.GONE)
    try:
        content = await here.pictures.get(image.blob)
    except BlobMissing as missing:
        raise ApiError(Code.GONE) from missing
    left = max(0, link.expires - int(here.clock.now().timestamp()))
    return Response(
        content,
        media_type=image.media_type,
        headers={
            "Cache-Control": f"private, max-age={left}, immutable",
            "Content-Disposition": f'inline; filename="{link.job}-{link.index}.{link.format}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": f'"{image.sha256}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
