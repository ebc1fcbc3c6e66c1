"""The photo and the mask of a request, from a form's files to the blob store."""

import hashlib
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile

from services.contracts import AccountId, UploadId, upload_key
from services.gateway.api.context import Gateway
from services.gateway.api.forms import Form
from services.gateway.photos.decoder import Photo, PhotoError
from services.kit.http import ApiError, Code, FieldError

__all__ = ["Inputs", "inputs_of"]

_FILES = frozenset({"image", "mask"})
_MEDIA_TYPE = "image/png"


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Read and written anew, not yet stored. `digest` is of what the client sent."""

    account: AccountId
    photo: UploadId
    mask: UploadId | None
    digest: str
    _contents: dict[UploadId, bytes] = field(repr=False)

    async def store(self, here: Gateway) -> None:
        """Raises Unavailable."""
        for upload, content in self._contents.items():
            key = upload_key(self.account, upload)
            await here.pictures.put(key, content, media_type=_MEDIA_TYPE)

    async def discard(self, here: Gateway) -> None:
        """An earlier, equal request has brought its own. Raises Unavailable."""
        for upload in self._contents:
            await here.pictures.delete(upload_key(self.account, upload))


async def inputs_of(here: Gateway, account: AccountId, form: Form) -> Inputs:
    """The mask is a file of its own, or where the photo is transparent. Raises ApiError."""
    _check_names(form)
    images, masks = form.files.get("image", []), form.files.get("mask", [])
    if not images:
        raise _wrong("image", Code.MISSING_FIELD, "A photo is needed: a file named image.")
    for name, files in (("image", images), ("mask", masks)):
        if len(files) > 1:
            raise _wrong(name, Code.INVALID_VALUE, "The models served here take one.")
    digest = hashlib.sha256()
    photo = await _read(here, "image", images[0], digest)
    mask = await _mask(here, masks[0], photo, digest) if masks else photo.mask
    now = here.clock.now()
    photo_id, mask_id = UploadId.new(now), UploadId.new(now) if mask else None
    contents = {photo_id: photo.content}
    if mask and mask_id:
        contents[mask_id] = mask
    return Inputs(
        account=account,
        photo=photo_id,
        mask=mask_id,
        digest=digest.hexdigest(),
        _contents=contents,
    )


def _check_names(form: Form) -> None:
    for name in form.files:
        if name == "markup":
            raise _wrong(name, Code.INVALID_VALUE, "Markup is not offered here: use a mask.")
        if name not in _FILES:
            raise _wrong(name[:100], Code.UNKNOWN_FIELD, "There is no such file.")


async def _mask(here: Gateway, file: UploadFile, photo: Photo, digest: "hashlib._Hash") -> bytes:
    mask = await _read(here, "mask", file, digest)
    if (mask.width, mask.height) != (photo.width, photo.height):
        raise _wrong("mask", Code.INVALID_VALUE, "The mask must have the size of the photo.")
    if mask.mask is None:
        detail = "Make it fully transparent where the photo is to be painted anew."
        raise _wrong("mask", Code.INVALID_VALUE, detail)
    return mask.mask


async def _read(here: Gateway, name: str, file: UploadFile, digest: "hashlib._Hash") -> Photo:
    content = await file.read()
    digest.update(hashlib.sha256(content).digest())
    try:
        return await here.decoder.read(content)
    except PhotoError as error:
        raise _wrong(name, Code.named(error.code), error.detail) from error


def _wrong(name: str, code: Code, detail: str) -> ApiError:
    found = FieldError(f"/{name}", code, detail)
    return ApiError(code, f"{name}: {detail}", errors=[found])
