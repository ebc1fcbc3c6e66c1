"""The workers of the fleet, as they enter themselves and as an observer sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.contracts import Lane
from services.contracts.events import WorkerPhase
from services.kit.documents import CollectionSpec, Index

__all__ = ["SILENT_AFTER", "WORKERS", "Roster", "WorkerRecord"]

SILENT_AFTER = 10.0
"""Seconds without a new beat after which a worker is taken for gone."""


@dataclass(frozen=True, kw_only=True)
class WorkerRecord:
    """What one worker says of itself. `beat` counts its reports.

    `fleet` is the replica that started it and `pid` its process there. `speed` is the measured
    cost per second of its engine, `loading_seconds` what the engine took to get ready, `claimed`
    all cost claimed since the start, by lane. `models` are those in memory, `troubles` those that
    it can't serve, and why.
    """

    pool: str
    fleet: str
    pid: int
    phase: WorkerPhase
    beat: int
    running: int
    slots: int
    started_at: datetime
    leaves_by: datetime | None = None
    loading_seconds: float | None = None
    speed: float | None = None
    claimed: Mapping[Lane, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    expires_at: datetime


@dataclass(frozen=True)
class Roster:
    """Who is there, by signs of life: clocks of other machines prove nothing.

    `seen` has each worker's latest beat and when it was first seen, in seconds of a steady clock.
    """

    workers: Mapping[str, WorkerRecord] = field(default_factory=dict)
    seen: Mapping[str, tuple[int, float]] = field(default_factory=dict)

    def observed(self, records: Iterable[tuple[str, WorkerRecord]], now: float) -> "Roster":
        seen, workers = {}, {}
        for name, record in records:
            beat, since = self.seen.get(name, (record.beat, now))
            since = since if beat == record.beat else now
            seen[name] = (record.beat, since)
            if now - since <= SILENT_AFTER:
                workers[name] = record
        return Roster(workers, seen)

    @property
    def ready(self) -> tuple[WorkerRecord, ...]:
        return tuple(
            record for record in self.workers.values() if record.phase is WorkerPhase.READY
        )

    @property
    def troubles(self) -> tuple[str, ...]:
        """What any of them can't serve, each once."""
        return tuple(sorted({line for record in self.workers.values() for line in record.troubles}))

    def models_with_room(self, pool: str, but: str) -> frozenset[str]:
        """In the memory of workers of a pool that could begin a render now, `but` one of them."""
        return frozenset(
            model
            for name, record in self.workers.items()
            if name != but and record.phase is WorkerPhase.READY
            if record.pool == pool and record.running < record.slots
            for model in record.models
        )


WORKERS: CollectionSpec[WorkerRecord] = CollectionSpec(
    "workers", WorkerRecord, indexes=(Index(("expires_at",), expire_after=timedelta(0)),)
)
