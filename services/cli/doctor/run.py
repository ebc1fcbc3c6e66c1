"""The whole examination: every check at once, each bounded."""

from services.cli.doctor.clocks import clock_finding
from services.cli.doctor.database import database_check
from services.cli.doctor.dead_letters import letters_check
from services.cli.doctor.disk import disk_check
from services.cli.doctor.kafka import kafka_checks
from services.cli.doctor.lag import lag_check
from services.cli.doctor.notes import Notes
from services.cli.doctor.outcome import Outcome
from services.cli.doctor.places import Places
from services.cli.doctor.services import services_check
from services.cli.up.addresses import SERVICES
from services.contracts import STREAMS, topic, topics
from services.contracts.streams import SUBMISSIONS_GROUP, dead_letter_topic
from services.kit.build import build_info
from services.kit.clock import Clock, SystemClock
from services.kit.diagnosis import Check, examine
from services.kit.plumbing import connection

__all__ = ["diagnose"]

_WITHIN = 12.0
"""Seconds for any check: services take up to ten to tell that their own parts don't answer."""


async def diagnose(places: Places, clock: Clock | None = None) -> Outcome:
    """Ends in bounded time, whatever is down."""
    notes = Notes()
    findings = await examine(_checks(places, clock or SystemClock(), notes), _WITHIN)
    clocks = (clock_finding(notes.clocks),) if notes.clocks else ()
    return Outcome((*findings, *clocks), frozenset(notes.reached))


def _checks(places: Places, clock: Clock, notes: Notes) -> list[Check]:
    settings = places.settings
    reach = connection(settings, "doctor")
    prefix = settings.topic_prefix
    graves = [dead_letter_topic(topic(stream, prefix)) for stream in STREAMS]
    url = settings.mongo_url.get_secret_value()
    return [
        *kafka_checks(reach, topics(prefix), notes),
        database_check(url, settings.database_prefix, clock, notes),
        *([disk_check(places.data)] if places.data else []),
        services_check(places, build_info(), clock, notes),
        lag_check(reach, (*SERVICES, SUBMISSIONS_GROUP), clock),
        letters_check(reach, graves, clock),
    ]
