"""How an attempt may turn out."""

from dataclasses import dataclass

from services.contracts import ImageRef
from services.contracts.events import FailureCode

__all__ = ["Cancelled", "Completed", "Crashed", "Failed", "Outcome", "Released"]


@dataclass(frozen=True)
class Completed:
    """The pictures lie in the blob store."""

    images: tuple[ImageRef, ...]


@dataclass(frozen=True)
class Failed:
    """The engine gave up on this render; where `permanent`, no other attempt would fare better.

    `categories` are those under which a moderator refused its pictures.
    """

    code: FailureCode
    detail: str
    permanent: bool
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Crashed:
    """A process ended or fell silent with the render in it. `reason` is one word."""

    reason: str


@dataclass(frozen=True)
class Cancelled:
    """The engine stopped because it was asked to."""


@dataclass(frozen=True)
class Released:
    """Handed back in good order, which doesn't count against the job. `reason` is one word."""

    reason: str


Outcome = Completed | Failed | Crashed | Cancelled | Released
