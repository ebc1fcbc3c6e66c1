"""Each fault of a wire is what its name says, against a server that answers what it hears."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.waiting import eventually
from tests.wire import Wire

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Says back what it is told, and remembers it."""

    def __init__(self) -> None:
        self.heard = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                self.heard += data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def wire(echo: Echo) -> AsyncIterator[Wire]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with Wire.to(f"{host}:{port}") as made:
        yield made
    server.close()


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    yield reader, writer
    writer.close()


async def ask(client: Client, said: bytes, within: float = 5) -> bytes:
    client[1].write(said)
    async with asyncio.timeout(within):
        return await client[0].read(1000)


async def test_a_healthy_wire_only_passes_on(wire: Wire, client: Client) -> None:
    assert await ask(client, b"hello") == b"hello"
    assert wire.connections == 1
    client[1].close()
    await eventually(lambda: wire.connections == 0)


async def test_latency_delays_one_way(wire: Wire, client: Client) -> None:
    wire.to_client.latency = 0.3
    began = time.monotonic()
    assert await ask(client, b"hello") == b"hello"
    assert time.monotonic() - began >= 0.3


async def test_slow_bytes_come_one_after_the_other(wire: Wire, client: Client) -> None:
    wire.to_server.rate = 20
    began = time.monotonic()
    client[1].write(b"hello")
    async with asyncio.timeout(5):
        assert await client[0].readexactly(5) == b"hello"
    assert time.monotonic() - began >= 0.2


async def test_what_a_stall_held_back_arrives_when_it_is_healed(
    wire: Wire, client: Client, echo: Echo
) -> None:
    wire.to_client.stall()
    with pytest.raises(TimeoutError):
        await ask(client, b"hello", within=0.2)
    assert echo.heard == b"hello"
    wire.heal()
    assert await ask(client, b"") == b"hello"


async def test_a_reset_is_no_orderly_end(wire: Wire, client: Client) -> None:
    assert await ask(client, b"hello") == b"hello"
    wire.reset()
    with pytest.raises(ConnectionResetError):
        await ask(client, b"")


async def test_a_wire_that_is_cut_takes_nobody_until_it_is_healed(
    wire: Wire, client: Client
) -> None:
    assert await ask(client, b"hello") == b"hello"
    wire.cut()
    assert await ask(client, b"") == b""
    late = await asyncio.open_connection("127.0.0.1", wire.port)
    with pytest.raises(ConnectionResetError):
        await ask(late, b"")
    late[1].close()
    wire.heal()
    again = await asyncio.open_connection("127.0.0.1", wire.port)
    assert await ask(again, b"hello") == b"hello"
    again[1].close()


async def test_an_answer_is_lost_though_its_request_arrived(
    wire: Wire, client: Client, echo: Echo
) -> None:
    wire.lose_answer_to(b"write")
    assert await ask(client, b"read") == b"read"
    assert await ask(client, b"write") == b""
    assert (echo.heard, wire.lost) == (b"readwrite", 1)


async def test_a_server_that_is_not_there_is_a_reset() -> None:
    async with Wire.to("127.0.0.1:1") as wire:
        client = await asyncio.open_connection("127.0.0.1", wire.port)
        with pytest.raises(ConnectionResetError):
            await ask(client, b"")
        client[1].close()
