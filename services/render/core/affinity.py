"""Which job of a line a worker takes whose models aren't all in its memory.

To fetch a model costs a worker seconds in which it may draw nothing. So a job whose model is not
there lets later ones of its line go first, whose model is; or waits for another worker that has
it and has room. It does so for no longer than fetching takes: then waiting has cost as much as
fetching, which bounds both at twice the least possible (the ski-rental rule: A. R. Karlin,
M. S. Manasse, L. Rudolph, D. D. Sleator, "Competitive snoopy caching", Algorithmica 3, 1988).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from services.contracts import JobId
from services.render.core.front import Place

__all__ = ["Affinity", "Memory"]


@dataclass(frozen=True)
class Memory:
    """What a worker knows of models in memory: its own, and others' that have room for a render.

    `seconds` is what fetching one took. `all_here` says that nothing is ever fetched.
    """

    here: Collection[str] = ()
    elsewhere: Collection[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    all_here: bool = True

    def has(self, place: Place) -> bool:
        """Also where the model is not known yet: whoever looks will know."""
        return self.all_here or place.model is None or place.model in self.here

    def patience(self, place: Place) -> float:
        return self.seconds.get(place.model or "", 0.0)


@dataclass(frozen=True)
class Affinity:
    """`passed` is when each waiting job was passed over first, in seconds of a steady clock."""

    passed: Mapping[JobId, float] = field(default_factory=dict)

    def chosen(self, places: Sequence[Place], memory: Memory, now: float) -> Place | None:
        """The one to take next, of a line in its order; none where they are better left."""
        for place in places:
            if memory.has(place) or self._waited_enough(place, memory, now):
                return place
        return next((one for one in places if one.model not in memory.elsewhere), None)

    def passing(self, places: Sequence[Place], chosen: Place | None, now: float) -> "Affinity":
        """From now on those before the chosen one count as passed over, or all of them."""
        before = places[: places.index(chosen)] if chosen else places
        waiting = {one.job for one in places if one != chosen}
        kept = {job: since for job, since in self.passed.items() if job in waiting}
        return Affinity({**{one.job: now for one in before}, **kept})

    def _waited_enough(self, place: Place, memory: Memory, now: float) -> bool:
        since = self.passed.get(place.job)
        return since is not None and now - since >= memory.patience(place)
