"""The OpenAPI document says all there is to say."""

import re
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import validate

from services.gateway.api.errors import speaks_openai
from services.kit.http import Code
from tests.documented import operations, refusals
from tests.unit.gateway.house import House


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    made: dict[str, Any] = house.app.openapi()
    return made


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


async def test_the_document_is_served(house: House) -> None:
    house.client.event_hooks = {}
    response = await house.client.get("/v1/openapi.json")
    assert response.json() == house.app.openapi()


def test_every_operation_has_an_id_of_its_own_and_says_who_may_call_it(
    document: dict[str, Any],
) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in ids)
    public = {
        operation["operationId"]
        for _, operation in operations(document)
        if not operation["security"]
    }
    assert public == {"getPicture"}


def test_every_refusal_is_one_of_the_table_with_an_example_in_its_form(
    document: dict[str, Any],
) -> None:
    for path, status, media_type, code in refusals(document):
        openai = speaks_openai(path)
        assert media_type == ("application/json" if openai else "application/problem+json")
        assert openai or Code.named(code).status == status


def test_fastapis_own_form_of_refusal_is_promised_nowhere(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in repr(document)


def test_bodies_refuse_unknown_fields(document: dict[str, Any]) -> None:
    for _, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            assert document["components"]["schemas"][name]["additionalProperties"] is False


async def test_the_page_of_the_document_loads_nothing_from_elsewhere(house: House) -> None:
    page = (await house.client.get("/docs")).text
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert sources, page
    for source in sources:
        assert "//" not in source
        response = await house.client.get(f"/{source}")
        assert response.status_code == 200
        assert response.headers["x-content-type-options"] == "nosniff"
    policy = (await house.client.get("/docs")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert '"v1/openapi.json"' in (await house.client.get("/docs/start.js")).text


@pytest.mark.parametrize("path", ["/redoc", "/openapi.json", "/docs/assets/../app.py", "/docs/x"])
async def test_there_is_no_other_page(house: House, path: str) -> None:
    response: httpx2.Response = await house.client.get(path)
    assert response.status_code == 404
