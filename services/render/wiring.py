"""The one place that knows which classes render is made of: the service, and its workers."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts import Catalogue, Stream
from services.kit.blobs import Blobs
from services.kit.bus import Group, Tail
from services.kit.component import Component
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing, plumb
from services.render.controller import Controller
from services.render.core import LINES, QUEUE, TURNS, WORKERS
from services.render.engine.process import EngineProcess
from services.render.fleet import Fleet
from services.render.handlers import Intake
from services.render.images import Images
from services.render.launching import is_alive, launcher
from services.render.reporter import Reporter
from services.render.repository import Lines, Queue, Workers
from services.render.settings import RenderSettings
from services.render.sweep import Sweep
from services.render.worker import (
    Bell,
    Claimer,
    Desk,
    EngineHost,
    Meter,
    ParentWatch,
    Register,
    Scout,
    Tools,
    Worker,
)

__all__ = ["NAME", "Identity", "build", "build_worker"]

NAME = "render"
_DECIDING = (QUEUE,)
_LEADER_SECONDS = 10.0


@dataclass(frozen=True)
class Identity:
    """A worker's name, the fleet it belongs to, and the process that started it, if one did."""

    name: str
    fleet: str
    parent: int | None


async def build(context: Context[RenderSettings], catalogue: Catalogue) -> Sequence[Component]:
    """Intake, controller and local fleet, those that others need first."""
    settings, clock = context.settings, context.clock
    plumbing = plumb(context, NAME, _DECIDING)
    await plumbing.ensure(QUEUE, LINES, TURNS, WORKERS, LEASES)
    queue, lines, workers = _repositories(plumbing)
    sweep = Sweep(
        queue,
        clock,
        lease_seconds=settings.lease_seconds,
        retries=settings.retries,
        jitter=random.random,
    )
    fleet = Fleet(
        launcher(settings.replica),
        lambda: settings.workers,
        pool=settings.pool,
        replica=settings.replica,
        workers=workers,
        sweep=sweep,
        is_alive=is_alive,
        clock=clock,
    )
    return (
        *plumbing.components,
        _intake(plumbing, Intake(queue, lines, catalogue, clock)),
        _controller(plumbing, catalogue, queue, workers, sweep),
        fleet,
    )


async def build_worker(
    context: Context[RenderSettings], catalogue: Catalogue, identity: Identity
) -> Sequence[Component]:
    """One worker and what it stands on, those that others need first."""
    settings, clock = context.settings, context.clock
    plumbing = plumb(context, NAME, _DECIDING)
    await plumbing.ensure(QUEUE, LINES, TURNS, WORKERS)
    queue, lines, workers = _repositories(plumbing)
    desk, bell, meter = Desk(), Bell(clock), Meter(clock)
    host = _host(context, catalogue, desk, bell)
    tools = Tools(
        queue=queue,
        images=Images(Blobs.open(settings.blobs)),
        host=host,
        desk=desk,
        meter=meter,
        publisher=plumbing.producer,
        clock=clock,
        lease=settings.lease,
        retries=settings.retries,
        progress_per_second=settings.progress_per_second,
        jitter=random.random,
    )
    scout = Scout(settings.pool, queue, clock, settings.poll_seconds)
    claimer = Claimer(
        identity.name,
        queue=queue,
        lines=lines,
        scout=scout,
        meter=meter,
        clock=clock,
        lease=settings.lease,
    )
    worker = Worker(
        claimer,
        scout,
        tools,
        bell,
        poll_seconds=settings.poll_seconds,
        finish_seconds=settings.finish_seconds,
        hand_back_seconds=settings.hand_back_seconds,
    )
    register = Register(
        identity.name,
        settings.pool,
        identity.fleet,
        os.getpid(),
        workers=workers,
        worker=worker,
        host=host,
        meter=meter,
        clock=clock,
        finish_seconds=settings.finish_seconds,
    )
    parent = [ParentWatch(identity.parent, clock)] if identity.parent else []
    return (*plumbing.components, _tail(plumbing, worker), *parent, register, worker)


def _repositories(plumbing: Plumbing) -> tuple[Queue, Lines, Workers]:
    return (
        Queue(plumbing.documents(QUEUE)),
        Lines(plumbing.documents(LINES), plumbing.documents(TURNS)),
        Workers(plumbing.documents(WORKERS)),
    )


def _intake(plumbing: Plumbing, intake: Intake) -> Group:
    context = plumbing.context
    return Group(
        plumbing.connection,
        NAME,
        (Stream.DECISIONS, Stream.CANCELLATIONS),
        intake,
        clock=context.clock,
        readiness=context.readiness,
        replica=context.settings.replica,
        producer=plumbing.producer,
    )


def _controller(
    plumbing: Plumbing, catalogue: Catalogue, queue: Queue, workers: Workers, sweep: Sweep
) -> Controller:
    context = plumbing.context
    settings: RenderSettings = context.settings
    pools = sorted({model.pool for model in catalogue.models})
    reporter = Reporter(
        settings.replica,
        pools,
        queue,
        plumbing.producer,
        context.clock,
        assumed_speed=settings.assumed_speed,
    )
    leases = plumbing.documents(LEASES)
    lease = Lease(leases, Controller.name, settings.replica, context.clock, _LEADER_SECONDS)
    return Controller(
        workers,
        sweep,
        reporter,
        lease,
        clock=context.clock,
        readiness=context.readiness,
        needs_workers=settings.workers > 0,
    )


def _host(
    context: Context[RenderSettings], catalogue: Catalogue, desk: Desk, bell: Bell
) -> EngineHost:
    settings = context.settings
    models = tuple(model.id for model in catalogue.models if model.pool == settings.pool)
    options = settings.engine_options(models)
    return EngineHost(
        lambda: EngineProcess(options, clock=context.clock),
        desk,
        bell,
        clock=context.clock,
        readiness=context.readiness,
        stall_seconds=settings.stall_seconds,
    )


def _tail(plumbing: Plumbing, worker: Worker) -> Tail:
    tail = Tail(
        plumbing.connection,
        (Stream.RENDERS, Stream.CANCELLATIONS),
        clock=plumbing.context.clock,
        readiness=plumbing.context.readiness,
    )
    tail.listen(worker.hear)
    return tail
