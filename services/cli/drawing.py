"""One picture, from the request to the bytes, told step by step."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from services.cli.api import ENDS, Api, Told
from services.cli.exits import Exit
from services.cli.problems import JobEnded, Refusal

__all__ = ["Drawing", "Drawn", "Watcher"]

_LOOK_EVERY = 2.0


class Watcher(Protocol):
    """Hears how the job goes."""

    def status(self, status: str) -> None: ...

    def progress(self, step: int, steps: int) -> None: ...


@dataclass(frozen=True)
class Drawn:
    """A finished job's body, its pictures' bytes in their order, and what is left."""

    job: Mapping[str, Any]
    pictures: tuple[bytes, ...]
    limits: Mapping[str, Any]


class Drawing:
    """Asks for pictures and waits for them. News comes by push; a look every 2 s is the net."""

    def __init__(self, api: Api, watcher: Watcher) -> None:
        self._api = api
        self._watcher = watcher

    async def draw(self, wish: Mapping[str, Any]) -> Drawn:
        """Raises JobEnded for a job without pictures, and Refusal."""
        job = await self._ended(await self._api.post("/v1/jobs", wish))
        if job["status"] != "completed":
            raise _ended_badly(job)
        pictures = [await self._api.picture(image["url"]) for image in job["images"]]
        return Drawn(job, tuple(pictures), await self._api.get("/v1/limits"))

    async def _ended(self, job: Mapping[str, Any]) -> Mapping[str, Any]:
        hearing = asyncio.create_task(self._hear(job))
        try:
            while job["status"] not in ENDS:
                await asyncio.wait({hearing}, timeout=_LOOK_EVERY)
                job = await self._api.get(f"/v1/jobs/{job['id']}")
                self._watcher.status(job["status"])
                if hearing.done() and job["status"] not in ENDS:
                    await asyncio.sleep(_LOOK_EVERY / 4)
        finally:
            hearing.cancel()
        return job

    async def _hear(self, job: Mapping[str, Any]) -> None:
        """Returns at the job's end, or when there is nothing to hear."""
        with suppress(Refusal, httpx2.TransportError):
            async with self._api.events(job["links"]["events"]) as events:
                await self._follow(events, job["id"])

    async def _follow(self, events: AsyncIterator[Told], job: str) -> None:
        async for told in events:
            if told.data.get("job") != job:
                continue
            if told.type == "job.progressed":
                self._watcher.progress(told.data["step"], told.data["steps"])
            else:
                self._watcher.status(told.data["status"])
                if told.data["status"] in ENDS:
                    return


def _ended_badly(job: Mapping[str, Any]) -> JobEnded:
    match job["status"]:
        case "rejected":
            refusal = job["rejection"]
            again = f" Come back at {refusal['retry_at']}." if refusal.get("retry_at") else ""
            return JobEnded(job, f"{refusal['reason']}{again}", Exit.REFUSED)
        case "cancelled":
            return JobEnded(job, f"{job['id']} was cancelled", Exit.CANCELLED)
        case _:
            error = job.get("error") or {}
            return JobEnded(job, f"{job['id']} failed: {error.get('detail')}", Exit.FAILED)
