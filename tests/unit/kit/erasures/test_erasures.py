import asyncio
from datetime import datetime, timedelta

from services.contracts import AccountId, Event
from services.contracts.events import AccountErased
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments
from services.kit.erasures import ERASURES, Eraser, Erasure, Erasures, erasure_id
from services.kit.errors import Unavailable

CLOCK = ManualClock()
ACCOUNT = AccountId.new(CLOCK.now())


class House:
    """Erases when it may."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.documents = MemoryDocuments(ERASURES, self.clock, "test")
        self.erasures = Erasures(self.documents, self.clock)
        self.eraser = Eraser(self.erasures, self.erase, self.says, self.clock)
        self.may = True
        self.looks = 0

    async def erase(self, erasure: Erasure, account: AccountId) -> bool:
        assert erasure.account == account
        self.looks += 1
        return self.may

    def says(self, account: AccountId, now: datetime) -> tuple[Event, ...]:
        return (AccountErased(at=now, account=account, service="test"),)


async def test_what_is_done_names_nobody_and_is_known_all_the_same() -> None:
    house = House()
    await house.erasures.begin(ACCOUNT, by="me", awaits=["quota"])
    assert not await house.eraser.look()
    [document] = await house.documents.find()
    assert ACCOUNT not in repr(document)
    assert document.id == erasure_id(ACCOUNT)
    found = await house.erasures.find(ACCOUNT)
    assert found
    assert (found.by, found.begun_at, found.done_at) == ("me", CLOCK.now(), CLOCK.now())
    assert await house.erasures.find(AccountId.new(CLOCK.now())) is None
    assert house.documents.events == [*house.says(ACCOUNT, CLOCK.now())]


async def test_it_is_kept_until_no_event_of_the_account_can_come_again() -> None:
    house = House()
    await house.erasures.begin(ACCOUNT)
    [pending] = await house.erasures.unfinished()
    assert pending.expires_at is None, "what is not done does not expire"
    await house.eraser.look()
    found = await house.erasures.find(ACCOUNT)
    assert found
    assert found.expires_at == CLOCK.now() + timedelta(days=38), "a dead letter may be replayed"


async def test_an_account_that_comes_back_is_erased_anew() -> None:
    house = House()
    assert not await house.erasures.meets(ACCOUNT)
    await house.erasures.begin(ACCOUNT)
    await house.eraser.look()
    assert await house.erasures.meets(ACCOUNT)
    assert not await house.eraser.look()
    assert house.looks == 2


async def test_what_came_in_the_midst_of_a_look_calls_for_another() -> None:
    house = House()
    await house.erasures.begin(ACCOUNT)

    async def meanwhile() -> None:
        assert await house.erasures.meets(ACCOUNT)

    house.documents.interrupt_next(meanwhile)
    assert await house.eraser.look(), "not finished: its look may have missed something"
    assert not await house.eraser.look()


async def test_whose_word_is_awaited_is_told_once() -> None:
    house = House()
    await house.erasures.begin(ACCOUNT, awaits=["quota", "render"])
    for _ in range(2):
        await house.erasures.heard(ACCOUNT, "quota")
    found = await house.erasures.find(ACCOUNT)
    assert found
    assert found.awaits == ("render",)
    await house.erasures.heard(AccountId.new(CLOCK.now()), "quota")


async def test_an_eraser_looks_as_soon_as_something_begins_and_survives_an_outage() -> None:
    house, stop = House(), asyncio.Event()
    house.documents.fail_next(Unavailable("database"))
    running = asyncio.create_task(house.eraser.run(stop))
    await asyncio.sleep(0.01)
    assert house.looks == 0
    await house.erasures.begin(ACCOUNT)
    async with asyncio.timeout(5):
        while house.documents.events == []:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    stop.set()
    await running
