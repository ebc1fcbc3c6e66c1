"""The AsyncAPI document says what the code says, and every example fits it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from services.cli.asyncapi import asyncapi, asyncapi_yaml
from services.contracts import STREAMS, Envelope, Event, encode, topic
from services.contracts.documents import ROOT
from services.contracts.examples import example_envelopes
from services.kit.build import build_info

DOCUMENT = asyncapi("heatsink", build_info().version)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(target := node.get("$ref"), str):
            yield target
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def found(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_the_file_has_not_drifted_from_the_code() -> None:
    kept = (ROOT / "docs" / "asyncapi.yaml").read_text()
    assert kept == asyncapi_yaml("heatsink", build_info().version), "run ./task docs"
    assert yaml.safe_load(kept) == DOCUMENT


def test_every_reference_leads_somewhere() -> None:
    assert all(found(reference) for reference in set(references(DOCUMENT)))


def test_every_stream_is_a_channel_with_an_operation() -> None:
    assert {each["address"] for each in DOCUMENT["channels"].values()} == set(map(topic, STREAMS))
    received = [each for each in DOCUMENT["operations"].values() if each["action"] == "receive"]
    assert [each["channel"]["$ref"] for each in received] == ["#/channels/submissions"]


@pytest.mark.parametrize("envelope", example_envelopes(), ids=lambda one: type(one.data).__name__)
def test_every_example_fits_its_message(envelope: Envelope[Event]) -> None:
    message = DOCUMENT["components"]["messages"][type(envelope.data).__name__]
    record = encode(envelope)
    headers = {name: value.decode() for name, value in record.headers}
    Draft202012Validator(message["headers"]).validate(headers)
    if record.value is not None:
        schema = {**message["payload"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(json.loads(record.value))
