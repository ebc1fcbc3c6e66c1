"""A stream full of what nobody can read stops its reader, until a human has looked."""

from services.contracts import Stream, WireRecord
from services.kit.bus import lag
from services.quota.settings import QuotaSettings
from tests.integration.dead_letters.alone import quota, request
from tests.integration.kit.bus.bench import Bench
from tests.waiting import eventually


async def test_twenty_in_a_row_stop_quota_and_readiness_says_so_until_a_restart(
    bench: Bench, quota_settings: QuotaSettings
) -> None:
    topic = bench.connection.topic(Stream.REQUESTS)
    good = request()

    async def committed() -> int:
        places = await lag(bench.connection, "quota")
        return sum(place.committed for place in places if place.topic == topic)

    async with quota(quota_settings) as (readiness, producer):
        for _ in range(25):
            await producer.send(topic, WireRecord(good.data.key.encode(), b"{", ()))
        await producer.publish([good])
        blown = {"group:quota": f"fuse_blown:{topic}"}
        await eventually(lambda: readiness.reasons == blown)

        async def has_committed() -> bool:
            return await committed() == 19

        await eventually(has_committed)
        assert not readiness.ready
        assert len(await bench.dead_letters(Stream.REQUESTS)) == 19
        assert await bench.events(Stream.DECISIONS) == []

    async with quota(quota_settings) as (readiness, _):

        async def has_admitted() -> bool:
            return bool(await bench.events(Stream.DECISIONS))

        await eventually(has_admitted)
        assert readiness.ready
    letters = await bench.dead_letters(Stream.REQUESTS)
    assert [letter.record.offset for letter in letters] == list(range(25))
    assert {letter.reason for letter in letters} == {"not_a_cloudevent"}
