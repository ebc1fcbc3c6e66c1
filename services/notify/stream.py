"""One client's stream: replay from the store, then live, with no gap and no double."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from random import SystemRandom

from services.kit.budget import budget
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.notify.core import LiveNotice, Notification, Resume, Start, start
from services.notify.hub import Closed, Listener, Look
from services.notify.repository import Feeds

__all__ = ["QUIET_FOR", "Item", "Quiet", "Replay", "Reset", "feed_stream"]


class Reset(int):
    """Some of what the client missed is gone: the sequence after which the feed goes on."""


class Replay(Enum):
    """Whether what a client missed can be read; told when that changes."""

    AWAY = auto()
    BACK = auto()


@dataclass(frozen=True)
class Quiet:
    """Nothing has happened for a while: time to show that the connection is alive."""


Item = Notification | LiveNotice | Reset | Replay | Quiet

_PAGE = 200
_LOOK_EVERY = 300.0
_LOOK_WHILE_AWAY = (5.0, 10.0, 20.0, 40.0)
_DICE = SystemRandom()
_READ_SECONDS = 2.5
QUIET_FOR = 15.0


async def feed_stream(
    listener: Listener, feeds: Feeds, clock: Clock, *, position: int | Start, seconds: float
) -> AsyncGenerator[Item, None]:
    """Everything after `position`, for at most `seconds`.

    The listener is there before the store is read, so nothing falls between the two; what both
    hold is sent once, because the sequence decides. Each stream looks at the store every five
    minutes, at moments of its own, even when nobody says that there is something. While it is away
    live news go on, and what was stored meanwhile follows when it is back.
    """
    feed = _Feed(feeds, listener, position)
    look_at, ends = clock.monotonic(), clock.monotonic() + seconds
    with suppress(Closed):
        while (now := clock.monotonic()) < ends and not _is_over(listener, clock):
            if now >= look_at:
                async for item in feed.look():
                    yield item
                look_at = now + feed.patience * _DICE.uniform(0.75, 1)
            match await listener.next(min(ends, look_at, now + QUIET_FOR) - now):
                case None:
                    yield Quiet()
                case LiveNotice() as live:
                    yield live
                case Notification() as notification if feed.goes_on_with(notification):
                    yield notification
                case Notification() as notification if feed.has(notification):
                    pass
                case Notification() | Look() if not feed.away:
                    look_at = now
                case _:
                    pass


def _is_over(listener: Listener, clock: Clock) -> bool:
    return listener.until is not None and listener.until <= clock.now()


class _Feed:
    """How far one client has been told."""

    def __init__(self, feeds: Feeds, listener: Listener, position: int | Start) -> None:
        self._feeds = feeds
        self._listener = listener
        self._position = position
        listener.sent = position.after if isinstance(position, Start) else None
        self._failures = 0

    @property
    def away(self) -> bool:
        """Whether the store did not answer when it was last looked at."""
        return self._failures > 0

    @property
    def patience(self) -> float:
        """Seconds to the next look. A store that is slow is asked less: there are many of us."""
        if not self._failures:
            return _LOOK_EVERY
        return _LOOK_WHILE_AWAY[min(self._failures, len(_LOOK_WHILE_AWAY)) - 1]

    async def look(self) -> AsyncGenerator[Item, None]:
        """What is stored and was not sent."""
        was_away = self.away
        try:
            async for item in self._stored():
                yield item
        except Unavailable:
            self._failures += 1
            if not was_away:
                yield Replay.AWAY
            return
        self._failures = 0
        if was_away:
            yield Replay.BACK

    async def _stored(self) -> AsyncGenerator[Notification | Reset, None]:
        if self._listener.sent is None and isinstance(self._position, int):
            with budget(_READ_SECONDS):
                oldest, newest = await self._feeds.bounds(self._listener.account)
            begin = start(self._position, oldest, newest)
            self._listener.sent = begin.after
            if begin.resume is Resume.RESET:
                yield Reset(begin.after)
        page_is_full = True
        while page_is_full:
            page = await self._page(self._listener.sent or 0)
            page_is_full = len(page) == _PAGE
            for notification in page:
                self._listener.sent = notification.sequence
                yield notification

    def goes_on_with(self, notification: Notification) -> bool:
        """True for the next in the feed, which counts as sent from then on."""
        if self._listener.sent is None or notification.sequence != self._listener.sent + 1:
            return False
        self._listener.sent = notification.sequence
        return True

    def has(self, notification: Notification) -> bool:
        return self._listener.sent is not None and notification.sequence <= self._listener.sent

    async def _page(self, after: int) -> list[Notification]:
        with budget(_READ_SECONDS):
            return await self._feeds.after(self._listener.account, after, limit=_PAGE)
