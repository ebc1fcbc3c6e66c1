"""`POST /v1/stream-tickets`: for a page that opens a stream."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.kit import keys
from services.kit.http.credentials import bearer
from services.kit.http.documented import KEY, answers
from services.notify.api.auth import Reader
from services.notify.api.context import Here

__all__ = ["router"]

router = APIRouter(prefix="/v1/stream-tickets", tags=["events"])


class TicketBody(BaseModel):
    object: str = "stream_ticket"
    ticket: str = Field(description="For `GET /v1/events?ticket=…`, once.")
    expires_at: datetime


@router.post(
    "",
    operation_id="makeStreamTicket",
    status_code=201,
    summary="Make a stream ticket",
    responses=answers(*KEY),
)
async def make(request: Request, here: Here, owner: Reader) -> TicketBody:
    """A browser's EventSource can send no key: its page's server fetches a ticket for it.

    It opens one stream within half a minute. A stream that is lost needs another ticket, and
    `last_event_id` to go on from.
    """
    del owner
    key = keys.parse(bearer(request) or "").id
    ticket, expires_at = await here.tickets.issue(key)
    return TicketBody(ticket=ticket, expires_at=expires_at)
