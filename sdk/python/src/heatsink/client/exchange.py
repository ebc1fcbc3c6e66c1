"""Requests and replies without a socket: what is sent, what is tried again, and after how long.

A flow is a generator: it yields what to do, is sent what came of it, and returns its result. Both
clients run the same flows, one with `time.sleep`, the other with `asyncio.sleep`.
"""

import json
import random
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from heatsink.client.errors import Unreachable, refusal

__all__ = ["Flow", "Lost", "Pause", "Policy", "Reply", "Request", "call", "once"]

T = TypeVar("T")

_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_BAD = 400


@dataclass(frozen=True)
class Request:
    """`repeatable`: it may be sent twice without a second effect."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    photo: bytes | None = field(default=None, repr=False)
    repeatable: bool = True


@dataclass(frozen=True)
class Reply:
    """Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        try:
            told = json.loads(self.content or b"{}")
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


@dataclass(frozen=True)
class Lost:
    """No reply: the connection failed, or took too long."""

    reason: str


@dataclass(frozen=True)
class Pause:
    seconds: float


Flow = Generator[Request | Pause, Reply | Lost | None, T]


@dataclass(frozen=True)
class Policy:
    """`tries` in all; between two of them twice as long each time, with jitter.

    What `Retry-After` asks for is waited for up to `longest_wait` seconds; beyond it the refusal is
    raised at once.
    """

    tries: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0

    def wait(self, attempt: int, reply: Reply | Lost) -> float | None:
        """Seconds before the next try; none where there should be none."""
        if attempt + 1 >= self.tries:
            return None
        if isinstance(reply, Reply) and not _may_repeat(reply):
            return None
        asked = _retry_after(reply)
        if asked is None:
            return random.uniform(0.5, 1) * self.first_wait * 2.0**attempt  # noqa: S311 - jitter
        return asked if asked <= self.longest_wait else None


def call(request: Request, policy: Policy) -> Flow[Reply]:
    """One good reply. Raises Refused and Unreachable."""
    attempt = 0
    while True:
        reply = yield request
        assert reply is not None
        if isinstance(reply, Reply) and reply.status < _BAD:
            return reply
        wait = policy.wait(attempt, reply) if request.repeatable else None
        if wait is None:
            raise _failure(reply)
        yield Pause(wait)
        attempt += 1


def once() -> dict[str, str]:
    """The header by which a request that makes something makes it once."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def _may_repeat(reply: Reply) -> bool:
    if (said := reply.headers.get("x-should-retry")) is not None:
        return said == "true"
    return reply.status in _AGAIN


def _retry_after(reply: Reply | Lost) -> float | None:
    text = reply.headers.get("retry-after", "") if isinstance(reply, Reply) else ""
    return float(text) if text.isascii() and text.isdigit() else None


def _failure(reply: Reply | Lost) -> Exception:
    if isinstance(reply, Lost):
        return Unreachable(reply.reason)
    return refusal(reply.status, reply.json(), reply.headers.get("x-request-id"))
