from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from services.kit.data import load_yaml


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    limit: int


class Plans(BaseModel):
    model_config = ConfigDict(extra="forbid")
    plans: list[Plan]


def refusal(capsys: pytest.CaptureFixture[str], path: Path) -> str:
    with pytest.raises(SystemExit) as stopped:
        load_yaml(path, Plans)
    assert stopped.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_good_file_becomes_a_model(tmp_path: Path) -> None:
    file = tmp_path / "plans.yaml"
    file.write_text("plans:\n  - {name: free, limit: 3}\n  - {name: pro, limit: 300}\n")
    assert [plan.name for plan in load_yaml(file, Plans).plans] == ["free", "pro"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"plans:\n  - {name: free}\n", "plans.0.limit: is not set"),
        (b"plans: []\nplanes: []\n", "planes: is not known here"),
        (
            b"plans:\n  - {name: free, limit: few}\n",
            "plans.0.limit: input should be a valid integer",
        ),
        (b"plans: []\nplans: []\n", "line 2: plans stands there twice"),
        (b"plans: [\n", "line 2: "),
        (b"", "content: input should be"),
        (b"\xff\xfe\xff", "is no"),
        (b"plans: !!python/object:os.system []\n", "line 1: "),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "plans.yaml"
    file.write_bytes(content)
    line = refusal(capsys, file)
    assert line.startswith(f"heatsink: {file}: ")
    assert reason in line


def test_a_file_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = refusal(capsys, tmp_path / "none.yaml")
    assert line.endswith("none.yaml: can't be read: No such file or directory")
