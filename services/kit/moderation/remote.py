"""A moderator elsewhere, that speaks OpenAI's `POST /v1/moderations`."""

import base64
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

from services.kit.errors import Unavailable
from services.kit.moderation.asking import Strictness, Verdict

__all__ = ["HttpModerator"]

_PART = "moderation"


class _Result(BaseModel):
    flagged: bool
    categories: dict[str, bool] = {}


class _Answer(BaseModel):
    results: list[_Result]


class HttpModerator:
    """`url` is asked with `input`; `seconds` is how long it may take."""

    def __init__(
        self, url: str, *, seconds: float, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url
        self._http = httpx2.AsyncClient(timeout=seconds, transport=transport, trust_env=False)

    async def prompt(self, text: str, strictness: Strictness) -> Verdict:
        return await self._ask({"input": text, "strictness": strictness.value})

    async def picture(self, content: bytes, media_type: str) -> Verdict:
        link = f"data:{media_type};base64,{base64.b64encode(content).decode()}"
        return await self._ask({"input": [{"type": "image_url", "image_url": {"url": link}}]})

    async def _ask(self, body: dict[str, Any]) -> Verdict:
        try:
            response = await self._http.post(self._url, json=body)
            response.raise_for_status()
            answer = _Answer.model_validate_json(response.content)
        except (httpx2.HTTPError, ValidationError) as error:
            raise Unavailable(_PART, type(error).__name__) from error
        return Verdict(tuple(_flagged(answer)))


def _flagged(answer: _Answer) -> list[str]:
    """A result that is flagged under no name is refused all the same."""
    found = []
    for result in answer.results:
        if result.flagged:
            found += [name for name, is_so in result.categories.items() if is_so] or ["flagged"]
    return list(dict.fromkeys(found))
