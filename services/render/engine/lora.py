"""LoRAs of the catalogue become part of a model's weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.contracts.catalogue import Lora
from services.render.engine.vetting import ModelRefusedError

__all__ = ["merge"]

_NAME = "lora"


def merge(pipeline: Any, loras: Sequence[Lora], root: Path) -> None:
    """Each by its scale; afterwards the pipeline is as fast as without.

    Raises ModelRefusedError for one that changes nothing of this model, and what diffusers raises
    for one that doesn't fit it.
    """
    for lora in loras:
        _add(pipeline, lora, root)
        pipeline.fuse_lora(lora_scale=lora.scale, adapter_names=[_NAME])
        pipeline.unload_lora_weights()


def _add(pipeline: Any, lora: Lora, root: Path) -> None:
    path = root / lora.path
    pipeline.load_lora_weights(
        path.parent,
        weight_name=path.name,
        adapter_name=_NAME,
        local_files_only=True,
        use_safetensors=True,
    )
    if not any(_NAME in found for found in pipeline.get_list_adapters().values()):
        raise ModelRefusedError(f"{lora.path} changes nothing of this model")
