"""What stands between the port and an app: pure ASGI, so that streams flow unbuffered."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Scope

from services.kit.http.middleware.body import BodyGuard, Limits
from services.kit.http.middleware.load import LoadGuard
from services.kit.http.middleware.requests import SECURITY_HEADERS, RequestWatch
from services.kit.http.problems import Respond, problem_response
from services.kit.seats import Seats

__all__ = ["SECURITY_HEADERS", "BodyGuard", "Limits", "LoadGuard", "RequestWatch", "protect"]


def protect(
    app: ASGIApp,
    *,
    limits: Callable[[Scope], Limits] = lambda _: Limits(),
    respond: Respond = problem_response,
    at_once: int = 1000,
    database_seconds: float = 2.5,
) -> ASGIApp:
    """The app as it is put on a port: watched, its bodies, its number and its time within bounds.

    Give the same `respond` here and to `install`: some errors happen before the app sees anything.
    At most `at_once` requests are answered at a time, each with `database_seconds` for all its
    calls to the database together.
    """
    seats = Seats("requests", at_once, time.monotonic)
    guarded = LoadGuard(BodyGuard(app, limits, respond), seats, database_seconds, respond)
    return RequestWatch(guarded, respond)
