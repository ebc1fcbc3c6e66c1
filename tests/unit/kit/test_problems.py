import json
from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.kit.errors import Unavailable
from services.kit.http import ApiError, Code, FieldError, install, problem

CODES_OF_THE_SECURITY_TABLE = {
    "invalid_json": 400,
    "invalid_encoding": 400,
    "invalid_character": 422,
    "body_too_large": 413,
    "body_timeout": 408,
    "unsupported_content_encoding": 415,
    "unsupported_media_type": 415,
    "unknown_field": 422,
    "invalid_type": 422,
    "out_of_range": 422,
    "prompt_empty": 422,
    "prompt_too_long": 422,
    "not_found": 404,
    "method_not_allowed": 405,
    "invalid_cursor": 400,
    "authentication_required": 401,
    "ambiguous_credentials": 400,
    "invalid_api_key": 401,
    "api_key_revoked": 401,
    "api_key_expired": 401,
    "insufficient_scope": 403,
    "too_many_auth_failures": 429,
    "invalid_token": 401,
    "credentials_in_url": 400,
    "origin_not_allowed": 403,
    "ticket_used": 401,
    "too_many_connections": 429,
    "idempotency_key_required": 400,
    "invalid_idempotency_key": 400,
    "idempotency_key_reused": 422,
    "idempotency_in_progress": 409,
    "quota_exhausted": 429,
    "load_shed": 429,
    "concurrency_limit": 429,
    "queue_full": 429,
    "job_already_terminal": 409,
    "model_not_found": 404,
    "link_invalid": 403,
    "link_expired": 410,
}


def raising(error: Exception) -> TestClient:
    async def endpoint(_: Request) -> Response:
        raise error

    handler: Callable[[Request], Awaitable[Response]] = endpoint
    app = Starlette(routes=[Route("/here", handler, methods=["GET", "POST"])])
    install(app)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(("code", "status"), CODES_OF_THE_SECURITY_TABLE.items())
def test_the_table_holds_every_code_of_the_contract(code: str, status: int) -> None:
    assert Code.named(code).status == status


def test_codes_are_words_with_a_sensible_status_and_a_summary() -> None:
    for code in Code:
        assert code.value == code.name.lower()
        assert 400 <= code.status < 600
        assert code.summary[0].isupper()
        assert not code.summary.endswith(".")


def test_an_error_is_answered_as_a_problem() -> None:
    error = ApiError(
        Code.QUOTA_EXHAUSTED,
        "3 of 3 images used in the last 24 hours.",
        retry_after=41.2,
        rule="free.daily",
        limit=3,
    )
    answer = raising(error).get("/here")
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "42"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "urn:heatsink:problem:quota_exhausted",
        "title": "The plan's quota is used up",
        "status": 429,
        "code": "quota_exhausted",
        "detail": "3 of 3 images used in the last 24 hours.",
        "request_id": None,
        "rule": "free.daily",
        "limit": 3,
    }


def test_an_error_names_its_fields_by_pointer() -> None:
    wrong = FieldError("/steps", Code.OUT_OF_RANGE, "must be at least 1")
    body = problem(ApiError(Code.OUT_OF_RANGE, errors=[wrong]), "req_1")
    assert body["errors"] == [
        {"pointer": "#/steps", "in": "body", "code": "out_of_range", "detail": "must be at least 1"}
    ]
    assert body["request_id"] == "req_1"


def test_extensions_never_hide_the_members_of_a_problem() -> None:
    assert problem(ApiError(Code.GONE, status=200), None)["status"] == 410


def test_an_answer_without_credentials_says_how_to_send_them() -> None:
    answer = raising(ApiError(Code.AUTHENTICATION_REQUIRED)).get("/here")
    assert answer.headers["www-authenticate"] == 'Bearer realm="heatsink"'


def test_an_unknown_path_is_not_found() -> None:
    answer = raising(ValueError()).get("/elsewhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_told_the_right_ones() -> None:
    answer = raising(ValueError()).delete("/here")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert {word.strip() for word in answer.headers["allow"].split(",")} == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("database", "storage_unavailable"),
        ("bus", "event_bus_unavailable"),
        ("blobs", "blob_store_unavailable"),
        ("anything", "unavailable"),
    ],
)
def test_a_part_that_is_down_is_a_503_that_invites_back(part: str, code: str) -> None:
    answer = raising(Unavailable(part, "connection refused by 10.0.0.7")).get("/here")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["retry-after"] in {"2", "3"}
    assert answer.headers["x-should-retry"] == "true"
    assert "10.0.0.7" not in answer.text


def test_who_is_refused_late_in_an_outage_is_told_to_come_back_later() -> None:
    answer = raising(Unavailable("bus", lasting=40)).get("/here")
    assert 22 <= int(answer.headers["retry-after"]) <= 33


def test_the_unexpected_is_a_500_that_says_nothing() -> None:
    answer = raising(RuntimeError("password hunter2 at db.internal")).get("/here")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("status", "code"), [(403, "insufficient_scope"), (418, "bad_request"), (502, "internal_error")]
)
def test_the_frameworks_refusals_get_our_words(status: int, code: str) -> None:
    answer = raising(HTTPException(status, "something of the framework's")).get("/here")
    assert answer.json()["code"] == code
    assert "framework" not in answer.text


def test_text_in_a_problem_stays_readable() -> None:
    answer = raising(ApiError(Code.BAD_REQUEST, "no “emoji” 🦊")).get("/here")
    assert json.loads(answer.content)["detail"] == "no “emoji” 🦊"
    assert "🦊" in answer.text
