"""A model that is killed while it draws for several; all other faults are in tests/chaos."""

from pathlib import Path

from services.cli.up import System
from tests.chaos.load import Wish
from tests.chaos.row import Row
from tests.chaos.world import World


async def test_a_killed_model_draws_its_batch_again_and_ends_each_job_once(
    system: System, tmp_path: Path
) -> None:
    async with Row.of("P-04", "ember", World(system), tmp_path) as row:
        client = await row.client("pro", Wish(steps=(30,), cancelled=0))
        for _ in range(6):
            client.ask()
        engine = await row.faults.busy("engine")
        await row.faults.kill("engine", engine)
        verdict = await row.passes()
    assert verdict["requeued"]["engine_died"] > 0
    assert verdict["waste"] == sum(verdict["requeued"].values())
    assert verdict["ends"] == {"completed": 6}
