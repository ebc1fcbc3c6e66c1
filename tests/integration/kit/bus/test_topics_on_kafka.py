from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import Stream, TopicSpec, topics
from services.contracts.events.limits import LimitsChanged
from services.kit.bus import Connection, Producer, apply, missing
from services.kit.bus.admin import partitions
from services.kit.bus.kafka import AIOKafkaAdminClient
from services.kit.errors import Unavailable
from tests.integration.kit.bus.bench import Bench, Heard, eventually, running
from tests.unit.kit.bus.samples import cancel


async def test_topics_are_made_once_and_changed_where_they_differ(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    connection = Connection(kafka_bootstrap, topic_prefix=topic_prefix)
    specs = topics(topic_prefix)
    names = tuple(spec.name for spec in specs)
    assert await missing(connection, names) == names

    assert await apply(connection, specs) == names
    assert await missing(connection, names) == ()
    assert await apply(connection, specs) == ()

    grown = replace(specs[0], partitions=12)
    shorter = replace(specs[2], retention=timedelta(days=1))
    assert await apply(connection, [grown, shorter]) == (grown.name, shorter.name)
    assert len(await partitions(connection, [grown.name])) == 12
    assert await apply(connection, [grown, shorter]) == ()


async def test_partitions_are_never_taken_away(kafka_bootstrap: str, topic_prefix: str) -> None:
    connection = Connection(kafka_bootstrap, topic_prefix=topic_prefix)
    spec = TopicSpec(f"{topic_prefix}.a", 4, timedelta(days=1), compacted=False)
    await apply(connection, [spec])

    assert await apply(connection, [replace(spec, partitions=1)]) == ()
    assert len(await partitions(connection, [spec.name])) == 4


async def test_no_answer_is_told_as_unavailable() -> None:
    with pytest.raises(Unavailable):
        await missing(Connection("127.0.0.1:1"), ["a"])


async def test_missing_topics_are_named_and_all_recover_when_they_are_made(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    bench = Bench(kafka_bootstrap, topic_prefix)
    heard = Heard()
    table = bench.table(Stream.LIMITS, LimitsChanged)
    async with running(bench.producer, bench.group(heard), table, bench.tail()):
        cancellations = bench.connection.topic(Stream.CANCELLATIONS)
        limits = bench.connection.topic(Stream.LIMITS)
        with pytest.raises(Unavailable, match=f"topic_missing:{cancellations}"):
            await bench.producer.publish([cancel()])
        await eventually(
            lambda: (
                bench.readiness.reasons
                == {
                    "group:test": f"topic_missing:{cancellations}",
                    "tail": f"topic_missing:{cancellations}",
                    "table:limits": f"topic_missing:{limits}",
                    "producer": f"topic_missing:{cancellations}",
                }
            )
        )

        await apply(bench.connection, topics(topic_prefix))
        await bench.ready()
        envelope = cancel()
        await bench.producer.publish([envelope])
        await eventually(lambda: envelope in heard)


async def test_a_topic_that_nobody_has_spoken_in_yet_is_named_and_kafka_counts_as_away(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    bench = Bench(kafka_bootstrap, topic_prefix)
    producer = Producer(bench.connection, bench.clock, bench.readiness, streams=[Stream.REQUESTS])
    named = {"producer": f"topic_missing:{bench.connection.topic(Stream.REQUESTS)}"}
    async with running(producer):
        await eventually(lambda: bench.readiness.reasons == named)
        await eventually(lambda: producer.away_for > 2)
        assert not bench.readiness.ready

        await apply(bench.connection, topics(topic_prefix))
        await bench.ready()
        assert producer.away_for < 2


@pytest.mark.slow
async def test_a_topic_that_is_deleted_is_named_and_read_again_when_it_is_back(
    bench: Bench, topic_prefix: str
) -> None:
    heard = Heard()
    topic = bench.connection.topic(Stream.CANCELLATIONS)
    async with running(bench.producer, bench.group(heard), bench.tail()):
        await bench.ready()
        await bench.producer.publish([cancel()])
        await delete(bench.connection, topic)
        missing = f"topic_missing:{topic}"
        await eventually(lambda: bench.readiness.reasons.get("group:test") == missing, 60)
        await eventually(lambda: bench.readiness.reasons.get("tail") == missing, 60)

        await apply(bench.connection, topics(topic_prefix))
        await bench.ready()
        envelope = cancel()
        await bench.producer.publish([envelope])
        await eventually(lambda: envelope in heard)


@pytest.mark.slow
async def test_partitions_that_are_added_are_read_by_all(bench: Bench, topic_prefix: str) -> None:
    heard, overheard = Heard(), Heard()
    tail = bench.tail()
    tail.listen(overheard.envelopes.append)
    async with running(bench.producer, bench.group(heard), tail):
        await bench.ready()
        name = bench.connection.topic(Stream.CANCELLATIONS)
        (spec,) = (spec for spec in topics(topic_prefix) if spec.name == name)
        await apply(bench.connection, [replace(spec, partitions=16)])
        sent = [cancel() for _ in range(200)]

        # Before anyone may know of the new partitions: their beginnings must not be missed.
        late = Bench(bench.connection.bootstrap, topic_prefix).producer
        async with running(late):
            await late.publish(sent)
        await eventually(lambda: all(envelope in heard for envelope in sent), 60)
        await eventually(lambda: all(envelope in overheard for envelope in sent), 60)


async def test_partitions_that_were_added_while_a_member_was_away_are_read(
    bench: Bench, topic_prefix: str
) -> None:
    """A static member is given back what it had, which is not all there is by now."""
    heard = Heard()
    async with running(bench.producer):
        async with running(bench.group(heard)):
            await bench.ready()
        name = bench.connection.topic(Stream.CANCELLATIONS)
        (spec,) = (spec for spec in topics(topic_prefix) if spec.name == name)
        await apply(bench.connection, [replace(spec, partitions=16)])

        async with running(bench.group(heard)):
            late = Bench(bench.connection.bootstrap, topic_prefix)
            sent = [cancel() for _ in range(200)]
            async with running(late.producer):
                await late.producer.publish(sent)
            await eventually(lambda: all(envelope in heard for envelope in sent))


async def delete(connection: Connection, topic: str) -> None:
    admin = AIOKafkaAdminClient(**connection.options())
    await admin.start()
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()
