"""One trace from the request to the push."""

from services.cli.up import System
from tests.e2e.collector import Collector, Span, as_tree
from tests.e2e.conftest import NewCustomer
from tests.waiting import eventually

NEEDED = {
    "gateway": "POST /v1/jobs",
    "quota": "handle JobRequested",
    "render-worker": "render.step",
    "notify": "notify.push",
}


STEPS = 4


def roots(spans: list[Span]) -> list[Span]:
    known = {span.id for span in spans}
    return [span for span in spans if span.parent not in known]


def covers(spans: list[Span], service: str, word: str) -> bool:
    return any(span.service == service and word in span.name for span in spans)


async def test_one_trace_spans_request_decision_steps_and_push(
    system: System, customer: NewCustomer, collector: Collector
) -> None:
    someone = await customer("plus")
    async with someone.api.events(f"{system.events_url}/v1/events") as events:
        job = await someone.api.post("/v1/jobs", {"prompt": "a red fox", "steps": STEPS})
        async for told in events:
            if told.type == "job.completed":
                break

    def spans() -> list[Span]:
        trace = collector.trace_of(job["id"])
        return collector.trace(trace) if trace else []

    def whole() -> bool:
        """Services send their spans once a second, each for itself: a parent may come last."""
        found = spans()
        return (
            all(covers(found, service, word) for service, word in NEEDED.items())
            and len([span for span in found if span.name == "render.step"]) == STEPS
            and [span.service for span in roots(found)] == ["gateway"]
        )

    try:
        await eventually(whole, within=30)
    finally:
        print(as_tree(spans()))
    assert "fox" not in str(spans())
