"""`POST /v1/submission-tokens`: what a producer puts into its messages on Kafka."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.api.auth import Writer
from services.gateway.api.context import Here
from services.gateway.api.documented import KEY
from services.gateway.core.tokens import Claims
from services.kit.http.documented import BODY, answers, documented_body
from services.kit.http.json_body import json_of

__all__ = ["TokenRequest", "router"]

router = APIRouter(prefix="/v1/submission-tokens", tags=["producers"])

_MONTH = 31 * 24


class TokenRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    hours: float = Field(24, gt=0, le=_MONTH, description=f"For how long: up to {_MONTH}.")


class Token(BaseModel):
    object: str = "submission_token"
    token: str = Field(description="For the field `token` of each message.")
    account: str = Field(description="For the field `account`, and for the messages' key.")
    expires_at: datetime


@router.post(
    "",
    operation_id="makeSubmissionToken",
    summary="Make a token for messages on Kafka",
    status_code=201,
    responses=answers(*KEY, *BODY),
    openapi_extra=documented_body(TokenRequest),
)
async def make(
    here: Here, caller: Writer, posted: Annotated[TokenRequest, Depends(json_of(TokenRequest))]
) -> Token:
    """It speaks for this account, and only on `submissions`; with this key it is revoked."""
    expires_at = here.clock.now() + timedelta(hours=posted.hours)
    token = here.tokens.sign(Claims(caller.account, caller.key), expires_at)
    return Token(token=token, account=caller.account, expires_at=expires_at)
