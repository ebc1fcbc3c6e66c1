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


def covers(spans: list[Span], service: str, word: str) -> bool:
    return any(span.service == service and word in span.name for span in spans)


async def test_one_trace_spans_request_decision_steps_and_push(
    system: System, customer: NewCustomer, collector: Collector
) -> None:
    someone = await customer("plus")
    async with someone.api.events(f"{system.events_url}/v1/events") as events:
        job = await someone.api.post("/v1/jobs", {"prompt": "a red fox", "steps": 4})
        async for told in events:
            if told.type == "job.completed":
                break

    def whole() -> bool:
        trace = collector.trace_of(job["id"])
        spans = collector.trace(trace) if trace else []
        return all(covers(spans, service, word) for service, word in NEEDED.items())

    try:
        await eventually(whole, within=20)
    finally:
        trace = collector.trace_of(job["id"])
        print(as_tree(collector.trace(trace)) if trace else "no trace")
    spans = collector.trace(trace or "")
    assert len([span for span in spans if span.name == "render.step"]) == 4
    known = {span.id for span in spans}
    roots = [span for span in spans if span.parent not in known]
    assert [span.service for span in roots] == ["gateway"]
    assert "fox" not in str(spans)
