from collections.abc import AsyncIterator

import pytest

from services.cli.parts import KafkaBroker
from services.contracts import topics
from services.kit.bus import apply
from tests.integration.kit.bus.bench import Bench


@pytest.fixture
async def bench(kafka_bootstrap: str, topic_prefix: str) -> Bench:
    """A bus with all topics made."""
    bench = Bench(kafka_bootstrap, topic_prefix)
    await apply(bench.connection, topics(topic_prefix))
    return bench


@pytest.fixture(scope="module")
async def own_broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaBroker]:
    """A broker to be killed and frozen, so that nobody else's tests suffer."""
    async with KafkaBroker.running(tmp_path_factory.mktemp("fragile"), report=print) as broker:
        yield broker


@pytest.fixture
async def fragile(own_broker: KafkaBroker, topic_prefix: str) -> Bench:
    bench = Bench(own_broker.bootstrap, topic_prefix)
    await apply(bench.connection, topics(topic_prefix))
    return bench
