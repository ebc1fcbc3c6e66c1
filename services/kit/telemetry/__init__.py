"""What a process tells about itself: traces, metrics and logs, and never a secret or a prompt."""

from services.kit.telemetry import metrics
from services.kit.telemetry.redaction import REDACTED, is_private, mask, redact
from services.kit.telemetry.setup import Telemetry
from services.kit.telemetry.tracing import Span, SpanKind, current_ids, current_traceparent, span

__all__ = [
    "REDACTED",
    "Span",
    "SpanKind",
    "Telemetry",
    "current_ids",
    "current_traceparent",
    "is_private",
    "mask",
    "metrics",
    "redact",
    "span",
]
