"""What the database says, and what that means for whoever asked."""

import pytest
from pymongo.errors import DuplicateKeyError, NetworkTimeout, OperationFailure, PyMongoError

from services.kit.errors import Duplicate, KitError, Unavailable
from services.kit.store_errors import Refused, translated


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (NetworkTimeout("no answer"), Unavailable),
        (OperationFailure("not primary", 10107), Unavailable),
        (OperationFailure("disk full, says MongoDB", 14031), Unavailable),
        (OperationFailure("internal server error, says SecantusDB of it", 1), Unavailable),
        (OperationFailure("unknown operator", 9), Refused),
        (DuplicateKeyError("dup key: index: _id_", 11000), Duplicate),
    ],
)
def test_what_passes_by_itself_is_waited_for_and_what_never_will_is_refused(
    said: PyMongoError, meant: type[KitError]
) -> None:
    assert type(translated(said)) is meant
