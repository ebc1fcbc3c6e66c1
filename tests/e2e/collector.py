"""An OTLP collector in the test's own process: keeps the spans that services send."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.running import served

__all__ = ["Collector", "Span", "collecting"]


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str
    start: int
    attributes: dict[str, str]


@dataclass
class Collector:
    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def trace_of(self, job: str) -> str | None:
        """The trace in which some span names this job."""
        return next((s.trace for s in self.spans if job in s.attributes.values()), None)

    def trace(self, trace: str) -> list[Span]:
        return sorted((s for s in self.spans if s.trace == trace), key=lambda s: s.start)

    async def receive(self, request: Request) -> Response:
        message = ExportTraceServiceRequest()
        message.ParseFromString(await request.body())
        for resource in message.resource_spans:
            about = {item.key: item.value.string_value for item in resource.resource.attributes}
            for scope in resource.scope_spans:
                for one in scope.spans:
                    self.spans.append(
                        Span(
                            about.get("service.name", ""),
                            one.name,
                            one.trace_id.hex(),
                            one.span_id.hex(),
                            one.parent_span_id.hex(),
                            one.start_time_unix_nano,
                            {item.key: item.value.string_value for item in one.attributes},
                        )
                    )
        return Response(media_type="application/x-protobuf")


def as_tree(spans: list[Span]) -> str:
    """The spans of one trace as an indented text."""
    known = {span.id for span in spans}
    children = defaultdict(list)
    for span in spans:
        children[span.parent if span.parent in known else ""].append(span)

    def lines(parent: str, depth: int) -> list[str]:
        return [
            line
            for span in children[parent]
            for line in (f"{'  ' * depth}{span.service}: {span.name}", *lines(span.id, depth + 1))
        ]

    return "\n".join(lines("", 0))


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    app = Starlette(
        routes=[
            Route("/v1/traces", collector.receive, methods=["POST"]),
            Route("/v1/metrics", lambda _: Response(), methods=["POST"]),
        ]
    )
    async with served(app) as port:
        collector.url = f"http://127.0.0.1:{port}"
        yield collector
