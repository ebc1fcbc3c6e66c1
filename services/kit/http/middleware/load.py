"""What requests may use of the process together, and each of the database."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.kit.budget import budget
from services.kit.http.problems import Respond, from_unavailable, problem_response
from services.kit.seats import Seats

__all__ = ["LoadGuard"]


class LoadGuard:
    """Refuses requests beyond the seats, and gives each `database_seconds` for all its calls.

    A slow database then makes refusals, not a crowd of waiting requests.
    """

    def __init__(
        self,
        app: ASGIApp,
        seats: Seats,
        database_seconds: float,
        respond: Respond = problem_response,
    ) -> None:
        self._app = app
        self._seats = seats
        self._database_seconds = database_seconds
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (full := self._seats.refusal()) is not None:
            await self._respond(scope, from_unavailable(full))(scope, receive, send)
            return
        with self._seats.one(), budget(self._database_seconds):
            await self._app(scope, receive, send)
