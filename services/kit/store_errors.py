"""What the database's driver raises, in the kit's words."""

import re

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from services.kit.errors import Duplicate, KitError, Unavailable

__all__ = ["DUPLICATE", "PART", "Refused", "brief", "translated"]

PART = "database"
"""What the database is called in logs, readiness and errors."""

# Codes of the server's error table that pass by themselves, or when an operator mends the set-up:
# host, network and election errors, time-outs, interruptions, locks, write conflicts, log-in, and
# faults of its own (1): a full disk is 14031 to MongoDB, and 1 to SecantusDB.
_PASSING = frozenset(
    {1, 6, 7, 13, 18, 24, 46, 50, 64, 79, 89, 91, 100, 112, 133, 134, 189, 262, 9001, 10058, 10107}
    | {11600, 11601, 11602, 13388, 13435, 13436, 14031}
)
DUPLICATE = 11000


class Refused(KitError):
    """The database will never do this: a fault of ours, or of how it is set up."""


def translated(error: PyMongoError | BSONError) -> KitError:
    """Unavailable, Duplicate or Refused."""
    match error:
        case DuplicateKeyError():
            found = re.search(r"index: (\S+)", str(error))
            return Duplicate(found[1] if found else "unknown")
        case ConnectionFailure() | ExecutionTimeout() | WTimeoutError():
            return Unavailable(PART, brief(error))
        case OperationFailure() if error.code in _PASSING or _labelled(error):
            return Unavailable(PART, brief(error))
        case BulkWriteError() if _may_pass(error):
            return Unavailable(PART, "some of many writes failed")
        case _:
            return Refused(brief(error))


def _labelled(error: OperationFailure) -> bool:
    return error.has_error_label("RetryableWriteError")


def _may_pass(error: BulkWriteError) -> bool:
    faults = error.details.get("writeErrors", [])
    return all(fault.get("code") in _PASSING for fault in faults)


def brief(error: Exception) -> str:
    """Without the server's whole answer, which may hold what we tried to store."""
    return str(error).partition(", full error")[0].partition(", Timeout:")[0][:200]
