"""What a worker knows of models in memory, its own and the others'."""

from services.kit.clock import Clock
from services.render.core import Memory, Roster
from services.render.repository import Workers
from services.render.worker.host import EngineHost

__all__ = ["Neighbours"]


class Neighbours:
    """`memory` is as of the last look, but for one's own, which is as of now."""

    def __init__(
        self, name: str, pool: str, host: EngineHost, workers: Workers, clock: Clock
    ) -> None:
        self._name = name
        self._pool = pool
        self._host = host
        self._workers = workers
        self._clock = clock
        self._roster = Roster()

    @property
    def memory(self) -> Memory:
        shelf = self._host.shelf
        return Memory(
            here=shelf.models,
            elsewhere=self._roster.models_with_room(self._pool, but=self._name),
            seconds=shelf.seconds,
            all_here=self._all_here,
        )

    async def look(self) -> None:
        """Does nothing where all models are in memory here. Raises Unavailable."""
        if not self._all_here:
            records = await self._workers.all()
            self._roster = self._roster.observed(records.items(), self._clock.monotonic())

    @property
    def _all_here(self) -> bool:
        ready = self._host.ready
        return ready is None or set(ready.models) <= set(self._host.shelf.models)
