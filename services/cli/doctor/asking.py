"""Asks each service for what it tells of itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx2
from pydantic import ValidationError

from services.cli.doctor.places import Place
from services.kit.clock import Clock
from services.kit.diagnosis import Report

__all__ = ["Answer", "ask"]

_TIMEOUT = httpx2.Timeout(11, connect=3)


@dataclass(frozen=True)
class Answer:
    """A report, or the problem. `name` is the service's, or else its address."""

    name: str
    asked: datetime
    came: datetime
    report: Report | None = None
    problem: str = ""


async def ask(
    places: Sequence[Place], clock: Clock, transport: httpx2.AsyncBaseTransport | None = None
) -> list[Answer]:
    """All at once; a service that does not answer is an answer too."""
    async with httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False, transport=transport) as client:
        return list(await asyncio.gather(*(_ask(client, place, clock) for place in places)))


async def _ask(client: httpx2.AsyncClient, place: Place, clock: Clock) -> Answer:
    name, asked = place.service or place.url, clock.now()
    try:
        answer = await client.get(f"{place.url}/diagnosis")
        report = Report.model_validate_json(answer.content)
    except httpx2.HTTPError as error:
        return Answer(name, asked, clock.now(), problem=_words(error))
    except ValidationError:
        problem = f"answers {answer.status_code}, which is no diagnosis"
        return Answer(name, asked, clock.now(), problem=problem)
    return Answer(report.service, asked, clock.now(), report)


def _words(error: httpx2.HTTPError) -> str:
    match error:
        case httpx2.ConnectError():
            return "nothing listens there"
        case httpx2.TimeoutException():
            return "no answer in time"
        case _:
            return type(error).__name__
