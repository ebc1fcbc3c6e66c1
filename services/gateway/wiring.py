"""The one place that knows which classes gateway is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from services.contracts import Catalogue, Stream
from services.contracts.events import LimitsChanged, LoadReported, UsageChanged
from services.gateway.acts import Acts
from services.gateway.api.app import create_app, guarded
from services.gateway.api.context import ApiSettings, Gateway, Tables
from services.gateway.batches import BATCHES, Batches
from services.gateway.core.acceptance import Bounds, Outlook
from services.gateway.core.audit import ACTS
from services.gateway.core.cursor import CursorSealer
from services.gateway.core.links import LinkSigner
from services.gateway.demo import DemoAccounts
from services.gateway.desk import Desk, DeskSettings
from services.gateway.erasing import Erasing, Holdings, says
from services.gateway.failures import AuthFailures
from services.gateway.feeder import Feeder
from services.gateway.handlers import Handlers, Projection
from services.gateway.housekeeping import Chore, Housekeeping
from services.gateway.keyring import Keyring
from services.gateway.photos.decoder import Decoder, DecoderSettings
from services.gateway.reminders import Reminders
from services.gateway.repository import ACCOUNTS, JOBS, Accounts, Jobs
from services.gateway.settings import GatewaySettings
from services.gateway.sweeps import PictureSweep, PromptSweep, UploadSweep
from services.gateway.undecided import Undecided
from services.gateway.waiters import Waiters
from services.kit.blobs import Blobs
from services.kit.bus import Group, Table, Tail
from services.kit.component import Component
from services.kit.data import load_yaml
from services.kit.diagnosis.blobs import blobs_check
from services.kit.erasures import ERASURES, Eraser, Erasures
from services.kit.http import HttpServer, Limits
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.moderation import HttpModerator, Moderator, WordList, Words, moderators
from services.kit.plumbing import Plumbing, plumb
from services.kit.seats import Seats

__all__ = ["NAME", "build"]

NAME = "gateway"
_LEADER_SECONDS = 15.0
_BLOB_SECONDS = 5.0
_PROJECTED = (Stream.DECISIONS, Stream.RENDERS)
_LOOK_SECONDS = 15.0
_HEARD = (*_PROJECTED, Stream.PROGRESS)


@dataclass(frozen=True)
class _Knowledge:
    """What gateway knows: its own documents, and what the bus tells."""

    outlook: Callable[[], Outlook]
    undecided: Undecided
    jobs: Jobs
    batches: Batches
    accounts: Accounts
    acts: Acts
    erasures: Erasures
    keyring: Keyring
    waiters: Waiters
    usage: Table[UsageChanged]
    limits: Table[LimitsChanged]
    load: Table[LoadReported]


async def build(context: Context[GatewaySettings], catalogue: Catalogue) -> Sequence[Component]:
    """Gateway's components, those that others need first."""
    clock, readiness = context.clock, context.readiness
    context.diagnosis.add(blobs_check(context.settings.blobs))
    plumbing = plumb(context, NAME, (JOBS, BATCHES, ACCOUNTS, ERASURES))
    await plumbing.ensure(JOBS, BATCHES, ACCOUNTS, ACTS, LEASES, ERASURES)
    known = _knowledge(plumbing, context)
    tail = Tail(plumbing.connection, _HEARD, clock=clock, readiness=readiness)
    tail.listen(known.waiters.hear)
    tail.listen(known.undecided.hear)
    gateway = _gateway(context, catalogue, known)
    return (
        *plumbing.components,
        known.usage,
        known.limits,
        known.load,
        tail,
        _group(plumbing, context, known),
        known.undecided,
        _reminders(context, known),
        *_demo(context, known.accounts),
        _housekeeping(plumbing, context, known.jobs),
        _eraser(context, known),
        _feeder(gateway),
        _server(context, gateway),
    )


def _knowledge(plumbing: Plumbing, context: Context[GatewaySettings]) -> _Knowledge:
    reach, clock, readiness = plumbing.connection, context.clock, context.readiness
    settings, jobs = context.settings, Jobs(plumbing.documents(JOBS))
    accounts = Accounts(plumbing.documents(ACCOUNTS), clock)
    undecided = Undecided(jobs, clock, most=settings.undecided)
    return _Knowledge(
        outlook=partial(_outlook, plumbing, undecided),
        undecided=undecided,
        jobs=jobs,
        batches=Batches(plumbing.documents(BATCHES)),
        accounts=accounts,
        acts=Acts(plumbing.rows(ACTS)),
        erasures=Erasures(plumbing.documents(ERASURES), clock),
        keyring=Keyring(accounts, settings.pepper, clock, remember=settings.key_seconds),
        waiters=Waiters(clock),
        usage=Table(reach, Stream.USAGE, UsageChanged, clock=clock, readiness=readiness),
        limits=Table(reach, Stream.LIMITS, LimitsChanged, clock=clock, readiness=readiness),
        load=Table(reach, Stream.LOAD, LoadReported, clock=clock, readiness=readiness),
    )


def _gateway(context: Context[GatewaySettings], catalogue: Catalogue, known: _Knowledge) -> Gateway:
    settings, clock = context.settings, context.clock
    secrets = [secret.get_secret_value().encode() for secret in settings.link_secrets]
    return Gateway(
        settings=_api_settings(settings),
        catalogue=catalogue,
        clock=clock,
        desk=Desk(known.jobs, known.waiters, clock, known.outlook, _desk_settings(settings)),
        jobs=known.jobs,
        batches=known.batches,
        waiters=known.waiters,
        accounts=known.accounts,
        acts=known.acts,
        erasures=known.erasures,
        keyring=known.keyring,
        failures=AuthFailures(clock),
        tables=Tables(known.usage, known.limits, known.load),
        pictures=Blobs.open(settings.blobs, timeout=_BLOB_SECONDS),
        moderator=_moderator(settings),
        decoder=Decoder(DecoderSettings(at_once=settings.decoders)),
        links=LinkSigner(secrets),
        cursors=CursorSealer(secrets[0]),
        pepper=settings.pepper,
        waits=Seats("waiting calls", settings.waits_at_once, clock.monotonic),
    )


def _moderator(settings: GatewaySettings) -> Moderator:
    words, url = settings.moderation_words, settings.moderation_url
    return moderators(
        WordList(load_yaml(words, Words)) if words else None,
        HttpModerator(url, seconds=settings.moderation_seconds) if url else None,
    )


def _server(context: Context[GatewaySettings], gateway: Gateway) -> HttpServer:
    settings = context.settings
    app = guarded(
        create_app(gateway),
        Limits(settings.body_bytes, settings.body_seconds),
        Limits(settings.upload_bytes, settings.body_seconds),
        at_once=settings.requests_at_once,
        database_seconds=settings.database_seconds,
    )
    return HttpServer(
        app,
        settings.host,
        settings.port,
        context.readiness,
        drain_seconds=settings.drain_seconds / 2,
        linger_seconds=settings.linger_seconds,
    )


def _group(plumbing: Plumbing, context: Context[GatewaySettings], known: _Knowledge) -> Group:
    return Group(
        plumbing.connection,
        NAME,
        (*_PROJECTED, Stream.ERASURES),
        Handlers(Projection(known.jobs), known.erasures),
        clock=context.clock,
        readiness=context.readiness,
        replica=context.settings.replica,
        producer=plumbing.producer,
    )


def _reminders(context: Context[GatewaySettings], known: _Knowledge) -> Reminders:
    every = min(_LOOK_SECONDS, context.settings.remind_seconds)
    return Reminders(known.jobs, lambda: known.outlook().oldest_seconds, context.clock, every=every)


def _feeder(gateway: Gateway) -> Feeder:
    return Feeder(
        gateway.batches,
        gateway.accounts,
        gateway.desk,
        gateway.moderator,
        gateway.clock,
        limits=gateway.tables.limits.get,
    )


def _housekeeping(
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


def _eraser(context: Context[GatewaySettings], known: _Knowledge) -> Eraser:
    settings, clock = context.settings, context.clock
    pictures = Blobs.open(settings.blobs)
    erasing = Erasing(
        Holdings(known.accounts, known.jobs, known.batches, known.acts, pictures),
        clock,
        quiet=timedelta(seconds=settings.key_seconds + settings.body_seconds),
        forget=known.keyring.forget,
    )
    return Eraser(known.erasures, erasing, says, clock)


def _demo(context: Context[GatewaySettings], accounts: Accounts) -> tuple[DemoAccounts, ...]:
    settings = context.settings
    if settings.demo_keys_file is None:
        return ()
    made = DemoAccounts(
        accounts, settings.demo_keys_file, settings.pepper, context.clock, context.readiness
    )
    return (made,)


def _outlook(plumbing: Plumbing, undecided: Undecided) -> Outlook:
    relay = plumbing.relay
    return Outlook(
        backlog=relay.backlog,
        oldest_seconds=relay.oldest_age,
        bus_away_for=plumbing.producer.away_for,
        undecided=undecided.count,
        undecided_for=undecided.silent_for,
    )


def _desk_settings(settings: GatewaySettings) -> DeskSettings:
    return DeskSettings(
        retention=timedelta(days=settings.retention_days),
        join_within=timedelta(seconds=settings.join_seconds),
        remind_after=timedelta(seconds=settings.remind_seconds),
        poll_seconds=settings.poll_seconds,
        bounds=Bounds(
            backlog=settings.outbox_backlog,
            oldest_seconds=settings.outbox_seconds,
            bus_seconds=settings.bus_seconds,
            undecided=settings.undecided,
        ),
    )


def _api_settings(settings: GatewaySettings) -> ApiSettings:
    return ApiSettings(
        public_url=settings.reached_at,
        events_url=settings.events_url,
        models_created=int(settings.catalogue.stat().st_mtime),
        wait_seconds=settings.wait_seconds,
        link_life=timedelta(seconds=settings.link_seconds),
        upload_life=timedelta(hours=settings.upload_hours / 2),
        batch_life=timedelta(days=settings.retention_days),
        cors_origins=settings.cors_origins,
    )
