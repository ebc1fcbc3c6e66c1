"""Pages of a listing: `limit`, and a cursor that only the listing that gave it takes back."""

from typing import Annotated

from fastapi import Query

from services.gateway.api.context import Gateway
from services.gateway.core.cursor import CursorInvalid
from services.kit.http import ApiError, Code

__all__ = ["MOST", "Cursor", "Limit", "open_cursor"]

MOST = 100

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


def open_cursor(here: Gateway, scope: str, cursor: str | None) -> str | None:
    """The position to go on from. Raises ApiError."""
    if cursor is None:
        return None
    try:
        return here.cursors.open(scope, cursor)
    except CursorInvalid as invalid:
        raise ApiError(Code.INVALID_CURSOR) from invalid
