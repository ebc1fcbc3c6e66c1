from pathlib import Path

import pytest

from services.kit.build import build_info, commit_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.mark.parametrize(
    "files",
    [
        {"HEAD": f"{COMMIT}\n"},
        {"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{COMMIT}\n"},
        {
            "HEAD": "ref: refs/heads/main\n",
            "packed-refs": f"# pack-refs\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n",
        },
    ],
    ids=["detached", "loose", "packed"],
)
def test_the_commit_is_read_from_the_repository(tmp_path: Path, files: dict[str, str]) -> None:
    assert commit_of(repository(tmp_path, files)) == COMMIT


@pytest.mark.parametrize(
    "files", [{}, {"HEAD": "ref: refs/heads/new\n"}, {"HEAD": "not a commit"}, {"HEAD": ""}]
)
def test_without_a_commit_there_is_none(tmp_path: Path, files: dict[str, str]) -> None:
    assert commit_of(repository(tmp_path, files)) is None


def test_this_build_knows_its_version_and_its_python() -> None:
    info = build_info()
    assert info.version != "unknown"
    assert info.python.startswith("3.")
    assert info.as_json().keys() == {"version", "commit", "python"}
