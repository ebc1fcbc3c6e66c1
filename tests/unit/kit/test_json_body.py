import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.kit.http import ApiError, install
from services.kit.http.json_body import parse, read_json, read_model

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def refusal(raw: bytes) -> str:
    with pytest.raises(ApiError) as refused:
        parse(raw)
    return refused.value.code.value


@given(VALUES, st.booleans())
def test_whatever_json_writes_is_read_back(value: object, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused_by_code(raw: bytes) -> None:
    try:
        parse(raw)
    except ApiError as error:
        assert error.code.value in {"invalid_json", "invalid_encoding", "invalid_character"}  # noqa: PT017 - either way is right


@given(VALUES, st.text("}],x0", min_size=1))
def test_trailing_garbage_is_refused(value: object, garbage: str) -> None:
    assert refusal((json.dumps(value) + " " + garbage).encode()) == "invalid_json"


@given(st.dictionaries(TEXTS, st.integers(), min_size=1))
def test_a_key_twice_is_refused_at_any_depth(members: dict[str, Any]) -> None:
    name = json.dumps(next(iter(members)))
    once = json.dumps(members)
    assert refusal(f"[{once[:-1]}, {name}: 1}}]".encode()) == "invalid_json"


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b" ", b"{", b"[1,]", b"{'a': 1}", b"nul", b'"torn', b'{"a" 1}', b"\xef\xbb\xbf{}"),
        *(b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"1e400", b"[-1e400]", b'"\n"'),
        *(b"9" * 5000, b"[" * 200_000, b'{"a":' * 200_000),
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    assert refusal(raw) == "invalid_json"


@pytest.mark.parametrize(
    "raw", [b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"', b'{"\\udfff": 1}', b'["\\ud83d"]']
)
def test_broken_encoding_is_refused(raw: bytes) -> None:
    assert refusal(raw) == "invalid_encoding"


@pytest.mark.parametrize("raw", [b'"a\\u0000b"', b'{"\\u0000": 1}', b'{"a": [{"b": "\\u0000"}]}'])
def test_nul_is_refused(raw: bytes) -> None:
    assert refusal(raw) == "invalid_character"


def test_whole_surrogate_pairs_are_welcome() -> None:
    assert parse(b'"\\ud83e\\udd8a"') == "🦊"


def test_ordinary_numbers_stay_numbers() -> None:
    assert parse(b"[1, 2.5, -0.0, 1e3]") == [1, 2.5, 0.0, 1000.0]
    assert math.copysign(1, parse(b"-0.0")) == -1


class Draw(BaseModel):
    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1, max_length=10)
    steps: int = Field(20, ge=1, le=50)
    guidance: float = Field(2.5, allow_inf_nan=False)

    def model_post_init(self, _: Any) -> None:
        if self.prompt.isspace():
            raise PydanticCustomError("prompt_empty", "must say something")


async def draw(request: Request) -> Response:
    return JSONResponse((await read_model(request, Draw)).model_dump())


async def echo(request: Request) -> Response:
    return JSONResponse(await read_json(request))


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = Starlette(
        routes=[Route("/draw", draw, methods=["POST"]), Route("/echo", echo, methods=["POST"])]
    )
    install(app)
    return TestClient(app)


def test_a_good_body_becomes_a_model(client: TestClient) -> None:
    answer = client.post("/draw", json={"prompt": "a fox", "guidance": 3})
    assert answer.json() == {"prompt": "a fox", "steps": 20, "guidance": 3.0}


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"prompt": "a", "plan": "pro"}, "unknown_field", "#/plan"),
        ({"prompt": "a", "a/b~c": 1}, "unknown_field", "#/a~1b~0c"),
        ({}, "missing_field", "#/prompt"),
        ({"prompt": ""}, "prompt_empty", "#/prompt"),
        ({"prompt": "a" * 11}, "prompt_too_long", "#/prompt"),
        ({"prompt": 1}, "invalid_type", "#/prompt"),
        ({"prompt": None}, "invalid_type", "#/prompt"),
        ({"prompt": "a", "steps": "20"}, "invalid_type", "#/steps"),
        ({"prompt": "a", "steps": True}, "invalid_type", "#/steps"),
        ({"prompt": "a", "steps": 20.5}, "invalid_type", "#/steps"),
        ({"prompt": "a", "steps": []}, "invalid_type", "#/steps"),
        ({"prompt": "a", "steps": 0}, "out_of_range", "#/steps"),
        ({"prompt": "a", "steps": 10**9}, "out_of_range", "#/steps"),
        ({"prompt": "   "}, "prompt_empty", "#"),
        ([], "invalid_type", "#"),
        ("text", "invalid_type", "#"),
    ],
)
def test_a_wrong_field_is_named_by_pointer(
    client: TestClient, body: object, code: str, pointer: str
) -> None:
    answer = client.post("/draw", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert answer.json()["errors"][0]["code"] == code


def test_the_range_is_told(client: TestClient) -> None:
    answer = client.post("/draw", json={"prompt": "a", "steps": 51})
    assert answer.json()["detail"] == "steps: must be less than or equal to 50."


def test_all_wrong_fields_are_named_and_no_value_is_repeated(client: TestClient) -> None:
    answer = client.post("/draw", json={"prompt": ["canary"], "steps": "canary"})
    assert [item["pointer"] for item in answer.json()["errors"]] == ["#/prompt", "#/steps"]
    assert "canary" not in answer.text


@pytest.mark.parametrize("media_type", ["text/plain", "", "multipart/form-data", "application/xml"])
def test_another_content_type_is_refused(client: TestClient, media_type: str) -> None:
    answer = client.post("/draw", content=b"{}", headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_missing_content_type_is_refused(client: TestClient) -> None:
    answer = client.post("/echo", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/ld+json"])
def test_any_json_type_is_taken(client: TestClient, media_type: str) -> None:
    answer = client.post("/echo", content=b'{"a": 1}', headers={"content-type": media_type})
    assert answer.json() == {"a": 1}
