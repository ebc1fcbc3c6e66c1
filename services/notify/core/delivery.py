"""One event for one endpoint, and what becomes of each attempt to deliver it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from services.contracts import AccountId, DeliveryId, EndpointId, EventId

__all__ = [
    "KEPT",
    "Attempt",
    "Channel",
    "Delivery",
    "DeliveryStatus",
    "Outcome",
    "again",
    "attempted",
    "outcome_of",
]


class Channel(StrEnum):
    """How an endpoint is told."""

    WEBHOOK = "webhook"
    WEB_PUSH = "web_push"


KEPT = {Channel.WEBHOOK: timedelta(days=7), Channel.WEB_PUSH: timedelta(days=1)}
"""For how long a delivery is tried, and its log is there; a push is of no use the day after."""

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between one attempt and the next: Standard Webhooks, specification 1.0.0."""

_JITTER = 0.1
_LONGEST_ASKED = timedelta(hours=24)
_LOG = 12
_OK = range(200, 300)
_GONE = {Channel.WEBHOOK: (410,), Channel.WEB_PUSH: (404, 410)}


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    GONE = "gone"
    REDIRECTED = "redirected"
    TIMEOUT = "timeout"
    TLS_ERROR = "tls_error"
    UNREACHABLE = "unreachable"
    UNKNOWN_NAME = "unknown_name"
    BLOCKED_ADDRESS = "blocked_address"
    RESPONSE_TOO_LARGE = "response_too_large"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Attempt:
    """`status` is the receiver's, where it answered."""

    at: datetime
    outcome: Outcome
    status: int | None
    seconds: float


@dataclass(frozen=True)
class Delivery:
    """One event for one endpoint. `tries` counts attempts since it was last asked for.

    `sequence` is the event's place in its account's feed, where it has one; `place` the delivery's
    own among those of its endpoint. Of pushes with one `topic` that wait for a browser, the last is
    shown.
    """

    id: DeliveryId
    endpoint: EndpointId
    account: AccountId
    event: EventId
    sequence: int | None
    type: str
    body: str
    created_at: datetime
    expires_at: datetime
    traceparent: str | None = None
    status: DeliveryStatus = DeliveryStatus.PENDING
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    next_at: datetime | None = None
    topic: str | None = None
    place: str = ""

    @staticmethod
    def place_of(moment: datetime, sequence: int | None, event: EventId) -> str:
        """Deliveries of an endpoint sort by it, and no two have the same."""
        return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S.%f}.{sequence or 0:012}.{event}"


def outcome_of(status: int, channel: Channel = Channel.WEBHOOK) -> Outcome:
    """What an answer means; a push service says 404 or 410 of what is no more (RFC 8030, 7.3)."""
    if status in _OK:
        return Outcome.DELIVERED
    if status in _GONE[channel]:
        return Outcome.GONE
    return Outcome.REDIRECTED if status in range(300, 400) else Outcome.REFUSED


def attempted(
    delivery: Delivery, attempt: Attempt, *, dice: float, asked: timedelta | None = None
) -> Delivery:
    """After an attempt: done, or due again. `dice` is in [0, 1), `asked` the receiver's wish."""
    tries = delivery.tries + 1
    delivery = replace(delivery, tries=tries, attempts=(*delivery.attempts, attempt)[-_LOG:])
    if attempt.outcome is Outcome.DELIVERED:
        return replace(delivery, status=DeliveryStatus.DELIVERED, next_at=None)
    if attempt.outcome is Outcome.GONE or tries > len(SCHEDULE):
        return replace(delivery, status=DeliveryStatus.FAILED, next_at=None)
    wait = SCHEDULE[tries - 1] * (1 + _JITTER * (2 * dice - 1))
    wait = max(wait, min(asked or wait, _LONGEST_ASKED))
    return replace(delivery, next_at=attempt.at + wait)


def again(delivery: Delivery, now: datetime) -> Delivery:
    """Asked for once more by its account: due at once, with a whole schedule before it."""
    return replace(delivery, status=DeliveryStatus.PENDING, tries=0, next_at=now)
