import pytest

from tests.unit.notify.fakes import ListFeeds


@pytest.fixture
def feeds() -> ListFeeds:
    return ListFeeds()
