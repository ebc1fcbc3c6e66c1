"""`heatsink keys erase` asks first, and touches nothing when the answer is no."""

from pathlib import Path

from typer.testing import CliRunner

from services.cli.commands.keys import app

ACCOUNT = "acc_" + "a" * 32


def test_a_no_ends_it_before_anybody_is_asked(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["erase", ACCOUNT, "--data", str(tmp_path)], input="n\n")
    assert said.exit_code == 1
    assert f"Erase {ACCOUNT} and all that is its own, for good?" in said.output
    assert "nothing runs here" not in said.output


def test_a_yes_goes_on_and_so_does_the_option(tmp_path: Path) -> None:
    where = ["--data", str(tmp_path), "--url", "", "--key", ""]
    for arguments, answer in (([], "y\n"), (["--yes"], "")):
        said = CliRunner().invoke(app, ["erase", ACCOUNT, *arguments, *where], input=answer)
        assert said.exit_code == 69, said.output
