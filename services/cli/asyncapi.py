"""Our topics as an AsyncAPI 3.0 document: for producers, readers, and whoever makes code of it."""

from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from services.contracts import STREAMS, Event, Stream, event_classes, topic
from services.contracts.streams import StreamSpec

__all__ = ["asyncapi", "asyncapi_yaml"]

_VERSION = "3.0.0"
_BINDING = "0.5.0"

_HEADERS = {
    "ce_specversion": "CloudEvents' own version: 1.0.",
    "ce_id": "evt_ and 32 hexadecimal digits: the same for each repetition.",
    "ce_type": "The name of this message, with its version.",
    "ce_source": "Who says it.",
    "ce_time": "When it happened.",
    "traceparent": "W3C Trace Context of the act; may be missing.",
}
_OPTIONAL = frozenset({"ce_time", "traceparent"})

_DESCRIPTION = (
    "CloudEvents 1.0 in Kafka's binary mode. The key is the account, or what the channel says; "
    "readers ignore fields and messages that they don't know. A stream is delivered at least once: "
    "ce_id tells repetitions apart."
)


def asyncapi(prefix: str, version: str) -> dict[str, Any]:
    """From Heatsink's side: it sends what others may read, and receives what producers submit."""
    schemas, components = models_json_schema(
        [(cls, "serialization") for cls in event_classes()],
        ref_template="#/components/schemas/{model}",
    )
    payloads = {cls: schema for (cls, _), schema in schemas.items()}
    return {
        "asyncapi": _VERSION,
        "info": {
            "title": "Heatsink",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": "kafka:9092", "protocol": "kafka"}},
        "channels": {stream.value: _channel(spec, prefix) for stream, spec in STREAMS.items()},
        "operations": {_operation_name(stream): _operation(stream) for stream in STREAMS},
        "components": {
            "messages": {cls.__name__: _message(cls, payloads[cls]) for cls in event_classes()},
            "schemas": components["$defs"],
        },
    }


def asyncapi_yaml(prefix: str, version: str) -> str:
    return yaml.safe_dump(asyncapi(prefix, version), sort_keys=False, allow_unicode=True, width=100)


def _channel(spec: StreamSpec, prefix: str) -> dict[str, Any]:
    milliseconds = int(spec.retention.total_seconds() * 1000)
    kept: dict[str, Any] = {"cleanup.policy": ["compact"]}
    if not spec.compacted:
        kept = {"cleanup.policy": ["delete"], "retention.ms": milliseconds}
    return {
        "address": topic(spec.stream, prefix),
        "description": f"Key: {spec.key}. Written by {', '.join(spec.writers)}; "
        f"read by {', '.join(spec.readers)}.",
        "messages": {cls.__name__: _ref("messages", cls.__name__) for cls in _events(spec.stream)},
        "bindings": {
            "kafka": {
                "partitions": spec.partitions,
                "topicConfiguration": kept,
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation_name(stream: Stream) -> str:
    verb = "send" if STREAMS[stream].ours else "receive"
    return f"{verb}{stream.value.capitalize()}"


def _operation(stream: Stream) -> dict[str, Any]:
    return {
        "action": "send" if STREAMS[stream].ours else "receive",
        "channel": {"$ref": f"#/channels/{stream.value}"},
    }


def _message(cls: type[Event], payload: Any) -> dict[str, Any]:
    headers = {name: {"type": "string", "description": said} for name, said in _HEADERS.items()}
    headers["ce_type"] = {**headers["ce_type"], "const": cls.type()}
    return {
        "name": cls.type(),
        "title": cls.__name__,
        "summary": (cls.__doc__ or "").strip().partition("\n")[0],
        "headers": {
            "type": "object",
            "properties": headers,
            "required": [name for name in _HEADERS if name not in _OPTIONAL],
        },
        "payload": payload,
    }


def _events(stream: Stream) -> list[type[Event]]:
    return [cls for cls in event_classes() if cls.stream is stream]


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
