"""Bad input and its clear answer: security.md's tables 4.1 to 4.3, as far as they reach gateway."""

import io
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from services.kit.errors import Unavailable
from tests.documented import code_of
from tests.unit.gateway.house import House, Tenant

JOBS = "/v1/jobs"
IMAGES = "/v1/images/generations"


async def send(
    who: Tenant, path: str, content: bytes | AsyncIterator[bytes], **headers: str
) -> httpx2.Response:
    given = {"authorization": f"Bearer {who.plain}", "content-type": "application/json"}
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return await who.house.client.post(path, content=content, headers={**given, **spelt})


def said(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, code_of(response)


NO_JSON = [
    (b"", 400, "invalid_json"),
    (b"prompt=fox", 400, "invalid_json"),
    (b'{"prompt": "fox"', 400, "invalid_json"),
    (b'{"prompt": "fox"} x', 400, "invalid_json"),
    (b'{"prompt": "fox", "prompt": "dog"}', 400, "invalid_json"),
    (b'{"prompt": "fox", "guidance": NaN}', 400, "invalid_json"),
    (b'{"prompt": "fox", "guidance": Infinity}', 400, "invalid_json"),
    (b'{"prompt": "fox", "guidance": 1e400}', 400, "invalid_json"),
    (b'{"prompt": "' + b"\xff" + b'"}', 400, "invalid_encoding"),
    (b'{"prompt": "\\ud800"}', 400, "invalid_encoding"),
    (b'{"prompt": "a\\u0000b"}', 422, "invalid_character"),
    (b"[]", 422, "invalid_type"),
    (b'"fox"', 422, "invalid_type"),
    (b"null", 422, "invalid_type"),
    (b"[" * 100_000, 400, "invalid_json"),
]


@pytest.mark.parametrize(("content", "status", "code"), NO_JSON, ids=range(len(NO_JSON)))
async def test_a_body_that_is_no_json_object_is_refused(
    ada: Tenant, content: bytes, status: int, code: str
) -> None:
    assert said(await send(ada, JOBS, content)) == (status, code)
    openai = await send(ada, IMAGES, content)
    assert said(openai) == (400, code)
    assert openai.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", [JOBS, IMAGES])
async def test_a_body_over_the_limit_is_refused_with_and_without_its_length(
    ada: Tenant, path: str
) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    large = b'{"prompt": "' + b"x" * 1_100_000 + b'"}'
    assert said(await send(ada, path, large)) == (413, "body_too_large")
    assert said(await send(ada, path, drip())) == (413, "body_too_large")


@pytest.mark.parametrize("path", [JOBS, IMAGES])
async def test_a_body_that_is_packed_or_of_another_type_is_refused(ada: Tenant, path: str) -> None:
    body = b'{"prompt": "fox"}'
    packed = await send(ada, path, body, content_encoding="gzip")
    assert said(packed) == (415, "unsupported_content_encoding")
    for media_type in ("text/plain", "multipart/form-data; boundary=x", ""):
        other = await send(ada, path, body, content_type=media_type)
        assert said(other) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "id", ["x", "..%2f..%2fx", "%00", "a" * 10_000, "job_" + "0" * 32, "job_" + "G" * 32, "%ff"]
)
async def test_an_id_of_no_job_is_not_found(ada: Tenant, id: str) -> None:
    assert said(await ada.get(f"{JOBS}/{id}")) == (404, "not_found")


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/jobs", "/v1/jobs/", "/v1/images", "/admin"])
async def test_an_unknown_path_is_not_found(ada: Tenant, path: str) -> None:
    assert said(await ada.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("DELETE", JOBS, "GET, POST"), ("GET", IMAGES, "POST"), ("PUT", "/v1/models", "GET")],
)
async def test_a_method_that_is_not_taken_is_told_with_those_that_are(
    ada: Tenant, method: str, path: str, allow: str
) -> None:
    response = await ada.call(method, path)
    assert said(response) == (405, "method_not_allowed")
    assert set(response.headers["allow"].split(", ")) <= set(allow.split(", "))
    assert response.headers["allow"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "out_of_range"),
        ("limit=-1", 422, "out_of_range"),
        ("limit=1000000", 422, "out_of_range"),
        ("limit=abc", 422, "out_of_range"),
        ("limit=101", 422, "out_of_range"),
        ("cursor=broken", 400, "invalid_cursor"),
        ("cursor=", 400, "invalid_cursor"),
        ("status=burning", 422, "invalid_value"),
    ],
)
async def test_bad_paging_is_refused(ada: Tenant, query: str, status: int, code: str) -> None:
    assert said(await ada.get(f"{JOBS}?{query}")) == (status, code)


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
@pytest.mark.parametrize("path", [JOBS, IMAGES])
async def test_a_bad_idempotency_key_is_refused(ada: Tenant, path: str, key: str) -> None:
    response = await ada.house.client.post(
        path,
        content=json.dumps({"prompt": "fox"}),
        headers=[
            (b"authorization", f"Bearer {ada.plain}".encode()),
            (b"content-type", b"application/json"),
            (b"idempotency-key", key.encode()),
        ],
    )
    assert said(response) == (400, "invalid_idempotency_key")


async def test_two_idempotency_keys_are_refused(ada: Tenant) -> None:
    response = await ada.house.client.post(
        JOBS,
        content=b'{"prompt": "fox"}',
        headers=[
            ("authorization", f"Bearer {ada.plain}"),
            ("content-type", "application/json"),
            ("idempotency-key", "a"),
            ("idempotency-key", "b"),
        ],
    )
    assert said(response) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize("path", [JOBS, IMAGES])
async def test_a_database_that_does_not_answer_is_told(
    house: House, ada: Tenant, path: str
) -> None:
    house.account_documents.fail_next(Unavailable("database", "on 10.0.0.7"))
    response = await ada.post(path, {"prompt": "fox"})
    assert said(response) == (503, "storage_unavailable")
    assert response.headers["retry-after"] in {"2", "3"}
    assert "10.0.0.7" not in response.text


@pytest.mark.parametrize("path", [JOBS, IMAGES])
async def test_a_fault_of_ours_is_told_without_a_word_about_it(
    house: House, ada: Tenant, path: str
) -> None:
    house.job_documents.fail_next(RuntimeError("at line 7 of secret.py"))
    response = await ada.post(path, {"prompt": "fox"})
    assert said(response) == (500, "internal_error")
    assert "secret.py" not in response.text
    assert response.headers["x-request-id"]


async def test_prompts_and_keys_are_never_logged(
    house: House, ada: Tenant, logged: io.StringIO
) -> None:
    await ada.post(JOBS, {"prompt": "canary-prompt", "negative_prompt": "canary-too"})
    await ada.post(JOBS, {"prompt": "canary-prompt", "steps": 0})
    await ada.get("/v1/jobs?token=canary-token")
    house.job_documents.fail_next(RuntimeError("boom"))
    await ada.post(JOBS, {"prompt": "canary-prompt"})
    written = logged.getvalue()
    assert written.count('"request"') == 4
    assert "canary" not in written
    assert ada.plain not in written
