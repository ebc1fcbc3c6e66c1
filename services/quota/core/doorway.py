"""What a decision is told of the door to its pool."""

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["OPEN", "Doorway"]


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """`shut`: no adaptive job gets in, whatever its quota; `opens_in` is for how long, about.

    `walled`: not even who was told to come now does. `may_defer`: the deferred backlog has room.
    `deferred_wait` is how long that takes to be drawn once the fleet is cool; none where nobody can
    say.
    """

    shut: bool = False
    walled: bool = False
    opens_in: timedelta = timedelta(0)
    may_defer: bool = False
    deferred_wait: timedelta | None = None


OPEN = Doorway()
