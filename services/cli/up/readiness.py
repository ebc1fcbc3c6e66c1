"""Waits until a service says that it is ready."""

import asyncio
import time
from collections.abc import Callable

import httpx2

from services.cli.parts import NotReady, Report

__all__ = ["until_ready"]

_ASK_EVERY = 0.1
_ANSWER_WITHIN = 2.0
_TELL_AFTER = 5.0
_TELL_EVERY = 15.0


async def until_ready(
    name: str, url: str, within: float, report: Report, failure: Callable[[], NotReady | None]
) -> None:
    """Returns when `url` answers 200. Raises NotReady when time is up, or `failure` is there."""
    began = time.monotonic()
    tell_at = began + _TELL_AFTER
    async with httpx2.AsyncClient(timeout=_ANSWER_WITHIN, trust_env=False) as client:
        while (reasons := await _reasons(client, url)) is not None:
            if cause := failure():
                raise cause
            now = time.monotonic()
            if now - began > within:
                raise NotReady(name, f"is not ready after {within:g} s: {reasons}", "")
            if now > tell_at:
                tell_at = now + _TELL_EVERY
                report(f"waiting for {name}: {reasons}")
            await asyncio.sleep(_ASK_EVERY)


async def _reasons(client: httpx2.AsyncClient, url: str) -> str | None:
    """Why it is not ready; none when it is."""
    try:
        answer = await client.get(url)
    except httpx2.HTTPError:
        return "it does not answer yet"
    if answer.status_code == httpx2.codes.OK:
        return None
    try:
        reasons = answer.json()["reasons"]
        return ", ".join(f"{name}: {reason}" for name, reason in reasons.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"it answers {answer.status_code}"
