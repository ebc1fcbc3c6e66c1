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
    """Why this process can't serve right now: reasons by name, none when it can."""

    def __init__(self, *waiting_for: str) -> None:
        self._reasons: dict[str, str] = dict.fromkeys(waiting_for, "starting")
        self._changed: Callable[[str, str | None], None] | None = None

    def watch(self, changed: Callable[[str, str | None], None]) -> None:
        """Calls `changed(name, reason or None)` at each change."""
        self._changed = changed

    def block(self, name: str, reason: str) -> None:
        if self._reasons.get(name) != reason:
            self._reasons[name] = reason
            self._tell(name, reason)

    def clear(self, name: str) -> None:
        if self._reasons.pop(name, None) is not None:
            self._tell(name, None)

    @property
    def ready(self) -> bool:
        return not self._reasons

    @property
    def reasons(self) -> dict[str, str]:
        return dict(self._reasons)

    def _tell(self, name: str, reason: str | None) -> None:
        if self._changed:
            self._changed(name, reason)
