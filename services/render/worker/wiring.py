"""The one place that knows which classes a worker is made of."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts import Catalogue, Stream
from services.kit.blobs import Blobs
from services.kit.bus import Tail
from services.kit.component import Component
from services.kit.lifecycle import Context
from services.kit.moderation import moderators
from services.kit.plumbing import Plumbing, plumb
from services.render.core import LINES, QUEUE, TURNS, WORKERS
from services.render.engine.process import EngineProcess
from services.render.images import Images
from services.render.repository import Lines, Queue, Workers
from services.render.settings import RenderSettings
from services.render.worker.bell import Bell
from services.render.worker.claimer import Claimer
from services.render.worker.desk import Desk
from services.render.worker.host import EngineHost
from services.render.worker.meter import Meter
from services.render.worker.neighbours import Neighbours
from services.render.worker.parent import ParentWatch
from services.render.worker.register import Register
from services.render.worker.scout import Scout
from services.render.worker.tools import Tools
from services.render.worker.worker import Worker

__all__ = ["Identity", "build_worker"]

_SERVICE = "render"


@dataclass(frozen=True)
class Identity:
    """A worker's name, the fleet it belongs to, and the process that started it, if one did."""

    name: str
    fleet: str
    parent: int | None


async def build_worker(
    context: Context[RenderSettings], catalogue: Catalogue, identity: Identity
) -> Sequence[Component]:
    """One worker and what it stands on, those that others need first."""
    plumbing = plumb(context, _SERVICE, (QUEUE,))
    await plumbing.ensure(QUEUE, LINES, TURNS, WORKERS)
    bell = Bell(context.clock)
    tools = _tools(plumbing, catalogue, bell)
    worker = _worker(plumbing, identity, tools, bell)
    register = Register(
        identity.name,
        context.settings.pool,
        identity.fleet,
        os.getpid(),
        workers=Workers(plumbing.documents(WORKERS)),
        worker=worker,
        tools=tools,
        finish_seconds=context.settings.finish_seconds,
    )
    parent = [ParentWatch(identity.parent, context.clock)] if identity.parent else []
    return (*plumbing.components, _tail(plumbing, worker), *parent, register, worker)


def _tools(plumbing: Plumbing, catalogue: Catalogue, bell: Bell) -> Tools:
    context, desk = plumbing.context, Desk()
    settings: RenderSettings = context.settings
    models = [model for model in catalogue.models if model.pool == settings.pool]
    options = settings.engine_options(tuple(model.id for model in models))
    host = EngineHost(
        lambda: EngineProcess(options, clock=context.clock),
        desk,
        bell,
        clock=context.clock,
        readiness=context.readiness,
        stall_seconds=settings.stall_seconds,
        stalls={model.id: model.stall_seconds for model in models if model.stall_seconds},
        fetch_seconds=options.start_seconds,
    )
    return Tools(
        queue=Queue(plumbing.documents(QUEUE)),
        images=Images(Blobs.open(settings.blobs)),
        moderator=moderators(settings.moderator),
        host=host,
        desk=desk,
        meter=Meter(context.clock),
        publisher=plumbing.producer,
        clock=context.clock,
        lease=settings.lease,
        retries=settings.retries,
        progress_per_second=settings.progress_per_second,
        jitter=random.random,
    )


def _worker(plumbing: Plumbing, identity: Identity, tools: Tools, bell: Bell) -> Worker:
    settings: RenderSettings = plumbing.context.settings
    neighbours = Neighbours(
        identity.name,
        settings.pool,
        tools.host,
        Workers(plumbing.documents(WORKERS)),
        tools.clock,
    )
    scout = Scout(settings.pool, tools.queue, neighbours, tools.clock, settings.poll_seconds)
    claimer = Claimer(
        identity.name,
        queue=tools.queue,
        lines=Lines(plumbing.documents(LINES), plumbing.documents(TURNS)),
        scout=scout,
        meter=tools.meter,
        clock=tools.clock,
        lease=tools.lease,
    )
    return Worker(
        claimer,
        scout,
        tools,
        bell,
        poll_seconds=settings.poll_seconds,
        finish_seconds=settings.finish_seconds,
        hand_back_seconds=settings.hand_back_seconds,
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
