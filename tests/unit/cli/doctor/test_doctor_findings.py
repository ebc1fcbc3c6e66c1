"""Each verdict of the doctor's own checks, and what it advises."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.cli.doctor.clocks import ahead_by, clock_finding
from services.cli.doctor.database import server_finding
from services.cli.doctor.dead_letters import letter_findings
from services.cli.doctor.disk import disk_finding
from services.cli.doctor.kafka import cluster_findings, topic_finding
from services.cli.doctor.lag import lag_finding
from services.contracts import WireRecord
from services.kit.bus import DeadLetter, PartitionLag, Record
from services.kit.bus.survey import Cluster, Deviation, Letters
from services.kit.diagnosis import Mark

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GIB = 2**30


def cluster(**changes: Any) -> Cluster:
    facts: dict[str, Any] = {
        "id": "abc",
        "brokers": 1,
        "unled": (),
        "thin": (),
        "creates_topics": {1: False},
    }
    return Cluster(**facts | changes)


def test_a_healthy_cluster_says_who_it_is() -> None:
    brokers, creation = cluster_findings(cluster(brokers=3), 0.012)
    assert (brokers.mark, brokers.figure) == (Mark.OK, "3 brokers, cluster abc, asked in 12 ms")
    assert (creation.mark, creation.figure) == (Mark.OK, "false")


def test_partitions_without_a_leader_are_bad_and_short_ones_a_warning() -> None:
    unled, _ = cluster_findings(cluster(unled=("a-0", "a-1", "a-2", "a-3"), thin=("b-0",)), 0.1)
    assert (unled.mark, unled.figure) == (Mark.BAD, "no leader for a-0, a-1, a-2 and 1 more")
    thin, _ = cluster_findings(cluster(thin=("b-0",)), 0.1)
    assert (thin.mark, thin.figure) == (Mark.WARN, "replicas lag in b-0")


@pytest.mark.parametrize(
    ("creates", "figure"), [(True, "true on broker 1"), (None, "not told by broker 1")]
)
def test_brokers_that_make_topics_unasked_are_named(creates: bool | None, figure: str) -> None:
    _, creation = cluster_findings(cluster(creates_topics={1: creates, 2: False}), 0.1)
    assert (creation.mark, creation.figure) == (Mark.WARN, figure)


def test_topics_that_are_missing_or_differ_are_named_with_the_command_that_mends_them() -> None:
    assert topic_finding([], 22).figure == "22 as declared"
    few = Deviation("a", "has 4 partitions, not 8")
    differs = topic_finding([few], 22)
    assert (differs.mark, differs.figure) == (Mark.WARN, "a has 4 partitions, not 8")
    missing = topic_finding([Deviation("b", "is missing", missing=True), few], 22)
    assert (missing.mark, missing.figure) == (Mark.BAD, "missing: b")
    assert missing.advice == differs.advice == "heatsink topics apply"


def at(committed: int, end: int, topic: str = "a") -> PartitionLag:
    return PartitionLag(topic, 0, committed, end)


@pytest.mark.parametrize(
    ("before", "after", "mark", "words"),
    [
        (None, None, Mark.OK, "has handled nothing yet"),
        ((5, 10), (10, 10), Mark.OK, "has handled everything"),
        ((0, 50), (30, 50), Mark.OK, "20 events behind (a 20), shrinking"),
        ((0, 20), (10, 30), Mark.OK, "20 events behind (a 20), keeping pace"),
        ((0, 20), (5, 30), Mark.WARN, "25 events behind (a 25), growing by 5 events"),
        ((0, 1), (0, 1), Mark.WARN, "1 event behind (a 1), standing still"),
        ((0, 5000), (0, 5000), Mark.BAD, "5000 events behind (a 5000), standing still"),
    ],
)
def test_lag_is_told_with_what_became_of_it(
    before: tuple[int, int] | None, after: tuple[int, int] | None, mark: Mark, words: str
) -> None:
    first = [at(*before)] if before else []
    second = [at(*after)] if after else []
    finding = lag_finding("quota", first, second)
    assert (finding.mark, finding.figure) == (mark, words)


def test_the_topic_that_lags_most_is_told_first() -> None:
    look = [at(0, 1, "a"), at(0, 9, "b"), at(5, 5, "c")]
    assert "(b 9, a 1)" in lag_finding("quota", look, look).figure


def letter(age: timedelta) -> DeadLetter:
    record = Record("a", 0, 1, NOW, WireRecord(None, b"{}", ()))
    return DeadLetter(record, "bad_json", "no object", "", "quota", NOW - age)


def test_dead_letters_are_told_by_topic_with_the_last_reason() -> None:
    (none,) = letter_findings([Letters("a.dlq", 0, None), Letters("b.dlq", 0, None)], NOW)
    assert (none.mark, none.figure) == (Mark.OK, "none in 2")
    fresh, old, strange = letter_findings(
        [
            Letters("a.dlq", 3, letter(timedelta(minutes=5))),
            Letters("b.dlq", 1, letter(timedelta(days=3))),
            Letters("c.dlq", 1, None),
            Letters("d.dlq", 0, None),
        ],
        NOW,
    )
    assert (fresh.what, fresh.mark, fresh.advice) == ("a.dlq", Mark.WARN, "heatsink dlq list")
    assert fresh.figure == "3 records kept, the last 5 min ago: bad_json in quota"
    assert old.mark is Mark.OK
    assert strange.mark is Mark.WARN


@pytest.mark.parametrize(
    ("free", "total", "mark"),
    [
        (50 * GIB, 100 * GIB, Mark.OK),
        (3 * GIB, 10 * GIB, Mark.OK),
        (50 * GIB, 1000 * GIB, Mark.OK),
        (3 * GIB, 100 * GIB, Mark.WARN),
        (0.5 * GIB, 2 * GIB, Mark.BAD),
        (10 * GIB, 1000 * GIB, Mark.BAD),
        (0, 0, Mark.BAD),
    ],
)
def test_a_disk_is_full_by_size_and_by_share(free: float, total: float, mark: Mark) -> None:
    assert disk_finding("data", int(free), int(total)).mark is mark


def test_a_replica_set_is_named_and_a_lone_server_is_a_warning() -> None:
    ours = server_finding({"setName": "rs0", "hosts": ["a", "b", "c"]}, {"version": "8.0.1"}, 0.003)
    assert ours.figure == "MongoDB 8.0.1, answers in 3 ms, replica set rs0 of 3"
    assert server_finding({"msg": "isdbgrid"}, {"version": "8.0.1"}, 0.003).mark is Mark.OK
    alone = server_finding({}, {"version": "8.2", "secantusVersion": "0.7"}, 0.003)
    assert (alone.mark, alone.figure) == (
        Mark.WARN,
        "SecantusDB 0.7, answers in 3 ms, stands alone",
    )


@pytest.mark.parametrize(("told", "ahead"), [(-40, -40), (0, 0), (3, 0), (5, 0), (45, 40)])
def test_a_clock_is_wrong_only_when_no_delay_explains_it(told: float, ahead: float) -> None:
    came = NOW + timedelta(seconds=5)
    assert ahead_by(NOW + timedelta(seconds=told), NOW, came) == ahead


@pytest.mark.parametrize(
    ("ahead", "mark"),
    [
        ({"quota": 0.0, "database": 0.5}, Mark.OK),
        ({"quota": -3.0}, Mark.WARN),
        ({"quota": -20.0, "database": 20.0}, Mark.BAD),
    ],
)
def test_clocks_are_judged_by_how_far_they_are_apart(ahead: dict[str, float], mark: Mark) -> None:
    assert clock_finding(ahead).mark is mark


def test_a_clock_that_is_off_is_named() -> None:
    assert "quota -3.0 s" in clock_finding({"quota": -3.0, "database": 0.1}).figure
