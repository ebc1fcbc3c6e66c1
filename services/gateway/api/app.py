"""Gateway's HTTP application."""

from collections.abc import Sequence

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp

from services.gateway.api import (
    account_keys,
    accounts,
    acts,
    batches,
    documentation,
    dry_run,
    erasures,
    files,
    images,
    jobs,
    limits,
    models,
    openapi,
    submission_tokens,
    submissions,
    uploads,
)
from services.gateway.api.context import Gateway
from services.gateway.api.documentation import ASSETS, assets
from services.gateway.api.errors import respond
from services.kit.build import build_info
from services.kit.http import Limits, protect
from services.kit.http.api import install_api
from services.kit.http.credentials import refuse_credentials_in_url

__all__ = ["create_app", "guarded"]

_EXPOSED = (
    "idempotent-replayed",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
)
_UPLOADING = frozenset({"/v1/images/edits", "/v1/uploads"})
_ROUTERS = (
    images.router,
    models.router,
    dry_run.router,
    jobs.router,
    uploads.router,
    submission_tokens.router,
    submissions.router,
    batches.router,
    limits.router,
    files.router,
    accounts.router,
    account_keys.router,
    erasures.router,
    acts.router,
    documentation.router,
)


def create_app(gateway: Gateway) -> FastAPI:
    app = FastAPI(
        title="Heatsink",
        version=build_info().version,
        description=openapi.DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(_no_credentials_in_url)],
    )
    app.state.gateway = gateway
    app.mount(ASSETS, assets())
    for router in _ROUTERS:
        app.include_router(router)
    install_api(app, respond)
    if gateway.settings.cors_origins:
        _open_to(app, gateway.settings.cors_origins)

    openapi.install(app, server=gateway.settings.public_url)
    return app


def _open_to(app: FastAPI, origins: Sequence[str]) -> None:
    """Pages of these origins may call, with a key and never with cookies."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=("GET", "POST", "PATCH", "DELETE"),
        allow_headers=("authorization", "content-type", "idempotency-key", "prefer"),
        expose_headers=_EXPOSED,
        max_age=600,
    )


def guarded(
    app: FastAPI,
    limits: Limits,
    uploads: Limits,
    *,
    at_once: int = 1000,
    database_seconds: float = 2.5,
) -> ASGIApp:
    """The app as it is put on a port; for the bounds see `protect`. Photos have `uploads`."""
    return protect(
        app,
        limits=lambda scope: uploads if scope.get("path") in _UPLOADING else limits,
        respond=respond,
        at_once=at_once,
        database_seconds=database_seconds,
    )


async def _no_credentials_in_url(request: Request) -> None:
    refuse_credentials_in_url(request)
