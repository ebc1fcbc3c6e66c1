"""Operators' routes: erasing an account, and how that goes."""

from datetime import datetime
from typing import Literal

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.contracts import AccountId
from services.gateway.api.accounts import account_id
from services.gateway.api.auth import Operator
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import KEY
from services.gateway.core.account import erased
from services.gateway.erasing import OTHERS
from services.kit.erasures import Erasure
from services.kit.http import ApiError, Code
from services.kit.http.documented import answers

__all__ = ["ErasureBody", "router"]

router = APIRouter(prefix="/v1/operator/accounts/{id}", tags=["operator"])

log = structlog.get_logger("audit")


class ErasureBody(BaseModel):
    object: str = "erasure"
    account: str
    status: Literal["erasing", "done"]
    requested_at: datetime
    done_at: datetime | None
    jobs_left: int = Field(description="Jobs that are still stored: each comes to its end first.")
    waiting_for: list[str] = Field(description="Services that have not yet said that they are done")


@router.delete(
    "",
    operation_id="eraseAccount",
    summary="Erase an account and all that is its own",
    status_code=202,
    responses=answers(*KEY, Code.NOT_FOUND, Code.BAD_REQUEST),
)
async def erase(here: Here, caller: Operator, id: str) -> ErasureBody:
    """For good. Its keys stop at once, its open jobs are cancelled; the rest takes its time.

    Asking again changes nothing, and answers how it goes.
    """
    account = account_id(id)
    if account == caller.account:
        raise ApiError(Code.BAD_REQUEST, "An account can't erase itself: use another operator's.")
    if erasure := await here.erasures.find(account):
        return await _body(here, account, erasure)
    if await here.accounts.get(account) is None:
        raise ApiError(Code.NOT_FOUND)
    by = f"{caller.account}/{caller.key}"
    erasure = await here.erasures.begin(account, by=by, awaits=OTHERS)
    await here.accounts.change(account, erased, caller)
    here.keyring.forget(account)
    log.info(
        "account_erasure_requested",
        account=str(account),
        by_account=str(caller.account),
        by_key_id=str(caller.key),
    )
    return await _body(here, account, erasure)


@router.get(
    "/erasure",
    operation_id="getErasure",
    summary="How the erasing of an account goes",
    responses=answers(*KEY, Code.NOT_FOUND),
)
async def get(here: Here, caller: Operator, id: str) -> ErasureBody:
    """Known for a month after it is done."""
    del caller
    account = account_id(id)
    erasure = await here.erasures.find(account)
    if erasure is None:
        raise ApiError(Code.NOT_FOUND)
    return await _body(here, account, erasure)


async def _body(here: Gateway, account: AccountId, erasure: Erasure) -> ErasureBody:
    return ErasureBody(
        account=account,
        status="done" if erasure.account is None else "erasing",
        requested_at=erasure.begun_at,
        done_at=erasure.done_at,
        jobs_left=await here.jobs.count(account),
        waiting_for=list(erasure.awaits),
    )
