"""What goes by itself: prompts before their jobs, photos, and pictures that no job has."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from services.contracts import UPLOADS, JobId
from services.gateway.core.job import Job, without_prompt
from services.gateway.core.pictures import PICTURES, is_nobodys, job_of
from services.gateway.repository import Jobs
from services.kit.blobs import BlobInfo
from services.kit.clock import Clock
from services.kit.telemetry import metrics

__all__ = ["PictureStore", "PictureSweep", "PromptSweep", "UploadSweep"]

log = structlog.get_logger(__name__)

_PORTION = 500
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class PictureStore(Protocol):
    """What a sweep needs of the blob store. Raises Unavailable."""

    async def list(
        self, prefix: str = "", *, after: str = "", limit: int = 10_000
    ) -> list[BlobInfo]: ...

    async def delete(self, key: str) -> None: ...


class PromptSweep:
    """Takes the prompts out of ended jobs once they are `keep` old."""

    name = "prompts"

    def __init__(self, jobs: Jobs, clock: Clock, keep: timedelta) -> None:
        self._jobs = jobs
        self._clock = clock
        self._keep = keep
        self._after = _BEGINNING
        self._gone = 0

    async def portion(self) -> bool:
        """One portion; true when more waits. Raises Unavailable."""
        moment = self._clock.now() - self._keep
        found = await self._jobs.with_prompt_before(moment, self._after, _PORTION)
        for job in found:
            if job.status.is_end:
                await self._jobs.change(job.id, lambda job: (without_prompt(job), ()))
                metrics.RETENTION_REMOVED.add(1, what="prompt", reason="expired")
                self._gone += 1
        if len(found) == _PORTION and found[-1].prompt_since:
            self._after = found[-1].prompt_since
            return True
        if self._gone:
            log.info("prompts_removed", count=self._gone)
        self._after, self._gone = _BEGINNING, 0
        return False


class PictureSweep:
    """Removes pictures older than `grace` that are no job's: its job is gone, or ended otherwise.

    Goes through the store in the order of keys, which is the order of the jobs' birth.
    """

    name = "pictures"

    def __init__(self, jobs: Jobs, store: PictureStore, clock: Clock, grace: timedelta) -> None:
        self._jobs = jobs
        self._store = store
        self._clock = clock
        self._grace = grace
        self._after = ""
        self._gone = 0

    async def portion(self) -> bool:
        """One portion; true when more waits. Raises Unavailable."""
        found = await self._store.list(PICTURES, after=self._after, limit=_PORTION)
        await self._remove(found)
        if len(found) == _PORTION:
            self._after = found[-1].key
            return True
        if self._gone:
            log.info("pictures_removed", count=self._gone)
        self._after, self._gone = "", 0
        return False

    async def _remove(self, found: list[BlobInfo]) -> None:
        before = self._clock.now() - self._grace
        old = {info.key: job_of(info.key) for info in found if info.modified <= before}
        jobs = await self._known([job for job in old.values() if job])
        for key, job in old.items():
            if job is not None and is_nobodys(key, jobs.get(job)):
                await self._store.delete(key)
                reason = "not_named" if job in jobs else "job_gone"
                metrics.RETENTION_REMOVED.add(1, what="picture", reason=reason)
                self._gone += 1

    async def _known(self, ids: list[JobId]) -> dict[JobId, Job]:
        return await self._jobs.known(list(dict.fromkeys(ids))) if ids else {}


class UploadSweep:
    """Removes photos and masks that are `keep` old: their renders are long over."""

    name = "uploads"

    def __init__(self, store: PictureStore, clock: Clock, keep: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep
        self._after = ""

    async def portion(self) -> bool:
        """One portion; true when more waits. Raises Unavailable."""
        before = self._clock.now() - self._keep
        found = await self._store.list(UPLOADS, after=self._after, limit=_PORTION)
        for info in found:
            if info.modified <= before:
                await self._store.delete(info.key)
                metrics.RETENTION_REMOVED.add(1, what="upload", reason="expired")
        self._after = found[-1].key if len(found) == _PORTION else ""
        return bool(self._after)
