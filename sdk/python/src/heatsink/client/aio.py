"""The client for code that runs on an event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2
from heatsink.client import flows
from heatsink.client.events import EventLines, after_loss
from heatsink.client.exchange import Flow, Lost, Pause, Policy, Reply
from heatsink.client.models import Batch, Event, Image, Job, Limits, Submission, Upload
from heatsink.client.wire import TIMEOUT, arguments, event_arguments, failed, heard, reply_of

__all__ = ["AsyncHeatsink"]

T = TypeVar("T")


class AsyncHeatsink:
    """As Heatsink, with methods to await."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        events_url: str | None = None,
        policy: Policy | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._policy = policy or Policy()
        self._events_url = events_url
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx2.AsyncClient(
            base_url=url, headers=headers, timeout=TIMEOUT, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def draw(self, prompt: str, *, seconds: float = 300, **options: Any) -> Job:
        """Makes a job and waits for its end. `options` are those of `POST /v1/jobs`."""
        return await self._run(flows.draw(self._policy, prompt, options, seconds))

    async def create_job(self, prompt: str, **options: Any) -> Job:
        return await self._run(flows.create_job(self._policy, prompt, options))

    async def job(self, id: str) -> Job:
        return await self._run(flows.job(self._policy, id))

    async def wait(self, id: str, *, seconds: float = 300) -> Job:
        return await self._run(flows.wait(self._policy, id, seconds))

    async def jobs(self, **filters: str) -> AsyncIterator[Job]:
        """Newest first, page by page; `filters` are those of `GET /v1/jobs`."""
        while True:
            page, cursor = await self._run(flows.jobs(self._policy, filters))
            for job in page:
                yield job
            if cursor is None:
                return
            filters = {**filters, "cursor": cursor}

    async def cancel(self, id: str) -> Job:
        return await self._run(flows.cancel(self._policy, id))

    async def delete(self, id: str) -> None:
        await self._run(flows.delete(self._policy, id))

    async def picture(self, image: Image) -> bytes:
        return await self._run(flows.picture(self._policy, image))

    async def upload(self, photo: bytes) -> Upload:
        return await self._run(flows.upload(self._policy, photo))

    async def submitted(self, name: str) -> Submission:
        """What became of a message on Kafka; Refused with 404 until that has been read."""
        return await self._run(flows.submitted(self._policy, name))

    async def limits(self) -> Limits:
        return await self._run(flows.limits(self._policy))

    async def create_batch(self, prompts: Iterable[str], **options: Any) -> Batch:
        return await self._run(flows.create_batch(self._policy, prompts, options))

    async def batch(self, id: str) -> Batch:
        return await self._run(flows.batch(self._policy, id))

    async def wait_batch(self, id: str, *, seconds: float = 3600) -> Batch:
        return await self._run(flows.wait_batch(self._policy, id, seconds))

    async def cancel_batch(self, id: str) -> Batch:
        return await self._run(flows.cancel_batch(self._policy, id))

    def events(self, *, after: int | None = None) -> AsyncIterator[Event]:
        """News from now on, or after a sequence; for ever, over lost connections."""
        return self._news(EventLines(after))

    def follow(self, id: str) -> AsyncIterator[Event]:
        """News of one job, from its first on, with its progress from now on, to its end."""
        return self._news(EventLines(job=id))

    async def _news(self, lines: EventLines) -> AsyncIterator[Event]:
        while True:
            try:
                async with self._client.stream(
                    **event_arguments(self._events_url, lines)
                ) as answer:
                    content = await answer.aread() if answer.is_error else b""
                    heard(lines, answer.status_code, content)
                    async for line in answer.aiter_lines():
                        for event in lines.feed(line):
                            yield event
            except httpx2.HTTPError:
                pass
            if lines.over:
                return
            await asyncio.sleep(after_loss(lines))

    async def _run(self, flow: Flow[T]) -> T:
        came: Reply | Lost | None = None
        try:
            while True:
                step = flow.send(came)
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    came = None
                    continue
                try:
                    came = reply_of(await self._client.request(**arguments(step)))
                except httpx2.HTTPError as error:
                    came = failed(error)
        except StopIteration as done:
            result: T = done.value
            return result
