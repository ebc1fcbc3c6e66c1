import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.cli.parts.claim import FolderClaim, retire_stale, write_pid_file
from services.cli.parts.errors import FolderInUse


@pytest.fixture
def server_of(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose command line names the folder, as a server of it does."""
    sleeping = "import time; time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", sleeping, str(tmp_path / "data")]) as process:
        yield process
        process.kill()


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    held = FolderClaim.take(tmp_path)
    with pytest.raises(FolderInUse, match="in use"):
        FolderClaim.take(tmp_path)
    held.release()
    FolderClaim.take(tmp_path).release()


def test_a_stale_server_is_ended(tmp_path: Path, server_of: subprocess.Popen[bytes]) -> None:
    pid_file = tmp_path / "pid"
    write_pid_file(pid_file, server_of.pid)
    assert retire_stale(pid_file, tmp_path) == server_of.pid
    assert not psutil.pid_exists(server_of.pid)
    assert not pid_file.exists()


def test_a_process_of_another_folder_is_left_alone(
    tmp_path: Path, server_of: subprocess.Popen[bytes]
) -> None:
    pid_file = tmp_path / "pid"
    write_pid_file(pid_file, server_of.pid)
    assert retire_stale(pid_file, tmp_path / "elsewhere") is None
    assert server_of.poll() is None


def test_a_process_that_was_given_the_same_number_later_is_left_alone(
    tmp_path: Path, server_of: subprocess.Popen[bytes]
) -> None:
    pid_file = tmp_path / "pid"
    started = psutil.Process(server_of.pid).create_time() - 3600
    pid_file.write_text(json.dumps({"pid": server_of.pid, "started": started}))
    assert retire_stale(pid_file, tmp_path) is None
    assert server_of.poll() is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 4194305}', "null"])
def test_an_unreadable_pid_file_names_nobody(tmp_path: Path, content: str) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text(content)
    assert retire_stale(pid_file, tmp_path) is None
    assert not pid_file.exists()
