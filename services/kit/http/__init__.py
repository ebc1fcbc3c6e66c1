"""The HTTP side of a service: errors, bodies, middleware, server."""

from services.kit.http.codes import Code
from services.kit.http.middleware import Limits, protect
from services.kit.http.problems import (
    ApiError,
    FieldError,
    Respond,
    from_http,
    from_unavailable,
    install,
    problem,
    problem_response,
    request_id,
)
from services.kit.http.server import HttpServer
from services.kit.http.validation import from_validation

__all__ = [
    "ApiError",
    "Code",
    "FieldError",
    "HttpServer",
    "Limits",
    "Respond",
    "from_http",
    "from_unavailable",
    "from_validation",
    "install",
    "problem",
    "problem_response",
    "protect",
    "request_id",
]
