"""One trace from the request to the push: spans in a process, `traceparent` between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from opentelemetry.context import Context
from opentelemetry.trace import (
    NoOpTracerProvider,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    TracerProvider,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.kit.telemetry.redaction import REDACTED, is_private, mask

__all__ = [
    "Attribute",
    "CurrentProvider",
    "Span",
    "SpanKind",
    "current_ids",
    "current_traceparent",
    "span",
    "use",
]

Attribute: TypeAlias = str | bool | int | float

_SCOPE = "heatsink"
_W3C = TraceContextTextMapPropagator()
_tracer = NoOpTracerProvider().get_tracer(_SCOPE)


def use(provider: TracerProvider) -> None:
    """Makes all later spans with this provider.

    The provider is ours alone, not OpenTelemetry's global one: libraries that would write spans
    unasked (FastAPI does, with whole query strings in them) find no provider and keep quiet.
    """
    global _tracer  # noqa: PLW0603 - one tracer for a process, set once at its start
    _tracer = provider.get_tracer(_SCOPE)


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    **attributes: Attribute | None,
) -> Iterator[Span]:
    """The current span for the time of the block.

    `parent` is a `traceparent` from outside; without one (or with a broken one) the span continues
    the current trace or begins its own. An exception marks the span by its type alone: messages
    may hold what a user wrote.
    """
    with _tracer.start_as_current_span(
        name,
        context=_context(parent),
        kind=kind,
        attributes=_clean(attributes),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(Status(StatusCode.ERROR))
            raise


class CurrentProvider(TracerProvider):
    """For instrumentations, which ask once: their spans go wherever ours go at the time."""

    def get_tracer(self, *_: object, **__: object) -> Tracer:
        return _CurrentTracer()


class _CurrentTracer(Tracer):
    def start_span(self, *args: Any, **kwargs: Any) -> Span:
        return _tracer.start_span(*args, **kwargs)

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        return _tracer.start_as_current_span(*args, **kwargs)


def current_traceparent() -> str | None:
    """The current span as a W3C `traceparent`; none outside of any span."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


def current_ids() -> tuple[str, str] | None:
    """Trace id and span id in hexadecimal; none outside of any span."""
    context = get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def _context(parent: str | None) -> Context | None:
    if parent is None:
        return None
    found = _W3C.extract({"traceparent": parent}, context=Context())
    return found if get_current_span(found).get_span_context().is_valid else None


def _clean(attributes: dict[str, Attribute | None]) -> dict[str, Attribute]:
    return {name: _safe(name, value) for name, value in attributes.items() if value is not None}


def _safe(name: str, value: Attribute) -> Attribute:
    if is_private(name):
        return REDACTED
    return mask(value) if isinstance(value, str) else value
