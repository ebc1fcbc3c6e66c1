"""Chores that one replica does for all: little by little, and whenever they are due."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog

from services.kit.clock import Clock
from services.kit.errors import KitError
from services.kit.pause import pause

__all__ = ["Chore", "Housekeeping", "Leader"]

log = structlog.get_logger(__name__)

_BETWEEN_LOOKS = 5.0
_BETWEEN_PORTIONS = 0.2


class Chore(Protocol):
    """Harmless when two do it at once, and when it ends anywhere in its midst."""

    name: str

    async def portion(self) -> bool:
        """Does a little of it; true when more waits. Raises Unavailable."""
        ...


class Leader(Protocol):
    async def hold(self) -> object | None:
        """None while another replica keeps house. Raises Unavailable."""
        ...

    async def release(self) -> None: ...


class Housekeeping:
    """Does each chore to its end, then lets it rest for its number of seconds."""

    name = "housekeeping"

    def __init__(self, leader: Leader, chores: Mapping[Chore, float], clock: Clock) -> None:
        self._leader = leader
        self._chores = chores
        self._clock = clock
        self._due = dict.fromkeys(chores, 0.0)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            more = await self._attempt()
            await pause(self._clock, _BETWEEN_PORTIONS if more else _BETWEEN_LOOKS, stop)
        try:
            await self._leader.release()
        except KitError as error:
            log.warning("lease_not_released", reason=str(error))

    async def turn(self) -> bool:
        """A portion of each chore that is due; true when any has more. Raises Unavailable."""
        if await self._leader.hold() is None:
            return False
        now = self._clock.monotonic()
        return any([await self._do(chore) for chore, due in self._due.items() if due <= now])

    async def _attempt(self) -> bool:
        try:
            return await self.turn()
        except KitError as error:
            log.warning("housekeeping_put_off", reason=str(error))
            return False

    async def _do(self, chore: Chore) -> bool:
        try:
            more = await chore.portion()
        except KitError as error:
            log.warning("chore_put_off", chore=chore.name, reason=str(error))
            return False
        if not more:
            self._due[chore] = self._clock.monotonic() + self._chores[chore]
        return more
