"""The ASGI app."""

from fastapi import FastAPI

from services.kit.http import install
from services.notify.api import events
from services.notify.api.context import Notify

__all__ = ["create_app"]


def create_app(notify: Notify, version: str) -> FastAPI:
    app = FastAPI(
        title="Heatsink events",
        version=version,
        description="Pushes: the news of your jobs, limits and usage.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.notify = notify
    app.include_router(events.router)
    install(app)
    return app
