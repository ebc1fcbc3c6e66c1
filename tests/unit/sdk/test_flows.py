"""The client's patience, without a socket: what it tries again, and what it raises."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from heatsink.client import Heatsink, Policy, QuotaExceeded, Refused, Unreachable
from heatsink.client.events import EventLines
from heatsink.client.exchange import Lost, Pause, Reply, Request, call

QUICK = Policy(first_wait=0)
LIMITS = Request("GET", "/v1/limits")


def run(request: Request, *replies: Reply | Lost, policy: Policy = QUICK) -> list[float]:
    """The pauses that it makes. Raises what the call raises."""
    flow, pauses = call(request, policy), []
    step: Request | Pause = next(flow)
    left = list(replies)
    try:
        while True:
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                step = flow.send(None)
            else:
                step = flow.send(left.pop(0))
    except StopIteration:
        assert left == [], "it gave up before its last reply"
        return pauses


def reply(status: int, body: dict[str, Any] | None = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, json.dumps(body or {}).encode())


def test_what_passes_is_tried_again() -> None:
    run(LIMITS, Lost("refused"), reply(503), reply(502), reply(200))


def test_retry_after_is_heeded() -> None:
    assert run(LIMITS, reply(503, retry_after="7"), reply(200)) == [7]


def test_what_asks_for_too_much_patience_is_raised_at_once() -> None:
    with pytest.raises(Refused) as refused:
        run(LIMITS, reply(503, {"code": "storage_unavailable"}, retry_after="31"))
    assert refused.value.code == "storage_unavailable"


def test_after_four_tries_it_gives_up() -> None:
    with pytest.raises(Unreachable, match="refused"):
        run(LIMITS, *[Lost("refused")] * 4)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_what_would_be_refused_again_is_raised_at_once(status: int) -> None:
    with pytest.raises(Refused):
        run(LIMITS, reply(status))


def test_the_service_has_the_last_word_on_trying_again() -> None:
    with pytest.raises(Refused):
        run(LIMITS, reply(500, x_should_retry="false"))
    run(LIMITS, reply(409, x_should_retry="true"), reply(200))


def test_what_has_an_effect_each_time_is_sent_once() -> None:
    with pytest.raises(Unreachable):
        run(Request("POST", "/v1/keys", repeatable=False), Lost("reset"))


def test_a_refusal_by_quota_says_all_there_is_to_know() -> None:
    told = {
        "code": "quota_exhausted",
        "detail": "3 of 3 images are used.",
        "rule": "window",
        "used": 3,
        "limit": 3,
        "retry_at": "2026-01-01T13:00:00Z",
        "resets_at": None,
    }
    with pytest.raises(QuotaExceeded) as refused:
        run(LIMITS, reply(429, told, retry_after="3600", x_request_id="req_1"))
    error = refused.value
    assert (error.rule, error.used, error.limit, error.left) == ("window", 3, 3, 0)
    assert error.retry_at == datetime(2026, 1, 1, 13, tzinfo=UTC)
    assert (error.resets_at, error.request_id) == (None, "req_1")


def client(answer: Callable[[httpx2.Request], httpx2.Response]) -> Heatsink:
    return Heatsink(
        "http://api.test",
        "k",
        events_url="http://events.test",
        policy=QUICK,
        transport=httpx2.MockTransport(answer),
    )


def test_a_job_that_is_asked_for_again_has_the_same_idempotency_key() -> None:
    keys: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx2.ReadError("reset")
        return httpx2.Response(202, json={"id": "job_1", "status": "submitted", "images": []})

    with client(answer) as heatsink:
        assert heatsink.create_job("a fox").id == "job_1"
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_what_is_no_json_is_refused_with_its_status() -> None:
    heatsink = client(lambda _: httpx2.Response(418, text="<html>"))
    with heatsink, pytest.raises(Refused) as refused:
        heatsink.limits()
    assert (refused.value.status, refused.value.code) == (418, "unknown")


def test_events_go_on_where_the_connection_was_lost() -> None:
    asked: list[str | None] = []
    streams = [
        b'retry: 0\n: hello\n\nid: 7\nevent: job.started\ndata: {"job":\ndata: "j"}\n\n',
        b'event: limits.changed\ndata: {"m": 1}\n\nid: 8\nevent: job.completed\ndata: {}\n\n',
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("last-event-id"))
        if len(asked) == 2:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(200, content=streams.pop(0))

    with client(answer) as heatsink:
        events = heatsink.events()
        seen = [next(events) for _ in range(3)]
    assert [(event.type, event.sequence) for event in seen] == [
        ("job.started", 7),
        ("limits.changed", None),
        ("job.completed", 8),
    ]
    assert seen[0].data == {"job": "j"}
    assert asked == [None, "7", "7"]


def test_a_stream_that_is_refused_is_not_asked_for_again() -> None:
    heatsink = client(lambda _: httpx2.Response(401, json={"code": "invalid_api_key"}))
    with heatsink, pytest.raises(Refused, match="invalid_api_key"):
        next(heatsink.events())


def test_comments_and_ids_alone_are_no_events_and_an_id_counts() -> None:
    lines = EventLines(3)
    assert [event for line in (": ping", "", "", "id: 4", "") for event in lines.feed(line)] == []
    assert lines.last == 4


def told(sequence: int, job: str, status: str) -> bytes:
    news = json.dumps({"job": job, "status": status})
    return f"id: {sequence}\nevent: job.{status}\ndata: {news}\n\n".encode()


def test_who_follows_a_job_hears_of_it_alone_to_its_end() -> None:
    asked: list[tuple[str, str | None]] = []
    streams = [told(4, "job_1", "queued"), told(5, "job_1", "completed") + told(6, "job_1", "?")]

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.url.params["job"], request.headers.get("last-event-id")))
        return httpx2.Response(200, content=b"retry: 0\n: hello\n\n" + streams.pop(0))

    with client(answer) as heatsink:
        followed = heatsink.follow("job_1")
        assert [next(followed).type for _ in range(2)] == ["job.queued", "job.completed"]
    assert asked == [("job_1", None), ("job_1", "4")]


def test_following_is_over_with_the_stream_in_which_the_job_ended() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, content=told(5, "job_1", "failed"))

    with client(answer) as heatsink:
        assert [event.sequence for event in heatsink.follow("job_1")] == [5]
    assert asked == ["http://events.test/v1/events?job=job_1"]


def test_a_job_whose_end_was_told_is_followed_no_more() -> None:
    with client(lambda _: httpx2.Response(204)) as heatsink:
        assert list(heatsink.follow("job_1")) == []
