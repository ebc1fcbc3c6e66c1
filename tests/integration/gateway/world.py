"""Everything around gateway: quota and render as a script, on real Kafka."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from PIL import Image

from services.contracts import Envelope, Event, EventId, ImageRef, JobId, Lane, Stream
from services.contracts.events import (
    FailureCode,
    JobAdmitted,
    JobCancelRequested,
    JobCompleted,
    JobFailed,
    JobProgressed,
    JobQueued,
    JobRejected,
    JobRequested,
    JobStarted,
    QuotaFacts,
    Rule,
)
from services.kit.blobs import Blobs
from services.kit.bus import Connection, Producer, Tail
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from tests.running import running
from tests.unit.gateway.photographs import saved

__all__ = ["PNG", "World"]

CLOCK = SystemClock()
PNG = b"\x89PNG\r\n\x1a\n"
_BETWEEN_LOOKS = 0.3
_LOOK = saved(Image.new("RGB", (32, 32), (200, 30, 30)), "WEBP")
_HEARD = (Stream.ACCOUNTS, Stream.REQUESTS, Stream.CANCELLATIONS)


class World:
    """Answers each request by its prompt: `refuse`, `fail`, `wait` for `finish`, or draw at once.

    Early looks come before the picture, as many as were asked for.
    """

    def __init__(self, connection: Connection, blobs: Path) -> None:
        self.readiness = Readiness()
        self.heard: list[Envelope[Event]] = []
        self._producer = Producer(connection, CLOCK, self.readiness)
        self._tail = Tail(connection, _HEARD, clock=CLOCK, readiness=self.readiness, name="world")
        self._blobs = Blobs.open(blobs)
        self._answers: asyncio.Queue[JobRequested] = asyncio.Queue()
        self._tail.listen(self._hear)

    @asynccontextmanager
    async def turning(self) -> AsyncIterator[None]:
        async with running((self._producer, self._tail), self.readiness):
            await self._tail.until_positioned()
            answering = asyncio.create_task(self._answer())
            try:
                yield
            finally:
                answering.cancel()

    def requests(self, prompt: str) -> list[JobRequested]:
        events = (envelope.data for envelope in self.heard)
        return [e for e in events if isinstance(e, JobRequested) and e.spec.prompt == prompt]

    @property
    def cancelled(self) -> set[JobId]:
        """Jobs that somebody wished to cancel."""
        events = (envelope.data for envelope in self.heard)
        return {event.job for event in events if isinstance(event, JobCancelRequested)}

    async def publish(self, *events: Event) -> None:
        made = [Envelope(EventId.new(CLOCK.now()), "test", event) for event in events]
        await self._producer.publish(made)

    async def draw(self, asked: JobRequested) -> None:
        now, of = CLOCK.now(), {"account": asked.account, "job": asked.job}
        images = tuple([await self._image(asked, index) for index in range(asked.spec.n)])
        await self.publish(
            JobAdmitted(at=now, lane=Lane.FREE, spec=asked.spec, quota=_facts(asked), **of),
            JobQueued(at=now, lane=Lane.FREE, pool="default", ticket=1, **of),
            JobStarted(at=now, attempt=1, worker="w", **of),
        )
        for number in range(asked.spec.previews):
            preview = await self._preview(asked, number)
            step, steps = number + 1, asked.spec.previews + 1
            await self.publish(
                JobProgressed(at=now, attempt=1, step=step, steps=steps, preview=preview, **of)
            )
            await asyncio.sleep(_BETWEEN_LOOKS)
        await self.publish(
            JobProgressed(at=now, attempt=1, step=50, steps=50, **of),
            JobCompleted(at=now, attempt=1, images=images, seconds=0.1, **of),
        )

    async def start(self, asked: JobRequested) -> None:
        now, of = CLOCK.now(), {"account": asked.account, "job": asked.job}
        await self.publish(
            JobAdmitted(at=now, lane=Lane.FREE, spec=asked.spec, quota=_facts(asked), **of),
            JobStarted(at=now, attempt=1, worker="w", **of),
            JobProgressed(at=now, attempt=1, step=1, steps=2, **of),
        )

    def _hear(self, envelope: Envelope[Event]) -> None:
        self.heard.append(envelope)
        if isinstance(envelope.data, JobRequested):
            self._answers.put_nowait(envelope.data)

    async def _answer(self) -> None:
        while True:
            asked = await self._answers.get()
            match asked.spec.prompt.split()[0]:
                case "refuse":
                    await self.publish(_rejected(asked))
                case "fail":
                    await self.start(asked)
                    await self.publish(_failed(asked))
                case "wait":
                    pass
                case _:
                    await self.draw(asked)

    async def _preview(self, asked: JobRequested, number: int) -> str:
        key = f"images/{asked.job}/1-preview-{number}.webp"
        await self._blobs.put(key, _LOOK, media_type="image/webp")
        return key

    async def _image(self, asked: JobRequested, index: int) -> ImageRef:
        key = f"images/{asked.job}/{index}.png"
        await self._blobs.put(key, PNG, media_type="image/png")
        return ImageRef(
            index=index,
            blob=key,
            sha256=hashlib.sha256(PNG).hexdigest(),
            bytes=len(PNG),
            width=asked.spec.width,
            height=asked.spec.height,
            seed=asked.spec.seeds[index],
        )


def _facts(asked: JobRequested, used: int = 0) -> QuotaFacts:
    return QuotaFacts(
        plan=asked.plan,
        window_seconds=86_400,
        limit=3,
        limit_normally=3,
        used=used,
        units=asked.units,
    )


def _rejected(asked: JobRequested) -> JobRejected:
    now = CLOCK.now()
    return JobRejected(
        at=now,
        account=asked.account,
        job=asked.job,
        rule=Rule.WINDOW,
        reason="All of today's images are used.",
        quota=_facts(asked, used=3),
        resets_at=now + timedelta(hours=20),
        retry_at=now + timedelta(hours=3),
    )


def _failed(asked: JobRequested) -> JobFailed:
    code, now = FailureCode.RENDER_ERROR, CLOCK.now()
    return JobFailed(
        at=now, account=asked.account, job=asked.job, attempt=3, code=code, detail="it broke"
    )
