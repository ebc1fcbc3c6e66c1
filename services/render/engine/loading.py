"""A catalogue entry becomes a pipeline in memory, from local safetensors and nothing else."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import structlog
import torch
import transformers
from diffusers import DiffusionPipeline

from services.render.engine.batching import SharedRenders
from services.render.engine.device import Place
from services.render.engine.lora import merge
from services.render.engine.model import Model
from services.render.engine.options import EngineOptions
from services.render.engine.plan import Vetted
from services.render.engine.previews import Sketcher, fitted
from services.render.engine.traces import frames_of
from services.render.engine.vetting import ModelRefusedError

__all__ = ["load", "quieten"]

#: What a pipeline must take for its renders to be seeded, followed and stopped.
_NEEDED = frozenset(
    {
        "prompt",
        "height",
        "width",
        "num_inference_steps",
        "num_images_per_prompt",
        "guidance_scale",
        "generator",
        "output_type",
        "callback_on_step_end",
    }
)
#: The class as a type checker sees it is a stand-in without methods.
_UNTYPED: Any = DiffusionPipeline

_log = structlog.get_logger()


def quieten() -> None:
    """No progress bars, and no warnings: they quote the part of a prompt that was cut off."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity(library.utils.logging.CRITICAL)
        library.utils.logging.disable_progress_bar()


def load(vetted: Vetted, options: EngineOptions, place: Place) -> Model:
    """Raises `ModelRefusedError` with the reason for an operator."""
    _ensure_it_takes_what_is_needed(vetted.parts)
    _ensure_libraries_are_known(vetted.parts)
    try:
        root = options.catalogue.parent
        pipeline = _pipeline(root / vetted.entry.path, place)
        merge(pipeline, vetted.entry.loras, root)
        _prepare(pipeline)
        size = vetted.entry.default_size
        rows = options.rows_at_once(size.width * size.height)
        renders = SharedRenders(pipeline, rows, vetted.entry.tasks)
    except ModelRefusedError:
        raise
    except Exception as error:
        reason = f"loading it failed with {type(error).__name__}: {error}"
        raise ModelRefusedError(reason) from error
    casts, sketcher = _casts_its_decoder(pipeline), _sketcher(vetted.entry.id, pipeline)
    return Model(vetted.entry, renders, place, casts, sketcher)


def _ensure_it_takes_what_is_needed(parts: dict[str, object]) -> None:
    name = str(parts.get("_class_name", ""))
    pipeline_class = getattr(diffusers, name, None) if name else None
    if not (inspect.isclass(pipeline_class) and issubclass(pipeline_class, DiffusionPipeline)):
        raise ModelRefusedError(f"diffusers has no pipeline class {name!r}")
    call: Callable[..., Any] = pipeline_class.__call__
    accepts = frozenset(inspect.signature(call).parameters)
    if missing := _NEEDED - accepts:
        raise ModelRefusedError(f"a {name} takes no {', '.join(sorted(missing))}")


def _ensure_libraries_are_known(parts: dict[str, object]) -> None:
    """A part is `[library, class]`; another library would be a module that came with it."""
    for part, value in parts.items():
        if not isinstance(value, list):
            continue
        library = value[0] if value else None
        known = library in {None, "diffusers", "transformers"}
        if not known and not hasattr(diffusers.pipelines, str(library)):
            raise ModelRefusedError(f"its {part} comes from {library!r}")


def _pipeline(folder: Path, place: Place) -> Any:
    pipeline = _UNTYPED.from_pretrained(
        folder,
        dtype=place.dtype,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to(place.device)
    return pipeline


def _casts_its_decoder(pipeline: Any) -> bool:
    """Such a decoder overflows in float16: its pipeline casts it to float32 and back."""
    decoder = getattr(pipeline, "vae", None)
    upcast = getattr(getattr(decoder, "config", None), "force_upcast", False)
    return decoder is not None and bool(upcast) and decoder.dtype == torch.float16


def _sketcher(model: str, pipeline: Any) -> Sketcher | None:
    """None where it has no encoder to learn from: it is served, without previews."""
    try:
        return fitted(pipeline)
    except Exception as error:  # noqa: BLE001 - any library's fault costs the previews, no more
        _log.warning("engine.no_previews", model=model, frames=frames_of(error))
        return None


def _prepare(pipeline: Any) -> None:
    """A part left in training mode has dropout; convolutions are faster with channels last."""
    for part in pipeline.components.values():
        if not isinstance(part, torch.nn.Module):
            continue
        part.eval().requires_grad_(requires_grad=False)
        if any(isinstance(layer, torch.nn.Conv2d) for layer in part.modules()):
            part.to(memory_format=torch.channels_last)
