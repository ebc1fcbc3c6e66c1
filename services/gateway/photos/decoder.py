"""Runs the process that reads a photo, for as long as it may take."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from services.gateway.core.sniffing import ALLOWED, kind_of

__all__ = ["Decoder", "DecoderSettings", "Photo", "PhotoError"]

log = structlog.get_logger(__name__)


class PhotoError(Exception):
    """A file that is no photo; `code` is a word of the table of codes."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Photo:
    """PNG files of pixels alone. `mask` is white where the photo was transparent, if anywhere."""

    content: bytes = field(repr=False)
    mask: bytes | None = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True)
class DecoderSettings:
    """`at_once`: processes at a time; `seconds`: how long one may take."""

    at_once: int = 2
    seconds: float = 5.0
    command: tuple[str, ...] = (sys.executable, "-m", "services.gateway.photos.child")


class Decoder:
    def __init__(self, settings: DecoderSettings | None = None) -> None:
        self._settings = settings or DecoderSettings()
        self._turns = asyncio.Semaphore(self._settings.at_once)

    async def read(self, content: bytes) -> Photo:
        """Raises PhotoError."""
        _check_kind(content)
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                *self._settings.command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
            )
            try:
                async with asyncio.timeout(self._settings.seconds):
                    answer, _ = await process.communicate(content)
            except TimeoutError as error:
                detail = f"It was not read within {self._settings.seconds:g} s."
                raise PhotoError("image_decode_timeout", detail) from error
            finally:
                await _end(process)
        return _photo(answer, process.returncode or 0)


def _check_kind(content: bytes) -> None:
    kind = kind_of(content)
    if kind is None:
        raise PhotoError("image_unreadable", "It is no picture of a kind that is known here.")
    if kind not in ALLOWED:
        raise PhotoError("image_type_not_allowed", f"It is {kind}; send PNG, JPEG or WebP.")


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _photo(answer: bytes, exit_code: int) -> Photo:
    line, _, rest = answer.partition(b"\n")
    if exit_code or not line:
        log.warning("decoder_died", exit_code=exit_code)
        raise PhotoError("image_unreadable", "It can't be read.")
    told = json.loads(line)
    if "code" in told:
        raise PhotoError(told["code"], told["detail"])
    content, mask = rest[: told["photo"]], rest[told["photo"] :]
    return Photo(content=content, mask=mask or None, width=told["width"], height=told["height"])
