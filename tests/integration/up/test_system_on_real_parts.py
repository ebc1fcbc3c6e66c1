"""The supervisor over real Kafka and a real database, with fake services."""

import asyncio
from pathlib import Path

from services.cli.up import HEATSINK, Blueprint, System, UpOptions
from services.contracts import topics
from services.kit.bus import Connection, missing
from tests.integration.up.fakes import fake_blueprint

IN_TIME = 40.0


async def test_a_killed_part_comes_back_at_its_address_with_its_topics(tmp_path: Path) -> None:
    back = asyncio.Event()

    def hear(line: str) -> None:
        if "kafka was started again" in line:
            back.set()

    blueprint = Blueprint(fake_blueprint().commands, HEATSINK.prepare)
    async with System.running(
        UpOptions(environ={}, data=tmp_path), hear, blueprint=blueprint
    ) as system:
        connection = Connection(system.addresses.kafka_bootstrap)
        names = [spec.name for spec in topics()]
        assert await missing(connection, names) == ()
        before = system.pids()["kafka"]
        await system.kill("kafka")
        await asyncio.wait_for(back.wait(), IN_TIME)
        assert system.pids()["kafka"] != before
        assert len(system.pids()["database"]) == 1
        assert await missing(connection, names) == ()
