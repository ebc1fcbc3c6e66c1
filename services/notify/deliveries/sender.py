"""One POST to an address that a stranger chose, and never to anything inside."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx2

from services.notify.core.address import (
    Target,
    TargetRefused,
    TargetRules,
    is_allowed,
    parse_target,
)
from services.notify.core.delivery import Outcome

__all__ = ["Answer", "Resolve", "SendFailed", "Sender", "resolve"]

_READ_AT_MOST = 64 * 1024

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name. Raises OSError where there are none."""


class SendFailed(Exception):
    """No answer came of it, or none that may be read."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    retry_after: str | None = None


async def resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Sender:
    """Resolves a name, refuses it unless **every** address is allowed, and connects to one of them.

    A name that leads elsewhere a moment later leads nowhere (DNS rebinding).

    No redirects, no proxy of the environment, no connection kept; at most 64 KiB of an answer and
    `seconds` for all of it. With `proxy` that decides where one may go, and resolves the names.
    """

    def __init__(
        self,
        rules: TargetRules,
        *,
        seconds: float = 15.0,
        proxy: str | None = None,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._seconds = seconds
        self._proxied = proxy is not None
        self._resolve = resolve
        self._client = httpx2.AsyncClient(
            proxy=proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=seconds,
            verify=trust or ssl.create_default_context(),
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises SendFailed."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(url, headers, body)
        except TargetRefused as refused:
            raise SendFailed(Outcome.BLOCKED_ADDRESS) from refused
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SendFailed(Outcome.TIMEOUT) from error
        except httpx2.HTTPError as error:
            raise SendFailed(_failure(error)) from error

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target = parse_target(url, self._rules)
        host = target.host if self._proxied else await self._checked(target)
        request = self._client.build_request(
            "POST",
            httpx2.URL(scheme=target.scheme, host=host, port=target.port, raw_path=_raw(target)),
            headers={**headers, "Host": target.authority},
            content=body,
            extensions={"sni_hostname": target.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            content = await _read(response)
        finally:
            await response.aclose()
        return Answer(response.status_code, content, response.headers.get("retry-after"))

    async def _checked(self, target: Target) -> str:
        """An address to connect to. Raises SendFailed."""
        try:
            found = await self._resolve(target.host, target.port)
        except OSError as error:
            raise SendFailed(Outcome.UNKNOWN_NAME) from error
        if not found or not all(is_allowed(address, self._rules) for address in found):
            raise SendFailed(Outcome.BLOCKED_ADDRESS)
        return found[0]


def _raw(target: Target) -> bytes:
    return target.path.encode("ascii", "replace")


async def _read(response: httpx2.Response) -> bytes:
    content = b""
    async for part in response.aiter_raw():
        content += part
        if len(content) > _READ_AT_MOST:
            raise SendFailed(Outcome.RESPONSE_TOO_LARGE)
    return content


def _failure(error: httpx2.HTTPError) -> Outcome:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Outcome.TLS_ERROR
        cause = cause.__cause__ or cause.__context__
    return Outcome.UNREACHABLE
