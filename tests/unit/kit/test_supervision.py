import asyncio

import pytest
import structlog
from structlog.testing import capture_logs

from services.kit.lifecycle import ComponentEnded, supervise


class Recorder:
    """A component that notes when it starts and stops; it may need a while, or never, to stop."""

    def __init__(
        self,
        name: str,
        story: list[str],
        *,
        hangs: bool = False,
        fails: Exception | None = None,
        ends: bool = False,
    ) -> None:
        self.name = name
        self.started = asyncio.Event()
        self._story = story
        self._hangs = hangs
        self._fails = fails
        self._ends = ends

    async def run(self, stop: asyncio.Event) -> None:
        self._story.append(f"{self.name} starts")
        self.started.set()
        if self._fails:
            raise self._fails
        if self._ends:
            return
        try:
            await stop.wait()
            if self._hangs:
                await asyncio.Event().wait()
        finally:
            self._story.append(f"{self.name} stops")


async def stopped_soon() -> asyncio.Event:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stop.set)
    return stop


async def test_components_start_in_order_and_stop_in_reverse() -> None:
    story: list[str] = []
    await supervise(
        [Recorder(name, story) for name in ("database", "bus", "http")], await stopped_soon(), 5
    )
    assert story == [
        *("database starts", "bus starts", "http starts"),
        *("http stops", "bus stops", "database stops"),
    ]


async def test_a_component_that_hangs_is_cancelled_and_the_others_still_drain() -> None:
    story: list[str] = []
    structlog.reset_defaults()
    with capture_logs() as logs:
        async with asyncio.timeout(5):
            await supervise(
                [Recorder("bus", story), Recorder("http", story, hangs=True)],
                await stopped_soon(),
                0.1,
            )
    assert story[-2:] == ["http stops", "bus stops"]
    assert [(line["event"], line["component"]) for line in logs] == [
        ("component did not stop in time", "http")
    ]


async def test_a_component_that_raises_ends_the_service_after_a_drain() -> None:
    story: list[str] = []
    broken = Recorder("bus", story, fails=RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await supervise([Recorder("database", story), broken], asyncio.Event(), 5)
    assert story[-1] == "database stops"


async def test_a_component_that_returns_unasked_ends_the_service() -> None:
    story: list[str] = []
    with pytest.raises(ComponentEnded) as ended:
        await supervise(
            [Recorder("database", story), Recorder("bus", story, ends=True)], asyncio.Event(), 5
        )
    assert ended.value.name == "bus"


async def test_what_fails_while_draining_is_told() -> None:
    class FailsAtTheEnd:
        name = "relay"

        async def run(self, stop: asyncio.Event) -> None:
            await stop.wait()
            raise RuntimeError("nothing written")

    with pytest.raises(RuntimeError, match="nothing written"):
        await supervise([FailsAtTheEnd()], await stopped_soon(), 5)


async def test_a_supervisor_that_is_cancelled_stops_its_components() -> None:
    story: list[str] = []
    bus = Recorder("bus", story)
    task = asyncio.create_task(supervise([bus], asyncio.Event(), 5))
    async with asyncio.timeout(5):
        await bus.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert story == ["bus starts", "bus stops"]
