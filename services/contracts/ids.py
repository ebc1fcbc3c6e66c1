"""Ids: UUIDv7 (RFC 9562 section 5.7) behind a readable prefix, so they sort by birth."""

import os
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = [
    "AccountId",
    "ActId",
    "BatchId",
    "DeliveryId",
    "EndpointId",
    "EventId",
    "Id",
    "JobId",
    "KeyId",
    "SubmissionId",
    "UploadId",
]

_BODY = r"[0-9a-f]{32}"


class Id(str):
    """A string `<prefix>_<32 hex digits>`; a plain `str` of another form raises ValueError."""

    __slots__ = ()
    prefix: ClassVar[str] = ""
    body: ClassVar[str] = _BODY

    def __new__(cls, value: str) -> Self:
        if not re.fullmatch(cls.pattern(), value):
            raise ValueError(f"not an id of the form {cls.prefix}_…: {value[:60]!r}")
        return super().__new__(cls, value)

    @classmethod
    def pattern(cls) -> str:
        return rf"{cls.prefix}_{cls.body}"

    @classmethod
    def new(cls, now: datetime) -> Self:
        """A fresh id whose first 48 bits are `now` in milliseconds."""
        return cls(f"{cls.prefix}_{_uuid7(now).hex()}")

    @property
    def born(self) -> datetime:
        """The moment in its first 48 bits, of an id that is ours.

        A stranger's may lie, and name a moment of no calendar: ask `born_by` of those.
        """
        return datetime.fromtimestamp(self._milliseconds / 1000, UTC)

    def born_by(self, moment: datetime) -> bool:
        """Whether it says that it was born by then; of any id."""
        return self._milliseconds <= int(moment.timestamp() * 1000)

    @property
    def _milliseconds(self) -> int:
        return int(self[len(self.prefix) + 1 :][:12], 16)

    @classmethod
    def first_of(cls, moment: datetime) -> Self:
        """The least id of that millisecond: those born before are smaller, all others are not."""
        return cls(f"{cls.prefix}_{int(moment.timestamp() * 1000):012x}{'0' * 20}")

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(pattern=f"^{cls.pattern()}$"),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str.__str__, return_schema=core_schema.str_schema()
            ),
        )


def _uuid7(now: datetime) -> bytes:
    value = bytearray(int(now.timestamp() * 1000).to_bytes(6, "big") + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return bytes(value)


class AccountId(Id):
    __slots__ = ()
    prefix = "acc"


class JobId(Id):
    __slots__ = ()
    prefix = "job"


class ActId(Id):
    """What an operator did to an account."""

    __slots__ = ()
    prefix = "act"


class BatchId(Id):
    __slots__ = ()
    prefix = "bat"


class EventId(Id):
    __slots__ = ()
    prefix = "evt"

    @classmethod
    def of(cls, *parts: str) -> "EventId":
        """The same for the same parts: what several may tell is told once."""
        return cls(f"{cls.prefix}_{sha256(' '.join(parts).encode()).hexdigest()[:32]}")


class UploadId(Id):
    __slots__ = ()
    prefix = "upl"


class EndpointId(Id):
    """Where an account is told: a webhook, or a browser, which has the id of its address."""

    __slots__ = ()
    prefix = "whe"

    @classmethod
    def of(cls, account: AccountId, url: str) -> "EndpointId":
        return cls(f"{cls.prefix}_{sha256(f'{account} {url}'.encode()).hexdigest()[:32]}")


class DeliveryId(Id):
    """One event for one endpoint: made of both, so that it is there once."""

    __slots__ = ()
    prefix = "whd"

    @classmethod
    def of(cls, endpoint: EndpointId, event: EventId) -> "DeliveryId":
        return cls(f"{cls.prefix}_{sha256(f'{endpoint} {event}'.encode()).hexdigest()[:32]}")


class KeyId(Id):
    """The visible part of an API key."""

    __slots__ = ()
    prefix = "key"
    body = r"[0-9a-z]{8}"


class SubmissionId(Id):
    """An event producer's own name for its submission: any printable ASCII up to 128 characters."""

    __slots__ = ()
    prefix = ""

    @classmethod
    def pattern(cls) -> str:
        return r"[!-~]{1,128}"
