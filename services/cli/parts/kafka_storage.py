"""The data folder of a Kafka node: formatted once, and healed when that was cut short."""

import asyncio
import base64
import shutil
import uuid
from pathlib import Path

from services.cli.parts.errors import NotReady, StorageUnusable
from services.cli.parts.kafka_settings import NodeFiles
from services.cli.parts.part import Report
from services.cli.parts.process import Command, ManagedProcess

__all__ = ["ensure_formatted", "new_cluster_id"]

_FORMAT_WITHIN = 60.0
_METADATA_LOG = "__cluster_metadata-0"
_META = "meta.properties"


async def ensure_formatted(files: NodeFiles, java: Command, report: Report) -> None:
    """Leaves a folder that a broker can start on; `java` runs a class of Kafka's.

    Formatting is done when `files.identity` exists, which is written last. Before that no broker
    ever ran here, so whatever lies there is thrown away; unless it holds topics, which no half
    formatted folder does. Raises StorageUnusable, NotReady.
    """
    if files.identity.exists():
        _restore_meta(files, report)
        return
    if _has_topics(files.data):
        _adopt(files)
        return
    if files.data.exists():
        report("kafka: its folder was left half formatted, formatting again")
        await asyncio.to_thread(shutil.rmtree, files.data)
    await _format(files, java)
    _remember(files)


def new_cluster_id() -> str:
    """Never with a dash in front, which Kafka's tool would take for an option."""
    while True:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not cluster.startswith("-"):
            return cluster


async def _format(files: NodeFiles, java: Command) -> None:
    tool: Command = [*java, "kafka.tools.StorageTool"]
    process = await ManagedProcess.spawn(
        [*tool, "format", "-t", new_cluster_id(), "-c", files.properties],
        log=files.folder / "format.log",
        cwd=files.folder,
    )
    try:
        code = await asyncio.wait_for(process.wait(), _FORMAT_WITHIN)
    finally:
        await process.kill()
    if code != 0:
        raise NotReady("kafka", f"could not format its folder ({code})", process.tail())


def _restore_meta(files: NodeFiles, report: Report) -> None:
    meta = files.data / _META
    if meta.exists() and _cluster(meta.read_text()):
        return
    if not (files.data / _METADATA_LOG).exists():
        raise StorageUnusable(files.data, f"its {_METADATA_LOG} is gone; remove it to start anew")
    report("kafka: its meta.properties was damaged, restored from the copy")
    shutil.copyfile(files.identity, meta)


def _adopt(files: NodeFiles) -> None:
    meta = files.data / _META
    if not (meta.exists() and _cluster(meta.read_text())):
        raise StorageUnusable(files.data, f"it holds topics but no {_META}")
    _remember(files)


def _remember(files: NodeFiles) -> None:
    fresh = files.identity.with_suffix(".new")
    shutil.copyfile(files.data / _META, fresh)
    fresh.replace(files.identity)


def _has_topics(data: Path) -> bool:
    return data.exists() and any(
        child.is_dir() and child.name != _METADATA_LOG for child in data.iterdir()
    )


def _cluster(meta: str) -> str | None:
    values = dict(line.split("=", 1) for line in meta.splitlines() if "=" in line)
    return values.get("cluster.id")
