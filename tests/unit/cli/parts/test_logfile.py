from pathlib import Path

from services.cli.parts.logfile import LogFile


def test_a_log_that_has_grown_is_turned_over_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "kafka.log"
    with path.open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    log = LogFile.open(path)
    log.write(b"fresh\n")
    log.close()
    assert path.read_text() == "fresh\n"
    assert (tmp_path / "kafka.log.1").stat().st_size == 17 * 1024 * 1024


def test_a_closed_log_takes_no_more(tmp_path: Path) -> None:
    log = LogFile.open(tmp_path / "log")
    log.write(b"kept\n")
    log.close()
    log.write(b"too late\n")
    log.close()
    assert log.tail(5) == "kept"
