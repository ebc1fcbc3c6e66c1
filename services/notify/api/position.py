"""Where a stream begins, and of what it tells: all of an account, or one of its jobs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query

from services.contracts import JobId
from services.kit.budget import budget
from services.kit.http import ApiError, Code
from services.notify.api.auth import Listens, opened_by
from services.notify.api.context import Here, Notify
from services.notify.core import Start, from_now, parse_position
from services.notify.hub import Listener, TooManyListeners

__all__ = ["Listening", "Wanted", "Wish"]

_READ_SECONDS = 2.5


@dataclass(frozen=True)
class Wish:
    """News after `position`; of `job` alone where one is named. `told`: it has heard the end."""

    position: int | Start
    job: JobId | None = None
    told: bool = False


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
    position = _position(last_event_id or after)
    if job:
        return await _of_job(here, listener, job, position)
    return Wish(await _now(here, listener) if position is None else position)


Wanted = Annotated[Wish, Depends(_wish)]


def _position(told: str | None) -> int | None:
    """Raises ApiError."""
    try:
        return parse_position(told) if told else None
    except ValueError as error:
        raise ApiError(Code.BAD_REQUEST, f"Last-Event-ID: {error}.") from error


async def _now(here: Notify, listener: Listener) -> Start:
    """Who names no position hears what comes from now on.

    Now, and not when the store is first read: that may be away for a while once the stream is open.
    """
    with budget(_READ_SECONDS):
        return from_now(await here.feeds.newest(listener.account))


async def _of_job(here: Notify, listener: Listener, job: JobId, position: int | None) -> Wish:
    """From the job's first news on, or after `position`. Raises ApiError."""
    now = await _now(here, listener)
    with budget(_READ_SECONDS):
        news = await here.feeds.of_job(listener.account, job)
    if not news:
        if job.born < here.clock.now() - here.kept_for:
            raise ApiError(Code.GONE, "What was told of this job is kept no longer.")
        return Wish(now if position is None else position, job)
    if position is None:
        return Wish(from_now(news[0].sequence - 1), job)
    last = news[-1]
    return Wish(position, job, told=last.notice.is_end and position >= last.sequence)
