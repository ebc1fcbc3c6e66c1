import pytest

from tests.unit.notify.fakes import ListFeeds
from tests.unit.notify.house import house

__all__ = ["house"]


@pytest.fixture
def feeds() -> ListFeeds:
    return ListFeeds()
