import base64
from pathlib import Path

import httpx2

from services.cli.up.first_picture import draw_first
from services.cli.up.running import DemoKeys, Running

RUNNING = Running("http://api", "http://events", DemoKeys("f", "p", "hs_pro", "o"), {})
PICTURE = b"a picture"


def answering(status: int, body: object) -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda _: httpx2.Response(status, json=body))


async def test_the_first_picture_is_drawn_as_any_client_would(tmp_path: Path) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        encoded = base64.b64encode(PICTURE).decode()
        return httpx2.Response(200, json={"data": [{"b64_json": encoded}]})

    first = await draw_first(RUNNING, tmp_path / "first.png", httpx2.MockTransport(answer))
    assert first.path == tmp_path / "first.png"
    assert (tmp_path / "first.png").read_bytes() == PICTURE
    assert str(asked[0].url) == "http://api/v1/images/generations"
    assert asked[0].headers["authorization"] == "Bearer hs_pro"


async def test_a_refusal_is_told(tmp_path: Path) -> None:
    first = await draw_first(RUNNING, tmp_path / "p", answering(503, {"error": "no worker"}))
    assert first.path is None
    assert "503" in first.problem
    assert "no worker" in first.problem


async def test_an_answer_without_a_picture_is_told(tmp_path: Path) -> None:
    first = await draw_first(RUNNING, tmp_path / "p", answering(200, {"data": []}))
    assert first.path is None
    assert first.problem
