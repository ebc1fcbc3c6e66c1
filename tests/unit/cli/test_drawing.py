"""A picture as the `draw` command waits for it, against an API in memory."""

import json
from collections.abc import Iterable
from typing import Any

import httpx2
import pytest

from services.cli.api import Api
from services.cli.drawing import Drawing
from services.cli.exits import Exit
from services.cli.problems import JobEnded, Refusal

PICTURE = b"the bytes of a picture"


def body(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "job_1",
        "status": status,
        "links": {"events": "/v1/events"},
        "images": [{"url": "/picture", "seed": 7}] if status == "completed" else [],
        **more,
    }


def sse(*events: dict[str, Any]) -> bytes:
    lines = [": hello", "retry: 3000", ""]
    for number, event in enumerate(events, start=1):
        lines += [f"id: {number}", f"event: {event['type']}", f"data: {json.dumps(event)}", ""]
    return "\n".join([*lines, ""]).encode()


class Heatsink:
    """Answers as gateway and notify do; each look at the job takes the next body."""

    def __init__(self, *looks: dict[str, Any], events: Iterable[dict[str, Any]] = ()) -> None:
        self._looks = list(looks)
        self._events = tuple(events)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        match request.method, request.url.path:
            case "POST", "/v1/jobs":
                return httpx2.Response(202, json=body("submitted"))
            case "GET", "/v1/jobs/job_1":
                found = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
                return httpx2.Response(200, json=found)
            case "GET", "/v1/events":
                return httpx2.Response(200, content=sse(*self._events))
            case "GET", "/v1/limits":
                return httpx2.Response(200, json={"left": 2, "limit": 3, "plan": "free"})
            case "GET", "/picture":
                return httpx2.Response(200, content=PICTURE)
            case _:
                return httpx2.Response(404, json={"detail": "There is nothing here"})


class Watched:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def status(self, status: str) -> None:
        self.seen.append(status)

    def progress(self, step: int, steps: int) -> None:
        self.seen.append((step, steps))


async def draw(heatsink: Heatsink, watcher: Watched) -> Any:
    transport = httpx2.MockTransport(heatsink)
    async with httpx2.AsyncClient(transport=transport, base_url="http://heatsink") as client:
        return await Drawing(Api(client), watcher).draw({"prompt": "a fox"})


async def test_a_picture_is_waited_for_and_every_step_is_shown() -> None:
    events = (
        {"type": "job.started", "job": "job_1", "status": "running"},
        {"type": "job.progressed", "job": "job_2", "step": 9, "steps": 9},
        {"type": "job.progressed", "job": "job_1", "step": 1, "steps": 2},
        {"type": "job.completed", "job": "job_1", "status": "completed"},
    )
    watcher = Watched()
    drawn = await draw(Heatsink(body("completed"), events=events), watcher)
    assert drawn.pictures == (PICTURE,)
    assert drawn.limits["left"] == 2
    assert watcher.seen[:3] == ["running", (1, 2), "completed"]


async def test_a_stream_that_breaks_off_is_no_reason_to_give_up() -> None:
    drawn = await draw(Heatsink(body("running"), body("completed")), Watched())
    assert drawn.pictures == (PICTURE,)


REJECTION = {"rule": "window", "reason": "Used up.", "retry_at": "2026-03-26T18:00:00Z"}


@pytest.mark.parametrize(
    ("end", "code", "words"),
    [
        (body("rejected", rejection=REJECTION), Exit.REFUSED, "Come back at 2026-03-26"),
        (body("failed", error={"detail": "No picture."}), Exit.FAILED, "No picture."),
        (body("cancelled"), Exit.CANCELLED, "was cancelled"),
    ],
)
async def test_a_job_without_a_picture_says_why_by_words_and_code(
    end: dict[str, Any], code: Exit, words: str
) -> None:
    with pytest.raises(JobEnded, match=words) as caught:
        await draw(Heatsink(end), Watched())
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, Exit.NO_PERMISSION),
        (403, Exit.NO_PERMISSION),
        (404, Exit.NOT_FOUND),
        (422, Exit.BAD_REQUEST),
        (429, Exit.REFUSED),
        (503, Exit.UNAVAILABLE),
    ],
)
def test_each_refusal_has_its_exit_code(status: int, code: Exit) -> None:
    assert Refusal(status, {"detail": "no"}).code is code


async def test_a_refusal_without_a_body_still_says_something() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(502, text="<html>"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://heatsink") as client:
        with pytest.raises(Refusal, match="HTTP 502"):
            await Api(client).get("/v1/jobs")
