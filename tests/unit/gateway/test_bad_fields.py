"""Bad fields and their clear answer, in our words and in OpenAI's."""

from typing import Any

import httpx2
import pytest

from tests.documented import code_of
from tests.unit.gateway.house import House, Tenant

JOBS = "/v1/jobs"
IMAGES = "/v1/images/generations"


def said(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, code_of(response)


FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"plan": "pro"}, "unknown_field", "/plan"),
    ({"priority": 9}, "unknown_field", "/priority"),
    ({"account_id": "acc"}, "unknown_field", "/account_id"),
    ({"state": "completed"}, "unknown_field", "/state"),
    ({"$where": "1"}, "unknown_field", "/$where"),
    ({"a/b~c": 1}, "unknown_field", "/a~1b~0c"),
    ({"steps": "20"}, "invalid_type", "/steps"),
    ({"steps": True}, "invalid_type", "/steps"),
    ({"steps": 20.5}, "invalid_type", "/steps"),
    ({"steps": []}, "invalid_type", "/steps"),
    ({"steps": {"$gt": 0}}, "invalid_type", "/steps"),
    ({"guidance": "2"}, "invalid_type", "/guidance"),
    ({"n": False}, "invalid_type", "/n"),
    ({"seed": 1.5}, "invalid_type", "/seed"),
    ({"model": 7}, "invalid_type", "/model"),
    ({"size": 128}, "invalid_type", "/size"),
    ({"prompt": None}, "invalid_type", "/prompt"),
    ({"prompt": 5}, "invalid_type", "/prompt"),
    ({"steps": 0}, "out_of_range", "/steps"),
    ({"steps": -1}, "out_of_range", "/steps"),
    ({"steps": 10**9}, "out_of_range", "/steps"),
    ({"n": 0}, "out_of_range", "/n"),
    ({"n": 1000}, "out_of_range", "/n"),
    ({"guidance": 0}, "out_of_range", "/guidance"),
    ({"guidance": 1e300}, "out_of_range", "/guidance"),
    ({"seed": -1}, "out_of_range", "/seed"),
    ({"seed": 2**32}, "out_of_range", "/seed"),
    ({"size": "0x0"}, "invalid_size", "/size"),
    ({"size": "99999x99999"}, "invalid_size", "/size"),
    ({"size": "1024x1024"}, "invalid_size", "/size"),
    ({"prompt": ""}, "prompt_empty", "/prompt"),
    ({"prompt": " \n\t"}, "prompt_empty", "/prompt"),
    ({"prompt": "\u200b\u200d"}, "prompt_empty", "/prompt"),
    ({"prompt": "x" * 32_001}, "prompt_too_long", "/prompt"),
    ({"prompt": "x" * 900_000}, "prompt_too_long", "/prompt"),
    ({"negative_prompt": "x" * 32_001}, "prompt_too_long", "/negative_prompt"),
    ({"model": "../x"}, "invalid_model_id", "/model"),
    ({"model": "a/b"}, "invalid_model_id", "/model"),
    ({"model": "https://x"}, "invalid_model_id", "/model"),
    ({"model": "ash"}, "invalid_value", "/model"),
]


@pytest.mark.parametrize(("fields", "code", "pointer"), FIELDS, ids=range(len(FIELDS)))
async def test_a_bad_field_of_a_job_is_named(
    house: House, ada: Tenant, fields: dict[str, Any], code: str, pointer: str
) -> None:
    response = await ada.post(JOBS, {"prompt": "fox", **fields})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["status"]) == (422, code, 422)
    assert problem["errors"][0]["pointer"] == f"#{pointer}"
    assert problem["errors"][0]["code"] == code
    assert problem["request_id"] == response.headers["x-request-id"]
    assert response.headers["content-type"] == "application/problem+json"
    assert house.requested == []


async def test_a_refusal_tells_what_is_allowed(ada: Tenant) -> None:
    steps = (await ada.post(JOBS, {"prompt": "fox", "steps": 0})).json()
    assert steps["allowed"] == {"minimum": 1, "maximum": 50}
    size = (await ada.post(JOBS, {"prompt": "fox", "size": "1024x1024"})).json()
    assert size["allowed"] == ["auto", "128x128", "160x128"]
    assert "160x128" in size["detail"]


async def test_a_missing_prompt_is_named(ada: Tenant) -> None:
    assert said(await ada.post(JOBS, {})) == (422, "missing_field")
    response = await ada.post(IMAGES, {})
    assert said(response) == (400, "missing_field")
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", "prompt")


async def test_an_unknown_model_is_not_found(ada: Tenant) -> None:
    assert said(await ada.post(JOBS, {"prompt": "fox", "model": "gpt"})) == (404, "model_not_found")
    response = await ada.post(IMAGES, {"prompt": "fox", "model": "gpt-image-1"})
    assert response.status_code == 404
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    assert "ember" in error["message"]


PARAMETERS: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": "red"}, "unknown_parameter", "colour"),
    ({"heatsink": {"lane": "paid"}}, "unknown_parameter", "heatsink.lane"),
    ({"n": "1"}, "invalid_type", "n"),
    ({"prompt": ["fox"]}, "invalid_type", "prompt"),
    ({"stream": "yes"}, "invalid_type", "stream"),
    ({"n": 0}, "invalid_value", "n"),
    ({"n": 5}, "invalid_value", "n"),
    ({"prompt": " "}, "invalid_value", "prompt"),
    ({"prompt": "x" * 32_001}, "invalid_value", "prompt"),
    ({"size": "1024x1024"}, "invalid_value", "size"),
    ({"size": "huge"}, "invalid_value", "size"),
    ({"quality": "best"}, "invalid_value", "quality"),
    ({"response_format": "jpeg"}, "invalid_value", "response_format"),
    ({"stream": True, "partial_images": 4}, "invalid_value", "partial_images"),
    ({"partial_images": 2}, "invalid_value", "partial_images"),
    ({"background": "transparent"}, "invalid_value", "background"),
    ({"output_format": "bmp"}, "invalid_value", "output_format"),
    ({"output_compression": 50}, "invalid_value", "output_compression"),
    ({"moderation": "none"}, "invalid_value", "moderation"),
    ({"style": "vivid"}, "invalid_value", "style"),
    ({"complexity": "low"}, "invalid_value", "complexity"),
    ({"frame_count": 9}, "invalid_value", "frame_count"),
    ({"frame_duration_ms": 200}, "invalid_value", "frame_duration_ms"),
    ({"svg": {"model": "x"}}, "invalid_value", "svg"),
    ({"user": "x" * 513}, "invalid_value", "user"),
    ({"heatsink": {"steps": 99}}, "invalid_value", "heatsink.steps"),
    ({"heatsink": {"seed": "7"}}, "invalid_type", "heatsink.seed"),
    ({"model": "a/b"}, "model_not_found", "model"),
]


@pytest.mark.parametrize(("fields", "code", "param"), PARAMETERS, ids=range(len(PARAMETERS)))
async def test_openais_parameters_are_honoured_or_refused_in_its_words(
    house: House, ada: Tenant, fields: dict[str, Any], code: str, param: str
) -> None:
    response = await ada.post(IMAGES, {"prompt": "fox", **fields})
    error = response.json()["error"]
    assert response.status_code == (404 if code == "model_not_found" else 400)
    assert (error["code"], error["param"]) == (code, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert response.headers["x-request-id"]
    assert house.requested == []
