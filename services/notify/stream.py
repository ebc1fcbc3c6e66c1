"""One client's stream: replay from the store, then live, with no gap and no double."""

from collections.abc import AsyncGenerator
from contextlib import suppress

from services.kit.clock import Clock
from services.notify.core import LiveNotice, Notification, Resume, start
from services.notify.hub import Closed, Listener, Look
from services.notify.repository import Feeds

__all__ = ["Item", "Reset", "feed_stream"]


class Reset(int):
    """Some of what the client missed is gone: the sequence after which the feed goes on."""


Item = Notification | LiveNotice | Reset

_PAGE = 200
_LOOK_EVERY = 5.0


async def feed_stream(
    listener: Listener, feeds: Feeds, clock: Clock, *, position: int | None, seconds: float
) -> AsyncGenerator[Item, None]:
    """Everything after `position` (none: from now on), for at most `seconds`.

    The listener is there before the store is read, so nothing falls between the two; what both
    hold is sent once, because the sequence decides. The store is looked at every few seconds even
    when nobody says that there is something.
    """
    oldest, newest = await feeds.bounds(listener.account)
    begin = start(position, oldest, newest)
    if begin.resume is Resume.RESET:
        yield Reset(begin.after)
    sent = begin.after
    async for notification in _stored(feeds, listener, sent):
        yield notification
        sent = notification.sequence
    ends = clock.monotonic() + seconds
    with suppress(Closed):
        while (left := ends - clock.monotonic()) > 0:
            match await listener.next(min(left, _LOOK_EVERY)):
                case LiveNotice() as live:
                    yield live
                case Notification() as notification if notification.sequence <= sent:
                    pass
                case Notification() as notification if notification.sequence == sent + 1:
                    yield notification
                    sent = notification.sequence
                case Notification() | Look() | None:
                    async for notification in _stored(feeds, listener, sent):
                        yield notification
                        sent = notification.sequence


async def _stored(
    feeds: Feeds, listener: Listener, after: int
) -> AsyncGenerator[Notification, None]:
    while page := await feeds.after(listener.account, after, limit=_PAGE):
        for notification in page:
            yield notification
            after = notification.sequence
