"""FastAPI in the house's manner; only services with the FastAPI extra import this module."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.kit.http.problems import Respond, install, problem_response
from services.kit.http.validation import from_validation

__all__ = ["install_api"]


def install_api(app: FastAPI, respond: Respond = problem_response) -> None:
    """`install`, and wrong parameters or bodies in the words of the table of codes."""

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return respond(request.scope, from_validation(error.errors()))

    install(app, respond)
    app.add_exception_handler(RequestValidationError, invalid)
