import io
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from services.kit.telemetry import logs, span
from services.kit.telemetry.recording import recorded_spans

PROMPT = "canary-prompt a red fox in the snow"
API_KEY = "hs_live_abcdefgh_canarySecretcanarySecretcanarySecretcanarySe_c4n4ry"
CANARIES = ("canary", "hunter2")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("gateway", replica="7", stream=stream)
    yield stream
    logs.reset()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_has_its_event_its_fields_and_who_says_it(out: io.StringIO) -> None:
    structlog.get_logger().info("job admitted", job="job_1", n=2)
    (line,) = lines(out)
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "job admitted",
        "level": "info",
        "service": "gateway",
        "replica": "7",
        "job": "job_1",
        "n": 2,
    }


def test_a_line_within_a_span_names_its_trace(out: io.StringIO) -> None:
    with recorded_spans() as exporter, span("handle"):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = lines(out)
    (made,) = exporter.get_finished_spans()
    assert inside["trace_id"] == f"{made.context.trace_id:032x}"
    assert inside["span_id"] == f"{made.context.span_id:016x}"
    assert "trace_id" not in outside


def test_what_is_bound_to_the_context_is_on_each_line(out: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        structlog.get_logger().info("first")
    structlog.get_logger().info("second")
    first, second = lines(out)
    assert first["request_id"] == "req_1"
    assert "request_id" not in second


def test_levels_below_the_set_one_are_silent(out: io.StringIO) -> None:
    structlog.get_logger().debug("chatter")
    assert lines(out) == []


def test_libraries_are_heard_from_warning_up_through_the_same_chain(out: io.StringIO) -> None:
    logging.getLogger("aiokafka.conn").info("connected")
    logging.getLogger("aiokafka.conn").warning("lost %s", "mongodb://u:hunter2@db/")
    (line,) = lines(out)
    assert line["event"] == "lost mongodb://***@db/"
    assert (line["logger"], line["level"], line["service"]) == (
        "aiokafka.conn",
        "warning",
        "gateway",
    )


def test_warnings_become_lines(out: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old way", UserWarning, stacklevel=1)
    (line,) = lines(out)
    assert line["logger"] == "py.warnings"


def test_exporters_without_a_collector_are_heard_once_a_while(out: io.StringIO) -> None:
    for _ in range(100):
        logging.getLogger("opentelemetry.exporter.otlp.proto.http").error("no collector")
        logging.getLogger("aiokafka").error("no broker")
    heard = [line["event"] for line in lines(out)]
    assert heard.count("no collector") == 1
    assert heard.count("no broker") == 100


def test_console_lines_are_for_people() -> None:
    out = io.StringIO()
    logs.configure("quota", style="console", stream=out)
    structlog.get_logger().info("job admitted", job="job_1")
    structlog.get_logger().error("crashed", exc_info=ValueError("broken"))
    logs.reset()
    assert "job admitted" in out.getvalue()
    assert "job=job_1" in out.getvalue()
    assert "ValueError: broken" in out.getvalue()


class Draw(BaseModel):
    prompt: str
    steps: int


@dataclass
class Stored:
    prompt: str


def crash_with_a_prompt() -> None:
    secret = SecretStr("hunter2")
    try:
        Draw.model_validate({"prompt": [PROMPT], "steps": PROMPT})
    except ValidationError as error:
        raise RuntimeError(f"key {API_KEY} {secret}") from error


@pytest.mark.parametrize("style", ["json", "console"])
def test_planted_secrets_and_prompts_appear_in_no_line(style: str) -> None:
    out = io.StringIO()
    logs.configure("gateway", style=style, level="debug", stream=out)
    log = structlog.get_logger()
    log.info("by name", prompt=PROMPT, negative_prompt=PROMPT, api_key=API_KEY, key=API_KEY)
    log.info("headers", headers={"Authorization": "Bearer canary", "Cookie": ["canary"]})
    log.info("deep", job={"spec": {"prompt": PROMPT, "images": [{"signature": "canary"}]}})
    log.info("texts", detail=f"called with {API_KEY}", address="mongodb://u:hunter2@db/")
    careless = f"in the event {API_KEY}"
    log.info(careless, hook="whsec_canary", header="Basic canary")
    log.info("types", pepper=SecretStr("hunter2"), plain=SecretStr("hunter2"), raw=b"canary")
    log.info(
        "object",
        job=Draw(prompt=PROMPT, steps=1),
        row=Stored(PROMPT),
        url="https://u:hunter2@x.example/y",
    )
    logging.getLogger("uvicorn").warning("saw %s", API_KEY)
    try:
        crash_with_a_prompt()
    except RuntimeError:
        log.exception("crashed")
        logging.getLogger("library").exception("crashed there")
    group = ExceptionGroup("many", [ValueError(f"Bearer canary {API_KEY}")])
    log.error("crashed in a group", exc_info=group)
    logs.reset()
    written = out.getvalue()
    assert written.count("crashed") >= 3
    for canary in CANARIES:
        assert canary not in written


def test_an_exception_is_told_with_stack_and_causes(out: io.StringIO) -> None:
    try:
        crash_with_a_prompt()
    except RuntimeError:
        structlog.get_logger().exception("crashed")
    (line,) = lines(out)
    story = line["exception"]
    assert "in crash_with_a_prompt" in story
    assert "ValidationError: prompt: string_type; steps: int_parsing" in story
    assert "which led to:" in story
    assert "RuntimeError: key hs_live_***" in story


def test_a_group_tells_each_of_its_exceptions(out: io.StringIO) -> None:
    group = ExceptionGroup("two", [ValueError("first"), TypeError("second")])
    structlog.get_logger().error("crashed", exc_info=group)
    (line,) = lines(out)
    assert "1 of 2 in the group:\nValueError: first" in line["exception"]
    assert "2 of 2 in the group:\nTypeError: second" in line["exception"]
