import asyncio

from services.kit.bus import Record
from services.kit.bus.lane import Lane
from tests.unit.kit.bus.samples import account, cancel, record, turns


class SlowDeliveries:
    """Deliveries that last until each is let go."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._gates: dict[int, asyncio.Event] = {}

    async def __call__(self, record: Record) -> None:
        self.begun.append(record.offset)
        self._gates[record.offset] = asyncio.Event()
        await self._gates[record.offset].wait()

    async def end(self, offset: int) -> None:
        self._gates[offset].set()
        await turns()


async def test_records_of_a_key_go_one_by_one_and_keys_side_by_side() -> None:
    deliveries = SlowDeliveries()
    one, other = account(), account()
    async with asyncio.TaskGroup() as tasks:
        lane = Lane(deliveries, tasks, lambda: None)
        owners = [one, one, other]
        lane.add(record(cancel(of), offset=offset) for offset, of in enumerate(owners))
        await turns()
        assert deliveries.begun == [0, 2]

        await deliveries.end(2)
        assert (lane.next, lane.backlog) == (None, 3)

        await deliveries.end(0)
        assert deliveries.begun == [0, 2, 1]
        assert (lane.next, lane.backlog) == (1, 2)

        await deliveries.end(1)
        assert (lane.next, lane.backlog) == (3, 0)


async def test_a_key_whose_work_is_done_takes_more_later() -> None:
    deliveries = SlowDeliveries()
    one = account()
    async with asyncio.TaskGroup() as tasks:
        lane = Lane(deliveries, tasks, lambda: None)
        for offset in range(3):
            lane.add([record(cancel(one), offset=offset)])
            await turns()
            await deliveries.end(offset)

    assert lane.next == 3


async def test_a_dropped_lane_begins_nothing_and_counts_nothing() -> None:
    deliveries = SlowDeliveries()
    one = account()
    moves: list[int] = []
    async with asyncio.TaskGroup() as tasks:
        lane = Lane(deliveries, tasks, lambda: moves.append(1))
        lane.add(record(cancel(one), offset=offset) for offset in range(3))
        await turns()
        lane.drop()

    assert deliveries.begun == [0]
    assert lane.next is None
    assert moves == []


async def test_each_outcome_is_told() -> None:
    moves: list[int] = []

    async def deliver(_record: Record) -> None:
        return

    async with asyncio.TaskGroup() as tasks:
        lane = Lane(deliver, tasks, lambda: moves.append(lane.backlog))
        lane.add(record(offset=offset) for offset in range(3))

    assert moves == [2, 1, 0]
    assert lane.lag(position=3, end=10) == 7
