"""Whether the blob store takes, gives back and forgets."""

import secrets
import time
from collections.abc import Sequence

from services.kit.blobs import Blobs
from services.kit.diagnosis.examination import Check
from services.kit.diagnosis.finding import Finding, Section, bad, ok
from services.kit.diagnosis.words import span_of

__all__ = ["blobs_check"]

_ADVICE = "see whether HEATSINK_BLOBS is right, writable by this service, and has room"
_CONTENT = b"written by heatsink doctor"


def blobs_check(where: str) -> Check:
    """Of the place that a service is told; opened anew, so that a place that can't be is found."""

    async def look() -> Sequence[Finding]:
        blobs = Blobs.open(where)
        key, began = f"doctor/{secrets.token_hex(8)}", time.monotonic()
        await blobs.put(key, _CONTENT, media_type="text/plain")
        same = await blobs.get(key) == _CONTENT
        await blobs.delete(key)
        if not same:
            return (bad(Section.BLOBS, "blob store", "gives back something else", _ADVICE),)
        took = span_of(time.monotonic() - began)
        return (ok(Section.BLOBS, "write, read, delete", took),)

    return Check(Section.BLOBS, "blob store", look, _ADVICE)
