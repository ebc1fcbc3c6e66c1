"""What the routes work with: made by the wiring, found on the app."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import SecretStr

from services.kit.clock import Clock
from services.notify.hub import Hub
from services.notify.keyring import Keyring
from services.notify.repository import Feeds

__all__ = ["Here", "Notify"]


@dataclass(frozen=True)
class Notify:
    """`stream_seconds`: how long a stream lasts before its client resumes."""

    feeds: Feeds
    hub: Hub
    keyring: Keyring
    pepper: SecretStr
    clock: Clock
    stream_seconds: float


async def _notify(request: Request) -> Notify:
    return cast(Notify, request.app.state.notify)


Here = Annotated[Notify, Depends(_notify)]
