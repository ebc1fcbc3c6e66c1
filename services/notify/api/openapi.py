"""Notify's OpenAPI document."""

from fastapi import FastAPI

from services.kit.http.documented import Problem
from services.kit.http.openapi import KEYED, Security, describe
from services.notify.api.push import PushRequest
from services.notify.api.webhook_bodies import (
    EndpointChange,
    EndpointRequest,
    Redelivery,
    Rotation,
)

__all__ = ["DESCRIPTION", "install"]

DESCRIPTION = """The news of your jobs, limits and usage: as a stream, by webhooks, by Web Push.

Every refusal has a stable code and comes as an RFC 9457 problem; every answer has an
`X-Request-Id`. The same news comes over a WebSocket at `/v1/ws`."""

_OURS = (EndpointChange, EndpointRequest, Problem, PushRequest, Redelivery, Rotation)
_TICKETED: Security = [*KEYED, {}]
"""Or by a ticket in the address."""


def install(app: FastAPI) -> None:
    describe(app, _OURS, otherwise={"streamEvents": _TICKETED})
