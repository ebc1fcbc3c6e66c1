"""Whether a service's database takes durable writes, and has the indexes that were declared."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from services.kit.clock import Clock
from services.kit.diagnosis.examination import Check
from services.kit.diagnosis.finding import Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import span_of
from services.kit.documents import CollectionSpec, RowsSpec
from services.kit.indexes import Wanted, wanted
from services.kit.store import Store

__all__ = ["index_finding", "indexes_check", "write_finding", "writes_check"]

Spec = CollectionSpec[Any] | RowsSpec[Any]

_COLLECTION = "diagnosis"
_SLOW = 1.0
_ADVICE = "see the database's server (above), and this service's HEATSINK_MONGO_URL"
_MADE_AT_START = "start the service anew: it makes its indexes when it starts"


class Indexed(Protocol):
    async def indexes(self, collection: str) -> Mapping[str, Mapping[str, Any]]: ...


def writes_check(store: Store, clock: Clock) -> Check:
    """Writes one small document as promises are written: acknowledged by a majority's journals."""

    async def look() -> Sequence[Finding]:
        began = time.monotonic()
        async with store.guard():
            await store.collection(_COLLECTION).update_one(
                {"_id": "written"}, {"$set": {"at": clock.now()}}, upsert=True
            )
        return (write_finding(time.monotonic() - began),)

    return Check(Section.DATABASE, "durable write", look, _ADVICE)


def write_finding(seconds: float) -> Finding:
    figure = span_of(seconds)
    if seconds < _SLOW:
        return ok(Section.DATABASE, "durable write", figure)
    return warn(
        Section.DATABASE,
        "durable write",
        figure,
        "look at the database's disk and at the other members of its replica set",
    )


def indexes_check(store: Indexed, specs: Sequence[Spec]) -> Check:
    async def look() -> Sequence[Finding]:
        found = {spec.name: await store.indexes(spec.name) for spec in specs}
        return (index_finding(specs, found),)

    return Check(Section.DATABASE, "indexes", look, _ADVICE)


def index_finding(
    specs: Sequence[Spec], found: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Finding:
    finding = partial(bad, Section.DATABASE, "indexes")
    every = [(spec.name, index) for spec in specs for index in wanted(spec)]
    absent = [f"{name}.{i.name}" for name, i in every if i.name not in found[name]]
    if absent:
        return finding(f"missing: {', '.join(absent)}", _MADE_AT_START)
    different = [f"{name}.{i.name}" for name, i in every if not _same(i, found[name][i.name])]
    if different:
        advice = "drop them while the service is stopped; it makes them when it starts"
        return finding(f"not as declared: {', '.join(different)}", advice)
    return ok(Section.DATABASE, "indexes", f"{len(every)} as declared")


def _same(wish: Wanted, fact: Mapping[str, Any]) -> bool:
    keys = tuple((name, int(way)) for name, way in fact["key"])
    return keys == wish.keys and dict(_options(fact)) == wish.options


def _options(fact: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("unique", "sparse", "expireAfterSeconds"):
        if (value := fact.get(name)) not in {None, False} or (name in fact and value == 0):
            yield name, value
