"""One job's part of a stream, to its end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.contracts import JobId
from services.kit.clock import Clock
from services.notify.core import LiveNotice, Notification
from services.notify.stream import QUIET_FOR, Item, Quiet

__all__ = ["job_stream"]


async def job_stream(
    items: AsyncGenerator[Item, None], job: JobId, clock: Clock
) -> AsyncGenerator[Item, None]:
    """Of `items` what is of the job, until it has ended.

    However much is left out, a client still sees in time that its connection is alive.
    """
    sent_at = clock.monotonic()
    async with aclosing(items):
        async for item in items:
            kept = item if _is_of(item, job) else Quiet()
            if kept is not item and clock.monotonic() - sent_at < QUIET_FOR:
                continue
            sent_at = clock.monotonic()
            yield kept
            if isinstance(kept, Notification) and kept.notice.is_end:
                return


def _is_of(item: Item, job: JobId) -> bool:
    match item:
        case Notification(notice=notice):
            return notice.job == job
        case LiveNotice(facts=facts):
            return facts.get("job") == job
        case _:
            return True
