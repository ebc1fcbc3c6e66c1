"""What an operator sees of a real broker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.contracts import TopicSpec, WireRecord, topics
from services.contracts.streams import dead_letter_topic
from services.kit.bus import Connection, DeadLetter, Deed, Mark, Place, Record, apply
from services.kit.bus.kafka import AIOKafkaProducer
from services.kit.bus.survey import cluster, deviations, letters

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def specs_of(prefix: str) -> tuple[TopicSpec, ...]:
    spec = TopicSpec(f"{prefix}.a", 4, timedelta(days=1), compacted=False)
    return (spec, replace(spec, name=dead_letter_topic(spec.name), partitions=1))


async def test_a_broker_tells_who_it_is_and_that_it_makes_no_topics(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    connection = Connection(kafka_bootstrap, topic_prefix=topic_prefix)
    specs = specs_of(topic_prefix)
    await apply(connection, specs)
    found = await cluster(connection, [spec.name for spec in specs])
    assert (found.brokers, found.unled, found.thin) == (1, (), ())
    assert found.id
    assert list(found.creates_topics.values()) == [False]


async def test_what_apply_would_change_is_told_without_changing_it(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    connection = Connection(kafka_bootstrap, topic_prefix=topic_prefix)
    first, dead = specs_of(topic_prefix)
    await apply(connection, [first])
    wish = replace(first, partitions=6, retention=timedelta(days=2))
    for _ in range(2):
        found = await deviations(connection, [wish, dead])
        assert [(one.topic, one.missing) for one in found][:2] == [
            (dead.name, True),
            (first.name, False),
        ]
        problems = [one.problem for one in found if one.topic == first.name]
        assert "has 4 partitions, not 6" in problems
        assert "has retention.ms=86400000, not 172800000" in problems
    assert await apply(connection, [wish, dead]) == (dead.name, first.name)
    assert await deviations(connection, [wish, dead]) == ()


async def test_topics_just_made_are_as_declared(kafka_bootstrap: str, topic_prefix: str) -> None:
    connection = Connection(kafka_bootstrap, topic_prefix=topic_prefix)
    await apply(connection, topics(topic_prefix))
    assert await deviations(connection, topics(topic_prefix)) == ()


async def test_open_dead_letters_are_counted_and_the_last_is_read(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    connection = Connection(kafka_bootstrap, topic_prefix=topic_prefix)
    source, dead = specs_of(topic_prefix)
    await apply(connection, [source, dead])
    assert [one.count for one in await letters(connection, [dead.name])] == [0]
    producer = AIOKafkaProducer(**connection.options())
    await producer.start()
    for number in range(3):
        record = Record(source.name, 0, number, NOW, WireRecord(b"k", b"{}", ()))
        wire = DeadLetter(record, f"reason-{number}", "", "", "quota", NOW).encode()
        await (await producer.send(dead.name, wire.value, wire.key, headers=list(wire.headers)))
    (found,) = await letters(connection, [dead.name, f"{topic_prefix}.nowhere"])
    assert (found.topic, found.count) == (dead.name, 3)
    assert found.last
    assert (found.last.reason, found.last.consumer) == ("reason-2", "quota")

    mark = Mark(Deed.DROPPED, NOW, (Place(0, 1), Place(0, 2))).encode()
    await (await producer.send(dead.name, mark.value, mark.key, headers=list(mark.headers)))
    await producer.stop()
    (rest,) = await letters(connection, [dead.name])
    assert rest.last
    assert (rest.count, rest.last.reason) == (1, "reason-0")
