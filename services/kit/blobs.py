"""Bytes by key: in a folder, in S3, GCS or Azure, or in memory, all behind one class."""

import asyncio
import heapq
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Self

from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from services.kit.errors import KitError, Unavailable
from services.kit.outage import Outage
from services.kit.telemetry import metrics

__all__ = ["BlobExists", "BlobInfo", "BlobMissing", "Blobs", "MemoryBlobs"]

_PART = "blobs"
_KEY = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*")
_LONGEST_KEY = 512


class BlobMissing(KitError):
    """There is no blob of this key (any more)."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no blob {key}")
        self.key = key


class BlobExists(KitError):
    """A blob that should have been new is there already."""

    def __init__(self, key: str) -> None:
        super().__init__(f"blob {key} exists")
        self.key = key


@dataclass(frozen=True)
class BlobInfo:
    key: str
    bytes: int
    modified: datetime


class Blobs:
    """A blob store. Keys are path-like: segments of letters, digits and `. _ = -` between slashes.

    Every call raises Unavailable when the store can't do it or does not answer within `timeout`
    seconds; ValueError for a malformed key.
    """

    def __init__(self, store: ObjectStore, *, timeout: float = 20.0) -> None:
        self._store = store
        self._timeout = timeout
        self._outage = Outage(time.monotonic)

    @classmethod
    def open(cls, where: str | Path, *, timeout: float = 20.0) -> Self:
        """A folder (made if need be), or a URL such as `s3://bucket/prefix` or `memory:///`.

        A cloud's credentials and endpoint come from its own usual variables, `AWS_…` for S3.
        Raises Unavailable for a folder that can't be, ValueError for a URL of no known kind.
        """
        try:
            if "://" in str(where):
                return cls(_cloud(str(where), timeout), timeout=timeout)
            folder = LocalStore(Path(where).absolute(), mkdir=True, automatic_cleanup=True)
            return cls(folder, timeout=timeout)
        except OSError as error:
            raise Unavailable(_PART, _brief(error)) from error
        except BaseError as error:
            raise ValueError(f"not a usable place for blobs: {_brief(error)}") from error

    async def put(
        self, key: str, content: bytes, *, media_type: str, create_only: bool = False
    ) -> None:
        """Stores all of `content` or nothing. With `create_only`, raises BlobExists.

        A folder keeps no media type; who refers to a blob keeps it too.
        """
        typed = not isinstance(self._store, LocalStore)
        async with self._call("put", key):
            await self._store.put_async(
                _checked(key),
                content,
                attributes={"Content-Type": media_type} if typed else None,
                mode="create" if create_only else "overwrite",
            )

    async def get(self, key: str) -> bytes:
        """Raises BlobMissing."""
        async with self._call("get", key):
            found = await self._store.get_async(_checked(key))
            return bytes(await found.bytes_async())

    async def exists(self, key: str) -> bool:
        try:
            async with self._call("head", key):
                await self._store.head_async(_checked(key))
        except BlobMissing:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Leaves no blob of this key, whether there was one or not."""
        try:
            async with self._call("delete", key):
                await self._store.delete_async(_checked(key))
        except BlobMissing:
            return

    async def list(
        self, prefix: str = "", *, after: str = "", limit: int = 10_000
    ) -> list[BlobInfo]:
        """Blobs under a prefix of whole segments (`a` finds `a/b`, not `ab`), by key.

        To go on, give the last key as `after`.
        """
        in_order = not isinstance(self._store, LocalStore)
        found: list[BlobInfo] = []
        async with self._call("list", prefix):
            async for batch in self._store.list(prefix or None, offset=after or None):
                fresh = (
                    BlobInfo(meta["path"], meta["size"], meta["last_modified"]) for meta in batch
                )
                found = heapq.nsmallest(limit, [*found, *fresh], key=attrgetter("key"))
                if in_order and len(found) >= limit:
                    break
        return found

    @asynccontextmanager
    async def _call(self, operation: str, key: str) -> AsyncIterator[None]:
        began, outcome = time.monotonic(), "error"
        try:
            async with asyncio.timeout(self._timeout):
                yield
            outcome = "ok"
            self._outage.worked()
        except TimeoutError as error:
            raise self._away("no answer in time") from error
        except (FileNotFoundError, NotFoundError) as error:
            outcome = "missing"
            raise BlobMissing(key) from error
        except AlreadyExistsError as error:
            outcome = "exists"
            raise BlobExists(key) from error
        except (BaseError, OSError) as error:
            raise self._away(_brief(error)) from error
        finally:
            took = time.monotonic() - began
            metrics.BLOB_SECONDS.record(took, operation=operation, outcome=outcome)

    def _away(self, detail: str) -> Unavailable:
        return Unavailable(_PART, detail, lasting=self._outage.failed())


class MemoryBlobs(Blobs):
    """For unit tests; `fail_next` makes the next call raise."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self._failures: list[Exception] = []

    def fail_next(self, error: Exception) -> None:
        self._failures.append(error)

    @asynccontextmanager
    async def _call(self, operation: str, key: str) -> AsyncIterator[None]:
        if self._failures:
            raise self._failures.pop(0)
        async with super()._call(operation, key):
            yield


def _cloud(url: str, timeout: float) -> ObjectStore:
    seconds = timedelta(seconds=timeout)
    return from_url(
        url,
        client_options={"timeout": seconds, "connect_timeout": timedelta(seconds=2)},
        retry_config={"max_retries": 3, "retry_timeout": seconds / 2},
    )


def _checked(key: str) -> str:
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise ValueError(f"not a blob key: {key[:60]!r}")
    return key


def _brief(error: Exception) -> str:
    """The first line: below it the library prints its own insides."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
