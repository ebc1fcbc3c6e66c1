"""What the routes work with: made by the wiring, found on the app."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from services.kit.clock import Clock
from services.kit.throttle import Throttle
from services.notify.core.address import TargetRules
from services.notify.deliveries.outside import Outside
from services.notify.hub import Hub
from services.notify.keyring import Keyring
from services.notify.repository import Feeds
from services.notify.tickets import Tickets

__all__ = ["Here", "Notify", "notify_of"]


@dataclass(frozen=True)
class Notify:
    """`stream_seconds`: how long a stream lasts before its client resumes.

    `origins`: whose pages may open a WebSocket (none: any, as no cookie opens one). `challenges`
    bounds how many strangers an account may have us ask. `kept_for`: how long feeds keep news.
    """

    feeds: Feeds
    hub: Hub
    keyring: Keyring
    pepper: SecretStr
    clock: Clock
    stream_seconds: float
    kept_for: timedelta
    tickets: Tickets
    origins: frozenset[str]
    outside: Outside
    challenges: Throttle
    rules: TargetRules
    push_services: tuple[str, ...]


def notify_of(connection: HTTPConnection) -> Notify:
    return cast(Notify, connection.app.state.notify)


async def _notify(request: Request) -> Notify:
    return notify_of(request)


Here = Annotated[Notify, Depends(_notify)]
