"""Operators' routes: the keys of an account."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from services.contracts import KeyId
from services.contracts.events import Scope
from services.gateway.api.account_bodies import (
    AccountBody,
    KeyMade,
    KeyRequest,
    KeyRotation,
    key_body,
)
from services.gateway.api.accounts import change_account
from services.gateway.api.auth import Operator
from services.gateway.api.context import Here
from services.gateway.api.documented import KEY
from services.gateway.core.account import (
    MAX_KEYS,
    ApiKey,
    NoSuchKey,
    TooManyKeys,
    with_key,
    with_key_revoked,
    with_key_rotated,
)
from services.kit.http import ApiError, Code
from services.kit.http.documented import BODY, answers, documented_body
from services.kit.http.json_body import json_of
from services.kit.keys import hash_secret, new_key

__all__ = ["router"]

router = APIRouter(prefix="/v1/operator/accounts/{id}/keys", tags=["operator"])


@router.post(
    "",
    operation_id="makeKey",
    summary="Make an API key",
    status_code=201,
    responses=answers(*KEY, *BODY, Code.OUT_OF_RANGE, Code.NOT_FOUND, Code.GONE),
    openapi_extra=documented_body(KeyRequest),
)
async def make(
    here: Here,
    caller: Operator,
    id: str,
    posted: Annotated[KeyRequest, Depends(json_of(KeyRequest))],
) -> KeyMade:
    """The answer is the only place where the key is ever shown."""
    wanted, now, made = posted, here.clock.now(), new_key()
    days = wanted.expires_in_days
    key = ApiKey(
        id=made.id,
        name=wanted.name,
        secret_hash=hash_secret(here.pepper, made.secret),
        scopes=tuple(Scope(scope) for scope in dict.fromkeys(wanted.scopes)),
        created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    try:
        await change_account(here, caller, id, lambda account: with_key(account, key))
    except TooManyKeys as error:
        raise _too_many() from error
    return KeyMade(**key_body(key).model_dump(), key=made.plain)


@router.post(
    "/{key}/rotate",
    operation_id="rotateKey",
    summary="Replace an API key without a gap",
    status_code=201,
    responses=answers(*KEY, *BODY, Code.OUT_OF_RANGE, Code.NOT_FOUND, Code.GONE),
    openapi_extra=documented_body(KeyRotation),
)
async def rotate(
    here: Here,
    caller: Operator,
    id: str,
    key: str,
    posted: Annotated[KeyRotation, Depends(json_of(KeyRotation))],
) -> KeyMade:
    """A new key with the old one's name and scopes; the old one expires after the overlap."""
    now, made, overlap = here.clock.now(), new_key(), timedelta(hours=posted.overlap_hours)
    secret_hash = hash_secret(here.pepper, made.secret)
    try:
        old = KeyId(key)
        account = await change_account(
            here,
            caller,
            id,
            lambda account: with_key_rotated(
                account, old, made.id, secret_hash, now=now, overlap=overlap
            ),
        )
    except TooManyKeys as error:
        raise _too_many() from error
    except (ValueError, NoSuchKey) as error:
        raise ApiError(Code.NOT_FOUND) from error
    body = next(one for one in account.keys if one.id == made.id)
    return KeyMade(**body.model_dump(), key=made.plain)


@router.post(
    "/{key}/revoke",
    operation_id="revokeKey",
    summary="Revoke an API key",
    responses=answers(*KEY, Code.NOT_FOUND, Code.GONE),
)
async def revoke(here: Here, caller: Operator, id: str, key: str) -> AccountBody:
    """It stops within seconds. A revoked key stays revoked."""
    now = here.clock.now()
    try:
        key_id = KeyId(key)
        return await change_account(
            here, caller, id, lambda account: with_key_revoked(account, key_id, now)
        )
    except (ValueError, NoSuchKey) as error:
        raise ApiError(Code.NOT_FOUND) from error


def _too_many() -> ApiError:
    detail = f"An account holds at most {MAX_KEYS} keys, revoked ones included."
    return ApiError(Code.OUT_OF_RANGE, detail)
