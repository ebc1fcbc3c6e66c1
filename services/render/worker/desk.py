"""Where news of renders is handed out: each attempt has its own box."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.render.core import Claim
from services.render.engine import Cancelled, Drawn, Event, Failed, Stepped

__all__ = ["Box", "CancelWish", "Desk", "EngineGone", "GiveBack", "News"]


@dataclass(frozen=True)
class EngineGone:
    """The engine ended with the render in it. `reason` is one word."""

    reason: str


@dataclass(frozen=True)
class GiveBack:
    """The worker stops: no more time for this render."""


@dataclass(frozen=True)
class CancelWish:
    """Word has come that the job is to be cancelled; the queue may not know it yet."""


News = Stepped | Drawn | Failed | Cancelled | EngineGone | GiveBack | CancelWish

# Unbounded, because a render has only so many steps.
Box = asyncio.Queue[News]


class Desk:
    def __init__(self) -> None:
        self._boxes: dict[tuple[str, int], Box] = {}

    @contextmanager
    def box(self, claim: Claim) -> Iterator[Box]:
        """The attempt's box, for as long as the block lasts."""
        place = (claim.job, claim.attempt)
        self._boxes[place] = Box()
        try:
            yield self._boxes[place]
        finally:
            del self._boxes[place]

    def deliver(self, event: Event) -> None:
        """To whom it concerns; news of an attempt that nobody follows any more is dropped."""
        if not isinstance(event, Stepped | Drawn | Failed | Cancelled):
            return
        if (box := self._boxes.get((event.job, event.attempt))) is not None:
            box.put_nowait(event)

    def tell(self, claim: Claim, news: GiveBack | CancelWish) -> None:
        if (box := self._boxes.get((claim.job, claim.attempt))) is not None:
            box.put_nowait(news)

    def tell_all(self, news: EngineGone) -> None:
        for box in self._boxes.values():
            box.put_nowait(news)
