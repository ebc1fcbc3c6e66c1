"""Operators' routes: who did what to which account."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.contracts import ActId
from services.gateway.api.accounts import account_id
from services.gateway.api.auth import Operator
from services.gateway.api.context import Here
from services.gateway.api.documented import KEY
from services.gateway.api.paging import Cursor, Limit, open_cursor, page_of
from services.gateway.core.audit import Act, Deed
from services.kit.http import Code
from services.kit.http.documented import answers

__all__ = ["router"]

router = APIRouter(prefix="/v1/operator/acts", tags=["operator"])


class ActBody(BaseModel):
    """By the key of an operator; `detail` says what of the account is otherwise since."""

    id: str
    object: str = "act"
    at: datetime
    account: str
    deed: Deed
    detail: str
    by_account: str
    by_key: str


class ActList(BaseModel):
    object: str = "list"
    data: list[ActBody]
    has_more: bool
    next_cursor: str | None


@router.get(
    "",
    operation_id="listActs",
    summary="See what operators have done, newest first",
    responses=answers(*KEY, Code.NOT_FOUND, Code.OUT_OF_RANGE, Code.INVALID_CURSOR),
)
async def list_(
    here: Here,
    caller: Operator,
    account: Annotated[str | None, Query(description="Only what was done to this one.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ActList:
    """Kept for 400 days, or until the account that they were done to is erased."""
    del caller
    of = account_id(account) if account else None
    scope = f"acts {of}"
    position = open_cursor(here, scope, cursor)
    acts = await here.acts.page(of, before=ActId(position) if position else None, limit=limit + 1)
    shown, next_cursor = page_of(here, scope, acts, limit)
    return ActList(
        data=[_body(act) for act in shown],
        has_more=next_cursor is not None,
        next_cursor=next_cursor,
    )


def _body(act: Act) -> ActBody:
    return ActBody(**vars(act))
