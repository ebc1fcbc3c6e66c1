"""Webhooks: who is told, what, and what becomes of each telling.

Standard Webhooks, specification 1.0.0: https://www.standardwebhooks.com.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.contracts import AccountId, DeliveryId, EndpointId, EventId

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryStatus",
    "Endpoint",
    "Outcome",
    "Secret",
    "after_failure",
    "after_success",
    "again",
    "attempted",
    "outcome_of",
    "rotated",
]

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
"""Between one attempt and the next, of the specification."""

_JITTER = 0.1
_PATIENCE = timedelta(days=5)
_LONGEST_ASKED = timedelta(hours=24)
_LOG = 12
_OK = range(200, 300)
_GONE = 410


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"
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
class Secret:
    """`whsec_…`; one that was replaced signs along until `until`."""

    text: str
    until: datetime | None = None


@dataclass(frozen=True)
class Endpoint:
    """Where an account wants to be told. `cursor`: up to where in its feed that was seen to.

    `failing_since`: the first failure since it last took anything.
    """

    id: EndpointId
    account: AccountId
    url: str
    types: tuple[str, ...]
    secrets: tuple[Secret, ...]
    created_at: datetime
    changed_at: datetime
    cursor: int = 0
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_because: str | None = None

    @classmethod
    def new(
        cls,
        id: EndpointId,
        account: AccountId,
        url: str,
        types: tuple[str, ...],
        *,
        secret: str,
        now: datetime,
        cursor: int,
    ) -> "Endpoint":
        return cls(id, account, url, types, (Secret(secret),), now, now, cursor)

    def disabled(self, now: datetime, because: str) -> "Endpoint":
        return replace(self, disabled_at=now, disabled_because=because)

    def enabled(self, cursor: int) -> "Endpoint":
        return replace(
            self, disabled_at=None, disabled_because=None, failing_since=None, cursor=cursor
        )

    def wants(self, type_: str) -> bool:
        return self.disabled_at is None and type_ in self.types

    def signers(self, now: datetime) -> tuple[str, ...]:
        return tuple(one.text for one in self.secrets if one.until is None or one.until > now)


@dataclass(frozen=True)
class Attempt:
    """`status` is the receiver's, where it answered."""

    at: datetime
    outcome: Outcome
    status: int | None
    seconds: float


@dataclass(frozen=True)
class Delivery:
    """One event for one endpoint. `tries` counts attempts since it was last asked for."""

    id: DeliveryId
    endpoint: EndpointId
    account: AccountId
    event: EventId
    sequence: int
    type: str
    body: str
    created_at: datetime
    expires_at: datetime
    traceparent: str | None = None
    status: DeliveryStatus = DeliveryStatus.PENDING
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    next_at: datetime | None = None


def outcome_of(status: int) -> Outcome:
    if status in _OK:
        return Outcome.DELIVERED
    return Outcome.REDIRECTED if status in range(300, 400) else Outcome.REFUSED


def attempted(
    delivery: Delivery, attempt: Attempt, *, dice: float, asked: timedelta | None = None
) -> Delivery:
    """After an attempt: done, or due again. `dice` is in [0, 1), `asked` the receiver's wish."""
    tries = delivery.tries + 1
    delivery = replace(delivery, tries=tries, attempts=(*delivery.attempts, attempt)[-_LOG:])
    if attempt.outcome is Outcome.DELIVERED:
        return replace(delivery, status=DeliveryStatus.DELIVERED, next_at=None)
    if attempt.status == _GONE or tries > len(SCHEDULE):
        return replace(delivery, status=DeliveryStatus.FAILED, next_at=None)
    wait = SCHEDULE[tries - 1] * (1 + _JITTER * (2 * dice - 1))
    wait = max(wait, min(asked or wait, _LONGEST_ASKED))
    return replace(delivery, next_at=attempt.at + wait)


def again(delivery: Delivery, now: datetime) -> Delivery:
    """Asked for once more by its account: due at once, with a whole schedule before it."""
    return replace(delivery, status=DeliveryStatus.PENDING, tries=0, next_at=now)


def after_success(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, failing_since=None) if endpoint.failing_since else endpoint


def after_failure(endpoint: Endpoint, attempt: Attempt) -> Endpoint:
    """Disabled by a 410, or by five days in which it took nothing."""
    if endpoint.disabled_at is not None:
        return endpoint
    since = endpoint.failing_since or attempt.at
    endpoint = replace(endpoint, failing_since=since)
    if attempt.status == _GONE:
        return endpoint.disabled(attempt.at, "gone")
    if attempt.at - since >= _PATIENCE:
        return endpoint.disabled(attempt.at, "failing")
    return endpoint


def rotated(endpoint: Endpoint, secret: str, now: datetime, overlap: timedelta) -> Endpoint:
    """With a new secret; those before it sign along for the overlap, as long as they would have."""
    until = now + overlap
    kept = tuple(
        replace(one, until=min(one.until or until, until))
        for one in endpoint.secrets
        if one.until is None or one.until > now
    )
    return replace(endpoint, secrets=(Secret(secret), *kept), changed_at=now)
