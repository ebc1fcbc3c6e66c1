"""Who calls: one Bearer key in one header, and the scope that a route asks for."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from services.contracts.events import Scope
from services.gateway.api.context import Gateway, Here
from services.gateway.core.account import Caller
from services.gateway.keyring import KeyRefused
from services.kit.http import ApiError, Code
from services.kit.http.credentials import bearer
from services.kit.telemetry import metrics

__all__ = ["Anyone", "Operator", "Reader", "Writer"]


async def _anyone(request: Request, here: Here) -> Caller | None:
    """The caller, when the request says who it is."""
    plain = bearer(request)
    if plain is None:
        return None
    try:
        return await here.keyring.identify(plain)
    except KeyRefused as refused:
        raise _failed(request, here, refused.code) from refused


async def _caller(request: Request, here: Here) -> Caller:
    caller = await _anyone(request, here)
    if caller is None:
        raise _failed(request, here, Code.AUTHENTICATION_REQUIRED)
    return caller


def _with(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    async def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        if scope not in caller.scopes:
            detail = f"This needs the scope {scope.value}."
            raise ApiError(Code.INSUFFICIENT_SCOPE, detail, scope=scope.value)
        return caller

    return check


def _failed(request: Request, here: Gateway, code: Code) -> ApiError:
    metrics.AUTH_FAILURES.add(1, reason=code.value)
    if code in {Code.AUTHENTICATION_REQUIRED, Code.ACCOUNT_SUSPENDED}:
        return ApiError(code)
    source = request.client.host if request.client else "unknown"
    wait = here.failures.count(source)
    return (
        ApiError(code) if wait is None else ApiError(Code.TOO_MANY_AUTH_FAILURES, retry_after=wait)
    )


Anyone = Annotated[Caller | None, Depends(_anyone)]
Reader = Annotated[Caller, Depends(_with(Scope.JOBS_READ))]
Writer = Annotated[Caller, Depends(_with(Scope.JOBS_WRITE))]
Operator = Annotated[Caller, Depends(_with(Scope.OPERATOR))]
