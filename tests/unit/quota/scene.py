"""Quota's leader beside a fleet whose reports are by hand."""

from datetime import timedelta

from services.contracts import AccountId, Envelope, Event
from services.contracts.events import DemandReported, Heat, LimitsChanged
from services.kit.documents import MemoryDocuments
from services.kit.lease import LEASES, Lease, LeaseState
from services.quota.core import PoolLimits
from services.quota.core.law import DEFAULTS
from services.quota.leader import Leader
from services.quota.repository import LIMITS
from tests.unit.quota.cases import PLANS, requested
from tests.unit.quota.fleet import report
from tests.unit.quota.house import House

__all__ = ["TICK", "Bus", "Scene"]

TICK = timedelta(seconds=DEFAULTS.tick)


class Bus:
    def __init__(self) -> None:
        self.sent: list[Event] = []

    def send_lossy(self, envelope: Envelope[Event]) -> None:
        self.sent.append(envelope.data)

    @property
    def demand(self) -> DemandReported:
        event = self.sent[-1]
        assert isinstance(event, DemandReported)
        return event


class Scene:
    """Quota beside a fleet whose reports are by hand."""

    def __init__(self) -> None:
        self.house = House()
        self.clock = self.house.clock
        self.pools: MemoryDocuments[PoolLimits] = MemoryDocuments(LIMITS, self.clock, "quota")
        self.leases: MemoryDocuments[LeaseState] = MemoryDocuments(LEASES, self.clock, "quota")
        self.bus = Bus()
        self.asked = 0

    def leader(self, name: str = "0") -> Leader:
        return Leader(
            self.house.accounts,
            self.pools,
            Lease(self.leases, Leader.name, name, self.clock, 2 * DEFAULTS.tick),
            self.clock,
            loads=self.house.loads,
            plans=PLANS,
            publisher=self.bus,
            k=DEFAULTS,
        )

    async def ask(self, accounts: int, pool: str = "default") -> None:
        """So many accounts ask for their first image."""
        for _ in range(accounts):
            self.asked += 1
            who = AccountId(f"acc_{self.asked:032x}")
            await self.house.hear(requested(self.asked, account=who, pool=pool))
        self.house.file_rows()

    async def turn(self, leader: Leader, ticks: int = 1, wait: float = 0.0, asks: int = 0) -> None:
        for _ in range(ticks):
            await self.clock.advance(TICK)
            await self.ask(asks)
            heat = Heat.MELTING if wait > 100 else Heat.COOL
            now = self.clock.now()
            self.house.loads["default"] = report(now, wait=wait, capacity=1.0, heat=heat)
            await leader.tick()
            self.hear()

    def hear(self) -> None:
        """Every replica hears the limits at once."""
        self.house.limits.said = {said.key: said for said in self.said}

    @property
    def said(self) -> list[LimitsChanged]:
        return [event for event in self.pools.events if isinstance(event, LimitsChanged)]

    def of(self, plan: str) -> list[LimitsChanged]:
        return [said for said in self.said if said.plan == plan]

    async def state(self) -> PoolLimits:
        document = await self.pools.load("default")
        assert document is not None
        return document.state
