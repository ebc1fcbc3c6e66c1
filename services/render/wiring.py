"""The one place that knows which classes the render service is made of."""

import random
from collections.abc import Sequence
from typing import Any

from services.contracts import Catalogue, Lane, Stream
from services.contracts.events import DemandReported, LoadReported
from services.kit.blobs import Blobs
from services.kit.bus import Group, Table
from services.kit.component import Component
from services.kit.diagnosis.blobs import blobs_check
from services.kit.diagnosis.leases import lease_check
from services.kit.documents.outbox import Pace
from services.kit.erasures import ERASURES, Eraser, Erasures
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing, plumb
from services.render.controller import Controller
from services.render.core import LINES, QUEUE, TURNS, WORKERS, line_of
from services.render.diagnosis import render_checks
from services.render.erasing import Erasing, says
from services.render.fleet import Fleet
from services.render.handlers import Intake
from services.render.images import Images
from services.render.launching import is_alive, launcher
from services.render.reporter import Reporter
from services.render.repository import Lines, Queue, Workers
from services.render.scaling import Scaler, Share
from services.render.settings import RenderSettings
from services.render.sweep import Sweep

__all__ = ["NAME", "build"]

NAME = "render"
_LEADER_SECONDS = 10.0


async def build(context: Context[RenderSettings], catalogue: Catalogue) -> Sequence[Component]:
    """Intake, controller and local fleet, those that others need first."""
    # Workers change what is queued here: whoever else clears it later comes too late for one write.
    plumbing = plumb(context, NAME, (QUEUE, ERASURES), Pace(gather=0.0))
    await plumbing.ensure(QUEUE, LINES, TURNS, WORKERS, LEASES, ERASURES)
    queue = Queue(plumbing.documents(QUEUE))
    lines = Lines(plumbing.documents(LINES), plumbing.documents(TURNS))
    erasures = Erasures(plumbing.documents(ERASURES), context.clock)
    workers = Workers(plumbing.documents(WORKERS))
    sweep = Sweep(
        queue,
        context.clock,
        lease_seconds=context.settings.lease_seconds,
        retries=context.settings.retries,
        jitter=random.random,
    )
    pools = sorted({model.pool for model in catalogue.models})
    told = Table(plumbing.connection, Stream.LOAD, LoadReported, **_ears(context))
    demand = Table(plumbing.connection, Stream.DEMAND, DemandReported, **_ears(context))
    scaler = Scaler(context.settings.bounds, told, demand, context.clock)
    reporter = _reporter(plumbing, pools, queue, scaler)
    controller = _controller(plumbing, workers, sweep, reporter)
    share = Share(
        context.settings.bounds,
        told,
        lambda: controller.roster,
        context.clock,
        pool=context.settings.pool,
        replica=context.settings.replica,
    )
    context.pages["scale"] = share.page
    context.diagnosis.add(
        *render_checks(queue, lambda: controller.roster, pools, context.clock),
        lease_check(plumbing.documents(LEASES), Controller.name, context.clock),
        blobs_check(context.settings.blobs),
    )
    return (
        *plumbing.components,
        _intake(plumbing, queue, lines, erasures, catalogue),
        _eraser(plumbing, queue, lines, erasures, pools),
        told,
        demand,
        controller,
        _fleet(plumbing, workers, sweep, share),
    )


def _nobody() -> int:
    return 0


def _ears(context: Context[RenderSettings]) -> dict[str, Any]:
    return {"clock": context.clock, "readiness": context.readiness}


def _intake(
    plumbing: Plumbing, queue: Queue, lines: Lines, erasures: Erasures, catalogue: Catalogue
) -> Group:
    context = plumbing.context
    return Group(
        plumbing.connection,
        NAME,
        (Stream.DECISIONS, Stream.CANCELLATIONS, Stream.ACCOUNTS),
        Intake(queue, lines, erasures, catalogue, context.clock),
        clock=context.clock,
        readiness=context.readiness,
        replica=context.settings.replica,
        producer=plumbing.producer,
    )


def _eraser(
    plumbing: Plumbing, queue: Queue, lines: Lines, erasures: Erasures, pools: Sequence[str]
) -> Eraser:
    context = plumbing.context
    names = [line_of(pool, lane) for pool in pools for lane in Lane]
    images = Images(Blobs.open(context.settings.blobs))
    erasing = Erasing(queue, lines, names, images, context.clock)
    return Eraser(erasures, erasing, says, context.clock)


def _reporter(plumbing: Plumbing, pools: Sequence[str], queue: Queue, scaler: Scaler) -> Reporter:
    settings: RenderSettings = plumbing.context.settings
    return Reporter(
        settings.replica,
        pools,
        queue,
        plumbing.producer,
        plumbing.context.clock,
        scaler=scaler,
        assumed_speed=settings.assumed_speed,
        pace=settings.pace,
    )


def _controller(
    plumbing: Plumbing, workers: Workers, sweep: Sweep, reporter: Reporter
) -> Controller:
    context = plumbing.context
    settings: RenderSettings = context.settings
    leases = plumbing.documents(LEASES)
    return Controller(
        workers,
        sweep,
        reporter,
        Lease(leases, Controller.name, settings.replica, context.clock, _LEADER_SECONDS),
        clock=context.clock,
        readiness=context.readiness,
        needs_workers=settings.workers > 0 and not settings.workers_elsewhere,
    )


def _fleet(plumbing: Plumbing, workers: Workers, sweep: Sweep, share: Share) -> Fleet:
    settings: RenderSettings = plumbing.context.settings
    return Fleet(
        launcher(settings.replica),
        _nobody if settings.workers_elsewhere else share,
        replica=settings.replica,
        workers=workers,
        sweep=sweep,
        is_alive=is_alive,
        clock=plumbing.context.clock,
    )
