"""`POST /v1/uploads`: a photo, sent once and drawn from as often as one likes."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.contracts import UploadId
from services.gateway.api.auth import Writer
from services.gateway.api.context import Here
from services.gateway.api.documented import FORM, KEY
from services.gateway.api.forms import Form, read_form
from services.gateway.api.inputs import Inputs, read_photo, wrong
from services.kit.http import Code
from services.kit.http.documented import answers, documented_form

__all__ = ["Upload", "UploadForm", "router"]

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])


class UploadForm(BaseModel):
    """The one file of the form."""

    model_config = ConfigDict(extra="forbid")

    image: bytes = Field(
        description="A PNG, JPEG or WebP file.",
        json_schema_extra={"type": "string", "format": "binary"},
    )


class Upload(BaseModel):
    """A photo as it is kept: pixels alone, the right way up."""

    id: UploadId = Field(description="Give it as `image`.")
    object: str = "upload"
    mask: UploadId | None = Field(
        description="Where the photo was transparent: give it as `mask`. Null where nowhere."
    )
    width: int
    height: int
    expires_at: datetime = Field(description="Until then a job may begin with it.")


@router.post(
    "",
    operation_id="uploadPhoto",
    summary="Upload a photo for jobs to begin with",
    status_code=201,
    responses=answers(*KEY, *FORM),
    openapi_extra=documented_form(UploadForm),
)
async def upload(request: Request, here: Here, caller: Writer) -> Upload:
    """For `image` and `mask` of `/v1/jobs` and `/v1/batches`, as often as one likes.

    It is read in a process of its own, and nothing of it is kept but its pixels.
    """
    async with read_form(request) as form:
        content = await _only_file(form)
    photo = await read_photo(here, "image", content)
    stored = Inputs.new(here, caller.account, photo.content, photo.mask)
    await stored.store(here)
    return Upload(
        id=stored.photo,
        mask=stored.mask,
        width=photo.width,
        height=photo.height,
        expires_at=stored.photo.born + here.settings.upload_life,
    )


async def _only_file(form: Form) -> bytes:
    """Raises ApiError."""
    for name in {*form.fields, *form.files}:
        if name != "image":
            raise wrong(name[:100], Code.UNKNOWN_FIELD, "There is no such field.")
    files = form.files.get("image", [])
    if not files:
        raise wrong("image", Code.MISSING_FIELD, "A photo is needed: a file named image.")
    if len(files) > 1:
        raise wrong("image", Code.INVALID_VALUE, "Send one photo at a time.")
    return await files[0].read()
