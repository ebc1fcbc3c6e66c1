"""Pages of a listing: `limit`, and a cursor that only the listing that gave it takes back."""

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar

from fastapi import Query

from services.gateway.api.context import Gateway
from services.gateway.core.cursor import CursorInvalid
from services.kit.http import ApiError, Code

__all__ = ["MOST", "Cursor", "Limit", "open_cursor", "page_of"]

MOST = 100


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)

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


def page_of(
    here: Gateway, scope: str, found: Sequence[T], limit: int
) -> tuple[Sequence[T], str | None]:
    """What fits of `limit` and one more; and the cursor of the next page, if there is one."""
    shown = found[:limit]
    more = len(found) > limit
    return shown, here.cursors.seal(scope, shown[-1].id) if more else None
