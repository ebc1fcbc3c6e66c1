import json
from pathlib import Path

import pytest

from services.cli.parts.claim import FolderClaim
from services.cli.up.running import DemoKeys, Running, find_running

RUNNING = Running("http://a", "http://b", DemoKeys("f", "p", "r", "o"), {"HEATSINK_MONGO_URL": "m"})


def test_a_system_that_holds_its_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "running.json").write_text(json.dumps(RUNNING.as_json()))
    claim = FolderClaim.take(tmp_path)
    assert find_running(tmp_path) == RUNNING
    claim.release()


def test_what_a_killed_system_left_is_not_believed(tmp_path: Path) -> None:
    FolderClaim.take(tmp_path).release()
    (tmp_path / "running.json").write_text(json.dumps(RUNNING.as_json()))
    assert find_running(tmp_path) is None


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    assert find_running(tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"url": "x", "events_url": "y", "keys": {}}'])
def test_a_system_that_is_still_starting_is_not_found(tmp_path: Path, content: str) -> None:
    claim = FolderClaim.take(tmp_path)
    assert find_running(tmp_path) is None
    (tmp_path / "running.json").write_text(content)
    assert find_running(tmp_path) is None
    claim.release()
