"""The models' shelf as an operator meets it: what is said, what is written, and the exit code."""

import json
from pathlib import Path

import pytest
import yaml

from services.contracts import Catalogue
from services.render.models.__main__ import main

CATALOGUE = """# Ours.
models:
  - id: first
    title: The first
    path: first
    sizes: [{width: 64, height: 64}]
    steps: {minimum: 1, maximum: 50, default: 20}
    guidance: {minimum: 1, maximum: 10, default: 2.5}
    licence: MIT
"""
INDEX = {"_class_name": "StableDiffusionPipeline"}


def model(folder: Path) -> Path:
    """A folder that passes, of a model trained for pictures of 512 x 512."""
    for part, config in {
        "unet": {"sample_size": 64},
        "vae": {"block_out_channels": [1] * 4},
    }.items():
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(config))
        (folder / part / "diffusion_pytorch_model.safetensors").write_bytes(b"weights")
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    model(tmp_path / "first")
    return tmp_path


def run(root: Path, *arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--catalogue", str(root / "catalogue.yaml"), *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def catalogue(root: Path) -> Catalogue:
    return Catalogue.model_validate(yaml.safe_load((root / "catalogue.yaml").read_text()))


def test_a_model_that_is_added_is_named_file_by_file_and_found_sound(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model(root / "second")
    assert run(root, "add", folder, "--licence", "Apache-2.0", "--steps", "30") == 0
    assert (root / "catalogue.yaml").read_text().startswith(CATALOGUE), "what stood there stays"
    entry = catalogue(root).models[1]
    assert (entry.id, entry.path, str(entry.default_size)) == ("second", "second", "512x512")
    assert len(entry.files) == 5
    assert entry.steps.default == 30
    capsys.readouterr()
    assert run(root, "check") == 0
    assert capsys.readouterr().out.splitlines() == [
        "first: sound, but none of its files is named by digest",
        "second: sound, 5 files as named",
    ]


def test_a_model_that_changed_is_found_and_the_others_are_sound(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model(root / "second")
    run(root, "add", folder, "--licence", "MIT")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"other weights")
    capsys.readouterr()
    assert run(root, "check", "--json") == 1
    first, second = json.loads(capsys.readouterr().out)
    assert first["problem"] is None
    assert second["problem"].startswith("unet/diffusion_pytorch_model.safetensors has another")


def test_new_weights_are_told_as_the_catalogue_names_them(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, "digest", root / "first") == 0
    files = yaml.safe_load(capsys.readouterr().out)["files"]
    assert run(root, "add", model(root / "second"), "--licence", "MIT") == 0
    assert files == dict(catalogue(root).models[1].files)


def test_where_a_model_came_from_is_kept_with_its_commit(root: Path) -> None:
    hub = ("--hub", "some/model", "--revision", "0" * 40)
    assert run(root, "add", model(root / "second"), "--licence", "MIT", *hub) == 0
    source = catalogue(root).models[1].source
    assert source is not None
    assert (source.hub, source.revision) == ("some/model", "0" * 40)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--id", "first"), "two models share one id"),
        (("--id", "No Id"), "id:"),
        (("--size", "large"), "give --size WIDTHxHEIGHT"),
        (("--hub", "some/model", "--revision", "main"), "source.revision"),
        (("--steps", "90"), "steps:"),
    ],
)
def test_what_would_be_no_sound_entry_is_not_written(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    assert run(root, "add", model(root / "second"), "--licence", "MIT", *arguments) == 1
    assert reason in capsys.readouterr().err
    assert (root / "catalogue.yaml").read_text() == CATALOGUE


def test_a_model_that_may_hold_code_is_not_added(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model(root / "second")
    (folder / "unet" / "weights.bin").write_bytes(b"")
    assert run(root, "add", folder, "--licence", "MIT") == 1
    assert "may hold code" in capsys.readouterr().err


@pytest.mark.parametrize("config", ["no json", "[]", '{"sample_size": "large"}'])
def test_a_configuration_that_tells_no_size_is_no_trouble(
    root: Path, capsys: pytest.CaptureFixture[str], config: str
) -> None:
    folder = model(root / "second")
    (folder / "unet" / "config.json").write_text(config)
    assert run(root, "add", folder, "--licence", "MIT") == 1
    assert "give --size WIDTHxHEIGHT" in capsys.readouterr().err


def test_a_folder_elsewhere_is_not_added(
    root: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model(tmp_path_factory.mktemp("elsewhere") / "second")
    assert run(root, "add", folder, "--licence", "MIT") == 1
    assert "lies outside" in capsys.readouterr().err


def test_the_list_is_for_people_and_for_programs(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, "list") == 0
    assert capsys.readouterr().out == "first: The first; 64x64; pool default; MIT\n"
    assert run(root, "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "first"


def test_loras_are_named_by_digest_and_may_share_a_folder_with_the_plain_model(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lora = root / "noir.safetensors"
    lora.write_bytes(b"a little change")
    asked = ("add", root / "first", "--licence", "MIT", "--id", "noir", "--lora", f"{lora}=0.5")
    assert run(root, *asked) == 0
    entry = catalogue(root).models[-1]
    assert [(one.path, one.scale) for one in entry.loras] == [("noir.safetensors", 0.5)]
    assert run(root, "check") == 0
    lora.write_bytes(b"another change")
    assert run(root, "check") == 1
    assert "noir.safetensors has another digest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lora", "problem"),
    [
        ("nowhere.safetensors", "is no file"),
        ("noir.bin", "loras.0.path"),
        ("noir.safetensors=loud", "loras.0.scale"),
    ],
)
def test_a_lora_that_can_not_be_is_refused(
    root: Path,
    lora: str,
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("noir.safetensors", "noir.bin"):
        (root / name).write_bytes(b"a little change")
    before = (root / "catalogue.yaml").read_text()
    monkeypatch.chdir(root)
    assert run(root, "add", "first", "--licence", "MIT", "--id", "noir", "--lora", lora) == 1
    assert problem in capsys.readouterr().err
    assert (root / "catalogue.yaml").read_text() == before
