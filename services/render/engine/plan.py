"""What to load, decided before the seconds that importing torch and diffusers takes."""

from dataclasses import dataclass
from pathlib import Path

from services.contracts.catalogue import ModelEntry
from services.render.engine import catalogue
from services.render.engine.messages import Refusal
from services.render.engine.options import EngineOptions
from services.render.engine.painter import UnusableError
from services.render.engine.vetting import ModelRefusedError, vet, vet_file

__all__ = ["Plan", "Vetted", "look_over", "nothing_to_draw", "plan"]


@dataclass(frozen=True, slots=True)
class Vetted:
    """An entry whose folder was found harmless; `parts` is its `model_index.json`."""

    entry: ModelEntry
    parts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    vetted: tuple[Vetted, ...]
    refused: tuple[Refusal, ...]


def plan(options: EngineOptions) -> Plan:
    """Raises `UnusableError` where the catalogue is bad or none of its models can be loaded."""
    vetted: list[Vetted] = []
    refused: list[Refusal] = []
    for entry in catalogue.chosen(catalogue.read(options.catalogue), options.models):
        try:
            vetted.append(look_over(entry, options.catalogue.parent))
        except ModelRefusedError as error:
            refused.append(Refusal(model=entry.id, reason=error.reason))
    if not vetted:
        raise nothing_to_draw(tuple(refused))
    return Plan(tuple(vetted), tuple(refused))


def nothing_to_draw(refused: tuple[Refusal, ...]) -> UnusableError:
    return UnusableError("; ".join(f"{one.model}: {one.reason}" for one in refused))


def look_over(entry: ModelEntry, root: Path) -> Vetted:
    """The entry, where all that it names below `root` may be loaded. Raises `ModelRefusedError`."""
    parts = vet(root / entry.path, root, entry.files)
    for lora in entry.loras:
        vet_file(lora.path, root, lora.digest)
    return Vetted(entry, parts)
