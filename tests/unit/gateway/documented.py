"""Holds every answer against the OpenAPI document: its status, and its code."""

import re
from typing import Any, ClassVar

import httpx2
from fastapi import FastAPI
from jsonschema import Draft202012Validator

__all__ = ["Documented"]

_NO_CONTENT = 204
_PAGE = "/docs"
_UNROUTED = frozenset({"not_found", "method_not_allowed"})


class Documented:
    """Called with each response; fails where an answer was promised to nobody.

    The document is made once for all tests: their apps differ in nothing that it tells.
    """

    document: ClassVar[dict[str, Any]] = {}

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def check(self, response: httpx2.Response) -> None:
        await response.aread()
        if not self.document:
            self.document.update(self._app.openapi())
        if response.request.url.path.startswith(_PAGE) and response.is_success:
            return  # the document as a page is none of the API
        operation = self._operation(response.request.method, response.request.url.path)
        if operation is None:
            assert code_of(response) in _UNROUTED, response.text
            return
        answers = operation["responses"]
        assert str(response.status_code) in answers, (operation["operationId"], response.text)
        if response.status_code == _NO_CONTENT:
            assert not response.content
            return
        content = answers[str(response.status_code)]["content"]
        media_type = response.headers["content-type"].partition(";")[0]
        assert media_type in content, media_type
        if response.status_code >= 400:
            assert code_of(response) in content[media_type]["examples"], response.text
        if not media_type.startswith(("image/", "text/event-stream")):
            self._validate(response.json(), content[media_type]["schema"])

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, operations in self.document["paths"].items():
            # A producer's name for its submission may hold anything.
            form = re.escape(pattern).replace(re.escape("{submission}"), ".+")
            form = re.sub(r"\\{\w+\\}", "[^/]+", form)
            if re.fullmatch(form, path) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        return None

    def _validate(self, body: Any, schema: dict[str, Any]) -> None:
        components = self.document["components"]
        Draft202012Validator({**schema, "components": components}).validate(body)


def code_of(response: httpx2.Response) -> str:
    body = response.json()
    return str(body["error"]["problem"] if "error" in body else body["code"])
