"""The leak sweep gives back only what nobody can settle any more."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest
import structlog

from services.kit.errors import Unavailable
from services.quota.core import AccountQuota
from services.quota.sweep import LeakSweep, Place
from tests.unit.quota.cases import ACCOUNT, DAY, HOUR, completed, job, requested
from tests.unit.quota.house import House


class Stream:
    """How far quota is on `renders`, by hand."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {0: Place(10, 10)}
        self.away = False

    async def __call__(self) -> Mapping[int, Place]:
        if self.away:
            raise Unavailable("bus")
        return dict(self.places)


class Lead:
    def __init__(self) -> None:
        self.mine = True

    async def hold(self) -> int | None:
        return 1 if self.mine else None


class Scene:
    def __init__(self) -> None:
        self.house = House()
        self.stream = Stream()
        self.lead = Lead()
        self.sweep = LeakSweep(
            self.house.accounts,
            self.stream,
            self.lead,
            self.house.clock,
            leak_after=timedelta(hours=26),
            every=60,
        )

    async def grants(self) -> list[str]:
        state: AccountQuota = await self.house.account()
        return [grant.job for grant in state.open]


async def old_grants() -> Scene:
    """Two grants without an end, one old and one young."""
    scene = Scene()
    await scene.house.hear(requested(1))
    scene.house.clock.move(2 * DAY)
    await scene.house.hear(requested(2))
    return scene


async def test_an_old_grant_without_an_end_is_given_back_loudly() -> None:
    scene = await old_grants()
    assert await scene.sweep.look() == 0, "ends may lie on the stream"
    with structlog.testing.capture_logs() as logs:
        assert await scene.sweep.look() == 1
    assert [(line["event"], line["log_level"]) for line in logs] == [("grant_leaked", "error")]
    assert await scene.grants() == [job(2)]
    assert scene.house.documents.rows[-1].id == f"{job(1)}:leak"
    assert await scene.sweep.look() == 0


async def test_all_old_grants_of_all_accounts_are_given_back() -> None:
    scene = Scene()
    other = type(ACCOUNT)("acc_" + "b" * 32)
    for number in (1, 2):
        await scene.house.hear(requested(number))
        await scene.house.hear(requested(number + 10, account=other))
    scene.house.clock.move(2 * DAY)
    await scene.sweep.look()
    assert await scene.sweep.look() == 4


async def test_nothing_is_given_back_while_an_end_may_wait_on_the_stream() -> None:
    scene = await old_grants()
    scene.stream.places = {0: Place(8, 10), 1: Place(3, 3)}
    await scene.sweep.look()
    scene.stream.places = {0: Place(9, 50), 1: Place(3, 3)}
    assert await scene.sweep.look() == 0
    scene.stream.places = {1: Place(3, 3)}
    assert await scene.sweep.look() == 0, "a partition nobody knows of is not handled"
    await scene.house.hear(completed(1))
    scene.stream.places = {0: Place(10, 90), 1: Place(3, 3)}
    assert await scene.sweep.look() == 0
    assert await scene.grants() == [job(2)]


async def test_nothing_is_given_back_before_anything_was_handled() -> None:
    scene = await old_grants()
    scene.stream.places = {}
    assert [await scene.sweep.look() for _ in range(3)] == [0, 0, 0]
    scene.stream.places = {0: Place(0, 5)}
    assert [await scene.sweep.look() for _ in range(3)] == [0, 0, 0]
    scene.stream.places = {0: Place(5, 5)}
    assert await scene.sweep.look() == 1


async def test_a_grant_must_be_old_when_the_stream_is_marked() -> None:
    scene = Scene()
    await scene.house.hear(requested(1))
    scene.house.clock.move(25 * HOUR)
    await scene.sweep.look()
    scene.house.clock.move(25 * HOUR)
    assert await scene.sweep.look() == 0, "its end may have come after the mark"
    assert await scene.sweep.look() == 1


async def test_another_replica_sweeps() -> None:
    scene = await old_grants()
    await scene.sweep.look()
    scene.lead.mine = False
    assert await scene.sweep.look() == 0
    scene.lead.mine = True
    assert await scene.sweep.look() == 0, "a mark from before is void"
    assert await scene.sweep.look() == 1


async def test_a_bus_that_is_away_puts_the_sweep_off() -> None:
    scene = await old_grants()
    scene.stream.away = True
    with pytest.raises(Unavailable):
        await scene.sweep.look()
    stop = asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(scene.sweep.run(stop))
        await scene.house.clock.advance(timedelta(0))
        scene.stream.away = False
        for _ in range(3):
            await scene.house.clock.advance(timedelta(seconds=60))
        stop.set()
        await running
    assert logs[0]["event"] == "sweep_put_off"
    assert await scene.grants() == [job(2)]
