import logging
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pydantic import SecretStr

from services.kit.settings import ServiceSettings
from services.kit.telemetry import Telemetry, current_traceparent, metrics, span
from services.kit.telemetry.recording import recorded_metrics
from services.kit.telemetry.spans import SpanQueue


def settings(**given: object) -> ServiceSettings:
    basic = {"kafka_bootstrap": "127.0.0.1:9092", "mongo_url": SecretStr("mongodb://127.0.0.1")}
    return ServiceSettings.model_validate(basic | given)


class Collector:
    def __init__(self) -> None:
        self.requests: dict[str, list[bytes]] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.requests.setdefault(self.path, []).append(body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def test_traces_and_metrics_reach_a_collector(collector: Collector) -> None:
    telemetry = Telemetry.start("quota", "1.2.3", settings(otlp_endpoint=f"{collector.url}/"))
    with span("decide", plan="free"):
        pass
    metrics.CLAIMS.add(1, lane="free")
    telemetry.shutdown()

    (body,) = collector.requests["/v1/traces"]
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    attributes = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert attributes["service.name"] == "quota"
    assert attributes["service.version"] == "1.2.3"
    assert [made.name for made in resource.scope_spans[0].spans] == ["decide"]
    assert b"heatsink.render.claims" in collector.requests["/v1/metrics"][0]


def test_a_dead_collector_changes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry.start("quota", "1", settings(otlp_endpoint="http://127.0.0.1:9"))
    started = time.monotonic()
    for number in range(10_000):
        with span("decide", number=number):
            metrics.CLAIMS.add(1, lane="free")
    assert time.monotonic() - started < 20
    exposition = telemetry.exposition()[0].decode()
    stopping = time.monotonic()
    telemetry.shutdown()
    assert time.monotonic() - stopping < 10
    assert dropped(exposition) >= 10_000 - 4096 - 512
    assert len(capfd.readouterr().err.splitlines()) < 10


def dropped(exposition: str) -> float:
    lines = exposition.splitlines()
    found = [line for line in lines if line.startswith("heatsink_telemetry_spans_dropped_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in found)


def test_spans_that_do_not_fit_are_counted_one_by_one() -> None:
    sent, stuck, go_on = list[str](), threading.Event(), threading.Event()

    class Stuck(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            stuck.set()
            go_on.wait(10)
            sent.extend(span.name for span in spans)
            return SpanExportResult.SUCCESS

    with recorded_metrics() as recorded:
        queue = SpanQueue(Stuck(), size=8)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(queue)
        tracer = provider.get_tracer("test")
        for number in range(8):
            tracer.start_span(str(number)).end()
        # What is taken out of the queue and not yet exported is in neither count for a moment.
        assert stuck.wait(10)
        for number in range(8, 100):
            tracer.start_span(str(number)).end()
        go_on.set()
        provider.shutdown()
        lost = recorded.of(metrics.SPANS_DROPPED, reason="queue_full")
    assert lost + len(sent) == 100
    assert lost >= 100 - 2 * 8


def test_metrics_can_be_scraped_under_the_names_of_prometheus() -> None:
    telemetry = Telemetry.start("render", "1.2.3", settings())
    metrics.CLAIMS.add(2, lane="free")
    metrics.SSE_CONNECTIONS.add(1)
    metrics.RENDER_SECONDS.record(1.5, model="ember", status="completed")
    body, content_type = telemetry.exposition()
    telemetry.shutdown()

    text = body.decode()
    assert content_type.startswith("text/plain")
    assert 'heatsink_render_claims_total{lane="free"} 2.0' in text
    assert "heatsink_sse_connections 1.0" in text
    assert 'heatsink_render_duration_seconds_count{model="ember",status="completed"} 1.0' in text
    assert 'version="1.2.3"' in text
    assert "process_resident_memory_bytes" in text


def test_spans_have_ids_even_when_nobody_collects_them(
    capfd: pytest.CaptureFixture[str],
) -> None:
    telemetry = Telemetry.start("quota", "1", settings())
    with span("decide"):
        traceparent = current_traceparent()
        structlog.get_logger().info("inside")
    telemetry.shutdown()
    assert traceparent is not None
    assert traceparent.split("-")[1] in capfd.readouterr().err


def test_a_clients_flag_does_not_switch_our_traces_off(collector: Collector) -> None:
    unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    telemetry = Telemetry.start("gateway", "1", settings(otlp_endpoint=collector.url))
    with span("request", parent=unsampled):
        pass
    telemetry.shutdown()
    assert "/v1/traces" in collector.requests


def test_after_the_end_the_process_is_as_before() -> None:
    before = list(logging.getLogger().handlers)
    Telemetry.start("quota", "1", settings()).shutdown()
    assert logging.getLogger().handlers == before
    assert current_traceparent() is None
