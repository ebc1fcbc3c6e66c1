"""What the register of workers says to one of them about the others."""

from dataclasses import replace
from datetime import timedelta

from services.contracts.events import WorkerPhase
from services.render.core import Roster, WorkerRecord
from tests.unit.render.samples import NOW

IDLE = WorkerRecord(
    pool="default",
    fleet="0",
    pid=1,
    phase=WorkerPhase.READY,
    beat=1,
    running=1,
    slots=2,
    started_at=NOW,
    models=("ember",),
    expires_at=NOW + timedelta(hours=1),
)


def test_models_with_room_are_those_of_others_that_could_begin_a_render_now() -> None:
    workers = {
        "w1": replace(IDLE, models=("mine",)),
        "w2": IDLE,
        "w3": replace(IDLE, models=("noir", "ember")),
        "full": replace(IDLE, models=("full",), running=2),
        "leaving": replace(IDLE, models=("leaving",), phase=WorkerPhase.DRAINING),
        "elsewhere": replace(IDLE, models=("elsewhere",), pool="other"),
    }
    roster = Roster().observed(workers.items(), 0.0)
    assert roster.models_with_room("default", but="w1") == {"ember", "noir"}
