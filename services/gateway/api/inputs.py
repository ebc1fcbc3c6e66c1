"""The photo and the mask of a request, from what was sent to the blob store."""

import hashlib
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile

from services.contracts import AccountId, UploadId, upload_key
from services.gateway.api.context import Gateway
from services.gateway.api.forms import Form
from services.gateway.photos.decoder import Photo, PhotoError
from services.kit.http import ApiError, Code, FieldError

__all__ = ["Inputs", "inputs_of", "mask_of", "read_file", "read_photo", "wrong"]

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

    @classmethod
    def new(
        cls,
        here: Gateway,
        account: AccountId,
        photo: bytes | UploadId,
        mask: bytes | UploadId | None,
        *,
        digest: str = "",
    ) -> "Inputs":
        """What is an upload's already stays there; bytes get an id."""
        contents: dict[UploadId, bytes] = {}

        def named(one: bytes | UploadId) -> UploadId:
            if isinstance(one, UploadId):
                return one
            upload = UploadId.new(here.clock.now())
            contents[upload] = one
            return upload

        return cls(
            account=account,
            photo=named(photo),
            mask=named(mask) if mask else None,
            digest=digest,
            _contents=contents,
        )

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
        raise wrong("image", Code.MISSING_FIELD, "A photo is needed: a file named image.")
    for name, files in (("image", images), ("mask", masks)):
        if len(files) > 1:
            raise wrong(name, Code.INVALID_VALUE, "The models served here take one.")
    digest = hashlib.sha256()
    photo = await read_file(here, "image", images[0], digest)
    mask = photo.mask
    if masks:
        mask = mask_of(await read_file(here, "mask", masks[0], digest), photo)
    return Inputs.new(here, account, photo.content, mask, digest=digest.hexdigest())


def _check_names(form: Form) -> None:
    for name in form.files:
        if name == "markup":
            raise wrong(name, Code.INVALID_VALUE, "Markup is not offered here: use a mask.")
        if name not in _FILES:
            raise wrong(name[:100], Code.UNKNOWN_FIELD, "There is no such file.")


def mask_of(mask: Photo, photo: Photo) -> bytes:
    """White where the photo is to be painted anew. Raises ApiError."""
    if (mask.width, mask.height) != (photo.width, photo.height):
        raise wrong("mask", Code.INVALID_VALUE, "The mask must have the size of the photo.")
    if mask.mask is None:
        detail = "Make it fully transparent where the photo is to be painted anew."
        raise wrong("mask", Code.INVALID_VALUE, detail)
    return mask.mask


async def read_file(here: Gateway, name: str, file: UploadFile, digest: "hashlib._Hash") -> Photo:
    content = await file.read()
    digest.update(hashlib.sha256(content).digest())
    return await read_photo(here, name, content)


async def read_photo(here: Gateway, name: str, content: bytes) -> Photo:
    """What the field or file of this name holds. Raises ApiError."""
    try:
        return await here.decoder.read(content)
    except PhotoError as error:
        raise wrong(name, Code.named(error.code), error.detail) from error


def wrong(name: str, code: Code, detail: str) -> ApiError:
    """The refusal of one field, or of one file of a form."""
    found = FieldError(f"/{name}", code, detail)
    return ApiError(code, f"{name}: {detail}", errors=[found])
