"""Erasures on the real database: what is open is found by its index, what is done names nobody."""

from services.contracts import AccountId
from services.kit.clock import SystemClock
from services.kit.documents.mongo import MongoDocuments
from services.kit.erasures import ERASURES, Erasures, erasure_id
from services.kit.store import Store

CLOCK = SystemClock()


async def test_an_erasure_is_open_until_it_is_finished_and_kept_until_it_expires(
    store: Store,
) -> None:
    await store.ensure(ERASURES)
    erasures = Erasures(MongoDocuments(store, ERASURES, CLOCK, "test"), CLOCK)
    accounts = [AccountId.new(CLOCK.now()) for _ in range(3)]
    begun = [await erasures.begin(account, by="me") for account in accounts]
    assert {one.account for one in await erasures.unfinished()} == set(accounts)

    assert await erasures.finish(begun[0], accounts[0])
    again = await erasures.begin(accounts[1])
    assert not await erasures.finish(begun[1], accounts[1]), "there was a reason to look again"
    assert await erasures.finish(again, accounts[1])
    assert [one.account for one in await erasures.unfinished()] == [accounts[2]]

    stored = await store.collection("erasures").find_one({"_id": erasure_id(accounts[0])})
    assert stored
    assert accounts[0] not in repr(stored)
    assert stored["state"]["expires_at"] > CLOCK.now()
    open_one = await store.collection("erasures").find_one({"_id": erasure_id(accounts[2])})
    assert open_one
    assert "expires_at" not in open_one["state"], "the TTL index leaves it alone"
    assert await erasures.meets(accounts[0])
    assert accounts[0] in {one.account for one in await erasures.unfinished()}
