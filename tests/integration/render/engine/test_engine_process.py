"""The engine as a process, by its painter without a model: these tests need no torch."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.contracts.events.renders import FailureCode
from services.render.engine.messages import Cancelled, Drawn, EngineDied, Failed, Stepped
from services.render.engine.options import EngineKind, EngineOptions
from services.render.engine.png import read_recipe
from services.render.engine.process import EngineProcess
from services.render.engine.protocol import EngineNotReadyError, EngineStartError
from tests.integration.render.engine.listening import SECONDS, drawn, next_event, to_its_end
from tests.unit.render.engine.draws import CATALOGUE, apple

OPTIONS = EngineOptions(catalogue=CATALOGUE, kind=EngineKind.NOOP, noop_step_seconds=0.01)
LONG = 50


@pytest.fixture
async def engine() -> AsyncIterator[EngineProcess]:
    engine = EngineProcess(OPTIONS)
    await engine.start()
    yield engine
    await engine.close()


async def test_it_starts_draws_and_tells_every_step(engine: EngineProcess) -> None:
    assert engine.alive
    assert engine.slots == 1
    await engine.submit(apple(steps=5, seeds=(1, 2)))
    steps, end = await to_its_end(engine)
    assert [event.step for event in steps] == [1, 2, 3, 4, 5]
    assert isinstance(end, Drawn)
    assert [read_recipe(picture.content).seed for picture in end.pictures] == [1, 2]


async def test_a_render_beyond_the_slots_waits_its_turn(engine: EngineProcess) -> None:
    await engine.submit(apple("job_1"))
    await engine.submit(apple("job_2"))
    ends = [(await to_its_end(engine))[1] for _ in range(2)]
    assert [end.job for end in ends if isinstance(end, Drawn)] == ["job_1", "job_2"]


async def test_a_cancelled_render_ends_within_a_step_or_two(engine: EngineProcess) -> None:
    await engine.submit(apple(steps=LONG))
    assert isinstance(await next_event(engine), Stepped)
    await engine.cancel("job_1", 1)
    steps, end = await to_its_end(engine)
    assert end == Cancelled(job="job_1", attempt=1)
    assert len(steps) < LONG - 2


async def test_what_the_catalogue_forbids_fails_for_good(engine: EngineProcess) -> None:
    await engine.submit(replace(apple(), width=100))
    match await next_event(engine):
        case Failed(code=FailureCode.INVALID_SPEC, permanent=True, message=message):
            assert message == "ember draws no pictures of 100x128"
        case other:
            pytest.fail(f"heard {other}")


async def test_a_killed_engine_is_told_as_its_last_event(engine: EngineProcess) -> None:
    assert engine.pid is not None
    await engine.submit(apple(steps=LONG))
    await next_event(engine)
    os.kill(engine.pid, signal.SIGKILL)
    _, end = await to_its_end(engine)
    assert end == EngineDied(exit_code=-signal.SIGKILL)
    assert not engine.alive
    assert [event async for event in engine.events()] == []
    with pytest.raises(EngineNotReadyError):
        await engine.submit(apple("job_2"))
    await engine.cancel("job_1", 1)


async def test_a_hanging_engine_shows_no_progress_and_can_be_killed(engine: EngineProcess) -> None:
    assert engine.pid is not None
    await engine.submit(apple(steps=LONG))
    await next_event(engine)
    os.kill(engine.pid, signal.SIGSTOP)
    await engine.cancel("job_1", 1)
    engine.kill()
    _, end = await to_its_end(engine)
    assert end == EngineDied(exit_code=-signal.SIGKILL)


async def test_progress_moves_with_each_step(engine: EngineProcess) -> None:
    before = engine.last_progress
    await drawn(engine, apple(steps=2))
    assert engine.last_progress > before


async def test_signals_meant_for_the_worker_leave_it_running(engine: EngineProcess) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGINT)
    os.kill(engine.pid, signal.SIGTERM)
    await drawn(engine, apple())


async def test_close_ends_open_renders_and_then_the_events() -> None:
    engine = EngineProcess(OPTIONS)
    await engine.start()
    await engine.submit(apple(steps=LONG))
    await next_event(engine)
    await engine.close()
    await engine.close()
    events = [event async for event in engine.events()]
    assert events[-1] == Cancelled(job="job_1", attempt=1)
    assert not engine.alive


async def test_an_engine_that_will_not_close_is_made_to() -> None:
    engine = EngineProcess(replace(OPTIONS, noop_step_seconds=SECONDS, close_seconds=0.2))
    await engine.start()
    await engine.submit(apple())
    async with asyncio.timeout(SECONDS / 2):
        await engine.close()
    assert [event async for event in engine.events()] == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (replace(OPTIONS, catalogue=Path("missing.yaml")), "missing.yaml can't be read"),
        (replace(OPTIONS, models=("flux",)), "the catalogue holds no model flux"),
        (replace(OPTIONS, start_seconds=0.01), "not ready after 0.01 s of loading"),
    ],
)
async def test_a_start_that_fails_says_why(options: EngineOptions, reason: str) -> None:
    engine = EngineProcess(options)
    with pytest.raises(EngineStartError, match=reason):
        await engine.start()
    assert not engine.alive
    with pytest.raises(EngineNotReadyError):
        await engine.submit(apple())
    await engine.close()


async def test_an_engine_lives_once(engine: EngineProcess) -> None:
    with pytest.raises(EngineStartError, match="starts once"):
        await engine.start()


async def test_the_services_secrets_stay_with_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATSINK_MONGO_URL", "mongodb://user:canary@host")
    engine = EngineProcess(OPTIONS)
    await engine.start()
    try:
        assert b"canary" not in _environment(engine)
    finally:
        await engine.close()


async def test_prompts_stay_out_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    engine = EngineProcess(OPTIONS)
    await engine.start()
    await drawn(engine, replace(apple(), prompt="canary " * 100))
    await engine.submit(replace(apple("job_2"), prompt="canary", steps=1000))
    await to_its_end(engine)
    await engine.close()
    written = capfd.readouterr()
    assert "canary" not in written.err
    assert written.out == ""


_WORKER = """
import asyncio
from services.render.engine.options import EngineOptions
from services.render.engine.process import EngineProcess

async def main() -> None:
    engine = EngineProcess(EngineOptions.from_json({options!r}))
    await engine.start()
    print(engine.pid, flush=True)
    await asyncio.sleep({seconds})

asyncio.run(main())
"""


async def test_an_engine_does_not_outlive_its_worker() -> None:
    code = _WORKER.format(options=OPTIONS.to_json(), seconds=SECONDS)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    async with asyncio.timeout(SECONDS):
        pid = int(await worker.stdout.readline())
        ended = _end_of(pid)
        worker.kill()
        await worker.wait()
        await ended.wait()


def _end_of(pid: int) -> asyncio.Event:
    """Set once this process, which is no child of ours, has ended."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    handle = os.pidfd_open(pid)

    def tell() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        ended.set()

    loop.add_reader(handle, tell)
    return ended


def _environment(engine: EngineProcess) -> bytes:
    return Path(f"/proc/{engine.pid}/environ").read_bytes()
