"""What a part does with what an earlier run left behind, on the real servers."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from services.cli.parts import Database, FolderInUse, KafkaBroker, NotReady, Part
from services.cli.parts.claim import write_pid_file
from services.cli.parts.ports import is_free
from services.cli.up.keeper import Backoff, Keeper
from tests.waiting import eventually

each_part = pytest.mark.parametrize("make", [KafkaBroker, Database])


def processes_of(folder: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in argument for argument in process.info["cmdline"] or [])
    ]


@contextmanager
def left_running(part: Part) -> Iterator[int]:
    """The part's server as a run before ours would have left it, were it not for the leash."""
    devnull = subprocess.DEVNULL
    with subprocess.Popen(part.command(), cwd=part.folder, stdout=devnull, stderr=devnull) as stale:
        write_pid_file(part.folder / "pid", stale.pid)
        try:
            yield stale.pid
        finally:
            stale.kill()


def set_aside(folder: Path) -> list[Path]:
    return list(folder.glob("data.broken-*"))


@each_part
async def test_nothing_is_left_behind_after_a_stop(make: type[Part], tmp_path: Path) -> None:
    async with make.running(tmp_path) as part:
        assert processes_of(tmp_path) == [part.pid]
    assert processes_of(tmp_path) == []
    assert is_free(part.port)
    assert not (tmp_path / "pid").exists()


@each_part
async def test_a_stale_process_is_ended_and_its_folder_served(
    make: type[Part], tmp_path: Path
) -> None:
    said: list[str] = []
    part = make(tmp_path, None, said.append)
    await part.prepare()
    with left_running(part) as stale:
        # Popen returns while the kernel still swaps the program in: until then it bears our name.
        await eventually(lambda: stale in processes_of(tmp_path))
        await part.start()
        try:
            assert processes_of(tmp_path) == [part.pid]
            assert part.pid != stale
            assert any(f"ended process {stale}" in line for line in said)
        finally:
            await part.stop()


@each_part
async def test_two_on_one_folder_are_refused(make: type[Part], tmp_path: Path) -> None:
    async with make.running(tmp_path) as part:
        with pytest.raises(FolderInUse):
            await make(tmp_path).start()
        assert processes_of(tmp_path) == [part.pid]


async def test_a_broker_starts_on_a_half_formatted_folder(tmp_path: Path) -> None:
    (tmp_path / "data" / "__cluster_metadata-0").mkdir(parents=True)
    (tmp_path / "data" / "bootstrap.checkpoint").write_bytes(b"\0" * 10)
    said: list[str] = []
    async with KafkaBroker.running(tmp_path, report=said.append):
        assert any("half formatted" in line for line in said)


async def test_a_database_starts_on_a_half_made_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "WiredTiger").write_bytes(b"torn")
    (tmp_path / "data" / "WiredTiger.turtle").write_bytes(b"torn")
    said: list[str] = []
    async with Database.running(tmp_path, report=said.append):
        assert any("half made" in line for line in said)
    assert (tmp_path / "data.broken-0" / "WiredTiger").exists()


async def test_a_database_that_has_served_is_never_set_aside(tmp_path: Path) -> None:
    async with Database.running(tmp_path):
        pass
    (tmp_path / "data" / "WiredTiger.turtle").write_bytes(b"torn")
    with pytest.raises(NotReady, match="its last words"):
        await Database(tmp_path).start()
    assert set_aside(tmp_path) == []
    assert processes_of(tmp_path) == []


async def test_one_that_hangs_is_ended_so_that_its_keeper_starts_it_again(tmp_path: Path) -> None:
    said: list[str] = []
    part = Database(tmp_path, None, said.append)
    part.silent_for = 3
    keeper = Keeper(part, said.append, Backoff(first=0.01))
    await keeper.start()
    try:
        hanging = part.pid
        os.kill(hanging or 0, signal.SIGSTOP)
        await eventually(lambda: part.pid not in {hanging, None}, within=60)
        await eventually(lambda: any("was started again" in line for line in said), within=60)
    finally:
        await keeper.stop()
    assert f"{part.name} has answered nothing for 3 s: ending it" in said
