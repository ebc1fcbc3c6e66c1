"""One system for all rows; each row has accounts, clients and a diary of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.row import Row
from tests.chaos.wired import OUTBOX_SECONDS, WiredParts, wired_parts
from tests.chaos.world import World


@pytest.fixture(scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with World.running(tmp_path_factory.mktemp("chaos")) as made:
        yield made


@pytest.fixture(scope="session")
async def parts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WiredParts]:
    async with wired_parts(tmp_path_factory.mktemp("parts")) as made:
        yield made


@pytest.fixture(scope="session")
async def wired_world(
    parts: WiredParts, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A second system, whose parts lie behind wires."""
    told = {"HEATSINK_GATEWAY_OUTBOX_SECONDS": f"{OUTBOX_SECONDS:g}"}
    async with World.running(tmp_path_factory.mktemp("wired"), **parts.environment, **told) as made:
        yield made


@pytest.fixture
async def row(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> AsyncIterator[Row]:
    """Of the catalogue's id that the test is marked with: `@pytest.mark.row("P-01")`."""
    marker = request.node.get_closest_marker("row")
    assert marker is not None, "a test of the matrix has a row"
    async with Row.of(marker.args[0], request.node.name, world, tmp_path) as made:
        yield made
