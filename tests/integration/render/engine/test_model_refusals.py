"""Which models the engine won't serve, with diffusers itself on the other side."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.render.engine.device import choose
from services.render.engine.options import EngineOptions
from services.render.engine.painter import UnusableError
from services.render.engine.process import EngineProcess
from services.render.engine.protocol import EngineStartError
from tests.integration.render.engine.listening import drawn
from tests.unit.render.engine.draws import CATALOGUE, apple

ENTRY: dict[str, Any] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["models"][0]
DIGESTS = ENTRY.pop("files")


def _add(root: Path, model_id: str, **changes: Any) -> dict[str, Any]:
    """A copy of ember under another name, with changes to its model_index.json."""
    shutil.copytree(CATALOGUE.parent / "ember", root / model_id)
    index = root / model_id / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text(encoding="utf-8")) | changes))
    return ENTRY | {"id": model_id, "path": model_id}


def _write(root: Path, *entries: dict[str, Any]) -> EngineOptions:
    path = root / "catalogue.yaml"
    path.write_text(yaml.safe_dump({"models": list(entries)}))
    return EngineOptions(catalogue=path)


async def test_one_bad_model_does_not_keep_the_others_from_serving(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    truncated = _add(tmp_path, "truncated")
    weights = tmp_path / "truncated" / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    options = _write(
        tmp_path,
        _add(tmp_path, "good"),
        truncated,
        _add(tmp_path, "unknown-class", _class_name="MyOwnPipeline"),
        _add(tmp_path, "no-pipeline", _class_name="UNet2DConditionModel"),
        _add(tmp_path, "foreign-part", unet=["my_unet", "MyUNet"]),
        _add(tmp_path, "unfollowed", _class_name="DDPMPipeline"),
        _add(tmp_path, "other-files", requires_safety_checker=True) | {"files": DIGESTS},
    )
    engine = EngineProcess(options)
    ready = await engine.start()
    try:
        assert ready.models == ("good",)
        reasons = {refusal.model: refusal.reason for refusal in ready.refused}
        assert reasons.pop("truncated").startswith("loading it failed with ")
        assert reasons == {
            "unknown-class": "diffusers has no pipeline class 'MyOwnPipeline'",
            "no-pipeline": "diffusers has no pipeline class 'UNet2DConditionModel'",
            "foreign-part": "its unet comes from 'my_unet'",
            "unfollowed": "a DDPMPipeline takes no callback_on_step_end, guidance_scale, height, "
            "num_images_per_prompt, prompt, width",
            "other-files": "model_index.json has another digest than the catalogue says",
        }
        await drawn(engine, replace(apple(steps=1), model="good", prompt="canary " * 100))
    finally:
        await engine.close()
    written = capfd.readouterr()
    assert "canary" not in written.out + written.err


async def test_an_engine_without_a_model_does_not_start(tmp_path: Path) -> None:
    entry = _add(tmp_path, "sly")
    (tmp_path / "sly" / "unet" / "unet.py").write_text("raise SystemExit('ran')")
    engine = EngineProcess(_write(tmp_path, entry))
    with pytest.raises(EngineStartError, match=r"sly: unet/unet\.py may hold code"):
        await engine.start()


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(UnusableError, match="no device 'cuda:63'"):
        choose("cuda:63", threads=2)
