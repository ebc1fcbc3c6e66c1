"""Where a stream begins, and of what it tells: all of an account, or one of its jobs."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query

from services.contracts import AccountId, JobId
from services.kit.budget import budget
from services.kit.http import ApiError, Code
from services.notify.api.auth import Listens, opened_by
from services.notify.api.context import Here, Notify
from services.notify.core import Notification, Start, from_now, parse_position
from services.notify.hub import Listener, TooManyListeners
from services.notify.job_stream import job_stream
from services.notify.stream import Item, feed_stream

__all__ = ["Listening", "Wanted", "Wish", "news", "wish"]

_READ_SECONDS = 2.5


@dataclass(frozen=True)
class Wish:
    """News after `position`; of `job` alone where one is named. `told`: it has heard the end."""

    position: int | Start
    job: JobId | None = None
    told: bool = False

    def ends_with(self, item: Item) -> bool:
        """Whether nothing more is to come after this."""
        return self.job is not None and isinstance(item, Notification) and item.notice.is_end


async def _listener(reader: Listens, here: Here) -> AsyncIterator[Listener]:
    """There before anything is sent, and gone when the last byte is."""
    try:
        with here.hub.listen(reader.account, reader.plan, opened_by(reader)) as listener:
            yield listener
    except TooManyListeners as error:
        raise ApiError(Code.TOO_MANY_CONNECTIONS, f"{error}.", retry_after=5) from error


Listening = Annotated[Listener, Depends(_listener)]


async def _wish(
    listener: Listening,
    here: Here,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(alias="last_event_id")] = None,
    job: Annotated[JobId | None, Query(description="Only what is of this job.")] = None,
) -> Wish:
    return await wish(here, listener.account, _position(last_event_id or after), job)


Wanted = Annotated[Wish, Depends(_wish)]


async def wish(here: Notify, account: AccountId, position: int | None, job: JobId | None) -> Wish:
    """Who names no position hears what comes from now on, or all of the job from its first news.

    Now, and not when the store is first read: that may be away for a while once the stream is open.
    Raises ApiError and Unavailable.
    """
    if position is not None and job is None:
        return Wish(position)
    with budget(_READ_SECONDS):
        now = from_now(await here.feeds.newest(account))
        kept = await here.feeds.of_job(account, job) if job else []
    if not kept:
        _check_age(here, job)
        return Wish(now if position is None else position, job)
    if position is None:
        return Wish(from_now(kept[0].sequence - 1), job)
    last = kept[-1]
    return Wish(position, job, told=last.notice.is_end and position >= last.sequence)


def news(here: Notify, listener: Listener, wish: Wish) -> AsyncGenerator[Item, None]:
    """What is wished for, until that is over or the time of a connection is."""
    told = feed_stream(
        listener, here.feeds, here.clock, position=wish.position, seconds=here.stream_seconds
    )
    return job_stream(told, wish.job, here.clock) if wish.job else told


def _check_age(here: Notify, job: JobId | None) -> None:
    if job and job.born_by(here.clock.now() - here.kept_for):
        raise ApiError(Code.GONE, "What was told of this job is kept no longer.")


def _position(told: str | None) -> int | None:
    """Raises ApiError."""
    try:
        return parse_position(told) if told else None
    except ValueError as error:
        raise ApiError(Code.BAD_REQUEST, f"Last-Event-ID: {error}.") from error
