"""Runs checks side by side: each has a deadline, and none hides what another found."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from services.kit.diagnosis.finding import Finding, Section, bad
from services.kit.errors import KitError, Unavailable

__all__ = ["Check", "Diagnosis", "examine"]

_LET_GO_WITHIN = 0.5
_SERVICE_WITHIN = 8.0
"""Seconds: a little more than a database that is away takes to say so."""


@dataclass(frozen=True)
class Check:
    """`look` answers what it found; where it raises instead, that is the finding.

    `advice` is for that case: what to do when the thing can't even be looked at.
    """

    section: Section
    what: str
    look: Callable[[], Awaitable[Sequence[Finding]]]
    advice: str


async def examine(checks: Iterable[Check], within: float) -> tuple[Finding, ...]:
    """All findings in the order of the checks, after `within` seconds and a little at most."""
    found = await asyncio.gather(*(_outcome(check, within) for check in checks))
    return tuple(finding for some in found for finding in some)


class Diagnosis:
    """The checks of one process; whatever is made of parts adds those that only it can make.

    Each may take `within` seconds.
    """

    def __init__(self, within: float = _SERVICE_WITHIN) -> None:
        self.within = within
        self._checks: list[Check] = []
        self._examining: asyncio.Task[tuple[Finding, ...]] | None = None

    def add(self, *checks: Check) -> None:
        self._checks.extend(checks)

    async def findings(self) -> tuple[Finding, ...]:
        """What they find now. Those who ask meanwhile get the same answer: looking costs."""
        if self._examining is None or self._examining.done():
            self._examining = asyncio.create_task(examine(tuple(self._checks), self.within))
        return await asyncio.shield(self._examining)


async def _outcome(check: Check, within: float) -> Sequence[Finding]:
    looking = asyncio.ensure_future(check.look())
    await asyncio.wait({looking}, timeout=within)
    if not looking.done():
        # Not awaited to its end: what ignores a deadline may ignore being cancelled too.
        looking.cancel()
        await asyncio.wait({looking}, timeout=_LET_GO_WITHIN)
        return (_failed(check, f"no answer within {within:g} s"),)
    if error := looking.exception():
        return (_failed(check, _words(error)),)
    return looking.result()


def _failed(check: Check, figure: str) -> Finding:
    return bad(check.section, check.what, figure, check.advice)


def _words(error: BaseException) -> str:
    """The kit's errors say nothing secret; of others only the kind is told.

    Why a part is away is told once, by the check of that part.
    """
    match error:
        case Unavailable():
            return f"{error.part} unavailable"
        case KitError():
            return str(error)[:200]
        case _:
            return f"fails with {type(error).__name__}"
