from pathlib import Path

from services.render.engine.options import EngineKind, EngineOptions


def test_options_reach_the_child_unchanged() -> None:
    options = EngineOptions(
        catalogue=Path("models/catalogue.yaml"),
        models=("ember",),
        kind=EngineKind.NOOP,
        threads=3,
        noop_step_seconds=0.5,
    )
    assert EngineOptions.from_json(options.to_json()) == options


def test_threads_are_as_set_or_leave_room_for_the_rest() -> None:
    catalogue = Path("models/catalogue.yaml")
    assert EngineOptions(catalogue=catalogue, threads=3).thread_count == 3
    assert EngineOptions(catalogue=catalogue).thread_count >= 1
