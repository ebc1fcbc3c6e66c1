from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider

from services.kit.telemetry import current_ids, span, tracing
from tests.unit.render.bench import Bench, House, settled


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(NoOpTracerProvider())


async def test_claim_render_and_each_step_belong_to_the_trace_of_the_admission(
    spans: InMemorySpanExporter,
) -> None:
    house = House()
    bench = Bench(house)
    with span("admission"):
        ids = current_ids()
        job = await house.admit(steps=3)
    assert ids is not None
    async with bench.at_work():
        bench.engine.finish(job)
        await settled()
    ours = [one for one in spans.get_finished_spans() if f"{one.context.trace_id:032x}" == ids[0]]
    names = [one.name for one in ours]
    assert names.count("render.step") == 3
    assert {"admission", "render.claim", "render", "render.finish"} <= set(names)
    parents = {one.name: one.parent.span_id for one in ours if one.parent}
    assert f"{parents['render']:016x}" == ids[1]
    render = next(one for one in ours if one.name == "render")
    assert parents["render.step"] == render.context.span_id
    assert "fox" not in str([one.to_json() for one in ours])
    progress = house.bus.lossy[-1]
    assert progress.traceparent is not None
    assert ids[0] in progress.traceparent
