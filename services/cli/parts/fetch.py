"""Fetches the jars that a cache lacks: `python -m services.cli.parts.fetch <cache>`."""

import fcntl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from jgo.maven import MavenContext

from services.cli.parts.errors import DownloadFailed
from services.cli.parts.jars import Jar, missing_jars

__all__ = ["Download", "fetch", "fetch_all", "main"]

Download = Callable[[Jar], object]
"""Puts a jar to its place in the cache. Raises RuntimeError when nobody offers it, or OSError."""

_AT_ONCE = 6
_TIMEOUT_SECONDS = 60
_TELL_EVERY = 5


def main() -> int:
    try:
        fetch(Path(sys.argv[1]))
    except DownloadFailed as error:
        _tell(str(error))
        return 1
    return 0


def fetch(cache: Path) -> None:
    """Completes `cache`; whoever else is completing it is waited for. Raises DownloadFailed."""
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / "lock"):
        if missing := missing_jars(cache):
            _tell(f"fetching {len(missing)} packages of Apache Kafka, once for this machine")
            fetch_all(missing, cache, _from_maven_central(cache))


def fetch_all(jars: tuple[Jar, ...], cache: Path, download: Download) -> None:
    """Downloads `jars`, each checked against its hash. Raises DownloadFailed."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(_fetch_one, jar, cache, download) for jar in jars]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                if done % _TELL_EVERY == 0 or done == len(jars):
                    _tell(f"fetched {done} of {len(jars)} packages")
        except DownloadFailed:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch_one(jar: Jar, cache: Path, download: Download) -> None:
    jar.path(cache).unlink(missing_ok=True)
    try:
        download(jar)
    except (RuntimeError, OSError) as error:
        raise DownloadFailed(jar.coordinate, str(error)) from error
    if not jar.intact(cache):
        jar.path(cache).unlink(missing_ok=True)
        raise DownloadFailed(jar.coordinate, "its hash is not the locked one")


def _from_maven_central(cache: Path) -> Download:
    context = MavenContext(repo_cache=cache, timeout=_TIMEOUT_SECONDS)

    def download(jar: Jar) -> None:
        group, artifact, version = jar.coordinate.split(":")
        context.project(group, artifact).at_version(version).artifact().resolve()

    return download


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
