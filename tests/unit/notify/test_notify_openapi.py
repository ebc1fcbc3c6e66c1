"""Notify's OpenAPI document says all there is to say."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from services.kit.http import Code
from tests.documented import operations, refusals
from tests.unit.notify.house import House


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    made: dict[str, Any] = house.api.openapi()
    return made


async def test_the_document_is_valid_and_served(house: House, document: dict[str, Any]) -> None:
    validate(document)
    house.client.event_hooks = {}
    assert (await house.client.get("/v1/openapi.json")).json() == document


def test_every_refusal_is_a_problem_of_the_table_with_an_example(document: dict[str, Any]) -> None:
    told = list(refusals(document))
    assert told
    for _, status, media_type, code in told:
        assert media_type == "application/problem+json"
        assert Code.named(code).status == status


def test_what_reads_a_body_says_which_and_refuses_unknown_fields(document: dict[str, Any]) -> None:
    named = {
        operation["operationId"]: content["schema"]["$ref"].rpartition("/")[2]
        for _, operation in operations(document)
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    assert named == {
        "createWebhook": "EndpointRequest",
        "changeWebhook": "EndpointChange",
        "rotateWebhookSecret": "Rotation",
        "redeliver": "Redelivery",
        "subscribe": "PushRequest",
    }
    for name in named.values():
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_all_need_a_key_and_a_stream_may_have_a_ticket(document: dict[str, Any]) -> None:
    may_do_without = {
        operation["operationId"]
        for _, operation in operations(document)
        if {} in operation["security"]
    }
    assert may_do_without == {"streamEvents"}
    assert all(operation["security"] for _, operation in operations(document))
