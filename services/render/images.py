"""Pictures, and early looks at them, on their way to the blob store."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

from services.contracts import AccountId, ImageRef, JobId, UploadId, upload_key
from services.render.core import Claim
from services.render.engine import Picture

__all__ = ["BlobStore", "Images", "Stored"]

_PREVIEW_TYPE = "image/webp"


class Stored(Protocol):
    @property
    def key(self) -> str: ...


class BlobStore(Protocol):
    """What render needs of a blob store. Raises Unavailable when it does not answer."""

    async def put(self, key: str, content: bytes, *, media_type: str) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def get(self, key: str) -> bytes: ...

    async def list(self, prefix: str) -> Sequence[Stored]: ...


class Images:
    """Each attempt writes under keys of its own, so none can overwrite another's."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def store(self, claim: Claim, pictures: Sequence[Picture]) -> tuple[ImageRef, ...]:
        return tuple(
            [await self._store(claim, index, picture) for index, picture in enumerate(pictures)]
        )

    async def upload(self, account: AccountId, upload: UploadId) -> bytes:
        """A photo or a mask that came with a request. Raises BlobMissing and Unavailable."""
        return await self._blobs.get(upload_key(account, upload))

    async def store_preview(self, claim: Claim, step: int, content: bytes) -> str:
        """Its key. Nobody names it once the job has ended, so gateway's sweep takes it."""
        key = f"{_folder(claim.job)}/{claim.attempt}-preview-{step}.webp"
        await self._blobs.put(key, content, media_type=_PREVIEW_TYPE)
        return key

    async def discard(self, refs: Sequence[ImageRef]) -> None:
        for ref in refs:
            await self._blobs.delete(ref.blob)

    async def discard_all(self, job: JobId) -> None:
        """Whatever any attempt at a job has stored."""
        for stored in await self._blobs.list(_folder(job)):
            await self._blobs.delete(stored.key)

    async def _store(self, claim: Claim, index: int, picture: Picture) -> ImageRef:
        key = f"{_folder(claim.job)}/{claim.attempt}-{index}.{picture.format}"
        media_type = picture.format.media_type
        await self._blobs.put(key, picture.content, media_type=media_type)
        return ImageRef(
            index=index,
            blob=key,
            media_type=media_type,
            # A picture of some megabytes takes a few milliseconds: no thread is worth that.
            sha256=hashlib.sha256(picture.content).hexdigest(),
            bytes=len(picture.content),
            width=picture.width,
            height=picture.height,
            seed=picture.seed,
        )


def _folder(job: JobId) -> str:
    return f"images/{job}"
