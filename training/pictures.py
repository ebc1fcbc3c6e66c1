"""Subjects as pixels, on white."""

import io
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.world import Subject

__all__ = ["Pixels", "drawn", "pictures"]

Pixels = npt.NDArray[np.uint8]


def pictures(subjects: Sequence[Subject], size: int, kept: Path) -> Pixels:
    """RGB, (subjects, size, size, 3); drawn once and kept in the folder `kept`."""
    path = kept / f"pictures-{size}.npy"
    if not path.exists():
        with ProcessPoolExecutor() as pool:
            svgs = [subject.svg for subject in subjects]
            np.save(path, np.stack(list(pool.map(partial(drawn, size=size), svgs, chunksize=32))))
    found: Pixels = np.load(path)
    assert len(found) == len(subjects), f"{path} is of another world: remove it"
    return found


def drawn(svg: str, size: int) -> Pixels:
    """One picture, (size, size, 3)."""
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - training's own; captions are tested without

    png = bytes(svg_to_bytes(svg_string=svg, width=size, height=size))
    picture = Image.open(io.BytesIO(png)).convert("RGBA").resize((size, size))
    canvas = Image.new("RGBA", picture.size, "white")
    canvas.alpha_composite(picture)
    return np.asarray(canvas.convert("RGB"))
