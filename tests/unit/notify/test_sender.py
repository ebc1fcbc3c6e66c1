"""One POST, over real sockets: what a receiver may do to us, and where we never go."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest

from services.notify.core.address import TargetRules
from services.notify.core.delivery import Outcome
from services.notify.deliveries.sender import Answer, Sender, SendFailed

LOOPBACK = TargetRules(networks=(ip_network("127.0.0.0/8"),), http=True)
Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Sink:
    """A receiver on a socket: counts connections, keeps what it read."""

    def __init__(self, reply: Handle) -> None:
        self.connections = 0
        self.read = b""
        self.port = 0
        self._reply = reply

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.read += await reader.readuntil(b"\r\n\r\n")
            await self._reply(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def sink(reply: Handle, trust: ssl.SSLContext | None = None) -> AsyncIterator[Sink]:
    made = Sink(reply)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=trust)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


def says(*parts: bytes, pause: float = 0.0) -> Handle:
    async def reply(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return reply


OK = says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 7\r\n\r\nhi")


async def sent(
    port: int, rules: TargetRules = LOOPBACK, *, seconds: float = 2, to: tuple[str, ...] = ()
) -> Answer | Outcome:
    async def resolve(host: str, port: int) -> list[str]:
        if not to:
            raise OSError("no such name")
        return list(to)

    sender = Sender(rules, seconds=seconds, resolve=resolve)
    try:
        return await sender.send(f"http://hook.example:{port}/h?a=b", {"webhook-id": "m"}, b"{}")
    except SendFailed as failed:
        return failed.outcome
    finally:
        await sender.close()


async def test_the_name_is_told_and_the_checked_address_is_connected_to() -> None:
    async with sink(OK) as there:
        answer = await sent(there.port, to=("127.0.0.1",))
    assert answer == Answer(200, b"hi", "7")
    assert there.read.startswith(b"POST /h?a=b HTTP/1.1\r\n")
    assert f"host: hook.example:{there.port}".encode() in there.read.lower()
    assert b"webhook-id: m" in there.read


@pytest.mark.parametrize(
    "to", [("10.0.0.1",), ("127.0.0.1", "10.0.0.1"), ("169.254.169.254",), ("::1",)]
)
async def test_a_name_with_any_address_inside_is_connected_to_nowhere(to: tuple[str, ...]) -> None:
    async with sink(OK) as there:
        assert await sent(there.port, to=to) is Outcome.BLOCKED_ADDRESS
        assert there.connections == 0


async def test_a_name_that_leads_elsewhere_a_moment_later_leads_nowhere() -> None:
    """DNS rebinding: public when it was registered, inside when it is sent to."""
    rules = TargetRules(http=True)
    async with sink(OK) as there:
        assert await sent(there.port, rules, to=("127.0.0.1",)) is Outcome.BLOCKED_ADDRESS
        assert there.connections == 0


async def test_a_name_that_nobody_knows_is_told_as_such() -> None:
    assert await sent(80) is Outcome.UNKNOWN_NAME


async def test_a_redirect_is_not_followed() -> None:
    moved = says(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n")
    async with sink(moved) as there:
        answer = await sent(there.port, to=("127.0.0.1",))
    assert isinstance(answer, Answer)
    assert (answer.status, there.connections) == (302, 1)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (says(*[b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 9000] * 40]), Outcome.RESPONSE_TOO_LARGE),
        (says(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 60, pause=0.05), Outcome.TIMEOUT),
        (says(*[b"X-Odd: header\r\n"] * 60, pause=0.05), Outcome.TIMEOUT),
        (says(pause=0), Outcome.UNREACHABLE),
        (says(b"no http at all\r\n\r\n"), Outcome.UNREACHABLE),
    ],
    ids=["endless body", "a byte at a time", "headers for ever", "hangs up", "no http"],
)
async def test_a_receiver_that_misbehaves_costs_bounded_time_and_memory(
    reply: Handle, outcome: Outcome
) -> None:
    async with sink(reply) as there:
        assert await sent(there.port, seconds=1, to=("127.0.0.1",)) is outcome


async def test_who_never_answers_is_given_up() -> None:
    async with sink(says(pause=60)) as there:
        reply = asyncio.create_task(sent(there.port, seconds=0.3, to=("127.0.0.1",)))
        assert await reply in {Outcome.TIMEOUT, Outcome.UNREACHABLE}


async def test_a_port_where_nobody_listens_is_told_as_such() -> None:
    async with sink(OK) as there:
        port = there.port
    assert await sent(port, to=("127.0.0.1",)) is Outcome.UNREACHABLE


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with sink(OK) as there:
        assert await sent(there.port, to=("127.0.0.1",)) == Answer(200, b"hi", "7")
