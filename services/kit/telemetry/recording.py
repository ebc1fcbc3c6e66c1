"""For tests: what was measured and which spans were made, while a block ran."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider

from services.kit.telemetry import metrics, tracing
from services.kit.telemetry.instruments import Metric

__all__ = ["Figures", "recorded_metrics", "recorded_spans"]


class Figures:
    """What metrics came to: `figures.of(metrics.CLAIMS, lane="free")`."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader

    def of(self, metric: Metric[...], **labels: str | int) -> float:
        """The figure of a series, the sum of a histogram's; 0 when there is no such series."""
        point = self._series(metric).get(frozenset(labels.items()), 0.0)
        return point.sum if isinstance(point, HistogramDataPoint) else point

    def count(self, metric: Metric[...], **labels: str | int) -> int:
        """How many figures a histogram's series has."""
        point = self._series(metric).get(frozenset(labels.items()))
        return point.count if isinstance(point, HistogramDataPoint) else 0

    def _series(
        self, metric: Metric[...]
    ) -> dict[frozenset[tuple[str, object]], float | HistogramDataPoint]:
        data = self._reader.get_metrics_data()
        return {
            frozenset((point.attributes or {}).items()): (
                point if isinstance(point, HistogramDataPoint) else getattr(point, "value", 0.0)
            )
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == metric.name
            for point in found.data.data_points
        }


@contextmanager
def recorded_metrics() -> Iterator[Figures]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics.bind(provider.get_meter("test"))
    try:
        yield Figures(reader)
    finally:
        metrics.bind(NoOpMeterProvider().get_meter("test"))
        provider.shutdown()


@contextmanager
def recorded_spans() -> Iterator[InMemorySpanExporter]:
    """The exporter holds the ended spans: `exporter.get_finished_spans()`."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    try:
        yield exporter
    finally:
        tracing.use(NoOpTracerProvider())
        provider.shutdown()
