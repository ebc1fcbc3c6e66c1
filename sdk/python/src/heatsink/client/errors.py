"""What can go wrong, as a caller would tell it apart."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

__all__ = ["HeatsinkError", "NotReady", "QuotaExceeded", "Refused", "Unreachable", "refusal"]


class HeatsinkError(Exception):
    """Base of all that is raised here."""


class Unreachable(HeatsinkError):
    """No answer came, as often as it was tried."""


class NotReady(HeatsinkError):
    """The time to wait is over, and there is no end yet. `id` is that of the job or batch."""

    def __init__(self, id: str) -> None:
        super().__init__(f"{id} has not ended yet")
        self.id = id


class Refused(HeatsinkError):
    """An answer that is no success. `code` is the stable word to switch on.

    `request_id` finds it in the service's logs; `problem` is the whole answer.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], request_id: str | None) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail", ""))
        self.request_id = request_id
        super().__init__(f"{status} {self.code}: {self.detail} ({request_id})")


class QuotaExceeded(Refused):
    """The plan's limits, or what the load leaves of them. In units; none where it was not told."""

    @property
    def rule(self) -> str | None:
        return self.problem.get("rule")

    @property
    def used(self) -> int | None:
        return self.problem.get("used")

    @property
    def limit(self) -> int | None:
        return self.problem.get("limit")

    @property
    def left(self) -> int | None:
        if self.used is None or self.limit is None:
            return None
        return max(0, self.limit - self.used)

    @property
    def retry_at(self) -> datetime | None:
        """When the same request would fit."""
        return _moment(self.problem.get("retry_at"))

    @property
    def resets_at(self) -> datetime | None:
        """When nothing that is used now counts any more."""
        return _moment(self.problem.get("resets_at"))


_QUOTA = frozenset({"quota_exhausted", "load_shed", "concurrency_limit", "request_too_large"})


def refusal(status: int, problem: Mapping[str, Any], request_id: str | None) -> Refused:
    kind = QuotaExceeded if problem.get("code") in _QUOTA else Refused
    return kind(status, problem, request_id)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
