"""Who listens: the owner of the key, as `accounts` has told it."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.requests import HTTPConnection

from services.contracts.events import AccountStatus, Scope
from services.kit import keys
from services.kit.http import ApiError, Code
from services.kit.http.credentials import bearer, refuse_credentials_in_url
from services.kit.telemetry import metrics
from services.notify.api.context import Here, Notify
from services.notify.hub import Opened, good_until
from services.notify.keyring import KeyOwner
from services.notify.tickets import TicketRefused, TicketUsed

__all__ = ["Listens", "Reader", "Writer", "listens", "opened_by"]


def _with(scope: Scope) -> Callable[..., Awaitable[KeyOwner]]:
    async def check(owner: Annotated[KeyOwner, Depends(_known)]) -> KeyOwner:
        if scope not in owner.scopes:
            detail = f"This needs the scope {scope.value}."
            raise ApiError(Code.INSUFFICIENT_SCOPE, detail, scope=scope.value)
        return owner

    return check


async def _known(request: Request, here: Here) -> KeyOwner:
    return await _known_by(request, here)


async def _known_by(connection: HTTPConnection, here: Notify) -> KeyOwner:
    refuse_credentials_in_url(connection)
    plain = bearer(connection)
    if plain is None:
        raise _failed(Code.AUTHENTICATION_REQUIRED)
    owner = await _owner(plain, here)
    _check(owner, here)
    return owner


async def _listens(
    request: Request, here: Here, ticket: Annotated[str | None, Query()] = None
) -> KeyOwner:
    return await listens(request, here, ticket)


async def listens(connection: HTTPConnection, here: Notify, ticket: str | None) -> KeyOwner:
    """By a key, or by a ticket that stands for one. Raises ApiError and Unavailable."""
    if ticket is None:
        return await _with(Scope.JOBS_READ)(await _known_by(connection, here))
    refuse_credentials_in_url(connection)
    try:
        owner = await here.keyring.find(await here.tickets.redeem(ticket))
    except TicketUsed as error:
        raise _failed(Code.TICKET_USED) from error
    except TicketRefused as error:
        raise _failed(Code.INVALID_TOKEN) from error
    if owner is None or owner.status is AccountStatus.ERASED:
        raise _failed(Code.INVALID_API_KEY)
    _check(owner, here)
    return owner


def opened_by(owner: KeyOwner) -> Opened:
    return Opened(owner.secret_hash, good_until(owner), owner.version)


async def _owner(plain: str, here: Notify) -> KeyOwner:
    try:
        parsed = keys.parse(plain)
    except keys.MalformedKey as error:
        raise _failed(Code.INVALID_API_KEY) from error
    owner = await here.keyring.find(parsed.id)
    known = keys.verify(here.pepper, parsed.secret, owner.secret_hash if owner else None)
    if owner is None or not known or owner.status is AccountStatus.ERASED:
        raise _failed(Code.INVALID_API_KEY)
    return owner


def _check(owner: KeyOwner, here: Notify) -> None:
    now = here.clock.now()
    if owner.revoked_at is not None and owner.revoked_at <= now:
        raise _failed(Code.API_KEY_REVOKED)
    if owner.expires_at is not None and owner.expires_at <= now:
        raise _failed(Code.API_KEY_EXPIRED)
    if owner.status is AccountStatus.SUSPENDED:
        raise _failed(Code.ACCOUNT_SUSPENDED)


def _failed(code: Code) -> ApiError:
    metrics.AUTH_FAILURES.add(1, reason=code.value)
    return ApiError(code)


Reader = Annotated[KeyOwner, Depends(_with(Scope.JOBS_READ))]
Writer = Annotated[KeyOwner, Depends(_with(Scope.JOBS_WRITE))]
Listens = Annotated[KeyOwner, Depends(_listens)]
