"""Holds every answer against the OpenAPI document: its status, and its code."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
from fastapi import FastAPI
from jsonschema import Draft202012Validator

__all__ = ["Documented", "operations", "refusals"]

_NO_CONTENT = 204
_REFUSED = 400
_PAGE = "/docs"
_DOCUMENTS: dict[str, dict[str, Any]] = {}
_UNROUTED = frozenset({"not_found", "method_not_allowed"})


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each with its path."""
    return [
        (path, operation)
        for path, methods in document["paths"].items()
        for operation in methods.values()
    ]


def refusals(document: dict[str, Any]) -> Iterator[tuple[str, int, str, str]]:
    """Each that is promised, as path, status, media type and code.

    Fails on examples that are not of their schema, and on codes that no description names.
    """
    for path, operation in operations(document):
        for status, answer in operation["responses"].items():
            for media_type, content in answer.get("content", {}).items():
                if int(status) < _REFUSED:
                    continue
                schema = {**content["schema"], "components": document["components"]}
                for code, example in content["examples"].items():
                    Draft202012Validator(schema).validate(example["value"])
                    assert code in answer["description"]
                    yield path, int(status), media_type, code


class Documented:
    """Called with each response; fails where an answer was promised to nobody.

    A service's document is made once for all tests: their apps differ in nothing that it tells.
    """

    def __init__(self, app: FastAPI) -> None:
        self._document = _DOCUMENTS.setdefault(app.title, {})
        self._app = app

    async def check(self, response: httpx2.Response) -> None:
        await response.aread()
        if not self._document:
            self._document.update(self._app.openapi())
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
        if response.status_code >= _REFUSED:
            assert code_of(response) in content[media_type]["examples"], response.text
        if not media_type.startswith(("image/", "text/event-stream")):
            self._validate(response.json(), content[media_type]["schema"])

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, operations in self._document["paths"].items():
            # A producer's name for its submission may hold anything.
            form = re.escape(pattern).replace(re.escape("{submission}"), ".+")
            form = re.sub(r"\\{\w+\\}", "[^/]+", form)
            if re.fullmatch(form, path) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        return None

    def _validate(self, body: Any, schema: dict[str, Any]) -> None:
        components = self._document["components"]
        Draft202012Validator({**schema, "components": components}).validate(body)


def code_of(response: httpx2.Response) -> str:
    body = response.json()
    return str(body["error"]["problem"] if "error" in body else body["code"])
