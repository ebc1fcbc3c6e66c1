"""Whether the database answers, what it is, and what time it has."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.cli.doctor.clocks import ahead_by
from services.cli.doctor.notes import Notes
from services.kit.clock import Clock
from services.kit.diagnosis import Check, Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import span_of
from services.kit.errors import Unavailable
from services.kit.store import Store

__all__ = ["database_check", "server_finding"]

_REACH = "start the database (heatsink up does), or see whether HEATSINK_MONGO_URL is right"


def database_check(url: str, prefix: str, clock: Clock, notes: Notes) -> Check:
    async def look() -> Sequence[Finding]:
        try:
            return (await _look(Store.connect(url, f"{prefix}_doctor"), clock, notes),)
        except Unavailable as error:
            why = error.detail.partition(" (configured")[0][:120]
            return (bad(Section.DATABASE, "server", f"unavailable: {why}", _REACH),)

    return Check(Section.DATABASE, "server", look, _REACH)


async def _look(store: Store, clock: Clock, notes: Notes) -> Finding:
    try:
        asked, began = clock.now(), time.monotonic()
        hello = await store.command("hello")
        took = time.monotonic() - began
        notes.reached.add("database")
        notes.clocks["database"] = ahead_by(_utc(hello["localTime"]), asked, clock.now())
        return server_finding(hello, await store.command("buildInfo"), took)
    finally:
        store.close()


def server_finding(hello: Mapping[str, Any], build: Mapping[str, Any], seconds: float) -> Finding:
    kind = "SecantusDB" if "secantusVersion" in build else "MongoDB"
    version = build.get("secantusVersion") or build.get("version", "of no version")
    figure = f"{kind} {version}, answers in {span_of(seconds)}"
    if hello.get("msg") == "isdbgrid":
        return ok(Section.DATABASE, "server", f"{figure}, sharded")
    if "setName" in hello:
        members = len(hello.get("hosts", ()))
        figure += f", replica set {hello['setName']} of {members}"
        return ok(Section.DATABASE, "server", figure)
    advice = "make it a replica set: w=majority then means more than one disk"
    return warn(Section.DATABASE, "server", f"{figure}, stands alone", advice)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
