"""OpenAI's images API: one call, and the pictures in its answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.auth import Writer
from services.gateway.api.context import Here
from services.gateway.api.documented import DRAWING, FORM, KEY, OPENAI
from services.gateway.api.edit_request import EditRequest, edit_of
from services.gateway.api.forms import read_form
from services.gateway.api.image_call import ImageCall
from services.gateway.api.image_request import ImageRequest, refuse_unoffered
from services.gateway.api.image_response import ImagesResponse
from services.gateway.api.inputs import inputs_of
from services.kit.http import Code
from services.kit.http.documented import BODY, answers, documented_body, documented_form
from services.kit.http.json_body import json_of

__all__ = ["router"]

router = APIRouter(tags=["images"])

_Posted = Annotated[ImageRequest, Depends(json_of(ImageRequest))]

_REFUSALS = (
    Code.JOB_CANCELLED,
    Code.GONE,
    Code.RENDER_FAILED,
    Code.RENDER_TIMEOUT,
    Code.BLOB_STORE_UNAVAILABLE,
)


_DRAWN: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ImagesResponse,
        "description": "The images; with `stream`, server-sent events.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    202: {"model": ImagesResponse, "description": "Drawn later, as `allow_deferred` said."},
}


@router.post(
    "/v1/images/generations",
    operation_id="createImage",
    summary="Draw images and wait for them",
    response_model=ImagesResponse,
    responses={**_DRAWN, **answers(*KEY, *BODY, *DRAWING, *_REFUSALS, form=OPENAI)},
    openapi_extra=documented_body(ImageRequest),
)
async def create_image(request: Request, here: Here, caller: Writer, posted: _Posted) -> Response:
    """Waits until the images are drawn, or refused, or a time limit is over (504).

    A client that gave up and asks again (`x-stainless-retry-count` above 0, or the same
    `Idempotency-Key`) gets the job that it made before, not a second one. A 503 without `job` in
    it has made none. The job of a client that hangs up goes on, unless it sent `Prefer:
    cancel-on-disconnect`.

    With `stream`: events `image_generation.partial_image`, as many as `partial_images` at most, and
    one `image_generation.completed` for each image; comments while it waits; a failure is an event
    with `error`.

    With `heatsink.allow_deferred`, a job that the load would refuse is answered at once, with 202,
    no images and `heatsink.job`. With `heatsink.allow_degraded` it is drawn lighter, as
    `heatsink.degraded` and `heatsink.steps` say.
    """
    refuse_unoffered(posted)
    call = ImageCall(
        here=here,
        request=request,
        caller=caller,
        posted=posted,
        wish=posted.wish,
        verb="image_generation",
    )
    return await call.respond()


@router.post(
    "/v1/images/edits",
    operation_id="editImage",
    summary="Draw images from a photo and a prompt",
    response_model=ImagesResponse,
    responses={**_DRAWN, **answers(*KEY, *FORM, *DRAWING, *_REFUSALS, form=OPENAI)},
    openapi_extra=documented_form(EditRequest),
)
async def edit_image(request: Request, here: Here, caller: Writer) -> Response:
    """Begins with a photo (`image`: PNG, JPEG or WebP) and goes as far from it as `strength` says.

    Where `mask`, or the photo itself, is fully transparent it is painted anew, the rest stays. The
    photo is read in a process of its own and kept as pixels alone, for three days. All else is as
    in `/v1/images/generations`; its own parameters are `heatsink[seed]` and the like.
    """
    async with read_form(request) as form:
        posted = edit_of(form)
        refuse_unoffered(posted)
        inputs = await inputs_of(here, caller.account, form)
    call = ImageCall(
        here=here,
        request=request,
        caller=caller,
        posted=posted,
        wish=posted.edit_wish,
        verb="image_edit",
        inputs=inputs,
    )
    return await call.respond()
