import asyncio
import signal
from datetime import timedelta

import pytest

from services.cli.parts import NotReady
from services.cli.up.keeper import Backoff, Keeper, describe_exit
from services.kit.clock import ManualClock


class FakeUnit:
    """A process that ends when told, and may refuse to start."""

    name = "quota"

    def __init__(self) -> None:
        self.starts = 0
        self.refusals = 0
        self.stopped = False
        self._ended: asyncio.Future[int] | None = None

    @property
    def pid(self) -> int | None:
        return self.starts

    async def start(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotReady(self.name, "has no folder", "")
        self.starts += 1
        self._ended = asyncio.get_running_loop().create_future()

    async def wait(self) -> int:
        assert self._ended is not None
        return await asyncio.shield(self._ended)

    async def stop(self) -> None:
        self.stopped = True

    async def kill(self) -> None:
        self.die(-signal.SIGKILL)

    def die(self, code: int) -> None:
        assert self._ended is not None
        self._ended.set_result(code)


class Keeping:
    def __init__(self) -> None:
        self.unit = FakeUnit()
        self.clock = ManualClock()
        self.said: list[str] = []
        backoff = Backoff(first=1, most=4, healthy_after=60)
        self.keeper = Keeper(self.unit, self.said.append, backoff, self.clock)

    async def let_pass(self, seconds: float) -> None:
        await self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
async def keeping() -> Keeping:
    keeping = Keeping()
    await keeping.keeper.start()
    await keeping.let_pass(0)
    return keeping


async def test_a_death_is_told_and_answered_after_a_pause(keeping: Keeping) -> None:
    keeping.unit.die(3)
    await keeping.let_pass(0)
    assert keeping.said == ["quota ended with exit code 3; starting it again in 1 s"]
    await keeping.let_pass(0.9)
    assert keeping.unit.starts == 1
    await keeping.let_pass(0.1)
    assert keeping.unit.starts == 2
    assert keeping.said[-1] == "quota was started again (pid 2)"
    assert keeping.keeper.deaths == 1
    await keeping.keeper.stop()


async def test_each_death_in_a_row_doubles_the_pause(keeping: Keeping) -> None:
    for pause in (1, 2, 4, 4):
        keeping.unit.die(1)
        await keeping.let_pass(0)
        assert keeping.said[-1].endswith(f"in {pause} s")
        await keeping.let_pass(pause)
    await keeping.keeper.stop()


async def test_a_long_life_is_forgiven(keeping: Keeping) -> None:
    keeping.unit.die(1)
    await keeping.let_pass(0)
    await keeping.let_pass(1)
    await keeping.let_pass(60)
    keeping.unit.die(1)
    await keeping.let_pass(0)
    assert keeping.said[-1].endswith("in 1 s")
    await keeping.keeper.stop()


async def test_a_start_that_fails_is_tried_again(keeping: Keeping) -> None:
    keeping.unit.refusals = 1
    keeping.unit.die(1)
    await keeping.let_pass(0)
    await keeping.let_pass(1)
    assert keeping.said[-1] == "quota has no folder; starting it again in 2 s"
    await keeping.let_pass(2)
    assert keeping.unit.starts == 2
    await keeping.keeper.stop()


async def test_what_is_stopped_is_not_started_again(keeping: Keeping) -> None:
    await keeping.keeper.stop()
    assert keeping.unit.stopped
    keeping.unit.die(0)
    await keeping.let_pass(10)
    assert keeping.unit.starts == 1


async def test_a_stop_comes_between_a_death_and_the_next_start(keeping: Keeping) -> None:
    keeping.unit.die(1)
    await keeping.let_pass(0)
    await keeping.keeper.stop()
    await keeping.let_pass(10)
    assert keeping.unit.starts == 1


async def test_the_first_start_fails_loudly() -> None:
    keeping = Keeping()
    keeping.unit.refusals = 1
    with pytest.raises(NotReady):
        await keeping.keeper.start()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"),
        (78, "ended with exit code 78"),
        (-9, "was ended by SIGKILL"),
        (-250, "was ended by signal 250"),
        (None, "is running"),
    ],
)
def test_exits_are_told_in_words(code: int | None, words: str) -> None:
    assert describe_exit(code) == words
