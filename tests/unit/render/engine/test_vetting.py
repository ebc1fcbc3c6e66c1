import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.render.engine.digests import digests
from services.render.engine.vetting import ModelRefusedError, vet

INDEX = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue" / "model"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    (folder / "unet" / "config.json").write_text("{}")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"")
    (folder / "README.md").write_text("a model")
    return folder


def _reason(folder: Path) -> str:
    with pytest.raises(ModelRefusedError) as refusal:
        vet(folder, folder.parent)
    return refusal.value.reason


def test_a_folder_of_safetensors_and_plain_json_passes(folder: Path) -> None:
    assert vet(folder, folder.parent) == INDEX


def test_the_built_in_model_passes() -> None:
    assert vet(Path("models/ember"), Path("models"))["_class_name"] == "StableDiffusionPipeline"


@pytest.mark.parametrize(
    "name",
    [
        "pipeline.py",
        "unet/diffusion_pytorch_model.bin",
        "model.ckpt",
        "weights.pt",
        "weights.PTH",
        "data.pkl",
        "unet/native.so",
    ],
)
def test_a_file_that_may_hold_code_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")
    assert _reason(folder) == f"{name} may hold code; weights must be safetensors"


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "asks for auto_map"),
        ({"deep": [{"custom_pipeline": "someone/else"}]}, "asks for custom_pipeline"),
        ({"trust_remote_code": True}, "asks for trust_remote_code"),
        ({"_class_name": ["pipeline", "Evil"]}, "has a _class_name that isn't one name"),
    ],
)
def test_json_that_names_foreign_code_is_refused(
    folder: Path, content: dict[str, Any], finding: str
) -> None:
    (folder / "unet" / "config.json").write_text(json.dumps(content))
    assert _reason(folder) == f"unet/config.json {finding}"


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    (folder / "notes.txt").symlink_to(outside)
    assert _reason(folder) == "notes.txt is a link that leads out of the model's folder"


def test_a_link_that_goes_round_is_refused(folder: Path) -> None:
    (folder / "unet" / "round").symlink_to(folder)
    assert _reason(folder) == "unet/round is a link to a folder"


def test_a_path_out_of_the_catalogue_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelRefusedError, match="leads out of the catalogue"):
        vet(folder, tmp_path / "elsewhere")


def test_a_missing_folder_is_named_so(tmp_path: Path) -> None:
    assert _reason(tmp_path / "nothing") == "its folder is missing"


@pytest.mark.parametrize("text", ["not json", "[" * 100_000])
def test_broken_json_is_refused(folder: Path, text: str) -> None:
    (folder / "unet" / "config.json").write_text(text)
    assert _reason(folder) == "unet/config.json is not JSON"


def test_a_folder_without_an_index_is_no_model(folder: Path) -> None:
    (folder / "model_index.json").unlink()
    assert _reason(folder) == "its folder holds no model_index.json"


def test_an_index_is_an_object(folder: Path) -> None:
    (folder / "model_index.json").write_text("[]")
    assert _reason(folder) == "model_index.json is no object"


def test_files_as_named_by_digest_pass_and_what_is_for_people_needs_no_name(folder: Path) -> None:
    named = digests(folder)
    assert "README.md" not in named
    (folder / "README.md").write_text("another text")
    assert vet(folder, folder.parent, named) == INDEX


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda unet: (unet / "config.json").write_text("[]"), "has another digest"),
        (lambda unet: (unet / "config.json").unlink(), "is missing"),
        (lambda unet: (unet / "more.safetensors").write_bytes(b""), "is not named"),
    ],
    ids=["changed", "taken away", "put there"],
)
def test_a_file_that_is_not_as_the_catalogue_says_is_refused(
    folder: Path, change: Callable[[Path], object], reason: str
) -> None:
    named = digests(folder)
    change(folder / "unet")
    with pytest.raises(ModelRefusedError, match=reason) as refusal:
        vet(folder, folder.parent, named)
    assert refusal.value.reason.startswith("unet/")
