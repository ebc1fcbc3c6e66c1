"""Models of all families on one real engine that holds only some of them at a time."""

import gc
import shutil
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from services.render.engine.messages import Picture, Shelved
from services.render.engine.options import EngineOptions
from services.render.engine.painter import RenderError, UnusableError
from services.render.engine.pipeline import DiffusersPainter
from services.render.engine.plan import plan
from services.render.engine.warming import Unwatched
from services.render.engine.weights import numbers_in
from tests.integration.render.engine.families import FAMILIES, entry_of, made
from tests.unit.render.engine.draws import apple

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BYTES = 4
"""Of a number on a CPU."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with one tiny model of each family."""
    root = tmp_path_factory.mktemp("families")
    for family in FAMILIES:
        made(family).save_pretrained(root / family)
    entries = [entry_of(family) for family in FAMILIES]
    (root / "catalogue.yaml").write_text(yaml.safe_dump({"models": entries}))
    return root


def sizes(root: Path) -> dict[str, int]:
    return {family: BYTES * numbers_in(root / family) for family in FAMILIES}


def painter(root: Path, budget: int | None, told: list[Shelved]) -> DiffusersPainter:
    options = EngineOptions(
        catalogue=root / "catalogue.yaml", device="cpu", threads=1, models_bytes=budget
    )
    return DiffusersPainter(options, plan(options), told.append)


def drawn(painter: DiffusersPainter, family: str, seed: int = 7) -> Picture:
    draw = replace(apple(f"job_{family}_{seed}"), model=family, width=32, height=32, seeds=(seed,))
    (picture,) = painter.draw(draw, Unwatched())
    return picture


def test_each_picture_is_the_same_as_with_all_models_in_memory(root: Path) -> None:
    told: list[Shelved] = []
    budget = 2 * max(sizes(root).values())
    whole, part = painter(root, None, []), painter(root, budget, told)
    assert whole.load().shelf.models == tuple(sorted(FAMILIES))
    ready = part.load()
    assert ready.models == tuple(FAMILIES), "all of them are served"
    assert set(ready.shelf.models) < set(FAMILIES), "but not all are in memory"
    assert "stable-diffusion" in ready.shelf.models, "the default is"
    for family in FAMILIES:
        assert drawn(part, family) == drawn(whole, family)
    for state in told:
        assert sum(sizes(root)[model] for model in state.models) <= budget


def test_renders_of_all_models_at_once_come_to_their_ends_and_leave_nothing_behind(
    root: Path,
) -> None:
    """Whoever waits for room draws when those before have left it."""
    threads = threading.active_count()
    one = painter(root, max(sizes(root).values()), [])
    one.load()
    wishes = [(family, seed) for seed in range(2) for family in FAMILIES]
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(lambda wish: drawn(one, *wish), wishes))
    assert [picture.seed for picture in pictures] == [seed for _, seed in wishes]
    assert threading.active_count() <= threads + 1, "one denoiser's thread for the one model left"


def test_a_model_that_leaves_gives_its_memory_back(root: Path) -> None:
    told: list[Shelved] = []
    one = painter(root, max(sizes(root).values()), told)
    one.load()
    with one._shelf.borrowed("stable-diffusion", Unwatched()) as model:
        (pipeline,) = model.renders._pipelines.values()
        weights = weakref.ref(next(pipeline.unet.parameters()))
    del model, pipeline
    drawn(one, "sd3")
    gc.collect()
    assert weights() is None


def test_a_model_larger_than_the_budget_is_not_served_and_says_so(root: Path) -> None:
    large = max(sizes(root), key=lambda family: sizes(root)[family])
    limit = sizes(root)[large] - 1
    ready = painter(root, limit, []).load()
    assert set(ready.models) == set(FAMILIES) - {large}
    (refusal,) = ready.refused
    assert refusal.model == large
    assert refusal.reason == f"it takes {limit + 1} bytes of the {limit} there are for models"
    with pytest.raises(UnusableError, match="there are for models"):
        painter(root, 1, []).load()


def test_a_model_that_was_changed_on_disk_is_not_fetched_again(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "catalogue")
    changed = tmp_path / "catalogue"
    one = painter(changed, max(sizes(root).values()), [])
    one.load()
    (changed / "flux" / "sly.py").write_text("raise SystemExit('ran')")
    with pytest.raises(RenderError, match="flux can't be loaded here at present") as failure:
        drawn(one, "flux")
    assert not failure.value.permanent, "another worker may have it"
    assert drawn(one, "sdxl").seed == 7, "the others are served"
