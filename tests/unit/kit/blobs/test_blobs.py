from collections.abc import Callable
from pathlib import Path

import pytest

from services.kit.blobs import BlobExists, BlobMissing, Blobs, MemoryBlobs
from services.kit.errors import Unavailable

PNG = "image/png"


@pytest.fixture(params=["memory", "folder", "file URL"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    places: dict[str, Callable[[], Blobs]] = {
        "memory": MemoryBlobs,
        "folder": lambda: Blobs.open(tmp_path / "deep" / "folder"),
        "file URL": lambda: Blobs.open(f"file://{tmp_path}"),
    }
    return places[request.param]()


async def test_what_is_put_can_be_got(blobs: Blobs) -> None:
    content = bytes(range(256)) * 1000
    await blobs.put("images/a/1.png", content, media_type=PNG)
    assert await blobs.get("images/a/1.png") == content
    assert await blobs.exists("images/a/1.png")


async def test_a_later_put_replaces_an_earlier_one(blobs: Blobs) -> None:
    await blobs.put("a", b"one", media_type=PNG)
    await blobs.put("a", b"two", media_type=PNG)
    assert await blobs.get("a") == b"two"


async def test_create_only_leaves_what_is_there(blobs: Blobs) -> None:
    await blobs.put("a", b"one", media_type=PNG, create_only=True)
    with pytest.raises(BlobExists) as refused:
        await blobs.put("a", b"two", media_type=PNG, create_only=True)
    assert refused.value.key == "a"
    assert await blobs.get("a") == b"one"


async def test_a_missing_blob_is_said_to_be_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing) as missing:
        await blobs.get("nothing/here")
    assert missing.value.key == "nothing/here"
    assert not await blobs.exists("nothing/here")


async def test_deleting_leaves_none_whether_there_was_one_or_not(blobs: Blobs) -> None:
    await blobs.put("a", b"one", media_type=PNG)
    await blobs.delete("a")
    await blobs.delete("a")
    assert not await blobs.exists("a")


async def test_a_list_knows_whole_segments(blobs: Blobs) -> None:
    for key in ("a/2", "a/1", "ab/3", "c"):
        await blobs.put(key, b"12345", media_type=PNG)
    assert [info.key for info in await blobs.list("a")] == ["a/1", "a/2"]
    assert [info.key for info in await blobs.list()] == ["a/1", "a/2", "ab/3", "c"]
    assert {info.bytes for info in await blobs.list()} == {5}
    assert await blobs.list("nothing") == []


async def test_a_list_goes_on_in_small_portions(blobs: Blobs) -> None:
    keys = [f"a/{number:02}/1.png" for number in range(25)]
    for key in reversed(keys):
        await blobs.put(key, b"1", media_type=PNG)
    found: list[str] = []
    while portion := await blobs.list("a", after=found[-1] if found else "", limit=10):
        assert len(portion) <= 10
        found.extend(info.key for info in portion)
    assert found == keys


async def test_a_folder_goes_with_its_last_blob(tmp_path: Path) -> None:
    blobs = Blobs.open(tmp_path / "blobs")
    await blobs.put("a/b/1", b"1", media_type=PNG)
    await blobs.delete("a/b/1")
    assert list((tmp_path / "blobs").iterdir()) == []
    await blobs.put("a/b/2", b"2", media_type=PNG)
    assert await blobs.get("a/b/2") == b"2"


async def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    await blobs.put("a", b"", media_type=PNG)
    assert await blobs.get("a") == b""


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", ".", "a b", "ä", "a\0", "a\n", "a" * 513],
)
async def test_a_malformed_key_is_refused(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.put(key, b"", media_type=PNG)
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.get(key)


async def test_a_folder_that_can_not_be_written_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    blobs = Blobs.open(folder)
    folder.rmdir()
    folder.write_text("a file where the folder was: not even root may write into it")
    for attempt in (blobs.put("a", b"1", media_type=PNG), blobs.get("a"), blobs.exists("a")):
        with pytest.raises(Unavailable) as unavailable:
            await attempt
        assert unavailable.value.part == "blobs"


def test_a_folder_that_can_not_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        Blobs.open(tmp_path / "file" / "folder")


def test_a_place_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="place for blobs"):
        Blobs.open("carrier-pigeon://loft")


async def test_a_cloud_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT": "http://127.0.0.1:1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_REGION": "local",
    }.items():
        monkeypatch.setenv(name, value)
    blobs = Blobs.open("s3://bucket/prefix", timeout=1)
    with pytest.raises(Unavailable):
        await blobs.get("a")


async def test_a_failure_on_demand_happens_once() -> None:
    blobs = MemoryBlobs()
    blobs.fail_next(Unavailable("blobs"))
    with pytest.raises(Unavailable):
        await blobs.put("a", b"1", media_type=PNG)
    await blobs.put("a", b"1", media_type=PNG)
