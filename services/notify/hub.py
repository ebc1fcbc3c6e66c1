"""Who listens right now, on this replica: a bounded buffer for each connection."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.contracts import AccountId
from services.contracts.events import AccountChanged, AccountStatus
from services.kit.telemetry import metrics
from services.notify.core import LiveNotice, Notification

__all__ = ["Closed", "Hub", "Listener", "Look", "News", "Opened", "TooManyListeners", "good_until"]


@dataclass(frozen=True)
class Look:
    """There may be something new in the store."""


News = Notification | LiveNotice | Look


class Closed(Exception):
    """This connection is over; its client resumes from the last sequence that it saw.

    `reason` is `slow` (it did not read what was sent), `stopping` (this process ends), `revoked`
    (its key, or the account is suspended) or `erased` (so was the account).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyListeners(Exception):
    """The account has as many connections to this replica as it may have: `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} connections for one account")
        self.limit = limit


@dataclass(frozen=True)
class Opened:
    """By which key, until when that is good, and as of which version of its account."""

    secret_hash: str = ""
    until: datetime | None = None
    version: int = 0


class _HasEnd(Protocol):
    @property
    def expires_at(self) -> datetime | None: ...

    @property
    def revoked_at(self) -> datetime | None: ...


def good_until(key: _HasEnd) -> datetime | None:
    """When it expires or is revoked, whichever comes first."""
    ends = [moment for moment in (key.expires_at, key.revoked_at) if moment is not None]
    return min(ends, default=None)


class Listener:
    """One connection. What it can't hold is dropped when it is lossy, else it is closed as slow.

    `sent` is the sequence up to which its client has been told; none before it has begun. `until`
    is how long the key is good that opened it.
    """

    def __init__(self, account: AccountId, plan: str, size: int, opened: Opened) -> None:
        self.account = account
        self.plan = plan
        self.until = opened.until
        self._opened = opened
        self.sent: int | None = None
        self._size = size
        self._news: deque[News] = deque()
        self._closed: str | None = None
        self._wake = asyncio.Event()

    def offer(self, news: News) -> None:
        if isinstance(news, Look) and news in self._news:
            return  # one look finds all there is
        if len(self._news) < self._size:
            self._news.append(news)
            self._wake.set()
        elif not isinstance(news, LiveNotice):
            self.close("slow")

    def heed(self, account: AccountChanged) -> None:
        """Goes on under the account as it is now, if that still knows the key."""
        if account.version < self._opened.version:
            return  # an old story: the key was not there yet
        keys = {key.secret_hash: key for key in account.keys}
        key = keys.get(self._opened.secret_hash)
        if account.status is not AccountStatus.ACTIVE or key is None:
            self.close("revoked")
        else:
            self.plan, self.until = account.plan, good_until(key)

    def close(self, reason: str) -> None:
        self._closed = self._closed or reason
        self._wake.set()

    async def next(self, timeout: float) -> News | None:  # noqa: ASYNC109 - a quiet spell is no error
        """The next piece of news; none when `timeout` seconds brought nothing. Raises Closed."""
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return None
        if self._closed:
            raise Closed(self._closed)
        news = self._news.popleft()
        if not self._news:
            self._wake.clear()
        return news


class Hub:
    """Every listener of this replica, by account."""

    def __init__(self, *, buffer: int = 256, per_account: int = 20) -> None:
        self._buffer = buffer
        self._per_account = per_account
        self._listeners: defaultdict[AccountId, set[Listener]] = defaultdict(set)
        self._stopping = False
        self._greet: Callable[[AccountId], None] | None = None

    def greet(self, arrived: Callable[[AccountId], None]) -> None:
        """`arrived` is called with the account of each listener that comes."""
        self._greet = arrived

    @contextmanager
    def listen(
        self, account: AccountId, plan: str, opened: Opened | None = None
    ) -> Iterator[Listener]:
        """A listener for the time of the block. Raises TooManyListeners."""
        if len(self._listeners[account]) >= self._per_account:
            raise TooManyListeners(self._per_account)
        listener = Listener(account, plan, self._buffer, opened or Opened())
        self._listeners[account].add(listener)
        metrics.SSE_CONNECTIONS.add(1)
        if self._greet:
            self._greet(account)
        if self._stopping:
            listener.close("stopping")
        try:
            yield listener
        finally:
            metrics.SSE_CONNECTIONS.add(-1)
            self._leave(account, listener)

    def has(self, account: AccountId) -> bool:
        return account in self._listeners

    def furthest(self, account: AccountId) -> int | None:
        """The sequence up to which some client of the account has been told."""
        sent = (listener.sent for listener in self._listeners.get(account, ()))
        return max((one for one in sent if one is not None), default=None)

    def tell(self, notification: Notification) -> None:
        self._offer(notification.notice.account, notification)

    def look(self, account: AccountId) -> None:
        self._offer(account, Look())

    def tell_live(self, live: LiveNotice) -> None:
        if live.account is not None:
            self._offer(live.account, live)
            return
        for listeners in self._listeners.values():
            for listener in listeners:
                if listener.plan == live.plan:
                    listener.offer(live)

    def changed(self, account: AccountChanged) -> None:
        for listener in self._listeners.get(account.account, ()):
            listener.heed(account)

    def end(self, account: AccountId) -> None:
        """Ends the account's connections: it was erased."""
        for listener in self._listeners.get(account, ()):
            listener.close("erased")

    def leave(self) -> list[Listener]:
        """Ends every connection that is made from now on; those that there are, the caller ends."""
        self._stopping = True
        return [listener for listeners in self._listeners.values() for listener in listeners]

    def _offer(self, account: AccountId, news: News) -> None:
        for listener in self._listeners.get(account, ()):
            listener.offer(news)

    def _leave(self, account: AccountId, listener: Listener) -> None:
        self._listeners[account].discard(listener)
        if not self._listeners[account]:
            del self._listeners[account]
