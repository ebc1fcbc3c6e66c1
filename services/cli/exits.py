"""Exit codes that mean something; those above 63 are of BSD's sysexits."""

from enum import IntEnum

__all__ = ["Exit"]


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    """What was looked for is broken: a check found something, a job failed."""
    REFUSED = 3
    """Quota said no; the message says when to come back."""
    CANCELLED = 4
    BAD_REQUEST = 64
    NOT_FOUND = 66
    UNAVAILABLE = 69
    """Nobody answers, or a part is down."""
    NO_PERMISSION = 77
    BAD_SETTING = 78
