"""The one place that knows which classes the render service is made of."""

import random
from collections.abc import Sequence

from services.contracts import Catalogue, Stream
from services.kit.bus import Group
from services.kit.component import Component
from services.kit.diagnosis.blobs import blobs_check
from services.kit.diagnosis.leases import lease_check
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing, plumb
from services.render.controller import Controller
from services.render.core import LINES, QUEUE, TURNS, WORKERS
from services.render.diagnosis import render_checks
from services.render.fleet import Fleet
from services.render.handlers import Intake
from services.render.launching import is_alive, launcher
from services.render.reporter import Reporter
from services.render.repository import Lines, Queue, Workers
from services.render.settings import RenderSettings
from services.render.sweep import Sweep

__all__ = ["NAME", "build"]

NAME = "render"
_LEADER_SECONDS = 10.0


async def build(context: Context[RenderSettings], catalogue: Catalogue) -> Sequence[Component]:
    """Intake, controller and local fleet, those that others need first."""
    plumbing = plumb(context, NAME, (QUEUE,))
    await plumbing.ensure(QUEUE, LINES, TURNS, WORKERS, LEASES)
    queue = Queue(plumbing.documents(QUEUE))
    workers = Workers(plumbing.documents(WORKERS))
    sweep = Sweep(
        queue,
        context.clock,
        lease_seconds=context.settings.lease_seconds,
        retries=context.settings.retries,
        jitter=random.random,
    )
    pools = sorted({model.pool for model in catalogue.models})
    controller = _controller(plumbing, pools, queue, workers, sweep)
    context.diagnosis.add(
        *render_checks(queue, lambda: controller.roster, pools, context.clock),
        lease_check(plumbing.documents(LEASES), Controller.name, context.clock),
        blobs_check(context.settings.blobs),
    )
    return (
        *plumbing.components,
        _intake(plumbing, queue, catalogue),
        controller,
        _fleet(plumbing, workers, sweep),
    )


def _intake(plumbing: Plumbing, queue: Queue, catalogue: Catalogue) -> Group:
    context = plumbing.context
    lines = Lines(plumbing.documents(LINES), plumbing.documents(TURNS))
    return Group(
        plumbing.connection,
        NAME,
        (Stream.DECISIONS, Stream.CANCELLATIONS),
        Intake(queue, lines, catalogue, context.clock),
        clock=context.clock,
        readiness=context.readiness,
        replica=context.settings.replica,
        producer=plumbing.producer,
    )


def _controller(
    plumbing: Plumbing, pools: Sequence[str], queue: Queue, workers: Workers, sweep: Sweep
) -> Controller:
    context = plumbing.context
    settings: RenderSettings = context.settings
    reporter = Reporter(
        settings.replica,
        pools,
        queue,
        plumbing.producer,
        context.clock,
        assumed_speed=settings.assumed_speed,
    )
    leases = plumbing.documents(LEASES)
    return Controller(
        workers,
        sweep,
        reporter,
        Lease(leases, Controller.name, settings.replica, context.clock, _LEADER_SECONDS),
        clock=context.clock,
        readiness=context.readiness,
        needs_workers=settings.workers > 0,
    )


def _fleet(plumbing: Plumbing, workers: Workers, sweep: Sweep) -> Fleet:
    settings: RenderSettings = plumbing.context.settings
    return Fleet(
        launcher(settings.replica),
        lambda: settings.workers,
        pool=settings.pool,
        replica=settings.replica,
        workers=workers,
        sweep=sweep,
        is_alive=is_alive,
        clock=plumbing.context.clock,
    )
