"""The service and its workers as processes, between real Kafka and the real database."""

import hashlib
import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.contracts import JobId, Lane
from services.contracts.events import (
    Heat,
    JobCompleted,
    JobProgressed,
    JobStarted,
    LoadReported,
    WorkerPhase,
)
from tests.integration.render.outside import Outside, Render, gone
from tests.unit.render.samples import account_id, admission, cancellation

CATALOGUE = Path("models/catalogue.yaml").absolute()
GUIDANCE = 2.5


@pytest.fixture
async def outside(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Outside]:
    async with Outside.listening(kafka_bootstrap, topic_prefix) as outside:
        yield outside


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
async def render(
    kafka_bootstrap: str, topic_prefix: str, mongo_url: str, tmp_path: Path, blobs: Path
) -> AsyncIterator[Render]:
    environment = {
        "HEATSINK_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "HEATSINK_TOPIC_PREFIX": topic_prefix,
        "HEATSINK_MONGO_URL": mongo_url,
        "HEATSINK_DATABASE_PREFIX": f"test-{secrets.token_hex(4)}",
        "HEATSINK_BLOBS": str(blobs),
        "HEATSINK_CATALOGUE": str(CATALOGUE),
        "HEATSINK_RENDER_ENGINE": "noop",
        "HEATSINK_RENDER_LEASE_SECONDS": "6",
        "HEATSINK_RENDER_RETRY_DELAYS": "0.5,1",
    }
    render = Render(environment, tmp_path / "render.log")
    yield render
    family = render.family()
    await render.end(signal.SIGKILL)
    await gone(family)
    print(render.log())


def stored(blobs: Path) -> set[str]:
    return {path.name for path in blobs.rglob("*.png")}


async def ready(outside: Outside, workers: int = 1) -> None:
    """Returns when that many workers are reported ready."""

    def holds() -> bool:
        reports = [event for event in outside.heard.values() if isinstance(event, LoadReported)]
        phases = [worker.phase for worker in reports[-1].workers] if reports else []
        return phases.count(WorkerPhase.READY) == workers

    await outside.until(holds)


async def test_an_admitted_job_is_drawn_told_and_stored(
    outside: Outside, render: Render, blobs: Path
) -> None:
    await render.start()
    await ready(outside)
    admitted = admission(n=2, guidance=GUIDANCE)
    await outside.say(admitted)
    await outside.until(lambda: outside.ends([admitted.job]) == [admitted.job])
    assert outside.told(admitted.job) == ["Queued", "Started", "Completed"]
    completed = next(e for e in outside.heard.values() if isinstance(e, JobCompleted))
    assert [image.seed for image in completed.images] == [7, 8]
    for image in completed.images:
        content = (blobs / image.blob).read_bytes()
        assert hashlib.sha256(content).hexdigest() == image.sha256
    await outside.until(
        lambda: any(
            isinstance(event, JobProgressed) and event.step == event.steps == 10
            for event in outside.heard.values()
        )
    )
    family = render.family()
    assert await render.end(signal.SIGTERM) == 0
    await gone(family)


async def test_a_running_job_is_cancelled_within_a_moment(outside: Outside, render: Render) -> None:
    await render.start(noop_step_seconds="0.2")
    admitted = admission(steps=50, guidance=GUIDANCE)
    await outside.say(admitted)
    await outside.until(lambda: "Started" in outside.told(admitted.job))
    await outside.say(cancellation(admitted.job))
    await outside.until(lambda: outside.ends([admitted.job]) == [admitted.job])
    assert outside.told(admitted.job) == ["Queued", "Started", "Cancelled"]
    last = max(
        (event.step for event in outside.heard.values() if isinstance(event, JobProgressed)),
        default=0,
    )
    assert last < 25, "not waited for its end"


async def test_a_killed_worker_is_replaced_and_every_job_ends_once(
    outside: Outside, render: Render
) -> None:
    await render.start(workers="2", noop_step_seconds="0.4")
    await ready(outside, workers=2)
    admitted = [
        admission(account=account_id(n % 3 + 1), lane=list(Lane)[n % 3], guidance=GUIDANCE)
        for n in range(10)
    ]
    jobs = [one.job for one in admitted]
    await outside.say(*admitted)
    # Both have ended one: whoever is drawn now has just begun, and is not over when the kill comes.
    await outside.until(lambda: len(outside.ends(jobs)) >= 2 and bool(outside.running(jobs)))
    victim = outside.running(jobs)[-1]
    render.worker(victim.worker).kill()
    await outside.until(lambda: set(outside.ends(jobs)) == set(jobs))
    assert sorted(outside.ends(jobs)) == sorted(jobs)
    assert outside.told(victim.job) == ["Queued", "Started", "Requeued", "Started", "Completed"]
    assert "worker_died" in render.log()
    await ready(outside, workers=2)


async def test_killed_with_jobs_in_hand_the_service_comes_back_and_ends_each_once(
    outside: Outside, render: Render
) -> None:
    await render.start(noop_step_seconds="0.05")
    await ready(outside)
    admitted = [admission(account=account_id(n % 3 + 1), guidance=GUIDANCE) for n in range(12)]
    jobs: list[JobId] = [one.job for one in admitted]
    await outside.say(*admitted)
    await outside.until(lambda: len(outside.ends(jobs)) >= 2)
    family = render.family()
    await render.end(signal.SIGKILL)
    await gone(family)
    await render.start(noop_step_seconds="0.01")
    await outside.until(lambda: set(outside.ends(jobs)) == set(jobs))
    assert sorted(outside.ends(jobs)) == sorted(jobs)


async def test_a_frozen_worker_loses_its_job_and_its_late_picture_is_refused(
    outside: Outside, render: Render, blobs: Path
) -> None:
    await render.start(noop_step_seconds="0.5")  # long enough to be frozen in its midst
    await ready(outside)
    admitted = admission(steps=20, guidance=GUIDANCE)
    await outside.say(admitted)
    await outside.until(lambda: "Started" in outside.told(admitted.job))
    frozen = render.worker(outside.running([admitted.job])[0].worker)
    frozen.suspend()
    await outside.until(lambda: "Requeued" in outside.told(admitted.job))
    frozen.resume()
    await outside.until(lambda: outside.ends([admitted.job]) == [admitted.job])
    story = outside.told(admitted.job)
    assert story == ["Queued", "Started", "Requeued", "Started", "Completed"]
    assert stored(blobs) == {"2-0.png"}
    starts = [event for event in outside.heard.values() if isinstance(event, JobStarted)]
    assert [start.attempt for start in starts] == [1, 2]


@pytest.mark.slow
async def test_ember_draws_a_picture(outside: Outside, render: Render, blobs: Path) -> None:
    await render.start(engine="diffusers")
    await ready(outside)
    admitted = admission(steps=20, guidance=GUIDANCE)
    await outside.say(admitted)
    await outside.until(lambda: outside.ends([admitted.job]) == [admitted.job])
    completed = next(e for e in outside.heard.values() if isinstance(e, JobCompleted))
    assert (blobs / completed.images[0].blob).stat().st_size > 1000
    await outside.until(
        lambda: any(
            isinstance(event, LoadReported) and event.workers and event.capacity != 0.5
            for event in outside.heard.values()
        )
    )
    reports = [event for event in outside.heard.values() if isinstance(event, LoadReported)]
    assert reports[-1].heat is Heat.COOL
