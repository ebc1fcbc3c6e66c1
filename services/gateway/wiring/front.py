"""What answers clients: the routes' surroundings, and the server."""

from datetime import timedelta

from services.contracts import Catalogue
from services.gateway.api.app import create_app, guarded
from services.gateway.api.context import ApiSettings, Gateway, Tables
from services.gateway.core.acceptance import Bounds
from services.gateway.core.cursor import CursorSealer
from services.gateway.core.links import LinkSigner
from services.gateway.core.tokens import TokenSigner
from services.gateway.desk import Desk, DeskSettings
from services.gateway.failures import AuthFailures
from services.gateway.photos.decoder import Decoder, DecoderSettings
from services.gateway.settings import GatewaySettings
from services.gateway.wiring.knowledge import Knowledge
from services.kit.blobs import Blobs
from services.kit.data import load_yaml
from services.kit.http import HttpServer, Limits
from services.kit.lifecycle import Context
from services.kit.moderation import HttpModerator, Moderator, WordList, Words, moderators
from services.kit.seats import Seats

__all__ = ["gateway_of", "server_of"]

_BLOB_SECONDS = 5.0


def gateway_of(
    context: Context[GatewaySettings], catalogue: Catalogue, known: Knowledge
) -> Gateway:
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
        tokens=TokenSigner(secrets),
        cursors=CursorSealer(secrets[0]),
        pepper=settings.pepper,
        turned_away=known.turned_away,
        waits=Seats("waiting calls", settings.waits_at_once, clock.monotonic),
    )


def server_of(context: Context[GatewaySettings], gateway: Gateway) -> HttpServer:
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
        drain_seconds=max(1.0, settings.drain_seconds / 2 - settings.linger_seconds),
        linger_seconds=settings.linger_seconds,
    )


def _moderator(settings: GatewaySettings) -> Moderator:
    words, url = settings.moderation_words, settings.moderation_url
    return moderators(
        WordList(load_yaml(words, Words)) if words else None,
        HttpModerator(url, seconds=settings.moderation_seconds) if url else None,
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
