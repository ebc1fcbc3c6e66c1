"""Where an account wants to be told: a webhook, or a browser."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.contracts import AccountId, EndpointId
from services.notify.core.delivery import Attempt, Channel, Outcome

__all__ = ["Endpoint", "PushKeys", "Secret", "after_failure", "after_success", "rotated"]

_LIMITS = "limits.changed"
_PATIENCE = timedelta(days=5)


@dataclass(frozen=True)
class Secret:
    """`whsec_…`, sealed; one that was replaced signs along until `until`."""

    sealed: str
    until: datetime | None = None


@dataclass(frozen=True)
class PushKeys:
    """What a browser made for its subscription, as base64url: RFC 8291, section 2."""

    p256dh: str
    auth: str


@dataclass(frozen=True)
class Endpoint:
    """Where an account wants to be told. `cursor`: up to where in its feed that was seen to.

    Signed by `secrets` where it is a webhook, encrypted for `push` where it is a browser.
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
    push: PushKeys | None = None
    hears_limits: bool = False

    @classmethod
    def new(
        cls,
        id: EndpointId,
        account: AccountId,
        url: str,
        types: tuple[str, ...],
        *,
        now: datetime,
        cursor: int,
        secret: str | None = None,
        push: PushKeys | None = None,
    ) -> "Endpoint":
        secrets = (Secret(secret),) if secret else ()
        made = cls(id, account, url, types, secrets, now, now, cursor, push=push)
        return made.hearing(types, now)

    @property
    def channel(self) -> Channel:
        return Channel.WEB_PUSH if self.push else Channel.WEBHOOK

    def disabled(self, now: datetime, because: str) -> "Endpoint":
        return replace(self, disabled_at=now, disabled_because=because)

    def enabled(self, cursor: int) -> "Endpoint":
        return replace(
            self, disabled_at=None, disabled_because=None, failing_since=None, cursor=cursor
        )

    def renewed(self, types: tuple[str, ...], push: PushKeys, now: datetime) -> "Endpoint":
        """As its browser tells it anew."""
        return replace(self.hearing(types, now), push=push)

    def hearing(self, types: tuple[str, ...], now: datetime) -> "Endpoint":
        return replace(self, types=types, hears_limits=_LIMITS in types, changed_at=now)

    def wants(self, type_: str) -> bool:
        return self.disabled_at is None and type_ in self.types

    def signers(self, now: datetime) -> tuple[str, ...]:
        """Sealed."""
        return tuple(one.sealed for one in self.secrets if one.until is None or one.until > now)


def after_success(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, failing_since=None) if endpoint.failing_since else endpoint


def after_failure(endpoint: Endpoint, attempt: Attempt) -> Endpoint:
    """Disabled where it is gone, or by five days in which it took nothing."""
    if endpoint.disabled_at is not None:
        return endpoint
    since = endpoint.failing_since or attempt.at
    endpoint = replace(endpoint, failing_since=since)
    if attempt.outcome is Outcome.GONE:
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
