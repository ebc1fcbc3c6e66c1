"""Runs components together and stops them in reverse order, in bounded time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from services.kit.component import Component
from services.kit.errors import KitError

__all__ = ["ComponentEnded", "supervise"]

_CANCEL_SECONDS = 1.0


class ComponentEnded(KitError):
    """A component returned although nobody had asked it to stop."""

    def __init__(self, name: str) -> None:
        super().__init__(f"component {name} ended by itself")
        self.name = name


@dataclass
class _Running:
    component: Component
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        name = self.component.name
        self.task = asyncio.create_task(self.component.run(self.stop), name=name)


async def supervise(
    components: Sequence[Component], stop: asyncio.Event, drain_seconds: float
) -> None:
    """Runs all components until `stop` is set, or until the first of them ends.

    Components stand in the order of their needs: the last is stopped first, and each has its
    drain behind it (or was cancelled) before the next is told. Raises what ended a component.
    """
    running = [_Running(component) for component in components]
    try:
        await _stop_or_end(running, stop)
        ended = [one for one in running if one.task.done()]
    finally:
        await _drain(running, drain_seconds)
    for one in [*ended, *running]:
        _raise_failure(one)
    if ended:
        raise ComponentEnded(ended[0].component.name)


async def _stop_or_end(running: list[_Running], stop: asyncio.Event) -> None:
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait(
            {asked, *(one.task for one in running)}, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        asked.cancel()


async def _drain(running: list[_Running], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    reserved = seconds / (2 * max(1, len(running)))
    for place, one in reversed(list(enumerate(running))):
        one.stop.set()
        await asyncio.wait({one.task}, timeout=deadline - place * reserved - loop.time())
        if not one.task.done():
            structlog.get_logger().warning(
                "component did not stop in time", component=one.component.name
            )
            one.task.cancel()
            await asyncio.wait({one.task}, timeout=_CANCEL_SECONDS)


def _raise_failure(one: _Running) -> None:
    if one.task.done() and not one.task.cancelled() and (error := one.task.exception()):
        raise error
