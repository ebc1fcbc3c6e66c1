"""What the platform says of itself is not what these tests look at, and costs time."""

import gc
import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        processors=[],
    )
    gc.collect()
    gc.freeze()  # else each run would have all that was imported looked through
    yield
    gc.unfreeze()
    structlog.configure(**before)
