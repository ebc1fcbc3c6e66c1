from pathlib import Path

import pytest

from services.kit.settings import read
from services.render.engine.options import EngineKind
from services.render.settings import RenderSettings

BASE = {
    "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "HEATSINK_MONGO_URL": "mongodb://127.0.0.1:27017",
}


def settings(**own: str) -> RenderSettings:
    return read(RenderSettings, {**BASE, **{f"HEATSINK_{key}": own[key] for key in own}})


def test_render_needs_no_more_than_its_parts_to_run() -> None:
    assert settings().workers == 1
    assert settings().retries.delays == (5, 30, 120)


def test_what_concerns_the_engine_is_handed_on() -> None:
    chosen = settings(
        RENDER_ENGINE="noop", RENDER_THREADS="2", CATALOGUE="other.yaml", LOG_FORMAT="console"
    )
    options = chosen.engine_options(("ember",))
    assert options.kind is EngineKind.NOOP
    assert options.threads == 2
    assert options.catalogue == Path("other.yaml")
    assert options.models == ("ember",)
    assert options.log_format.value == "console"


def test_a_fleet_is_of_fixed_size_unless_it_is_told_how_large_it_may_get() -> None:
    fixed, free = settings(RENDER_WORKERS="2"), settings(RENDER_WORKERS="0", RENDER_WORKERS_MAX="3")
    assert (fixed.bounds.least, fixed.bounds.most) == (2, 2)
    assert (free.bounds.least, free.bounds.most) == (0, 3)


def test_a_stopping_worker_leaves_time_for_what_follows() -> None:
    chosen = settings(DRAIN_SECONDS="20")
    assert chosen.finish_seconds + chosen.hand_back_seconds == pytest.approx(10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"RENDER_WORKERS": "-1"},
        {"RENDER_WORKERS": "2", "RENDER_WORKERS_MAX": "1"},
        {"RENDER_ENGINE": "magic"},
        {"RENDER_RETRY_DELAYS": "5,-1"},
        {"RENDER_LEASE_SECONDS": "0"},
        {"RENDER_WORKRES": "1"},
    ],
)
def test_what_can_not_be_right_stops_the_process_with_one_line(
    wrong: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        settings(**wrong)
    assert stopped.value.code == 78
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "HEATSINK_RENDER_" in said
