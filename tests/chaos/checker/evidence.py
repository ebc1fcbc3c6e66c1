"""What the checker goes by: databases, topics and clients' diaries, read as anyone could."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["ENDS", "TOLD_ENDS", "Diary", "Evidence", "Finding", "Record", "Stored"]

ENDS = {
    "JobRejected": "rejected",
    "JobCompleted": "completed",
    "JobFailed": "failed",
    "JobCancelled": "cancelled",
}


TOLD_ENDS = frozenset(f"job.{end}" for end in ENDS.values())
"""As feeds name them."""


@dataclass(frozen=True)
class Finding:
    """A law that does not hold, for whom, and how one can see it."""

    law: str
    about: str
    detail: str


@dataclass(frozen=True)
class Record:
    """One record of a topic that tells of a job."""

    stream: str
    type: str
    id: str
    account: str
    job: str
    at: float
    data: Mapping[str, Any]

    @property
    def attempt(self) -> int:
        return int(self.data.get("attempt", 0))


@dataclass(frozen=True)
class Diary:
    """The lines of clients' diaries, oldest first."""

    lines: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, paths: Iterable[Path]) -> "Diary":
        lines = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
        return cls(tuple(sorted(lines, key=lambda line: line["at"])))

    def of(self, what: str) -> list[Mapping[str, Any]]:
        return [line for line in self.lines if line["what"] == what]

    @cached_property
    def accounts(self) -> frozenset[str]:
        return frozenset(line["account"] for line in self.lines if "account" in line)

    @cached_property
    def accepted(self) -> dict[str, set[str]]:
        """By the client's own name for its request, the jobs that it was told of."""
        found: dict[str, set[str]] = defaultdict(set)
        for line in self.of("answer"):
            found[line["once"]].add(line["job"])
        return found

    @cached_property
    def began(self) -> float:
        return float(self.lines[0]["at"]) if self.lines else 0.0


@dataclass
class Stored:
    """What the services' databases hold of the accounts, as plain documents.

    `jobs` are gateway's, `grants` and `ledger` quota's, `entries` render's, `feed` notify's.
    `unpublished` names every document of theirs with something in its outbox.
    """

    jobs: list[dict[str, Any]] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    feed: list[dict[str, Any]] = field(default_factory=list)
    unpublished: list[tuple[str, datetime | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    diary: Diary
    stored: Stored
    records: tuple[Record, ...]
    """In each topic's order, duplicates included."""
    dead_letters: int
    blobs: Path | None

    @cached_property
    def distinct(self) -> tuple[Record, ...]:
        """Each event once, at its first appearance."""
        first: dict[str, Record] = {}
        for record in self.records:
            first.setdefault(record.id, record)
        return tuple(first.values())

    @cached_property
    def stories(self) -> dict[str, list[Record]]:
        """Of each job its distinct events, in their topic's order."""
        found: dict[str, list[Record]] = defaultdict(list)
        for record in self.distinct:
            found[record.job].append(record)
        return found

    @cached_property
    def ends(self) -> dict[str, list[Record]]:
        return {
            job: [record for record in story if record.type in ENDS]
            for job, story in self.stories.items()
        }
