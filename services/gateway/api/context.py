"""What the routes work with: made by the wiring, found on the app."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Protocol, TypeVar, cast

from fastapi import Depends, Request
from pydantic import SecretStr

from services.contracts import Catalogue
from services.contracts.events import LimitsChanged, LoadReported, UsageChanged
from services.gateway.acts import Acts
from services.gateway.batches import Batches
from services.gateway.core.cursor import CursorSealer
from services.gateway.core.links import LinkSigner
from services.gateway.core.tokens import TokenSigner
from services.gateway.desk import Desk
from services.gateway.failures import AuthFailures
from services.gateway.keyring import Keyring
from services.gateway.photos.decoder import Decoder
from services.gateway.repository import Accounts, Jobs
from services.gateway.sweeps import PictureStore
from services.gateway.turned_away import TurnedAways
from services.gateway.waiters import Waiters
from services.kit.clock import Clock
from services.kit.erasures import Erasures
from services.kit.moderation import Moderator
from services.kit.seats import Seats

__all__ = ["ApiSettings", "Gateway", "Here", "Pictures", "Tables", "Told"]

E_co = TypeVar("E_co", covariant=True)


class Told(Protocol[E_co]):
    """The last event of each key, as the bus told it."""

    def get(self, key: str) -> E_co | None: ...

    def values(self) -> Iterable[E_co]: ...


class Pictures(PictureStore, Protocol):
    """Stored bytes by key. Raises BlobMissing and Unavailable."""

    async def get(self, key: str) -> bytes: ...

    async def put(self, key: str, content: bytes, *, media_type: str) -> None: ...


@dataclass(frozen=True)
class Tables:
    usage: Told[UsageChanged]
    limits: Told[LimitsChanged]
    load: Told[LoadReported]


@dataclass(frozen=True)
class ApiSettings:
    """`public_url` and `events_url`: this API and notify's, as clients reach them.

    `wait_seconds`: how long a blocking call waits at most; `link_life`: how long a signed link
    opens; `upload_life`: how long a job may begin with an upload; `batch_life`: how long a batch
    is kept; `cors_origins`: whose pages may call; `models_created`: what `/v1/models` gives as the
    models' birth.
    """

    public_url: str
    events_url: str
    models_created: int
    wait_seconds: float = 300
    link_life: timedelta = timedelta(minutes=15)
    upload_life: timedelta = timedelta(hours=36)
    batch_life: timedelta = timedelta(days=30)
    cors_origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gateway:
    """`waits` has a seat for each call that waits for its pictures."""

    settings: ApiSettings
    catalogue: Catalogue
    clock: Clock
    desk: Desk
    jobs: Jobs
    batches: Batches
    waiters: Waiters
    accounts: Accounts
    acts: Acts
    erasures: Erasures
    keyring: Keyring
    failures: AuthFailures
    tables: Tables
    pictures: Pictures
    decoder: Decoder
    moderator: Moderator
    links: LinkSigner
    tokens: TokenSigner
    cursors: CursorSealer
    pepper: SecretStr
    turned_away: TurnedAways
    waits: Seats


async def _gateway(request: Request) -> Gateway:
    """Not a plain function: FastAPI would call that on a thread, for each request."""
    return cast(Gateway, request.app.state.gateway)


Here = Annotated[Gateway, Depends(_gateway)]
