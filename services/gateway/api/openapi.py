"""Gateway's OpenAPI document."""

from fastapi import FastAPI

from services.gateway.api.account_bodies import (
    AccountChange,
    AccountOpening,
    KeyRequest,
    KeyRotation,
)
from services.gateway.api.batch_body import BatchRequest
from services.gateway.api.documented import OpenAIError
from services.gateway.api.edit_request import EditRequest
from services.gateway.api.image_request import ImageRequest
from services.gateway.api.job_request import JobRequest
from services.gateway.api.submission_tokens import TokenRequest
from services.gateway.api.uploads import UploadForm
from services.kit.http.documented import Problem
from services.kit.http.openapi import KEYED, Security, describe

__all__ = ["DESCRIPTION", "install"]

DESCRIPTION = """Image generation with quotas that follow the heat of the fleet.

Every refusal has a stable code. On `/v1/images*` and `/v1/models*` it comes in OpenAI's envelope,
elsewhere as an RFC 9457 problem. Every answer has an `X-Request-Id`."""

_OURS = (
    AccountChange,
    AccountOpening,
    BatchRequest,
    EditRequest,
    ImageRequest,
    JobRequest,
    KeyRequest,
    KeyRotation,
    OpenAIError,
    Problem,
    TokenRequest,
    UploadForm,
)
_OTHERWISE: dict[str, Security] = {"getLimits": [{}, *KEYED], "getPicture": []}


def install(app: FastAPI, *, server: str) -> None:
    describe(app, _OURS, otherwise=_OTHERWISE, servers=[{"url": server}])
