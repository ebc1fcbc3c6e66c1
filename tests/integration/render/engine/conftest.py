from collections.abc import AsyncIterator

import pytest

from services.render.engine.options import EngineOptions
from services.render.engine.process import EngineProcess
from tests.unit.render.engine.draws import CATALOGUE


@pytest.fixture(scope="session")
async def ember() -> AsyncIterator[EngineProcess]:
    """The built-in model on real torch: one process for all tests, it takes seconds to load."""
    engine = EngineProcess(EngineOptions(catalogue=CATALOGUE, models=("ember",)))
    await engine.start()
    yield engine
    await engine.close()
