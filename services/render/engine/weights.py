"""How large a model's weights are, read from its files' headers."""

from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open

__all__ = ["numbers_in"]


def numbers_in(folder: Path) -> int:
    """Numbers in all safetensors files below the folder, whatever their types.

    A model that keeps its weights twice, as variants, counts twice. A broken file counts nothing:
    loading it will say what is wrong.
    """
    total = 0
    for path in folder.rglob("*.safetensors"):
        with suppress(SafetensorError):
            total += _numbers(path)
    return total


def _numbers(path: Path) -> int:
    total = 0
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - it is no mapping
            size = 1
            for length in file.get_slice(name).get_shape():
                size *= length
            total += size
    return total
