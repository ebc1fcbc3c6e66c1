import io
from pathlib import Path

from services.cli.up.console import Console
from services.cli.up.running import DemoKeys, Running
from services.cli.up.summary import summary

KEYS = DemoKeys("hs_free", "hs_plus", "hs_pro", "hs_operator")


class Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def written(*, coloured: bool) -> str:
    stream = io.StringIO()
    console = Console(stream, coloured=coloured)
    console.line("quota", "admitted")
    console.note("one\ntwo")
    return stream.getvalue()


def test_each_line_begins_with_who_speaks() -> None:
    assert written(coloured=False) == "quota    │ admitted\nheatsink │ one\nheatsink │ two\n"


def test_names_have_colours_on_a_terminal() -> None:
    assert "\x1b[33mquota   \x1b[0m │ admitted" in written(coloured=True)


def test_a_reader_who_went_away_is_no_error() -> None:
    Console(Closed(), coloured=False).note("hello")


def test_the_summary_has_what_one_needs_to_begin() -> None:
    parts = {"HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:3"}
    running = Running("http://127.0.0.1:1", "http://127.0.0.1:2", KEYS, parts)
    text = summary(running, Path("/data/logs"))
    assert "127.0.0.1:3" in text
    assert "http://127.0.0.1:1/docs" in text
    assert "curl -s http://127.0.0.1:1/v1/images/generations" in text
    assert "http://127.0.0.1:2/v1/events" in text
    assert "/data/logs" in text
    assert all(key in text for key in ("hs_free", "hs_plus", "hs_pro", "hs_operator"))
