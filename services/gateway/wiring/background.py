"""What works while nobody asks: the groups, and the chores."""

from datetime import timedelta

from services.contracts import Stream
from services.contracts.streams import SUBMISSIONS_GROUP
from services.gateway.api.context import Gateway
from services.gateway.demo import DemoAccounts
from services.gateway.erasing import Erasing, Holdings, says
from services.gateway.feeder import Feeder
from services.gateway.handlers import Handlers, Projection
from services.gateway.housekeeping import Chore, Housekeeping
from services.gateway.reminders import Reminders
from services.gateway.repository import Accounts, Jobs
from services.gateway.settings import GatewaySettings
from services.gateway.submissions import Entrance, Submissions
from services.gateway.sweeps import PictureSweep, PromptSweep, UploadSweep
from services.gateway.wiring.knowledge import NAME, PROJECTED, Knowledge
from services.kit.blobs import Blobs
from services.kit.bus import Group
from services.kit.erasures import Eraser
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing
from services.kit.throttle import Throttle

__all__ = [
    "demo_of",
    "eraser_of",
    "feeder_of",
    "group_of",
    "housekeeping_of",
    "reminders_of",
    "submissions_of",
]

_LEADER_SECONDS = 15.0
_LOOK_SECONDS = 15.0


def group_of(plumbing: Plumbing, context: Context[GatewaySettings], known: Knowledge) -> Group:
    return Group(
        plumbing.connection,
        NAME,
        (*PROJECTED, Stream.ERASURES),
        Handlers(Projection(known.jobs), known.erasures),
        clock=context.clock,
        readiness=context.readiness,
        replica=context.settings.replica,
        producer=plumbing.producer,
    )


def submissions_of(
    plumbing: Plumbing, context: Context[GatewaySettings], known: Knowledge, gateway: Gateway
) -> Group:
    """A group of its own: strangers' messages hold up none of ours."""
    rate, clock = context.settings.submissions_per_second, context.clock
    entrance = Entrance(
        desk=gateway.desk,
        keyring=gateway.keyring,
        tokens=gateway.tokens,
        catalogue=gateway.catalogue,
        has_upload=Blobs.open(context.settings.blobs).exists,
        moderator=gateway.moderator,
    )
    throttle = Throttle(clock, rate=rate, burst=10 * rate)
    handler = Submissions(entrance, known.turned_away, throttle, clock)
    return Group(
        plumbing.connection,
        SUBMISSIONS_GROUP,
        (Stream.SUBMISSIONS,),
        handler,
        clock=clock,
        readiness=context.readiness,
        replica=context.settings.replica,
        producer=plumbing.producer,
        unreadable=handler.unreadable,
    )


def reminders_of(context: Context[GatewaySettings], known: Knowledge, group: Group) -> Reminders:
    every = min(_LOOK_SECONDS, context.settings.remind_seconds)
    return Reminders(
        known.jobs,
        lambda: known.outlook().oldest_seconds,
        lambda: group.lag,
        context.clock,
        every=every,
    )


def feeder_of(gateway: Gateway) -> Feeder:
    return Feeder(
        gateway.batches,
        gateway.accounts,
        gateway.desk,
        gateway.moderator,
        gateway.clock,
        limits=gateway.tables.limits.get,
    )


def housekeeping_of(
    plumbing: Plumbing, context: Context[GatewaySettings], jobs: Jobs
) -> Housekeeping:
    settings, clock = context.settings, context.clock
    every = settings.sweep_minutes * 60
    grace = timedelta(hours=settings.picture_grace_hours)
    uploads = timedelta(hours=settings.upload_hours)
    chores: dict[Chore, float] = {
        PictureSweep(jobs, Blobs.open(settings.blobs), clock, grace): every,
        UploadSweep(Blobs.open(settings.blobs), clock, uploads): every,
    }
    if settings.prompt_days is not None:
        chores[PromptSweep(jobs, clock, timedelta(days=settings.prompt_days))] = every
    leases = plumbing.documents(LEASES)
    lease = Lease(leases, Housekeeping.name, settings.replica, clock, _LEADER_SECONDS)
    return Housekeeping(lease, chores, clock)


def eraser_of(context: Context[GatewaySettings], known: Knowledge) -> Eraser:
    settings, clock = context.settings, context.clock
    pictures = Blobs.open(settings.blobs)
    erasing = Erasing(
        Holdings(
            known.accounts, known.jobs, known.batches, known.acts, known.turned_away, pictures
        ),
        clock,
        quiet=timedelta(seconds=settings.key_seconds + settings.body_seconds),
        forget=known.keyring.forget,
    )
    return Eraser(known.erasures, erasing, says, clock)


def demo_of(context: Context[GatewaySettings], accounts: Accounts) -> tuple[DemoAccounts, ...]:
    settings = context.settings
    if settings.demo_keys_file is None:
        return ()
    made = DemoAccounts(
        accounts, settings.demo_keys_file, settings.pepper, context.clock, context.readiness
    )
    return (made,)
