"""Turns a process's telemetry on, and off again in bounded time."""

import threading
import time
from collections.abc import Callable
from typing import Any, Self

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import NoOpTracerProvider, Span, Status, StatusCode
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from services.kit.build import build_info
from services.kit.settings import ServiceSettings
from services.kit.telemetry import logs, metrics, tracing
from services.kit.telemetry.spans import SpanQueue

__all__ = ["Telemetry"]

_EXPORT_SECONDS = 3.0
_METRICS_EVERY_MS = 15_000


class Telemetry:
    """The traces, metrics and logs of one process.

    The service works the same whether anybody collects them or not: exports run on threads of
    their own with bounded queues, and what does not fit is dropped and counted.
    """

    def __init__(
        self, tracers: TracerProvider, meters: MeterProvider, registry: CollectorRegistry
    ) -> None:
        self._tracers = tracers
        self._meters = meters
        self._registry = registry

    @classmethod
    def start(cls, service: str, version: str, settings: ServiceSettings) -> Self:
        logs.configure(
            service,
            replica=settings.replica,
            style=settings.log_format,
            level=settings.log_level,
        )
        resource = _resource(service, version, settings.replica)
        registry = CollectorRegistry()
        telemetry = cls(
            _tracer_provider(resource, settings),
            _meter_provider(resource, settings, registry),
            registry,
        )
        telemetry._take_over(version)
        return telemetry

    def exposition(self) -> tuple[bytes, str]:
        """All metrics as Prometheus reads them, and their content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def shutdown(self) -> None:
        """Sends what is left, waiting no longer than a few seconds for a collector."""
        logs.silence_exporters()
        _within(_EXPORT_SECONDS, self._tracers.shutdown, self._meters.shutdown)
        tracing.use(NoOpTracerProvider())
        metrics.bind(NoOpMeterProvider().get_meter("heatsink"))
        logs.reset()

    def _take_over(self, version: str) -> None:
        ProcessCollector(registry=self._registry)
        tracing.use(self._tracers)
        metrics.bind(self._meters.get_meter("heatsink", version))
        metrics.BUILD.set(1, version=version, commit=build_info().commit)
        _instrument_mongo()


def _resource(service: str, version: str, replica: str) -> Resource:
    return Resource.create(
        {
            "service.name": service,
            "service.namespace": "heatsink",
            "service.version": version,
            "service.instance.id": replica,
        }
    )


def _tracer_provider(resource: Resource, settings: ServiceSettings) -> TracerProvider:
    """Whether a trace is kept depends on its id alone.

    So all services keep the same ones, and no client's header switches our traces off.
    """
    provider = TracerProvider(
        sampler=TraceIdRatioBased(settings.trace_ratio), resource=resource, shutdown_on_exit=False
    )
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(_address(settings, "traces"), timeout=_EXPORT_SECONDS)
        provider.add_span_processor(SpanQueue(exporter))
    return provider


def _meter_provider(
    resource: Resource, settings: ServiceSettings, registry: CollectorRegistry
) -> MeterProvider:
    readers: list[MetricReader] = [
        PrometheusMetricReader(scope_info_enabled=False, registry=registry)
    ]
    if settings.otlp_endpoint:
        exporter = OTLPMetricExporter(_address(settings, "metrics"), timeout=_EXPORT_SECONDS)
        readers.append(
            PeriodicExportingMetricReader(
                exporter,
                export_interval_millis=_METRICS_EVERY_MS,
                export_timeout_millis=_EXPORT_SECONDS * 1000,
            )
        )
    return MeterProvider(readers, resource, AlwaysOffExemplarFilter(), shutdown_on_exit=False)


def _address(settings: ServiceSettings, signal: str) -> str:
    return f"{(settings.otlp_endpoint or '').rstrip('/')}/v1/{signal}"


def _instrument_mongo() -> None:
    """Spans of database commands, without what they say: documents hold prompts."""
    instrumentor = PymongoInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument(
            tracer_provider=tracing.CurrentProvider(),
            capture_statement=False,
            failed_hook=_forget_message,
        )


def _forget_message(span: Span, event: Any) -> None:
    """The server's message quotes values (of a unique index, say): only its code is kept."""
    span.set_status(Status(StatusCode.ERROR, str(event.failure.get("codeName", "error"))))


def _within(seconds: float, *steps: Callable[[], object]) -> None:
    threads = [threading.Thread(target=step, daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
