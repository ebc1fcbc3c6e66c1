from pathlib import Path

import pytest

from services.cli.parts.ports import free_port
from services.cli.up.addresses import choose_ports
from services.cli.up.folder import DataFolder
from services.cli.up.options import UpOptions


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    assert DataFolder(tmp_path / "data").root.stat().st_mode & 0o077 == 0


def test_the_pepper_is_made_once_and_kept_private(tmp_path: Path) -> None:
    pepper = DataFolder(tmp_path).pepper()
    assert len(pepper) >= 32
    assert DataFolder(tmp_path).pepper() == pepper
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_ports_differ_from_each_other_and_stay_the_same(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    ports = choose_ports(UpOptions({}), folder)
    assert len(set(ports.values())) == len(ports)
    assert choose_ports(UpOptions({}), folder) == ports


def test_a_chosen_port_wins_over_the_remembered_one(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    choose_ports(UpOptions({}), folder)
    chosen = free_port()
    ports = choose_ports(UpOptions({"HEATSINK_GATEWAY_PORT": str(chosen)}), folder)
    assert ports["gateway"] == chosen


def test_a_broken_memory_is_no_obstacle(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "ports.json").write_text('{"gateway": "eighty", ')
    assert choose_ports(UpOptions({}), folder)["gateway"] > 0


@pytest.mark.parametrize("value", ["eighty", "-1", "0", "65536", "80.5"])
def test_a_port_that_is_none_ends_with_a_clear_line(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        UpOptions({"HEATSINK_GATEWAY_PORT": value}).port("HEATSINK_GATEWAY_PORT")
    assert exit_.value.code == 78
    assert "HEATSINK_GATEWAY_PORT: is no port" in capsys.readouterr().err


def test_an_empty_variable_counts_as_unset() -> None:
    options = UpOptions({"HEATSINK_GATEWAY_PORT": "", "HEATSINK_MONGO_URL": ""})
    assert options.port("HEATSINK_GATEWAY_PORT") is None
    assert options.mongo_url is None
