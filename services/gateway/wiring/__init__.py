"""The one place that knows which classes gateway is made of."""

from collections.abc import Sequence

from services.contracts import Catalogue, Stream
from services.gateway.batches import BATCHES
from services.gateway.core.audit import ACTS
from services.gateway.repository import ACCOUNTS, JOBS
from services.gateway.settings import GatewaySettings
from services.gateway.turned_away import TURNED_AWAY
from services.gateway.wiring.background import (
    demo_of,
    eraser_of,
    feeder_of,
    group_of,
    housekeeping_of,
    reminders_of,
    submissions_of,
)
from services.gateway.wiring.front import gateway_of, server_of
from services.gateway.wiring.knowledge import NAME, PROJECTED, knowledge_of
from services.kit.bus import Tail
from services.kit.component import Component
from services.kit.diagnosis.blobs import blobs_check
from services.kit.erasures import ERASURES
from services.kit.lease import LEASES
from services.kit.lifecycle import Context
from services.kit.plumbing import plumb

__all__ = ["NAME", "build"]

_HEARD = (*PROJECTED, Stream.PROGRESS)
_STORED = (JOBS, BATCHES, ACCOUNTS, ERASURES, TURNED_AWAY)


async def build(context: Context[GatewaySettings], catalogue: Catalogue) -> Sequence[Component]:
    """Gateway's components, those that others need first."""
    clock, readiness = context.clock, context.readiness
    context.diagnosis.add(blobs_check(context.settings.blobs))
    plumbing = plumb(context, NAME, _STORED)
    await plumbing.ensure(*_STORED, ACTS, LEASES)
    known = knowledge_of(plumbing, context)
    tail = Tail(plumbing.connection, _HEARD, clock=clock, readiness=readiness)
    tail.listen(known.waiters.hear)
    tail.listen(known.undecided.hear)
    gateway = gateway_of(context, catalogue, known)
    group = group_of(plumbing, context, known)
    return (
        *plumbing.components,
        known.usage,
        known.limits,
        known.load,
        tail,
        group,
        submissions_of(plumbing, context, known, gateway),
        known.undecided,
        reminders_of(context, known, group),
        *demo_of(context, known.accounts),
        housekeeping_of(plumbing, context, known.jobs),
        eraser_of(context, known),
        feeder_of(gateway),
        server_of(context, gateway),
    )
