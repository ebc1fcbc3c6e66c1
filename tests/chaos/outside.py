"""Faults outside of our processes, noted for the checker, and what clients are told of them."""

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from tests.chaos.load import Client
from tests.chaos.row import Row
from tests.chaos.world import World

__all__ = ["fault", "refuses"]


@asynccontextmanager
async def fault(row: Row, act: str, victim: str) -> AsyncIterator[None]:
    """Noted for the checker; and no service has been started again for it."""
    before = _processes(row.world)
    began = time.time()
    yield
    row.faults.note(act, victim, began, time.time())
    assert _processes(row.world) == before


async def refuses(client: Client, path: str, code: str) -> bool:
    """Whether a request is refused with 503, this code, and when to come back."""
    wish = {"model": "ember", "prompt": f"one more of {client.name}, {secrets.token_hex(4)}"}
    try:
        answer = await client.http.post(path, json=wish)
    except httpx2.HTTPError:
        return False
    if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
        return False
    told = answer.json()
    assert told.get("error", told)["code"] == code
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    return True


def _processes(world: World) -> list[int]:
    return [pids[0] for pids in world.system.pids().values() if pids]
