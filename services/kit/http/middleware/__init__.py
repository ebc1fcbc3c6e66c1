"""What stands between the port and an app: pure ASGI, so that streams flow unbuffered."""

from collections.abc import Callable

from starlette.types import ASGIApp, Scope

from services.kit.http.middleware.body import BodyGuard, Limits
from services.kit.http.middleware.requests import SECURITY_HEADERS, RequestWatch
from services.kit.http.problems import Respond, problem_response

__all__ = ["SECURITY_HEADERS", "BodyGuard", "Limits", "RequestWatch", "protect"]


def protect(
    app: ASGIApp,
    *,
    limits: Callable[[Scope], Limits] = lambda _: Limits(),
    respond: Respond = problem_response,
) -> ASGIApp:
    """The app as it is put on a port: its requests watched and its bodies within bounds.

    Give the same `respond` here and to `install`: some errors happen before the app sees anything.
    """
    return RequestWatch(BodyGuard(app, limits, respond), respond)
