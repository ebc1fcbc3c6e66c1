"""Finished pictures on their way to the blob store."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Protocol

from services.contracts import ImageRef
from services.render.core import Claim
from services.render.engine import Picture

__all__ = ["BlobStore", "Images"]

_MEDIA_TYPE = "image/png"


class BlobStore(Protocol):
    """What render needs of a blob store. Raises Unavailable when it does not answer."""

    async def put(self, key: str, data: bytes, *, media_type: str) -> None: ...

    async def delete(self, key: str) -> None: ...


class Images:
    """Each attempt writes under keys of its own, so none can overwrite another's."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def store(self, claim: Claim, pictures: Sequence[Picture]) -> tuple[ImageRef, ...]:
        refs = await asyncio.to_thread(_refs, claim, pictures)
        for ref, picture in zip(refs, pictures, strict=True):
            await self._blobs.put(ref.blob, picture.png, media_type=ref.media_type)
        return refs

    async def discard(self, refs: Sequence[ImageRef]) -> None:
        for ref in refs:
            await self._blobs.delete(ref.blob)


def _refs(claim: Claim, pictures: Sequence[Picture]) -> tuple[ImageRef, ...]:
    return tuple(
        ImageRef(
            index=index,
            blob=f"images/{claim.job}/{claim.attempt}-{index}.png",
            media_type=_MEDIA_TYPE,
            sha256=hashlib.sha256(picture.png).hexdigest(),
            bytes=len(picture.png),
            width=picture.width,
            height=picture.height,
            seed=picture.seed,
        )
        for index, picture in enumerate(pictures)
    )
