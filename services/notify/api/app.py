"""The ASGI app."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from services.kit.http import protect
from services.kit.http.api import install_api
from services.notify.api import events, push, sockets, tickets, webhooks
from services.notify.api.context import Notify

__all__ = ["create_app"]


def create_app(notify: Notify, version: str, *, at_once: int = 10_000) -> ASGIApp:
    """The app as it is put on a port; of its requests, streams among them, `at_once` at a time."""
    app = FastAPI(
        title="Heatsink events",
        version=version,
        description="Pushes: the news of your jobs, limits and usage.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.notify = notify
    app.include_router(events.router)
    app.include_router(sockets.router)
    app.include_router(tickets.router)
    app.include_router(webhooks.router)
    app.include_router(push.router)
    install_api(app)
    return protect(app, at_once=at_once)
