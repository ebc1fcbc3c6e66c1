import hashlib
import re
from pathlib import Path

import pytest

from services.cli.parts.errors import DownloadFailed
from services.cli.parts.fetch import Download, fetch_all
from services.cli.parts.jars import Jar, locked_jars, missing_jars

CONTENT = b"the classes"
JAR = Jar("org.example:thing:1.2", hashlib.sha256(CONTENT).hexdigest())


def offering(cache: Path, content: bytes = CONTENT) -> Download:
    """A repository with one file for everybody."""

    def download(jar: Jar) -> None:
        jar.path(cache).parent.mkdir(parents=True, exist_ok=True)
        jar.path(cache).write_bytes(content)

    return download


def offering_nothing(jar: Jar) -> None:
    raise RuntimeError(f"{jar.coordinate} not found")


def test_the_lock_names_kafka_its_logging_and_every_hash() -> None:
    jars = locked_jars()
    kafka = [jar for jar in jars if jar.coordinate.startswith("org.apache.kafka:")]
    names = {jar.coordinate.split(":")[1] for jar in jars}
    assert {"kafka_2.13", "kafka-clients", "log4j-core", "log4j-slf4j-impl"} <= names
    assert {jar.coordinate.split(":")[2] for jar in kafka} == {"4.3.1"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)


def test_an_empty_cache_misses_everything(tmp_path: Path) -> None:
    assert missing_jars(tmp_path) == locked_jars()


def test_a_missing_jar_is_fetched(tmp_path: Path) -> None:
    fetch_all((JAR,), tmp_path, offering(tmp_path))
    assert JAR.intact(tmp_path)


def test_a_damaged_jar_is_fetched_again(tmp_path: Path) -> None:
    offering(tmp_path, CONTENT[:4])(JAR)
    assert not JAR.intact(tmp_path)
    fetch_all((JAR,), tmp_path, offering(tmp_path))
    assert JAR.path(tmp_path).read_bytes() == CONTENT


def test_a_jar_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="hash"):
        fetch_all((JAR,), tmp_path, offering(tmp_path, b"something else"))
    assert not JAR.path(tmp_path).exists()


def test_a_jar_that_nobody_offers_is_named(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"org\.example:thing:1\.2 not found"):
        fetch_all((JAR,), tmp_path, offering_nothing)
