"""A real engine under a ceiling: the render that would break it fails, its neighbours don't."""

import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from services.contracts.events.renders import FailureCode
from services.render.engine.messages import Drawn, Failed
from services.render.engine.options import EngineOptions
from services.render.engine.process import EngineProcess
from tests.integration.render.engine.listening import to_its_end
from tests.unit.render.engine.draws import CATALOGUE, apple

CEILING = 2_100_000_000
"""Bytes. The engine with `ember` loaded has 1.3 GB of data, most of it torch's."""

SIDE = 1536
"""Of a picture for which `ember`'s attention wants more than what is left."""


def huge(root: Path) -> EngineOptions:
    shutil.copytree(CATALOGUE.parent / "ember", root / "ember")
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    catalogue["models"][0]["sizes"].append({"width": SIDE, "height": SIDE})
    path = root / "catalogue.yaml"
    path.write_text(yaml.safe_dump(catalogue))
    return EngineOptions(catalogue=path, memory_bytes=CEILING)


async def test_a_render_beyond_the_ceiling_fails_alone(tmp_path: Path) -> None:
    engine = EngineProcess(huge(tmp_path))
    await engine.start()
    try:
        await engine.submit(replace(apple("job_huge"), width=SIDE, height=SIDE))
        await engine.submit(apple("job_small"))
        ends = [(await to_its_end(engine))[1] for _ in range(2)]
        (failed,) = [end for end in ends if isinstance(end, Failed)]
        (drawn,) = [end for end in ends if isinstance(end, Drawn)]
        assert (failed.job, failed.code) == ("job_huge", FailureCode.OUT_OF_MEMORY)
        assert not failed.permanent
        assert drawn.job == "job_small"
        assert engine.alive
    finally:
        await engine.close()
