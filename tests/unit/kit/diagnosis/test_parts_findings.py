"""Each verdict that a service comes to about its database, outbox, leases and blobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.kit.blobs import Blobs
from services.kit.clock import ManualClock
from services.kit.diagnosis import Mark, examine
from services.kit.diagnosis.blobs import blobs_check
from services.kit.diagnosis.database import index_finding, indexes_check, write_finding
from services.kit.diagnosis.leases import lease_check, lease_finding
from services.kit.diagnosis.outbox import outbox_check, outbox_finding
from services.kit.diagnosis.words import counted, span_of
from services.kit.documents import CollectionSpec, Index, MemoryDocuments, RowsSpec
from services.kit.documents.model import Change
from services.kit.documents.outbox_store import Standing
from services.kit.lease import LEASES, LeaseState

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    name: str


THINGS = CollectionSpec("things", Thing, (Index(("name",), unique=True),))
ROWS = RowsSpec("rows", Thing, (Index(("-name",), expire_after=timedelta(0)),))

Facts = dict[str, dict[str, dict[str, Any]]]


def as_declared() -> Facts:
    """As the driver describes indexes."""
    return {
        "things": {
            "_id_": {"v": 2, "key": [("_id", 1)]},
            "name": {"v": 2, "key": [("state.name", 1)], "unique": True},
            "outbox_pending": {"v": 2, "key": [("pending", 1)], "sparse": True},
        },
        "rows": {"name": {"v": 2, "key": [("name", -1.0)], "expireAfterSeconds": 0}},
    }


def test_indexes_as_declared_are_counted() -> None:
    finding = index_finding((THINGS, ROWS), as_declared())
    assert (finding.mark, finding.figure) == (Mark.OK, "3 as declared")


def test_a_missing_index_is_named() -> None:
    facts = as_declared()
    del facts["things"]["outbox_pending"]
    finding = index_finding((THINGS, ROWS), facts)
    assert (finding.mark, finding.figure) == (Mark.BAD, "missing: things.outbox_pending")
    assert "start the service anew" in (finding.advice or "")


@pytest.mark.parametrize(
    ("collection", "name", "change"),
    [
        ("things", "name", {"unique": False}),
        ("things", "name", {"key": [("state.name", -1)]}),
        ("things", "name", {"sparse": True}),
        ("rows", "name", {"expireAfterSeconds": 60}),
        ("rows", "name", {"expireAfterSeconds": None}),
    ],
)
def test_an_index_that_differs_is_named(
    collection: str, name: str, change: dict[str, object]
) -> None:
    facts = as_declared()
    facts[collection][name] |= change
    finding = index_finding((THINGS, ROWS), facts)
    assert (finding.mark, finding.figure) == (Mark.BAD, f"not as declared: {collection}.{name}")


async def test_the_check_reads_the_indexes_of_each_collection() -> None:
    class Database:
        async def indexes(self, collection: str) -> Mapping[str, Mapping[str, Any]]:
            return as_declared()[collection]

    (finding,) = await indexes_check(Database(), (THINGS, ROWS)).look()
    assert finding.mark is Mark.OK


def test_a_slow_write_is_a_warning() -> None:
    assert write_finding(0.004).figure == "4 ms"
    assert write_finding(0.004).mark is Mark.OK
    assert write_finding(3).mark is Mark.WARN


@pytest.mark.parametrize(("seconds", "mark"), [(0.5, Mark.OK), (30, Mark.WARN), (600, Mark.BAD)])
def test_the_oldest_event_of_all_collections_counts(seconds: float, mark: Mark) -> None:
    oldest = NOW - timedelta(seconds=seconds)
    young = NOW - timedelta(seconds=0.1)
    finding = outbox_finding([Standing(2, young), Standing(1, oldest), Standing(0, None)], NOW)
    assert finding.mark is mark
    assert finding.figure.startswith("3 documents with events to publish")


async def test_an_empty_outbox_is_well() -> None:
    class Outboxes:
        async def standing(self, collection: str) -> Standing:
            return Standing(0, None)

    (finding,) = await outbox_check(Outboxes(), ("things",), ManualClock(NOW)).look()
    assert (finding.mark, finding.figure) == (Mark.OK, "nothing waits")


@pytest.mark.parametrize(
    ("ended_ago", "mark", "figure"),
    [
        (-8, Mark.OK, "replica 1 leads for 8 s more, fence 7"),
        (20, Mark.WARN, "replica 1 led until 20 s ago"),
        (90, Mark.BAD, "replica 1 led until 90 s ago"),
    ],
)
def test_a_lease_tells_who_leads_and_until_when(ended_ago: int, mark: Mark, figure: str) -> None:
    state = LeaseState("1", "x", 7, NOW - timedelta(seconds=ended_ago))
    finding = lease_finding("controller", state, NOW)
    assert (finding.mark, finding.figure) == (mark, figure)


async def test_a_lease_without_a_holder_is_a_warning() -> None:
    documents = MemoryDocuments(LEASES, ManualClock(NOW), "test")
    (never,) = await lease_check(documents, "controller", ManualClock(NOW)).look()
    await documents.change("controller", lambda _: Change(LeaseState(None, "", 3, NOW)))
    (given_up,) = await lease_check(documents, "controller", ManualClock(NOW)).look()
    assert [one.mark for one in (never, given_up)] == [Mark.WARN, Mark.WARN]
    assert given_up.figure == "nobody leads"


async def test_a_blob_store_is_written_to_and_left_as_it_was(tmp_path: Path) -> None:
    (finding,) = await examine([blobs_check(str(tmp_path))], within=5)
    assert (finding.mark, finding.what) == (Mark.OK, "write, read, delete")
    assert await Blobs.open(tmp_path).list() == []


async def test_a_blob_store_that_cannot_be_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (finding,) = await examine([blobs_check(str(tmp_path / "file" / "blobs"))], within=5)
    assert finding.mark is Mark.BAD
    assert "HEATSINK_BLOBS" in (finding.advice or "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 ms"),
        (0.0123, "12 ms"),
        (1, "1 s"),
        (119, "119 s"),
        (125, "2 min"),
        (7200, "2 h"),
        (90_000, "25 h"),
        (200_000, "2 days"),
    ],
)
def test_spans_are_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert span_of(seconds) == words
    assert span_of(timedelta(seconds=seconds)) == words


def test_one_is_one() -> None:
    assert [counted(1, "index", "indexes"), counted(2, "index", "indexes")] == [
        "1 index",
        "2 indexes",
    ]
    assert counted(2, "job") == "2 jobs"
