"""The proof that all of it works: one picture, drawn as any client would."""

import asyncio
import base64
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2

from services.cli.up.running import Running

__all__ = ["FirstPicture", "draw_first"]

_PROMPT = "a red fox"
_WITHIN = 180.0


@dataclass(frozen=True)
class FirstPicture:
    """The picture's place, or why there is none; and the seconds that it took."""

    path: Path | None
    problem: str
    seconds: float


async def draw_first(
    running: Running, path: Path, transport: httpx2.AsyncBaseTransport | None = None
) -> FirstPicture:
    """Draws with the demo key of the pro plan and saves to `path`. Raises OSError."""
    began = time.monotonic()
    try:
        image, problem = await _draw(running, transport), ""
    except (httpx2.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
        image, problem = b"", str(error) or type(error).__name__
    seconds = time.monotonic() - began
    if not image:
        return FirstPicture(None, problem, seconds)
    await asyncio.to_thread(path.write_bytes, image)
    return FirstPicture(path, "", seconds)


async def _draw(running: Running, transport: httpx2.AsyncBaseTransport | None) -> bytes:
    async with httpx2.AsyncClient(timeout=_WITHIN, trust_env=False, transport=transport) as client:
        answer = await client.post(
            f"{running.url}/v1/images/generations",
            headers={"authorization": f"Bearer {running.keys.pro}"},
            json={"prompt": _PROMPT, "response_format": "b64_json"},
        )
    if answer.status_code != httpx2.codes.OK:
        raise ValueError(f"the API answered {answer.status_code}: {answer.text[:500]}")
    return base64.b64decode(answer.json()["data"][0]["b64_json"])
