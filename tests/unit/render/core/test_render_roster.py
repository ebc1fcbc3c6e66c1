"""What the register of workers says to one of them about the others."""

from services.contracts.events import WorkerPhase
from services.render.core import Roster
from tests.unit.render.samples import worker_record


def test_models_with_room_are_those_of_others_that_could_begin_a_render_now() -> None:
    workers = {
        "w1": worker_record(models=("mine",)),
        "w2": worker_record(models=("ember",)),
        "w3": worker_record(models=("noir", "ember")),
        "full": worker_record(models=("full",), running=1),
        "leaving": worker_record(models=("leaving",), phase=WorkerPhase.DRAINING),
        "elsewhere": worker_record(models=("elsewhere",), pool="other"),
    }
    roster = Roster().observed(workers.items(), 0.0)
    assert roster.models_with_room("default", but="w1") == {"ember", "noir"}
