import sys
from pathlib import Path

import pytest

from services.cli.parts.errors import NotReady, StorageUnusable
from services.cli.parts.kafka_settings import NodeFiles, write_settings
from services.cli.parts.kafka_storage import ensure_formatted, new_cluster_id
from services.cli.parts.part import silent

META = "version=1\ncluster.id=the-cluster\nnode.id=1\n"
STORAGE_TOOL = f"""
import pathlib
data = pathlib.Path("data")
(data / "__cluster_metadata-0").mkdir(parents=True)
(data / "meta.properties").write_text({META!r})
"""
FORMATTING_FAILS = "raise SystemExit('no space left')"


@pytest.fixture
def files(tmp_path: Path) -> NodeFiles:
    files = NodeFiles(tmp_path)
    write_settings(files, 9092, 9093)
    return files


def tool(source: str = STORAGE_TOOL) -> list[str | Path]:
    """Stands where java would, run in the node's folder."""
    return [sys.executable, "-c", source]


def test_no_name_of_a_cluster_looks_like_an_option() -> None:
    """One of 64 would: a first start in 64 that fails."""
    assert not [name for _ in range(2_000) if (name := new_cluster_id()).startswith("-")]


async def test_an_empty_folder_is_formatted(files: NodeFiles) -> None:
    await ensure_formatted(files, tool(), silent)
    assert files.identity.read_text() == META


async def test_a_formatted_folder_is_left_alone(files: NodeFiles) -> None:
    await ensure_formatted(files, tool(), silent)
    await ensure_formatted(files, tool(FORMATTING_FAILS), silent)


async def test_a_half_formatted_folder_is_formatted_again(files: NodeFiles) -> None:
    (files.data / "__cluster_metadata-0").mkdir(parents=True)
    (files.data / "meta.properties").touch()
    said: list[str] = []
    await ensure_formatted(files, tool(), said.append)
    assert files.identity.read_text() == META
    assert "half formatted" in said[0]


async def test_a_damaged_identity_is_restored(files: NodeFiles) -> None:
    await ensure_formatted(files, tool(), silent)
    (files.data / "meta.properties").write_text("")
    (files.data / "orders-0").mkdir()
    await ensure_formatted(files, tool(FORMATTING_FAILS), silent)
    assert (files.data / "meta.properties").read_text() == META
    assert (files.data / "orders-0").exists()


async def test_a_folder_with_topics_is_adopted_and_never_wiped(files: NodeFiles) -> None:
    await ensure_formatted(files, tool(), silent)
    (files.data / "orders-0").mkdir()
    files.identity.unlink()
    await ensure_formatted(files, tool(FORMATTING_FAILS), silent)
    assert (files.data / "orders-0").exists()
    assert files.identity.exists()


async def test_topics_without_an_identity_are_refused_not_wiped(files: NodeFiles) -> None:
    (files.data / "orders-0").mkdir(parents=True)
    with pytest.raises(StorageUnusable, match="topics"):
        await ensure_formatted(files, tool(), silent)
    assert (files.data / "orders-0").exists()


async def test_a_formatted_folder_that_lost_its_metadata_is_refused(files: NodeFiles) -> None:
    await ensure_formatted(files, tool(), silent)
    (files.data / "__cluster_metadata-0").rmdir()
    (files.data / "meta.properties").unlink()
    with pytest.raises(StorageUnusable, match="remove it to start anew"):
        await ensure_formatted(files, tool(), silent)


async def test_a_failure_to_format_says_why(files: NodeFiles) -> None:
    with pytest.raises(NotReady, match="no space left"):
        await ensure_formatted(files, tool(FORMATTING_FAILS), silent)
