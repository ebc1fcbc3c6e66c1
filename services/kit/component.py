"""The parts of a running service, and what keeps it from being ready."""

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["Component", "Readiness"]


class Component(Protocol):
    """Something that runs as long as its service.

    `run` returns soon after `stop` is set, having finished or handed back what it held.
    A component that raises ends the service.
    """

    name: str

    async def run(self, stop: asyncio.Event) -> None: ...


class Readiness:
    """Why this process can't serve right now, or not fully: reasons by name, none when all is well.

    A reason that blocks takes the process out of the balancer; one that only degrades is told.
    """

    def __init__(self, *waiting_for: str) -> None:
        self._reasons: dict[str, str] = dict.fromkeys(waiting_for, "starting")
        self._blocking = set(waiting_for)
        self._changed: Callable[[str, str | None], None] | None = None

    def watch(self, changed: Callable[[str, str | None], None]) -> None:
        """Calls `changed(name, reason or None)` at each change."""
        self._changed = changed

    def block(self, name: str, reason: str) -> None:
        self._note(name, reason, blocking=True)

    def degrade(self, name: str, reason: str) -> None:
        """Tells the reason, and lets the process be ready all the same."""
        self._note(name, reason, blocking=False)

    def clear(self, name: str) -> None:
        self._blocking.discard(name)
        if self._reasons.pop(name, None) is not None:
            self._tell(name, None)

    @property
    def ready(self) -> bool:
        return not self._blocking

    @property
    def reasons(self) -> dict[str, str]:
        return dict(self._reasons)

    def _note(self, name: str, reason: str, *, blocking: bool) -> None:
        same = self._reasons.get(name) == reason and blocking == (name in self._blocking)
        self._reasons[name] = reason
        if blocking:
            self._blocking.add(name)
        else:
            self._blocking.discard(name)
        if not same:
            self._tell(name, reason)

    def _tell(self, name: str, reason: str | None) -> None:
        if self._changed:
            self._changed(name, reason)
