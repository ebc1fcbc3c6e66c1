"""Demo accounts: one key of each plan in a file, stable over restarts."""

import asyncio
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from services.contracts.events import AccountChanged, Scope
from services.gateway.core.account import with_key_revoked
from services.gateway.demo import DemoAccounts
from services.gateway.repository import ACCOUNTS, Accounts
from services.kit import keys
from services.kit.component import Readiness
from services.kit.documents import MemoryDocuments
from services.kit.errors import Unavailable
from tests.unit.gateway.house import PEPPER, House


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / "keys.json"


def demo(house: House, file: Path, readiness: Readiness | None = None) -> DemoAccounts:
    return DemoAccounts(house.accounts, file, PEPPER, house.clock, readiness or Readiness())


def read(file: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(file.read_text())
    return found


def write(file: Path, content: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(content)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def test_each_plan_gets_an_account_and_a_key_that_only_we_may_read(
    house: House, file: Path
) -> None:
    await demo(house, file).ensure()
    plain = read(file)
    assert list(plain) == ["free", "plus", "pro", "operator"]
    assert mode(file) == 0o600
    for name, key in plain.items():
        caller = await house.keyring.identify(key)
        assert caller.plan == name
        assert (Scope.OPERATOR in caller.scopes) == (name == "operator")
    assert all(isinstance(event, AccountChanged) for event in house.account_documents.events)


async def test_a_restart_keeps_the_keys(house: House, file: Path) -> None:
    await demo(house, file).ensure()
    before, told = read(file), len(house.account_documents.published)
    await demo(house, file).ensure()
    assert read(file) == before
    assert len(house.account_documents.published) == told


async def test_a_new_database_gets_the_keys_of_the_file(house: House, file: Path) -> None:
    await demo(house, file).ensure()
    another = House()
    async with another.client:
        await demo(another, file).ensure()
        assert (await another.keyring.identify(read(file)["plus"])).plan == "plus"


async def test_only_keys_that_no_longer_open_are_replaced(house: House, file: Path) -> None:
    await demo(house, file).ensure()
    before = read(file)
    revoked = keys.parse(before["plus"]).id
    account = await house.accounts.with_key(revoked)
    assert account
    now = house.clock.now()
    await house.accounts.change(account.id, lambda found: with_key_revoked(found, revoked, now))
    write(file, json.dumps({**before, "pro": "hs_live_broken"}))
    await demo(house, file).ensure()
    after = read(file)
    assert (after["free"], after["operator"]) == (before["free"], before["operator"])
    for name in ("plus", "pro"):
        assert after[name] != before[name]
        assert (await house.keyring.identify(after[name])).plan == name


@pytest.mark.parametrize("content", ["", "[]", "no json", '{"free": 7}'])
async def test_a_broken_file_is_written_anew(house: House, file: Path, content: str) -> None:
    write(file, content)
    await demo(house, file).ensure()
    assert len(read(file)) == 4


async def test_two_replicas_that_start_together_agree(house: House, file: Path) -> None:
    await demo(house, file).ensure()
    fresh = MemoryDocuments(ACCOUNTS, house.clock, "gateway")
    house.accounts = Accounts(fresh, house.clock)
    first, second = demo(house, file), demo(house, file)
    fresh.interrupt_next(second.ensure)
    await first.ensure()
    assert await fresh.count() == 4


async def test_readiness_waits_for_the_keys_and_the_keys_for_the_database(
    house: House, file: Path
) -> None:
    readiness, stop = Readiness(), asyncio.Event()
    made = demo(house, file, readiness)
    house.account_documents.fail_next(Unavailable("database"))
    task = asyncio.create_task(made.run(stop))
    assert readiness.reasons == {"demo accounts": "starting"}
    async with asyncio.timeout(5):
        while not readiness.ready:
            await house.clock.advance(timedelta(seconds=1))
    assert len(read(file)) == 4
    stop.set()
    await task
