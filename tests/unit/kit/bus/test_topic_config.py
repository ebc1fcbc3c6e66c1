from datetime import timedelta

from services.contracts import TopicSpec
from services.kit.bus.topic_config import replaced, wanted

WEEK = TopicSpec("week", 8, timedelta(days=7), compacted=False)


def test_short_retention_gets_short_segments_because_only_closed_ones_are_deleted() -> None:
    minute = TopicSpec("progress", 8, timedelta(seconds=60), compacted=False)

    assert wanted(minute) == {
        "cleanup.policy": "delete",
        "max.message.bytes": "1048588",
        "retention.ms": "60000",
        "segment.ms": "60000",
    }
    assert wanted(WEEK)["segment.ms"] == "86400000"


def test_a_compacted_topic_keeps_its_last_ones_for_ever_and_the_others_for_its_retention() -> None:
    table = TopicSpec("usage", 8, timedelta(days=7), compacted=True)

    assert wanted(table)["cleanup.policy"] == "compact"
    assert wanted(table)["max.compaction.lag.ms"] == "604800000"
    assert wanted(table)["segment.bytes"] == "16777216", "the segment in use is never compacted"
    assert "retention.ms" not in wanted(table)


def test_nothing_is_written_where_all_is_as_wanted() -> None:
    found = [(name, value, False, 1) for name, value in wanted(WEEK).items()]

    assert replaced(WEEK, found) is None


def test_what_an_operator_set_stays_beside_what_we_want() -> None:
    found = [
        ("retention.ms", "1", False, 1),
        ("min.insync.replicas", "2", False, 1),
        ("flush.ms", "9", False, 5),
    ]

    assert replaced(WEEK, found) == wanted(WEEK) | {"min.insync.replicas": "2"}
