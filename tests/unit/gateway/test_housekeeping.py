"""One replica does the chores for all, each when it is due."""

import asyncio
from datetime import timedelta

import pytest

from services.gateway.housekeeping import Housekeeping
from services.gateway.settings import GatewaySettings
from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from services.kit.settings import read

ENVIRON = {
    "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "HEATSINK_MONGO_URL": "mongodb://127.0.0.1:27017",
    "HEATSINK_PEPPER": "a pepper for tests",
}


class Post:
    """A lease that a test gives and takes."""

    def __init__(self) -> None:
        self.mine = True

    async def hold(self) -> object | None:
        return 1 if self.mine else None

    async def release(self) -> None:
        self.mine = False


class Work:
    name = "work"

    def __init__(self, portions: int) -> None:
        self.portions = portions
        self.done = 0
        self.fails = False

    async def portion(self) -> bool:
        if self.fails:
            raise Unavailable("blobs")
        self.done += 1
        return self.done % self.portions != 0


async def test_a_chore_is_done_to_its_end_and_then_rests() -> None:
    clock, work = ManualClock(), Work(3)
    house = Housekeeping(Post(), {work: 60.0}, clock)
    assert [await house.turn() for _ in range(4)] == [True, True, False, False]
    assert work.done == 3
    clock.move(timedelta(seconds=60))
    assert await house.turn()


async def test_only_the_leader_keeps_house() -> None:
    post, work = Post(), Work(1)
    post.mine = False
    assert not await Housekeeping(post, {work: 60.0}, ManualClock()).turn()
    assert work.done == 0


async def test_a_chore_that_can_not_be_done_keeps_no_other_from_its_turn() -> None:
    broken, work = Work(1), Work(1)
    broken.fails = True
    house = Housekeeping(Post(), {broken: 60.0, work: 60.0}, ManualClock())
    await house.turn()
    assert work.done == 1
    broken.fails = False
    await house.turn()
    assert (broken.done, work.done) == (1, 1)


async def test_a_stop_gives_the_post_up() -> None:
    post, stop = Post(), asyncio.Event()
    stop.set()
    await Housekeeping(post, {}, ManualClock()).run(stop)
    assert not post.mine


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RETENTION_DAYS", "0"),
        ("PROMPT_DAYS", "0"),
        ("PROMPT_DAYS", "soon"),
        ("PROMPT_DAYS", "31"),
        ("PICTURE_GRACE_HOURS", "0"),
        ("SWEEP_MINUTES", "0"),
    ],
)
def test_a_retention_that_makes_no_sense_is_refused_at_the_start(
    name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        read(GatewaySettings, {**ENVIRON, f"HEATSINK_GATEWAY_{name}": value})
    assert stopped.value.code == 78
    assert f"HEATSINK_GATEWAY_{name}" in capsys.readouterr().err
