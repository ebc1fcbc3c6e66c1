"""The HTTP side of a service: errors, bodies, middleware, server."""

from services.kit.http.codes import Code
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

__all__ = [
    "ApiError",
    "Code",
    "FieldError",
    "Respond",
    "from_http",
    "from_unavailable",
    "install",
    "problem",
    "problem_response",
    "request_id",
]
