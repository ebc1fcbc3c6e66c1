"""The photo and the mask of a JSON body: an upload's id, or a file in base64."""

import base64
import binascii
import struct

from services.contracts import AccountId, UploadId, upload_key
from services.gateway.api.context import Gateway
from services.gateway.api.inputs import Inputs, mask_of, read_photo, wrong
from services.gateway.photos.decoder import Photo
from services.kit.blobs import BlobMissing
from services.kit.http import Code

__all__ = ["inputs_from"]

_PNG_SIZE = slice(16, 24)
"""Width and height in the first chunk of a PNG file (PNG specification, 11.2.1)."""


async def inputs_from(
    here: Gateway, account: AccountId, image: str | None, mask: str | None
) -> Inputs | None:
    """None without a photo. Raises ApiError and Unavailable."""
    if image is None:
        if mask is not None:
            raise wrong("mask", Code.INVALID_VALUE, "A mask belongs to a photo: give image too.")
        return None
    photo, upload = await _photo(here, account, "image", image)
    if mask is None:
        return Inputs.new(here, account, upload or photo.content, photo.mask)
    over, mask_upload = await _photo(here, account, "mask", mask)
    if mask_upload and (over.width, over.height) != (photo.width, photo.height):
        raise wrong("mask", Code.INVALID_VALUE, "The mask must have the size of the photo.")
    return Inputs.new(here, account, upload or photo.content, mask_upload or mask_of(over, photo))


async def _photo(
    here: Gateway, account: AccountId, field: str, value: str
) -> tuple[Photo, UploadId | None]:
    if value.startswith(f"{UploadId.prefix}_"):
        upload = _usable(here, field, value)
        return await _uploaded(here, account, field, upload), upload
    return await read_photo(here, field, _decoded(field, value)), None


def _usable(here: Gateway, field: str, value: str) -> UploadId:
    try:
        upload = UploadId(value)
    except ValueError as error:
        raise wrong(field, Code.INVALID_VALUE, "That is no id of an upload.") from error
    if upload.born_by(here.clock.now() - here.settings.upload_life):
        raise wrong(field, Code.INVALID_VALUE, "That upload has expired: send the photo again.")
    return upload


async def _uploaded(here: Gateway, account: AccountId, field: str, upload: UploadId) -> Photo:
    try:
        content = await here.pictures.get(upload_key(account, upload))
    except BlobMissing as missing:
        raise wrong(field, Code.INVALID_VALUE, "There is no such upload.") from missing
    width, height = struct.unpack(">II", content[_PNG_SIZE])
    return Photo(content=content, mask=None, width=width, height=height)


def _decoded(field: str, value: str) -> bytes:
    if value.startswith("data:"):
        value = value.partition(",")[2]
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        detail = "Send the id of an upload, or a file in base64."
        raise wrong(field, Code.INVALID_VALUE, detail) from error
