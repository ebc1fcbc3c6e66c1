import asyncio
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from opentelemetry.trace import SpanKind
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from services.kit.component import Readiness
from services.kit.http import HttpServer, protect
from services.kit.http.middleware import SECURITY_HEADERS
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics, recorded_spans
from tests.unit.kit.http_app import LIMIT, Served, serving

REMOTE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as made:
        yield made


async def raw(served: Served, *parts: bytes) -> bytes:
    """What the server answers to these bytes, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def head(*headers: str) -> bytes:
    lines = ["POST /v1/jobs HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def test_each_answer_has_a_request_id(served: Served) -> None:
    first = await served.client.get("/v1/jobs/1")
    second = await served.client.get("/nowhere")
    assert re.fullmatch(r"req_[0-9a-f]{32}", first.headers["x-request-id"])
    assert second.json()["request_id"] == second.headers["x-request-id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize(
    ("given", "taken"),
    [("abc-123", True), ("a" * 129, False), ("<script>", False), ("", False), ("a b", False)],
)
async def test_a_sane_request_id_is_taken_over(served: Served, given: str, taken: bool) -> None:
    answer = await served.client.get("/v1/jobs/1", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is taken


async def test_each_answer_has_the_security_headers(served: Served) -> None:
    for path in ("/v1/jobs/1", "/nowhere", "/broken"):
        answer = await served.client.get(path)
        assert (
            SECURITY_HEADERS.items()
            <= {name: answer.headers[name] for name in SECURITY_HEADERS}.items()
        )
        assert "server" not in answer.headers


async def test_a_request_is_one_line_and_one_figure_by_its_route(served: Served) -> None:
    with recorded_metrics() as figures, capture_logs() as logs:
        await served.client.get("/v1/jobs/17?limit=3")
        route = "/v1/jobs/{id}"
        assert figures.count(metrics.HTTP_SECONDS, method="GET", route=route, status=200) == 1
        assert figures.of(metrics.HTTP_OPEN, method="GET") == 0
    (line,) = [line for line in logs if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/jobs/{id}", 200)
    assert line["bytes"] > 0
    assert "17" not in str({**line, "seconds": 0, "bytes": 0})


async def test_unknown_paths_and_methods_make_no_series_of_their_own(served: Served) -> None:
    with recorded_metrics() as figures:
        await served.client.get("/nowhere/1")
        await served.client.request("BREW", "/nowhere/2")
        for method in ("GET", "OTHER"):
            assert figures.count(metrics.HTTP_SECONDS, method=method, route="none", status=404) == 1


async def test_a_request_is_one_server_span_that_the_endpoints_spans_lie_in(
    served: Served,
) -> None:
    with recorded_spans() as exporter:
        answer = await served.client.get(
            "/v1/jobs/17?api_key=hs_live_canary", headers={"traceparent": REMOTE}
        )
    load, request = exporter.get_finished_spans()
    assert request.name == "GET /v1/jobs/{id}"
    assert request.kind is SpanKind.SERVER
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == REMOTE.split("-")[2]
    assert load.parent is not None
    assert load.parent.span_id == request.context.span_id
    assert answer.json()["traceparent"].split("-")[1] == REMOTE.split("-")[1]
    assert "canary" not in request.to_json()


async def test_the_unexpected_is_told_in_the_log_and_not_to_the_client(served: Served) -> None:
    with capture_logs() as logs:
        answer = await served.client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text
    failed = [line for line in logs if line["event"] == "request failed"]
    assert [line["route"] for line in failed] == ["/broken"]


async def test_an_answer_torn_in_the_middle_closes_the_connection(served: Served) -> None:
    with capture_logs() as logs:
        answer = await raw(served, b"GET /half HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"first" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert "request failed" in [line["event"] for line in logs]


async def test_a_wrong_parameter_is_refused_by_the_table(served: Served) -> None:
    answer = await served.client.get("/v1/jobs/1?limit=abc")
    assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")
    assert answer.json()["errors"][0]["in"] == "query"
    empty = await served.client.post("/v1/jobs")
    assert (empty.status_code, empty.json()["code"]) == (400, "invalid_json")


async def test_a_body_up_to_the_limit_is_taken(served: Served) -> None:
    answer = await served.client.post("/uploads", content=b"x" * LIMIT * 10)
    assert answer.json() == LIMIT * 10


async def test_a_body_that_announces_too_much_is_refused_unread(served: Served) -> None:
    answer = await served.client.post("/v1/jobs", content=b"x" * (LIMIT + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/v1/jobs", "/uploads"])
async def test_a_chunked_body_is_refused_at_its_first_byte_too_many(
    served: Served, path: str
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * LIMIT

    answer = await served.client.post(path, content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_body_that_never_ends_is_cut_off(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(head("Transfer-Encoding: chunked"))
    # Not to the end of the stream: who writes on when it is closed gets a reset.
    answering = asyncio.create_task(reader.readuntil(b"body_too_large"))
    async with asyncio.timeout(10):
        while not answering.done():
            writer.write(chunk(b"x" * LIMIT))
            await asyncio.wait({answering}, timeout=0.1)
    assert answering.result().startswith(b"HTTP/1.1 413")
    writer.close()


async def test_a_body_that_drips_is_refused_for_its_time(served: Served) -> None:
    answer = await raw(served, head("Content-Length: 100"), b"{")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body_timeout" in answer


async def test_a_compressed_body_is_refused(served: Served) -> None:
    answer = await served.client.post(
        "/v1/jobs", content=b"\x1f\x8b", headers={"content-encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_content_encoding")


async def test_a_client_that_goes_while_it_sends_harms_nobody(served: Served) -> None:
    with capture_logs() as logs:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(head("Content-Length: 100"))
        await writer.drain()
        writer.transport.abort()
        async with asyncio.timeout(10):
            while "request" not in [line["event"] for line in logs]:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)  # until the log has it
        assert (await served.client.get("/v1/jobs/1")).status_code == 200
    assert "request failed" not in [line["event"] for line in logs]


async def test_a_stream_flows_as_it_is_written(served: Served) -> None:
    async with asyncio.timeout(10), served.client.stream("GET", "/stream") as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"data: 1\n\n"
        served.signals.proceed.set()
        assert await anext(pieces) == b"data: 2\n\n"
    async with asyncio.timeout(10):
        await served.signals.gone.wait()


async def test_open_streams_end_when_the_server_stops(served: Served) -> None:
    async with asyncio.timeout(10), served.client.stream("GET", "/stream") as answer:
        assert await anext(answer.aiter_raw()) == b"data: 1\n\n"
        served.signals.stop.set()
        await served.signals.gone.wait()


async def test_a_server_that_leaves_takes_requests_for_a_while_and_keeps_no_connection() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("here")(scope, receive, send)

    readiness, stop = Readiness(), asyncio.Event()
    server = HttpServer(app, "127.0.0.1", 0, readiness, linger_seconds=0.5)
    running = asyncio.create_task(server.run(stop))
    await server.started.wait()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        assert "connection" not in (await client.get("/")).headers
        stop.set()
        while readiness.ready:  # noqa: ASYNC110 - readiness can't be waited for
            await asyncio.sleep(0)
        assert (await client.get("/")).headers["connection"] == "close"
    await running
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{server.port}")


async def test_who_still_waits_when_the_drain_is_over_is_sent_to_another_replica() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    readiness, stop = Readiness(), asyncio.Event()
    server = HttpServer(protect(app), "127.0.0.1", 0, readiness, drain_seconds=0.5)
    running = asyncio.create_task(server.run(stop))
    await server.started.wait()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        asking = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0.1)
        stop.set()
        answer = await asking
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["code"] == "unavailable"
    await running


async def test_a_port_that_is_taken_is_named(served: Served) -> None:
    async def app(*_: object) -> None: ...

    second = HttpServer(app, "127.0.0.1", served.port, Readiness())
    with pytest.raises(OSError, match=f"can't listen on 127.0.0.1:{served.port}"):
        await second.run(asyncio.Event())
