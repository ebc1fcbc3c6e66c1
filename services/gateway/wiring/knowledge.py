"""What gateway knows: its own documents, and what the bus tells."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from services.contracts import Stream
from services.contracts.events import LimitsChanged, LoadReported, UsageChanged
from services.gateway.acts import Acts
from services.gateway.batches import BATCHES, Batches
from services.gateway.core.acceptance import Outlook
from services.gateway.core.audit import ACTS
from services.gateway.keyring import Keyring
from services.gateway.repository import ACCOUNTS, JOBS, Accounts, Jobs
from services.gateway.settings import GatewaySettings
from services.gateway.turned_away import TURNED_AWAY, TurnedAways
from services.gateway.undecided import Undecided
from services.gateway.waiters import Waiters
from services.kit.bus import Table
from services.kit.erasures import ERASURES, Erasures
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing

__all__ = ["NAME", "PROJECTED", "Knowledge", "knowledge_of"]

NAME = "gateway"
PROJECTED = (Stream.DECISIONS, Stream.RENDERS)


@dataclass(frozen=True)
class Knowledge:
    """What gateway knows: its own documents, and what the bus tells."""

    outlook: Callable[[], Outlook]
    undecided: Undecided
    jobs: Jobs
    batches: Batches
    accounts: Accounts
    acts: Acts
    turned_away: TurnedAways
    erasures: Erasures
    keyring: Keyring
    waiters: Waiters
    usage: Table[UsageChanged]
    limits: Table[LimitsChanged]
    load: Table[LoadReported]


def knowledge_of(plumbing: Plumbing, context: Context[GatewaySettings]) -> Knowledge:
    reach, clock, readiness = plumbing.connection, context.clock, context.readiness
    settings, jobs = context.settings, Jobs(plumbing.documents(JOBS))
    accounts = Accounts(plumbing.documents(ACCOUNTS), clock)
    undecided = Undecided(jobs, clock, most=settings.undecided)
    return Knowledge(
        outlook=partial(_outlook, plumbing, undecided),
        undecided=undecided,
        jobs=jobs,
        batches=Batches(plumbing.documents(BATCHES)),
        accounts=accounts,
        acts=Acts(plumbing.rows(ACTS)),
        erasures=Erasures(plumbing.documents(ERASURES), clock),
        keyring=Keyring(accounts, settings.pepper, clock, remember=settings.key_seconds),
        turned_away=TurnedAways(plumbing.documents(TURNED_AWAY), clock),
        waiters=Waiters(clock),
        usage=Table(reach, Stream.USAGE, UsageChanged, clock=clock, readiness=readiness),
        limits=Table(reach, Stream.LIMITS, LimitsChanged, clock=clock, readiness=readiness),
        load=Table(reach, Stream.LOAD, LoadReported, clock=clock, readiness=readiness),
    )


def _outlook(plumbing: Plumbing, undecided: Undecided) -> Outlook:
    relay = plumbing.relay
    return Outlook(
        backlog=relay.backlog,
        oldest_seconds=relay.oldest_age,
        bus_away_for=plumbing.producer.away_for,
        undecided=undecided.count,
        undecided_for=undecided.silent_for,
    )
