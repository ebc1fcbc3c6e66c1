"""Spans on their way to a collector: a bounded queue, and what gets lost is counted."""

import threading
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from services.kit.telemetry import metrics

__all__ = ["SpanQueue"]

_SIZE = 4096
_BATCH = 512
_EVERY_MS = 1000


class SpanQueue(BatchSpanProcessor):
    """When it is full the oldest span goes. The collector being away costs spans, nothing else."""

    def __init__(self, exporter: SpanExporter, size: int = _SIZE) -> None:
        self._counted = _Counted(exporter, size)
        super().__init__(
            self._counted,
            max_queue_size=size,
            schedule_delay_millis=_EVERY_MS,
            max_export_batch_size=min(_BATCH, size),
        )

    def on_end(self, span: ReadableSpan) -> None:
        if span.context and span.context.trace_flags.sampled:
            self._counted.queued()
        super().on_end(span)


class _Counted(SpanExporter):
    """Counts what waits as the queue does, which tells nobody."""

    def __init__(self, exporter: SpanExporter, size: int) -> None:
        self._exporter = exporter
        self._size = size
        self._waiting = 0
        self._lock = threading.Lock()

    def queued(self) -> None:
        with self._lock:
            full = self._waiting >= self._size
            self._waiting += not full
        if full:
            metrics.SPANS_DROPPED.add(1, reason="queue_full")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self._lock:
            self._waiting = max(0, self._waiting - len(spans))
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            metrics.SPANS_DROPPED.add(len(spans), reason="not_sent")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
