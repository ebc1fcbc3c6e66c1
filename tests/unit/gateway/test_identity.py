"""Who calls: one good key in one header, or a clear refusal."""

from datetime import timedelta

import httpx2
import pytest

from services.contracts.events import Scope
from services.kit import keys
from services.kit.errors import Unavailable
from tests.documented import code_of
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import NOW, later

ROUTES = [
    ("POST", "/v1/images/generations"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/ember"),
    ("POST", "/v1/jobs"),
    ("GET", "/v1/jobs"),
    ("GET", "/v1/jobs/job_" + "0" * 32),
    ("POST", "/v1/jobs/job_" + "0" * 32 + "/cancel"),
    ("GET", "/v1/operator/accounts"),
]


async def with_key(house: House, plain: str, path: str = "/v1/jobs") -> httpx2.Response:
    return await house.client.get(path, headers={"authorization": f"Bearer {plain}"})


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_asks_for_a_key(house: House, method: str, path: str) -> None:
    response = await house.client.request(method, path)
    assert (response.status_code, code_of(response)) == (401, "authentication_required")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "hs_live_x", ""])
async def test_a_header_of_another_form_is_no_credential(house: House, header: str) -> None:
    response = await house.client.get("/v1/jobs", headers={"authorization": header})
    assert code_of(response) == "authentication_required"


async def test_two_headers_are_ambiguous(house: House, ada: Tenant) -> None:
    bearer = f"Bearer {ada.plain}"
    headers = [("authorization", bearer), ("authorization", bearer)]
    response = await house.client.get("/v1/jobs", headers=headers)
    assert (response.status_code, code_of(response)) == (400, "ambiguous_credentials")


@pytest.mark.parametrize("name", ["api_key", "key", "token", "anything"])
async def test_a_key_in_the_address_is_refused(house: House, ada: Tenant, name: str) -> None:
    for path in ("/v1/jobs", "/v1/limits", "/v1/files/x/0.png"):
        response = await house.client.get(f"{path}?{name}={ada.plain}")
        assert (response.status_code, code_of(response)) == (400, "credentials_in_url")
        assert ada.plain not in response.text


async def test_a_mistyped_key_is_refused_without_asking_the_database(
    house: House, ada: Tenant
) -> None:
    house.account_documents.fail_next(Unavailable("database"))
    response = await with_key(house, ada.plain[:-1] + ("0" if ada.plain[-1] != "0" else "1"))
    assert (response.status_code, code_of(response)) == (401, "invalid_api_key")


async def test_an_unknown_key_and_a_wrong_secret_are_refused_in_the_same_words(
    house: House, ada: Tenant
) -> None:
    unknown = await with_key(house, keys.new_key().plain)
    stranger = keys.new_key()
    _, _, _, secret, _ = stranger.plain.split("_")
    signed = f"hs_live_{ada.key.removeprefix('key_')}_{secret}"
    forged = await with_key(house, f"{signed}_{keys._checksum(signed)}")
    for response in (unknown, forged):
        assert (response.status_code, code_of(response)) == (401, "invalid_api_key")
    first, second = unknown.json(), forged.json()
    assert {**first, "request_id": ""} == {**second, "request_id": ""}


async def test_an_expired_key_is_refused_as_such(house: House) -> None:
    tenant = await house.open(expires_at=later(60))
    assert (await tenant.get("/v1/jobs")).status_code == 200
    house.clock.move(timedelta(minutes=1))
    assert code_of(await tenant.get("/v1/jobs")) == "api_key_expired"


async def test_a_revoked_key_is_refused_as_such(house: House) -> None:
    tenant = await house.open(revoked_at=NOW)
    response = await tenant.get("/v1/models")
    assert (response.status_code, code_of(response)) == (401, "api_key_revoked")
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("scopes", "path", "missing"),
    [
        ((Scope.JOBS_WRITE,), "/v1/jobs", "jobs:read"),
        ((Scope.JOBS_READ,), "/v1/operator/accounts", "operator"),
        ((Scope.OPERATOR,), "/v1/models", "jobs:read"),
    ],
)
async def test_a_missing_scope_is_named(
    house: House, scopes: tuple[Scope, ...], path: str, missing: str
) -> None:
    tenant = await house.open(scopes=scopes)
    response = await tenant.get(path)
    assert (response.status_code, code_of(response)) == (403, "insufficient_scope")
    assert missing in response.text


async def test_a_known_key_is_remembered_for_a_few_seconds(house: House, ada: Tenant) -> None:
    await ada.get("/v1/models")
    house.account_documents.fail_next(Unavailable("database"))
    assert (await ada.get("/v1/models")).status_code == 200
    house.clock.move(timedelta(seconds=5))
    assert (await ada.get("/v1/models")).status_code == 503


async def test_a_hundred_failures_a_minute_are_enough(house: House, ada: Tenant) -> None:
    bad = keys.new_key().plain
    for _ in range(100):
        assert (await with_key(house, bad)).status_code == 401
    refused = await with_key(house, bad)
    assert (refused.status_code, code_of(refused)) == (429, "too_many_auth_failures")
    assert refused.headers["retry-after"] == "60"
    assert (await ada.get("/v1/jobs")).status_code == 200, "a good key still passes"
    house.clock.move(timedelta(seconds=61))
    assert (await with_key(house, bad)).status_code == 401
