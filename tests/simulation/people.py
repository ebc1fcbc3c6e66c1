"""What clients and operators do, and what they were told."""

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.contracts import AccountId, Envelope, EventId, JobSpec
from services.contracts.events import AccountStatus, LimitsChanged
from services.gateway.core.account import Account, Caller, open_account, with_terms
from services.gateway.core.job import AlreadyEnded, Job
from services.gateway.desk import Order, Receipt
from services.gateway.repository import ACCOUNTS, JOBS
from services.kit.documents.codec import StateCodec
from services.kit.errors import Unavailable
from tests.simulation.engine import FARES
from tests.simulation.loop import BEGIN
from tests.simulation.services import Gateway
from tests.simulation.terms import ACCOUNT_IDS, KEY, PLANS
from tests.simulation.world import World

__all__ = ["People", "Wish"]


@dataclass(frozen=True)
class Wish:
    """Whoever uses a key again asks for the same again.

    `fares` is one of FARES; beyond the last of them it is a model that is not served.
    """

    account: AccountId
    images: int
    fares: int
    key: str | None

    def spec(self) -> JobSpec:
        return JobSpec(
            model="ember" if self.key or self.fares < len(FARES) else "unknown",
            prompt="a red fox",
            n=1 if self.key else self.images,
            width=8,
            height=8,
            steps=2,
            guidance=4.0,
            seed=0 if self.key else self.fares,
        )


@dataclass
class Asked:
    """One call of a client's, and what it was told; nothing where it heard nothing."""

    order: Order
    receipt: Receipt | None = None


class People:
    def __init__(self, world: World) -> None:
        self.asked: list[Asked] = []
        self.limits: list[LimitsChanged] = []
        self._world = world
        for account, plan in zip(ACCOUNT_IDS, PLANS.plans, strict=True):
            self._open(open_account(account, "Ada", plan.id, BEGIN))

    def ask(self, wish: Wish) -> None:
        who = self.accounts()[wish.account]
        if who.status is not AccountStatus.ACTIVE:
            return
        caller = Caller(who.id, who.plan, who.version, KEY, ())
        spec = wish.spec()
        order = Order(caller, spec, spec.n, digest=wish.key or "-", idempotency_key=wish.key)
        asked = Asked(order)
        self.asked.append(asked)
        gateway = self._gateway(len(self.asked))
        self._call(gateway, _take(gateway, asked))

    def cancel(self, pick: int) -> None:
        if jobs := list(self.jobs().values()):
            gateway = self._gateway(pick)
            self._call(gateway, _cancel(gateway, jobs[pick % len(jobs)]))

    def change_account(self, account: AccountId, plan: str, status: AccountStatus) -> None:
        change = partial(with_terms, plan=plan, status=status)
        gateway = self._gateway(0)
        self._call(gateway, gateway.accounts.change(account, change))

    def change_limits(self, m: float) -> None:
        """As quota's leader would."""
        free, at = PLANS.plans[0], BEGIN
        said = LimitsChanged(
            at=at,
            plan=free.id,
            pool="default",
            version=len(self.limits) + 1,
            images=free.images,
            window_seconds=free.window_seconds,
            concurrency=free.concurrency,
            adaptive=True,
            m=m,
            cause="The fleet is hot.",
            since=at,
        )
        self.limits.append(said)
        self._world.parts.broker.publish([Envelope(EventId.new(at), "quota", said)])

    def jobs(self) -> dict[str, Job]:
        """As gateway has them."""
        return self._world.parts.databases["gateway"].states(JOBS)

    def accounts(self) -> dict[str, Account]:
        return self._world.parts.databases["gateway"].states(ACCOUNTS)

    def _open(self, account: Account) -> None:
        state = StateCodec(ACCOUNTS).encode(account)
        document = {"_id": account.id, "version": 1, "by": "", "state": state, "outbox": []}
        self._world.parts.databases["gateway"][ACCOUNTS.name].insert(document)

    def _gateway(self, pick: int) -> Gateway:
        replica = self._world.replicas[f"gateway-{pick % 2}"]
        assert isinstance(replica, Gateway)
        return replica

    def _call(self, gateway: Gateway, act: Coroutine[Any, Any, object]) -> None:
        # A moment of its own for each call, so that ids are born in one order.
        self._world.loop.advance(self._world.loop.time() + 0.002)
        gateway.process.spawn(_told(act))
        self._world.loop.settle()


async def _told(act: Coroutine[Any, Any, object]) -> None:
    """What a client is told may be that it should come again."""
    with suppress(Unavailable):
        await act


async def _take(gateway: Gateway, asked: Asked) -> None:
    asked.receipt = await gateway.desk.take(asked.order)


async def _cancel(gateway: Gateway, job: Job) -> None:
    with suppress(AlreadyEnded):
        await gateway.desk.cancel(job.account, job.id)
