"""The HTTP API as the commands use it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx2

from services.cli.problems import Refusal
from services.contracts import JobStatus

__all__ = ["ENDS", "Api", "Told"]

Body = dict[str, Any]

ENDS = frozenset(status.value for status in JobStatus if status.is_end)
"""What a job's `status` may be once it is over."""

_TIMEOUT = httpx2.Timeout(30, connect=5)
_QUIET = 30.0
"""Seconds: streams send a comment every 15."""


@dataclass(frozen=True)
class Told:
    """One server-sent event; `id` is its place in the feed, none for those that have none."""

    type: str
    data: Body
    id: str | None


class Api:
    """Speaks for one key. Raises Refusal for every answer that is no success."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, key: str) -> AsyncIterator[Self]:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT) as client:
            yield cls(client)

    async def get(self, path: str, **query: str | int | None) -> Body:
        asked = {name: value for name, value in query.items() if value is not None}
        return _body(await self._client.get(path, params=asked))

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, once: str | None = None
    ) -> Body:
        """`once` is an Idempotency-Key."""
        headers = {"Idempotency-Key": once} if once else {}
        return _body(await self._client.post(path, json=body, headers=headers))

    async def patch(self, path: str, body: Mapping[str, Any]) -> Body:
        return _body(await self._client.patch(path, json=body))

    async def delete(self, path: str) -> Body:
        return _body(await self._client.delete(path))

    async def picture(self, url: str) -> bytes:
        answer = await self._client.get(url)
        _check(answer)
        return answer.content

    @asynccontextmanager
    async def events(
        self, url: str, after: str | None = None
    ) -> AsyncIterator[AsyncIterator[Told]]:
        """The account's news from now on, or after the event of this id."""
        headers = {"Last-Event-ID": after} if after else {}
        timeout = httpx2.Timeout(_QUIET, connect=5)
        async with self._client.stream("GET", url, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                await answer.aread()
                _check(answer)
            yield _told(answer)


async def _told(answer: httpx2.Response) -> AsyncIterator[Told]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
            continue
        if "data" in fields:
            data = json.loads(fields["data"])
            yield Told(fields.get("event", "message"), data, fields.get("id"))
        fields = {}


def _body(answer: httpx2.Response) -> Body:
    _check(answer)
    body: Body = answer.json()
    return body


def _check(answer: httpx2.Response) -> None:
    if answer.is_success:
        return
    try:
        body = answer.json()
    except ValueError:
        body = {}
    raise Refusal(answer.status_code, body if isinstance(body, dict) else {})
