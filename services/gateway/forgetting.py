"""An ended job goes with its pictures, whoever wished it."""

from services.contracts import JobId
from services.gateway.core.pictures import folder_of
from services.gateway.repository import Jobs
from services.gateway.sweeps import PictureStore

__all__ = ["forget", "remove_all"]


async def forget(job: JobId, jobs: Jobs, store: PictureStore) -> bool:
    """False while something of it is not published yet. Raises Unavailable."""
    await remove_all(store, folder_of(job))
    return await jobs.discard(job)


async def remove_all(store: PictureStore, prefix: str) -> None:
    for found in await store.list(prefix):
        await store.delete(found.key)
