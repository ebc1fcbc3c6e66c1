"""What a backup holds, what it refuses, and that a damaged one restores nothing."""

import json
from pathlib import Path, PurePath

import pytest

from services.cli.backup import BackupDamaged, BackupRefused, Manifest, back_up, restore
from services.cli.backup.contents import contents, is_state
from services.cli.backup.copying import copy_hashed
from services.cli.parts.claim import FolderClaim

SEGMENT = "kafka/data/heatsink.renders.v1-0/00000000000000000000.log"
STATE = {
    SEGMENT: b"records",
    "kafka/data/meta.properties": b"cluster.id=x",
    "kafka/formatted.properties": b"cluster.id=x",
    "database/data/WiredTiger.wt": b"\0" * 3_000_000 + b"end",
    "database/made": b"",
    "blobs/images/job/0.png": b"picture",
    "blobs/x.log": b"a blob may be called anything",
    "secrets.json": b'{"pepper": "x"}',
    "demo-keys.json": b"{}",
    "ports.json": b"{}",
}
PASSING = {
    "lock": b"",
    "running.json": b"{}",
    "logs/gateway.log": b"line",
    "kafka/kafka.log": b"line",
    "kafka/kafka.log.1": b"line",
    "kafka/lock": b"",
    "kafka/pid": b"{}",
    "kafka/server.properties": b"log.dirs=/there",
    "database/database.log": b"line",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for name, content in (STATE | PASSING).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "secrets.json").chmod(0o600)
    (root / "blobs" / "empty").mkdir()
    return root


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    back_up(data, tmp_path / "backup")
    return tmp_path / "backup"


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_logs_of_processes_are_left_out_and_kafkas_segments_are_not() -> None:
    assert is_state(PurePath(SEGMENT))
    assert not is_state(PurePath("kafka/kafka.log"))


def test_a_restored_folder_is_what_was_backed_up(backup: Path, tmp_path: Path) -> None:
    manifest = restore(backup, tmp_path / "again")
    assert files(tmp_path / "again") == STATE
    assert manifest.parts == ("kafka", "database", "blobs")
    assert (tmp_path / "again" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "again" / "blobs" / "empty").is_dir()
    assert not (tmp_path / "again.restoring").exists()


def test_the_manifest_tells_versions_and_sums_and_nothing_secret(backup: Path) -> None:
    manifest = Manifest.read(backup)
    assert {entry.path for entry in manifest.files} == set(STATE)
    assert all(len(entry.sha256) == 64 for entry in manifest.files)
    assert manifest.kafka.count(".") == 2
    assert manifest.database.startswith("SecantusDB ")
    assert "pepper" not in (backup / "manifest.json").read_text()
    assert backup.stat().st_mode & 0o777 == 0o700


def test_what_is_zero_is_copied_as_a_hole(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"\0" * 8_000_000)
    copy_hashed(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_blocks * 512 < 4_000_000


@pytest.mark.parametrize("part", [".", "kafka", "database"])
def test_a_folder_in_use_is_not_backed_up(data: Path, tmp_path: Path, part: str) -> None:
    held = FolderClaim.take(data / part)
    with pytest.raises(BackupRefused, match="stop `heatsink up` first"):
        back_up(data, tmp_path / "backup")
    held.release()
    assert not (tmp_path / "backup").exists()
    back_up(data, tmp_path / "backup")


def test_a_backup_never_overwrites_and_never_lies_in_its_own_source(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(data, tmp_path / "there")
    with pytest.raises(BackupRefused, match="inside the folder"):
        back_up(data, data / "backup")
    with pytest.raises(BackupRefused, match="holds no data"):
        back_up(tmp_path / "nowhere", tmp_path / "backup")
    assert not (tmp_path / "nowhere").exists()


def test_a_link_is_named_and_refused(data: Path, tmp_path: Path) -> None:
    (data / "blobs" / "elsewhere").symlink_to(tmp_path)
    with pytest.raises(BackupRefused, match="elsewhere is a link"):
        back_up(data, tmp_path / "backup")
    assert not (tmp_path / "backup.partial").exists()


def test_a_part_that_is_kept_elsewhere_is_not_named(data: Path, tmp_path: Path) -> None:
    (data / "blobs").rename(tmp_path / "bucket")
    assert back_up(data, tmp_path / "backup").parts == ("kafka", "database")


def test_what_is_not_as_the_manifest_says_restores_nothing(backup: Path, tmp_path: Path) -> None:
    copy = backup / "data" / SEGMENT
    copy.write_bytes(b"recorbs")
    with pytest.raises(BackupDamaged, match="another SHA-256"):
        restore(backup, tmp_path / "again")
    copy.write_bytes(b"record")
    with pytest.raises(BackupDamaged, match="has 6 bytes, not 7"):
        restore(backup, tmp_path / "again")
    copy.unlink()
    with pytest.raises(BackupDamaged, match="is missing"):
        restore(backup, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "again.restoring").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"files": [{"path": "../outside", "bytes": 1, "sha256": "", "mode": 384}]},
        {"files": [{"path": "/outside", "bytes": 1, "sha256": "", "mode": 384}]},
        {"empty_folders": ["../outside"]},
        {"surprise": 1},
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(
    backup: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    path = backup / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BackupDamaged, match="no manifest that this version reads"):
        restore(backup, tmp_path / "again")
    assert not (tmp_path / "outside").exists()


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged, match="can't be read"):
        restore(tmp_path, tmp_path / "again")


def test_nothing_is_restored_over_what_is_there(backup: Path, data: Path) -> None:
    before = files(data)
    with pytest.raises(BackupRefused, match="not empty"):
        restore(backup, data)
    assert files(data) == before


def test_a_folder_in_use_is_not_restored_to_and_an_empty_one_is(
    backup: Path, tmp_path: Path
) -> None:
    held = FolderClaim.take(tmp_path / "again")
    with pytest.raises(BackupRefused, match="in use"):
        restore(backup, tmp_path / "again")
    held.release()
    restore(backup, tmp_path / "again")
    assert files(tmp_path / "again") == STATE


def test_contents_are_sorted_so_that_two_manifests_can_be_compared(data: Path) -> None:
    found = contents(data)
    assert list(found.files) == sorted(found.files)
    assert found.empty_folders == (PurePath("blobs/empty"),)
