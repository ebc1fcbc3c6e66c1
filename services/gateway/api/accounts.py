"""Operators' routes: accounts and their plans."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from services.contracts import AccountId
from services.contracts.events import AccountStatus
from services.gateway.api.account_bodies import (
    AccountBody,
    AccountChange,
    AccountList,
    AccountOpening,
    account_body,
)
from services.gateway.api.auth import Operator
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import KEY
from services.gateway.api.paging import Cursor, Limit, open_cursor, page_of
from services.gateway.core.account import Account, AccountIsErased, Caller, open_account, with_terms
from services.kit.http import ApiError, Code, FieldError
from services.kit.http.documented import BODY, answers, documented_body
from services.kit.http.json_body import json_of

__all__ = ["account_id", "change_account", "router"]

router = APIRouter(prefix="/v1/operator/accounts", tags=["operator"])

_SCOPE = "operator accounts"


@router.post(
    "",
    operation_id="openAccount",
    summary="Open an account",
    status_code=201,
    responses=answers(*KEY, *BODY),
    openapi_extra=documented_body(AccountOpening),
)
async def open_(
    here: Here,
    caller: Operator,
    posted: Annotated[AccountOpening, Depends(json_of(AccountOpening))],
) -> AccountBody:
    """Without a key yet."""
    _check_plan(here, posted.plan)
    now = here.clock.now()
    account = open_account(AccountId.new(now), posted.name, posted.plan, now)
    await here.accounts.open(account, caller)
    return account_body(account)


@router.get(
    "",
    operation_id="listAccounts",
    summary="List accounts, newest first",
    responses=answers(*KEY, Code.OUT_OF_RANGE, Code.INVALID_CURSOR),
)
async def list_(
    here: Here, caller: Operator, limit: Limit = 20, cursor: Cursor = None
) -> AccountList:
    del caller
    position = open_cursor(here, _SCOPE, cursor)
    before = AccountId(position) if position else None
    accounts = await here.accounts.page(before, limit + 1)
    shown, next_cursor = page_of(here, _SCOPE, accounts, limit)
    return AccountList(
        data=[account_body(account) for account in shown],
        has_more=next_cursor is not None,
        next_cursor=next_cursor,
    )


@router.get(
    "/{id}",
    operation_id="getAccount",
    summary="Look at an account",
    responses=answers(*KEY, Code.NOT_FOUND),
)
async def get(here: Here, caller: Operator, id: str) -> AccountBody:
    del caller
    account = await here.accounts.get(account_id(id))
    if account is None:
        raise ApiError(Code.NOT_FOUND)
    return account_body(account)


@router.patch(
    "/{id}",
    operation_id="changeAccount",
    summary="Put an account on another plan, suspend it, let it go on",
    responses=answers(*KEY, *BODY, Code.NOT_FOUND, Code.GONE),
    openapi_extra=documented_body(AccountChange),
)
async def change(
    here: Here,
    caller: Operator,
    id: str,
    posted: Annotated[AccountChange, Depends(json_of(AccountChange))],
) -> AccountBody:
    plan = posted.plan
    status = AccountStatus(posted.status) if posted.status else None
    if plan is not None:
        _check_plan(here, plan)
    return await change_account(
        here, caller, id, lambda account: with_terms(account, plan=plan, status=status)
    )


async def change_account(
    here: Gateway, caller: Caller, id: str, decide: Callable[[Account], Account]
) -> AccountBody:
    """Load, decide, save with AccountChanged and the act; this replica looks its keys up anew."""
    try:
        account = await here.accounts.change(account_id(id), decide, caller)
    except AccountIsErased as erased:
        raise ApiError(Code.GONE, "The account was erased.") from erased
    if account is None:
        raise ApiError(Code.NOT_FOUND)
    here.keyring.forget(account.id)
    return account_body(account)


def account_id(text: str) -> AccountId:
    try:
        return AccountId(text)
    except ValueError as error:
        raise ApiError(Code.NOT_FOUND) from error


def _check_plan(here: Gateway, plan: str) -> None:
    """Refuses a plan that quota does not know, as far as quota has told its plans."""
    plans = sorted({limits.plan for limits in here.tables.limits.values()})
    if plans and plan not in plans:
        detail = f"There is no such plan. Plans: {', '.join(plans)}."
        errors = [FieldError("/plan", Code.INVALID_VALUE, detail)]
        raise ApiError(Code.INVALID_VALUE, detail, errors=errors, allowed=plans)
