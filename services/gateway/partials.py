"""Early looks at a picture, in the shape and the format of the finished one."""

import asyncio
import io

from PIL import Image

from services.contracts import JobSpec

__all__ = ["as_wanted"]


async def as_wanted(preview: bytes, spec: JobSpec) -> bytes:
    """Render's small WebP file, as the spec says that the finished picture will be."""
    return await asyncio.to_thread(_converted, preview, spec)


def _converted(preview: bytes, spec: JobSpec) -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(preview), formats=("WEBP",)) as image:
        size = (spec.size.width, spec.size.height)
        image.convert("RGB").resize(size).save(buffer, spec.format.value, quality=spec.compression)
    return buffer.getvalue()
