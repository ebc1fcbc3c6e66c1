"""The client for code that waits."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2
from heatsink.client import flows
from heatsink.client.events import EventLines, after_loss
from heatsink.client.exchange import Flow, Lost, Pause, Policy, Reply
from heatsink.client.models import Batch, Event, Image, Job, Limits, Submission, Upload
from heatsink.client.wire import TIMEOUT, arguments, event_arguments, failed, heard, reply_of

__all__ = ["Heatsink"]

T = TypeVar("T")


class Heatsink:
    """`url` is the API's, `key` an API key; `events_url` is notify's, for `events`.

    Raises Refused (QuotaExceeded among these), NotReady and Unreachable.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        events_url: str | None = None,
        policy: Policy | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._policy = policy or Policy()
        self._events_url = events_url
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx2.Client(
            base_url=url, headers=headers, timeout=TIMEOUT, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def draw(self, prompt: str, *, seconds: float = 300, **options: Any) -> Job:
        """Makes a job and waits for its end. `options` are those of `POST /v1/jobs`."""
        return self._run(flows.draw(self._policy, prompt, options, seconds))

    def create_job(self, prompt: str, **options: Any) -> Job:
        return self._run(flows.create_job(self._policy, prompt, options))

    def job(self, id: str) -> Job:
        return self._run(flows.job(self._policy, id))

    def wait(self, id: str, *, seconds: float = 300) -> Job:
        return self._run(flows.wait(self._policy, id, seconds))

    def jobs(self, **filters: str) -> Iterator[Job]:
        """Newest first, page by page; `filters` are those of `GET /v1/jobs`."""
        while True:
            page, cursor = self._run(flows.jobs(self._policy, filters))
            yield from page
            if cursor is None:
                return
            filters = {**filters, "cursor": cursor}

    def cancel(self, id: str) -> Job:
        return self._run(flows.cancel(self._policy, id))

    def delete(self, id: str) -> None:
        self._run(flows.delete(self._policy, id))

    def picture(self, image: Image) -> bytes:
        return self._run(flows.picture(self._policy, image))

    def upload(self, photo: bytes) -> Upload:
        return self._run(flows.upload(self._policy, photo))

    def submitted(self, name: str) -> Submission:
        """What became of a message on Kafka; Refused with 404 until that has been read."""
        return self._run(flows.submitted(self._policy, name))

    def limits(self) -> Limits:
        return self._run(flows.limits(self._policy))

    def create_batch(self, prompts: Iterable[str], **options: Any) -> Batch:
        return self._run(flows.create_batch(self._policy, prompts, options))

    def batch(self, id: str) -> Batch:
        return self._run(flows.batch(self._policy, id))

    def wait_batch(self, id: str, *, seconds: float = 3600) -> Batch:
        return self._run(flows.wait_batch(self._policy, id, seconds))

    def cancel_batch(self, id: str) -> Batch:
        return self._run(flows.cancel_batch(self._policy, id))

    def events(self, *, after: int | None = None) -> Iterator[Event]:
        """News from now on, or after a sequence; for ever, over lost connections."""
        return self._news(EventLines(after))

    def follow(self, id: str) -> Iterator[Event]:
        """News of one job, from its first on, with its progress from now on, to its end."""
        return self._news(EventLines(job=id))

    def _news(self, lines: EventLines) -> Iterator[Event]:
        while True:
            try:
                with self._client.stream(**event_arguments(self._events_url, lines)) as answer:
                    heard(lines, answer.status_code, answer.read() if answer.is_error else b"")
                    for line in answer.iter_lines():
                        yield from lines.feed(line)
            except httpx2.HTTPError:
                pass
            if lines.over:
                return
            time.sleep(after_loss(lines))

    def _run(self, flow: Flow[T]) -> T:
        came: Reply | Lost | None = None
        try:
            while True:
                step = flow.send(came)
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    came = None
                    continue
                try:
                    came = reply_of(self._client.request(**arguments(step)))
                except httpx2.HTTPError as error:
                    came = failed(error)
        except StopIteration as done:
            result: T = done.value
            return result
