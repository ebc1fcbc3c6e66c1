"""Gateway keeps what its OpenAPI document promises."""

import json

from tests.conformance import conforms
from tests.integration.gateway.conftest import Replica
from tests.integration.gateway.world import World


async def test_every_operation_keeps_what_its_document_promises(
    world: World, replicas: tuple[Replica, Replica]
) -> None:
    key = json.loads(replicas[0].keys.read_text())["operator"]
    await conforms(replicas[0].url, key)
