"""The whole of Heatsink on one machine: parts, topics, services; started, kept and stopped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from services.cli.parts import NotReady, Report, silent
from services.cli.parts.claim import FolderClaim
from services.cli.parts.logfile import tail
from services.cli.up.addresses import SERVICES
from services.cli.up.assembly import Assembly, LineOf, assemble
from services.cli.up.blueprint import HEATSINK, Blueprint
from services.cli.up.folder import DataFolder
from services.cli.up.keeper import Keeper, describe_exit
from services.cli.up.options import UpOptions
from services.cli.up.readiness import until_ready
from services.cli.up.running import DemoKeys, Running
from services.cli.up.together import every, together
from services.cli.up.unit import process_tree

__all__ = ["PARTS", "System"]

PARTS = ("kafka", "database")

_READY_WITHIN = 180.0
_LAST_WORDS = 20


class System:
    """A running system, for `heatsink up` and for tests that break it.

    Names are those of the services and parts. What dies is started again, unless `stop` took it
    down. `report` hears what happens, `line_of` every line of the services' logs.
    """

    def __init__(
        self, folder: DataFolder, assembly: Assembly, blueprint: Blueprint, report: Report
    ) -> None:
        self.folder = folder
        self.addresses = assembly.addresses
        self._blueprint = blueprint
        self._report = report
        backoff = blueprint.backoff
        self._parts = {part.name: Keeper(part, report, backoff) for part in assembly.parts}
        self._services = {unit.name: Keeper(unit, report, backoff) for unit in assembly.services}
        self._running: Running | None = None

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        options: UpOptions,
        report: Report = silent,
        line_of: LineOf = lambda _service, _line: None,
        blueprint: Blueprint = HEATSINK,
    ) -> AsyncIterator[Self]:
        """Ready inside the block; nothing of it is left after the block. Raises PartError."""
        folder = DataFolder(options.data)
        claim = FolderClaim.take(folder.root)
        try:
            assembly = assemble(options, folder, blueprint, report, line_of)
            system = cls(folder, assembly, blueprint, report)
            try:
                await system._start()
                yield system
            finally:
                await system._stop()
        finally:
            claim.release()

    @property
    def url(self) -> str:
        return self.addresses.url

    @property
    def events_url(self) -> str:
        return self.addresses.events_url

    @property
    def keys(self) -> DemoKeys:
        return self.told.keys

    @property
    def told(self) -> Running:
        """What others are told of this system once it is ready."""
        if self._running is None:
            raise NotReady("heatsink", "is not ready yet", "")
        return self._running

    def pids(self) -> dict[str, list[int]]:
        """Of each service and part the main process and then its children, as they are now.

        A part that was there before us, and what is down, has none.
        """
        kept = {**self._services, **self._parts}
        return {name: _tree(kept.get(name)) for name in (*SERVICES, *PARTS)}

    async def kill(self, name: str) -> None:
        """SIGKILL to one service or part; it will be started again."""
        await self._keeper(name).unit.kill()

    async def stop(self, name: str) -> None:
        """Takes one down, gracefully, until `start`."""
        await self._keeper(name).stop()

    async def start(self, name: str) -> None:
        await self._keeper(name).start()

    async def until_ready(self, service: str, within: float = _READY_WITHIN) -> None:
        """Raises NotReady when the time is up."""
        url = self.addresses.ready_url(service)
        await until_ready(service, url, within, self._report, lambda: None)

    async def _start(self) -> None:
        if self._parts:
            self._report(f"starting {' and '.join(self._parts)}")
        await together(self._start_part(keeper) for keeper in self._parts.values())
        await self._blueprint.prepare(self.addresses)
        self._report(f"starting {', '.join(self._services)}")
        await together(keeper.start() for keeper in self._services.values())
        await together(self._first_ready(name) for name in self._services)
        keys = self._read_keys()
        self._running = Running(self.url, self.events_url, keys, self.addresses.parts)
        self.folder.write(self.folder.running, self._running.as_json())

    async def _start_part(self, keeper: Keeper) -> None:
        await keeper.start()
        self._report(f"{keeper.unit.name} is ready")

    async def _first_ready(self, service: str) -> None:
        keeper = self._services[service]
        url = self.addresses.ready_url(service)
        await until_ready(
            service, url, _READY_WITHIN, self._report, lambda: _died(keeper, self.folder)
        )
        self._report(f"{service} is ready")

    def _read_keys(self) -> DemoKeys:
        try:
            return DemoKeys.read(self.folder.demo_keys)
        except (OSError, ValueError, TypeError) as error:
            raise NotReady("gateway", f"left no demo keys: {error}", "") from error

    async def _stop(self) -> None:
        self.folder.running.unlink(missing_ok=True)
        self._report("stopping")
        try:
            await every(keeper.stop() for keeper in self._services.values())
        finally:
            await every(keeper.stop() for keeper in self._parts.values())

    def _keeper(self, name: str) -> Keeper:
        keeper = self._services.get(name) or self._parts.get(name)
        if keeper is None:
            raise NotReady(name, "is not run by us", "")
        return keeper


def _tree(keeper: Keeper | None) -> list[int]:
    pid = keeper.unit.pid if keeper is not None else None
    return process_tree(pid) if pid is not None else []


def _died(keeper: Keeper, folder: DataFolder) -> NotReady | None:
    """At a first start, dying is no accident to recover from but a fault to tell."""
    if not keeper.deaths:
        return None
    name = keeper.unit.name
    return NotReady(name, describe_exit(keeper.last_exit), tail(folder.log(name), _LAST_WORDS))
