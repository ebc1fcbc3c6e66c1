import asyncio

from services.kit.clock import SystemClock
from services.kit.documents.mongo import MongoDocuments
from services.kit.lease import LEASES, Lease
from services.kit.store import Store


async def test_of_many_that_ask_at_once_one_holds(
    mongo_url: str, database_name: str, store: Store
) -> None:
    stores = [Store.connect(mongo_url, database_name) for _ in range(4)]
    leases = [
        Lease(MongoDocuments(one, LEASES, SystemClock(), "test"), "leader", name, SystemClock(), 30)
        for one in stores
        for name in (f"{id(one)}-a", f"{id(one)}-b")
    ]
    fences = await asyncio.gather(*(lease.hold() for lease in leases))
    assert [fence for fence in fences if fence] == [1]
    for lease in leases:
        await lease.release()
    again = await asyncio.gather(*(lease.hold() for lease in leases))
    for one in stores:
        one.close()
    assert [fence for fence in again if fence] == [2]
