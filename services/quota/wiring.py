"""The one place that knows which classes quota is made of."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.contracts import Stream
from services.contracts.events import LimitsChanged, LoadReported
from services.kit.bus import Connection, Group, Table, lag
from services.kit.clock import Clock
from services.kit.component import Component
from services.kit.diagnosis.leases import lease_check
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.mongo_rows import MongoRows
from services.kit.erasures import ERASURES, Eraser, Erasures
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing, plumb
from services.kit.store import Store
from services.kit.telemetry import metrics
from services.quota.announcer import Announcer
from services.quota.core import LEDGER, Plans
from services.quota.doors import Doors
from services.quota.erasing import erasing, says
from services.quota.fleet import Fleet
from services.quota.handlers import Handlers
from services.quota.leader import Leader
from services.quota.repository import ACCOUNTS, LIMITS, Accounts
from services.quota.settings import QuotaSettings
from services.quota.sweep import LeakSweep, Place, Places

__all__ = ["NAME", "accounts_to_read", "build"]

NAME = "quota"
_STREAMS = (Stream.REQUESTS, Stream.RENDERS, Stream.ACCOUNTS)
_LOOKS_PER_LEASE = 3
_TICKS_PER_LEASE = 2
"""Ten seconds: another replica leads before anybody misses a tick or two."""


async def build(context: Context[QuotaSettings], plans: Plans) -> Sequence[Component]:
    """Quota's components, those that others need first."""
    clock, readiness = context.clock, context.readiness
    pipes = plumb(context, NAME, (ACCOUNTS, LIMITS, ERASURES))
    await pipes.ensure(ACCOUNTS, LIMITS, LEASES, LEDGER, ERASURES)
    limits = Table(pipes.connection, Stream.LIMITS, LimitsChanged, clock=clock, readiness=readiness)
    limits.on_change(_measure)
    loads = Table(pipes.connection, Stream.LOAD, LoadReported, clock=clock, readiness=readiness)
    k = context.settings.law
    fleet = Fleet(timedelta(seconds=k.stale_after))
    loads.on_change(fleet.hear)
    accounts = Accounts(pipes.documents(ACCOUNTS), pipes.rows(LEDGER))
    erasures = Erasures(pipes.documents(ERASURES), clock)
    doors = Doors(fleet, limits, k, lambda: group.share)
    group = Group(
        pipes.connection,
        NAME,
        _STREAMS,
        Handlers(accounts, erasures, plans, limits, clock, doors=doors, k=k).handle,
        clock=clock,
        readiness=readiness,
        replica=context.settings.replica,
        producer=pipes.producer,
    )
    return (
        *pipes.components,
        limits,
        loads,
        Announcer(plans, pipes.documents(LIMITS), limits, clock, readiness, k=k),
        group,
        _leader(context, pipes, accounts, plans, fleet),
        Eraser(erasures, erasing(accounts), says, clock),
        _sweep(context, pipes, accounts),
    )


def _leader(
    context: Context[QuotaSettings],
    pipes: Plumbing,
    accounts: Accounts,
    plans: Plans,
    fleet: Fleet,
) -> Leader:
    settings, clock, leases = context.settings, context.clock, pipes.documents(LEASES)
    context.diagnosis.add(lease_check(leases, Leader.name, clock))
    seconds = settings.law.tick * _TICKS_PER_LEASE
    return Leader(
        accounts,
        pipes.documents(LIMITS),
        Lease(leases, Leader.name, settings.replica, clock, seconds),
        clock,
        loads=fleet,
        plans=plans,
        publisher=pipes.producer,
        k=settings.law,
    )


def accounts_to_read(store: Store, clock: Clock) -> Accounts:
    """The accounts without a relay: what would be changed through them waits for a service."""
    return Accounts(MongoDocuments(store, ACCOUNTS, clock, NAME), MongoRows(store, LEDGER))


def _sweep(context: Context[QuotaSettings], pipes: Plumbing, accounts: Accounts) -> LeakSweep:
    settings, clock = context.settings, context.clock
    every, leases = settings.sweep_seconds, pipes.documents(LEASES)
    context.diagnosis.add(lease_check(leases, LeakSweep.name, clock))
    return LeakSweep(
        accounts,
        _places(pipes.connection),
        Lease(leases, LeakSweep.name, settings.replica, clock, every * _LOOKS_PER_LEASE),
        clock,
        leak_after=timedelta(hours=settings.leak_hours),
        every=every,
    )


def _places(connection: Connection) -> Places:
    topic = connection.topic(Stream.RENDERS)

    async def places() -> Mapping[int, Place]:
        found = await lag(connection, NAME)
        return {one.partition: Place(one.committed, one.end) for one in found if one.topic == topic}

    return places


def _measure(_: str, said: LimitsChanged | None) -> None:
    if said:
        metrics.LIMIT_FACTOR.set(said.m, plan=said.plan, pool=said.pool)
