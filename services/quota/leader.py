"""The leader of the law: one replica turns load and demand into limits, and tells the demand."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

import structlog

from services.contracts import Envelope, EventId
from services.contracts.events import DemandReported, Heat, LimitsChanged, LoadReported
from services.kit.bus import LossyPublisher
from services.kit.clock import Clock
from services.kit.documents import Change, Documents
from services.kit.errors import KitError
from services.kit.lease import SKEW, Lease
from services.kit.pause import pause
from services.kit.telemetry import metrics
from services.quota.core import DEFAULT_POOL, LedgerRow, Plans, PoolLimits, steer, wish_of
from services.quota.core.law import Constants, Seen, Wishes, read_signal
from services.quota.repository import Accounts

__all__ = ["Leader"]

_log = structlog.get_logger("quota.law")

_OVERLAP = SKEW + timedelta(seconds=5)
"""How late a ledger row may lie: a relay writes it after the decision, its clock may be behind."""


class Leader:
    """A Component that ticks every `k.tick` seconds. Its memory is each pool's document.

    A second replica that takes over reads the same document and the same ledger: m does not jump.
    """

    name = "law"

    def __init__(
        self,
        accounts: Accounts,
        documents: Documents[PoolLimits],
        lease: Lease,
        clock: Clock,
        *,
        loads: Mapping[str, LoadReported],
        plans: Plans,
        publisher: LossyPublisher,
        k: Constants,
    ) -> None:
        self._accounts = accounts
        self._documents = documents
        self._loads = loads
        self._plans = plans
        self._lease = lease
        self._publisher = publisher
        self._clock = clock
        self._k = k
        self._wishes: dict[str, Wishes] = {}
        self._read_until = self._clock.now() - timedelta(seconds=k.memory)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.tick()
            except KitError as error:
                _log.warning("law_put_off", reason=str(error))
            await pause(self._clock, self._k.tick, stop)
        await self._give_up()

    async def tick(self) -> None:
        """One look, if this replica leads. Raises Unavailable."""
        fence = await self._lease.hold()
        if fence is None:
            self._forget()
            return
        await self._listen()
        for pool in {DEFAULT_POOL, *self._loads, *self._wishes}:
            await self._steer(pool)
            self._tell_demand(pool, int(fence))

    async def _listen(self) -> None:
        """Reads what was decided since the last look, and a little before it."""
        now = self._clock.now()
        rows = await self._accounts.decided_since(self._read_until - _OVERLAP)
        self._read_until = now
        by_pool: dict[str, list[LedgerRow]] = {pool: [] for pool in self._wishes}
        for row in rows:
            by_pool.setdefault(row.pool or DEFAULT_POOL, []).append(row)
        for pool, found in by_pool.items():
            held = self._wishes.get(pool) or Wishes(self._k.memory)
            wishes = (wish_of(row, self._plans) for row in found)
            self._wishes[pool] = held.heard((wish for wish in wishes if wish), now)

    async def _steer(self, pool: str) -> None:
        report = self._loads.get(pool)
        seen = Seen(
            now=self._clock.now(),
            signal=read_signal(report) if report else None,
            heat=report.heat if report else Heat.COOL,
            wishes=self._of(pool),
        )
        before: list[PoolLimits] = []

        def once(state: PoolLimits | None) -> Change[PoolLimits] | None:
            held = state or PoolLimits(pool=pool)
            before[:] = [held]
            return steer(held, self._plans, seen, self._k)

        after = await self._documents.change(pool, once)
        if after is not None and before:
            _say(before[0].announced, after.announced)

    def _tell_demand(self, pool: str, fence: int) -> None:
        now = self._clock.now()
        offered = self._of(pool).offered()
        event = DemandReported(at=now, pool=pool, fence=fence, offered=offered)
        self._publisher.send_lossy(Envelope(EventId.new(now), "quota", event))
        metrics.OFFERED_COST.set(sum(offered.values()), pool=pool)

    def _of(self, pool: str) -> Wishes:
        return self._wishes.get(pool) or Wishes(self._k.memory)

    def _forget(self) -> None:
        """Whoever leads next reads the ledger of the last minute itself."""
        self._wishes = {}
        self._read_until = self._clock.now() - timedelta(seconds=self._k.memory)

    async def _give_up(self) -> None:
        try:
            await self._lease.release()
        except KitError as error:
            _log.warning("lease_not_released", reason=str(error))


def _say(before: Iterable[LimitsChanged], after: Iterable[LimitsChanged]) -> None:
    """One line for each plan whose limits are others now."""
    known = {said.plan: said for said in before}
    for said in after:
        held = known.get(said.plan)
        if held is None or held.version == said.version:
            continue
        _log.info(
            "limits_changed",
            plan=said.plan,
            pool=said.pool,
            m=round(said.m, 4),
            before=round(held.m, 4),
            rule=said.rule,
            heat=said.heat.value,
            cause=said.cause,
        )
