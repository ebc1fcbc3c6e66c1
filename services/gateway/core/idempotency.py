"""The same request twice makes one job."""

import hashlib
import json
import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from services.contracts import JobStatus, SubmissionId
from services.gateway.core.job import Job

__all__ = ["Verdict", "body_digest", "is_valid_key", "key_of_submission", "may_join", "verdict"]

_SUBMITTED = "\u00a7"
"""No key of an HTTP client's begins with it: those are ASCII."""


class Verdict(Enum):
    """What an earlier job means for a request that comes with its idempotency key."""

    REPLAY = auto()
    OTHER_BODY = auto()
    FREED = auto()


def is_valid_key(key: str) -> bool:
    return re.fullmatch(r"[ -~]{1,255}", key) is not None and key.strip() == key


def key_of_submission(submission: SubmissionId) -> str:
    """The idempotency key of a producer's message."""
    return f"{_SUBMITTED}{submission}"


def body_digest(route: str, body: Mapping[str, Any]) -> str:
    """SHA-256 of the route and the body, the same for every spelling of the same JSON."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{route}\n{canonical}".encode()).hexdigest()


def verdict(earlier: Job, digest: str) -> Verdict:
    """A rejected job frees its key: nothing was executed, so nothing can be doubled.

    A submission's is never free: its producer has had its answer.
    Where the earlier body is forgotten, the key alone says that it is the same request.
    """
    if earlier.status is JobStatus.REJECTED and earlier.submission is None:
        return Verdict.FREED
    same = earlier.digest == digest or not earlier.has_prompt
    return Verdict.REPLAY if same else Verdict.OTHER_BODY


def may_join(earlier: Job) -> bool:
    """Whether a retry of the same call may have this job instead of a second one."""
    return earlier.cancel_requested_at is None and (
        not earlier.status.is_end or earlier.status is JobStatus.COMPLETED
    )
