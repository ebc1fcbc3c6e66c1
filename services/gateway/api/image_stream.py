"""A job as a stream: early looks, then its images, in OpenAI's events."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from anyio import CancelScope

from services.contracts import JobStatus
from services.gateway.api.context import Gateway
from services.gateway.api.image_answer import answer, answer_headers
from services.gateway.api.image_events import ALIVE, Completed, Partial, event, failure
from services.gateway.api.image_request import ImageRequest
from services.gateway.api.refusals import not_completed
from services.gateway.core.job import Job
from services.gateway.partials import as_wanted
from services.kit.blobs import BlobMissing
from services.kit.errors import Unavailable
from services.kit.http import ApiError

__all__ = ["ImageStream"]

_DECIDING_SECONDS = 5.0
"""So long a stream waits for quota's decision before it begins: a refusal is a status then."""


@dataclass
class ImageStream:
    """`verb` begins the names of its events: `image_generation` or `image_edit`."""

    here: Gateway
    wanted: ImageRequest
    job: Job
    verb: str
    cancels: bool = False
    _shown: set[str] = field(default_factory=set)

    async def decided(self) -> dict[str, str]:
        """The stream's headers. Raises ApiError where the job is refused before it begins."""
        async with aclosing(self.here.desk.follow(self.job, _DECIDING_SECONDS)) as states:
            async for state in states:
                self.job = state
                if state.status is not JobStatus.SUBMITTED:
                    break
        if self.job.status is JobStatus.REJECTED:
            raise self._refusal()
        return {**answer_headers(self.here, self.job), "Cache-Control": "no-store"}

    async def body(self) -> AsyncIterator[bytes]:
        with self.here.waits.one():
            try:
                async with aclosing(self._states()) as states:
                    async for state in states:
                        self.job = state
                        yield await self._early_look() or ALIVE
                async for chunk in self._end():
                    yield chunk
            finally:
                if self.cancels and not self.job.status.is_end:
                    with CancelScope(shield=True):
                        await self.here.desk.cancel(self.job.account, self.job.id)

    def _states(self) -> AsyncGenerator[Job]:
        return self.here.desk.follow(self.job, self.here.settings.wait_seconds)

    async def _early_look(self) -> bytes | None:
        """A preview that was not shown yet; one that can't be read is passed over."""
        key = self.job.progress.preview if self.job.progress else None
        if key is None or key in self._shown or len(self._shown) >= self.job.spec.previews:
            return None
        self._shown.add(key)
        try:
            preview = await self.here.pictures.get(key)
        except (BlobMissing, Unavailable):
            return None
        shown = Partial(
            type=f"{self.verb}.partial_image",
            b64_json=_base64(await as_wanted(preview, self.job.spec)),
            created_at=int(self.here.clock.now().timestamp()),
            size=str(self.job.spec.size),
            quality=self.wanted.quality_drawn,
            output_format=self.job.spec.format.value,
            partial_image_index=len(self._shown) - 1,
        )
        return event(shown)

    async def _end(self) -> AsyncIterator[bytes]:
        if self.job.status is not JobStatus.COMPLETED:
            yield failure(self._refusal())
            return
        try:
            response = await answer(self.here, self.wanted, self.job)
        except ApiError as error:
            yield failure(error)
            return
        for index, image in enumerate(response.data):
            yield event(
                Completed(
                    type=f"{self.verb}.completed",
                    b64_json=image.b64_json or "",
                    created_at=response.created,
                    size=response.size,
                    quality=response.quality,
                    output_format=response.output_format,
                    image_index=index,
                    usage=response.usage,
                    safety_identifier=response.safety_identifier,
                    heatsink=response.heatsink,
                    image=image.heatsink,
                )
            )

    def _refusal(self) -> ApiError:
        desk, now = self.here.desk, self.here.clock.now()
        return not_completed(self.job, now, desk.obstacle(waits=True))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
