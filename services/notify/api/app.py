"""The ASGI app."""

from fastapi import FastAPI

from services.kit.build import build_info
from services.kit.http.api import install_api
from services.notify.api import events, openapi, push, sockets, tickets, webhooks
from services.notify.api.context import Notify

__all__ = ["create_app"]


def create_app(notify: Notify) -> FastAPI:
    app = FastAPI(
        title="Heatsink events",
        version=build_info().version,
        description=openapi.DESCRIPTION,
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
    openapi.install(app)
    return app
