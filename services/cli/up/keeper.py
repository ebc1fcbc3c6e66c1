"""Keeps one unit running: starts it again when it dies, later each time that it dies at once."""

import asyncio
import signal
from dataclasses import dataclass

from services.cli.parts import PartError, Report
from services.cli.up.unit import Unit
from services.kit.clock import Clock, SystemClock

__all__ = ["Backoff", "Keeper", "describe_exit"]


@dataclass(frozen=True)
class Backoff:
    """Seconds between a death and the next start, doubling from `first` to `most`.

    A unit that has lived for `healthy_after` seconds starts counting anew.
    """

    first: float = 0.25
    most: float = 10.0
    healthy_after: float = 30.0

    def delay(self, deaths: int) -> float:
        return float(min(self.most, self.first * 2 ** min(deaths - 1, 30)))


class Keeper:
    """`deaths` counts the ends that nobody had asked for."""

    def __init__(
        self,
        unit: Unit,
        note: Report,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.unit = unit
        self.deaths = 0
        self.last_exit: int | None = None
        self._note = note
        self._backoff = backoff or Backoff()
        self._clock = clock or SystemClock()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether it is meant to run."""
        return self._keeping is not None

    async def start(self) -> None:
        """Raises PartError when the first start fails; later ones are tried for ever."""
        await self.unit.start()
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.unit.name}")

    async def stop(self) -> None:
        await self._let_go()
        await self.unit.stop()

    async def kill(self) -> None:
        """SIGKILL, and no new start until `start`."""
        await self._let_go()
        await self.unit.kill()

    async def _let_go(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
            self._keeping = None

    async def _keep(self) -> None:
        in_a_row = 0
        while True:
            began = self._clock.monotonic()
            self.last_exit = await self.unit.wait()
            lived = self._clock.monotonic() - began
            in_a_row = 1 if lived >= self._backoff.healthy_after else in_a_row + 1
            self.deaths += 1
            await self._start_again(in_a_row)

    async def _start_again(self, in_a_row: int) -> None:
        said = f"{self.unit.name} {describe_exit(self.last_exit)}"
        while True:
            delay = self._backoff.delay(in_a_row)
            self._note(f"{said}; starting it again in {delay:g} s")
            await self._clock.sleep(delay)
            try:
                await self.unit.start()
            except PartError as error:
                said = str(error)
                in_a_row += 1
            else:
                self._note(f"{self.unit.name} was started again (pid {self.unit.pid})")
                return


def describe_exit(code: int | None) -> str:
    if code is None:
        return "is running"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
