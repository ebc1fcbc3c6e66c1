from collections.abc import AsyncIterator, Iterator

import pytest
import torch

from services.render.engine.options import EngineOptions
from services.render.engine.process import EngineProcess
from tests.unit.render.engine.draws import CATALOGUE


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """For tiny models in this process: with two, on a busy machine, they took fifty times as long.

    Each thread that draws has helpers of its own, which spin while they wait for one another.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
async def ember() -> AsyncIterator[EngineProcess]:
    """The built-in model on real torch: one process for all tests, it takes seconds to load."""
    engine = EngineProcess(EngineOptions(catalogue=CATALOGUE, models=("ember",)))
    await engine.start()
    yield engine
    await engine.close()
