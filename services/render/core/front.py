"""The front of a line as a worker knows it: read now and then, and kept up by news in between."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.contracts import JobId

__all__ = ["FRONT_SIZE", "Front", "Place"]

FRONT_SIZE = 64
"""How many places are worth reading at once."""

_MOST = 4 * FRONT_SIZE


@dataclass(frozen=True, order=True)
class Place:
    """Lower tickets go first, and of equal ones the older job: ids sort by birth.

    `model` is none as long as nobody has looked.
    """

    ticket: float
    job: JobId
    model: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Front:
    """The first places of a line, in order. It is a hint: only the queue knows who still waits.

    Beyond `horizon` nothing is known; without one, these are all.
    """

    places: tuple[Place, ...] = ()
    horizon: Place | None = None

    @classmethod
    def read(cls, places: Iterable[Place]) -> "Front":
        """From a look at the first FRONT_SIZE of the line; fewer are all there are."""
        found = tuple(sorted(places))
        return cls(found, found[-1] if len(found) >= FRONT_SIZE else None)

    def joined(self, place: Place) -> "Front":
        """With one more, where it belongs among those known."""
        if place in self.places or (self.horizon is not None and place > self.horizon):
            return self
        places = list(self.places)
        insort(places, place)
        if len(places) <= _MOST:
            return Front(tuple(places), self.horizon)
        kept = tuple(places[:_MOST])
        return Front(kept, kept[-1])

    def without(self, place: Place) -> "Front":
        return Front(tuple(one for one in self.places if one != place), self.horizon)

    def learnt(self, place: Place) -> "Front":
        """What is known of this place now."""
        return Front(tuple(place if one == place else one for one in self.places), self.horizon)

    @property
    def exhausted(self) -> bool:
        """Nobody is left of those known, but there may be more."""
        return not self.places and self.horizon is not None
