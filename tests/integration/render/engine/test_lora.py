"""LoRAs of the catalogue, on a tiny model of each family."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict

from services.contracts.catalogue import Lora, ModelEntry
from services.render.engine.device import Place
from services.render.engine.digests import digest_of
from services.render.engine.drawing import draw_pixels
from services.render.engine.loading import load
from services.render.engine.messages import Draw
from services.render.engine.model import Model
from services.render.engine.options import EngineOptions
from services.render.engine.plan import look_over
from services.render.engine.vetting import ModelRefusedError
from services.render.engine.warming import Unwatched
from tests.integration.render.engine.families import FAMILIES, denoiser_of, entry_of, made

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TOLERANCE = 1e-4
"""Of pixels from 0 to 1: merged weights are the same sums in another order."""


def lora_of(family: str, path: Path, seed: int = 1) -> Lora:
    """One of random numbers, saved as its pipeline saves it."""
    pipeline = made(family)
    denoiser = denoiser_of(pipeline)
    place = "unet" if denoiser is getattr(pipeline, "unet", None) else "transformer"
    torch.manual_seed(seed)
    config = LoraConfig(r=4, target_modules=["to_q", "to_v"], init_lora_weights=False)
    denoiser.add_adapter(config)
    layers: Mapping[str, Any] = {f"{place}_lora_layers": get_peft_model_state_dict(denoiser)}
    pipeline.save_lora_weights(path.parent, weight_name=path.name, **layers)
    return Lora(path=path.name, digest=digest_of(path))


def with_loras(family: str, *loras: Lora) -> ModelEntry:
    return ModelEntry.model_validate(
        {**entry_of(family), "loras": [lora.model_dump() for lora in loras]}
    )


def loaded(root: Path, entry: ModelEntry) -> Model:
    place = Place(torch.device("cpu"), torch.float32, "cpu")
    return load(look_over(entry, root), EngineOptions(catalogue=root / "catalogue.yaml"), place)


def pixels(model: Model) -> Any:
    draw = Draw(
        job="job",
        attempt=1,
        model=model.entry.id,
        prompt="a red fox",
        width=32,
        height=32,
        steps=3,
        guidance=3.0,
        seeds=(5,),
    )
    (picture,) = draw_pixels(model, draw, Unwatched(), at_once=1)
    model.renders.close()
    return picture


def as_diffusers_draws_it(family: str, root: Path, lora: Lora) -> Any:
    pipeline = made(family)
    pipeline.load_lora_weights(root, weight_name=lora.path, adapter_name="it")
    pipeline.set_adapters("it", lora.scale)
    return pipeline(
        "a red fox",
        height=32,
        width=32,
        num_inference_steps=3,
        guidance_scale=3.0,
        generator=[torch.Generator().manual_seed(5)],
        output_type="np",
    ).images[0]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    name: str = request.param
    made(name).save_pretrained(tmp_path / name)
    return name


def test_a_picture_is_as_diffusers_draws_it_with_the_lora_beside_the_weights(
    family: str, tmp_path: Path
) -> None:
    lora = lora_of(family, tmp_path / "noir.safetensors").model_copy(update={"scale": 4.0})
    plain = pixels(loaded(tmp_path, with_loras(family)))
    changed = pixels(loaded(tmp_path, with_loras(family, lora)))
    expected = as_diffusers_draws_it(family, tmp_path, lora)
    assert np.abs(changed - plain).max() > 50 * TOLERANCE, "it changes the picture"
    assert np.abs(changed - expected).max() <= TOLERANCE


def test_several_are_merged_each_by_its_scale(family: str, tmp_path: Path) -> None:
    lora = lora_of(family, tmp_path / "noir.safetensors")
    half = lora.model_copy(update={"scale": 0.5})
    assert (
        np.abs(
            pixels(loaded(tmp_path, with_loras(family, half, half)))
            - pixels(loaded(tmp_path, with_loras(family, lora)))
        ).max()
        <= TOLERANCE
    )


def test_one_for_another_family_is_refused(family: str, tmp_path: Path) -> None:
    other = "sdxl" if family in {"sd3", "flux"} else "flux"
    lora = lora_of(other, tmp_path / "other.safetensors")
    with pytest.raises(ModelRefusedError):
        loaded(tmp_path, with_loras(family, lora))


def test_a_file_that_is_not_as_named_is_not_opened(tmp_path: Path) -> None:
    made("stable-diffusion").save_pretrained(tmp_path / "stable-diffusion")
    (tmp_path / "noir.safetensors").write_bytes(b"not what was looked over")
    lora = Lora(path="noir.safetensors", digest="0" * 64)
    reason = r"noir\.safetensors has another digest than the catalogue says"
    with pytest.raises(ModelRefusedError, match=reason):
        look_over(with_loras("stable-diffusion", lora), tmp_path)


@pytest.mark.parametrize("place", ["../noir.safetensors", "/noir.safetensors"])
def test_a_file_outside_of_the_catalogues_folder_is_not_opened(tmp_path: Path, place: str) -> None:
    made("stable-diffusion").save_pretrained(tmp_path / "stable-diffusion")
    lora = Lora(path=place, digest="0" * 64)
    with pytest.raises(ModelRefusedError, match="leads out of the catalogue's folder"):
        look_over(with_loras("stable-diffusion", lora), tmp_path)
