import asyncio
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events.renders import FailureCode
from services.render.engine.frames import (
    MAX_FRAME,
    FrameError,
    pack_command,
    pack_reply,
    read_command,
    read_reply,
)
from services.render.engine.messages import (
    Cancel,
    Cancelled,
    Close,
    Command,
    Draw,
    Drawn,
    Failed,
    Picture,
    Ready,
    Refusal,
    Reply,
    Shelved,
    Stepped,
    Unusable,
)

TEXT = st.text(max_size=50)
WHOLE = st.integers(min_value=0, max_value=2**32 - 1)
SECONDS = st.floats(min_value=0, max_value=1e6)

COMMANDS = st.one_of(
    st.builds(
        Draw,
        job=TEXT,
        attempt=WHOLE,
        model=TEXT,
        prompt=TEXT,
        negative_prompt=st.none() | TEXT,
        width=WHOLE,
        height=WHOLE,
        steps=WHOLE,
        guidance=SECONDS,
        seeds=st.lists(WHOLE, max_size=4).map(tuple),
        type=st.just("draw"),
    ),
    st.builds(Cancel, job=TEXT, attempt=WHOLE, type=st.just("cancel")),
    st.builds(Close, type=st.just("close")),
)
PICTURES = st.builds(
    Picture, content=st.binary(max_size=200), seed=WHOLE, width=WHOLE, height=WHOLE
)
SHELVED = st.builds(
    Shelved,
    models=st.lists(TEXT, max_size=4).map(tuple),
    fetching=st.none() | TEXT,
    seconds=st.dictionaries(TEXT, SECONDS, max_size=4),
    type=st.just("shelved"),
)
REPLIES = st.one_of(
    SHELVED,
    st.builds(
        Ready,
        models=st.lists(TEXT).map(tuple),
        shelf=SHELVED,
        refused=st.lists(st.builds(Refusal, model=TEXT, reason=TEXT)).map(tuple),
        device=TEXT,
        slots=WHOLE,
        seconds=SECONDS,
        type=st.just("ready"),
    ),
    st.builds(Unusable, reason=TEXT, type=st.just("unusable")),
    st.builds(
        Stepped,
        job=TEXT,
        attempt=WHOLE,
        step=WHOLE,
        steps=WHOLE,
        seconds_left=SECONDS,
        type=st.just("stepped"),
    ),
    st.builds(
        Drawn,
        job=TEXT,
        attempt=WHOLE,
        pictures=st.lists(PICTURES, max_size=3).map(tuple),
        seconds=SECONDS,
        type=st.just("drawn"),
    ),
    st.builds(
        Failed,
        job=TEXT,
        attempt=WHOLE,
        code=st.sampled_from(FailureCode),
        message=TEXT,
        permanent=st.booleans(),
        type=st.just("failed"),
    ),
    st.builds(Cancelled, job=TEXT, attempt=WHOLE, type=st.just("cancelled")),
)


@given(st.lists(COMMANDS, max_size=4))
def test_commands_arrive_as_they_were_sent(commands: list[Command]) -> None:
    stream = io.BytesIO(b"".join(pack_command(command) for command in commands))
    assert [read_command(stream) for _ in commands] == commands
    assert read_command(stream) is None


@given(REPLIES)
def test_replies_arrive_as_they_were_sent(reply: Reply) -> None:
    async def there_and_back() -> list[Reply | None]:
        reader = _reader(pack_reply(reply))
        return [await read_reply(reader), await read_reply(reader)]

    assert asyncio.run(there_and_back()) == [reply, None]


@given(COMMANDS, st.data())
def test_half_a_command_is_the_end(command: Command, data: st.DataObject) -> None:
    packed = pack_command(command)
    cut = data.draw(st.integers(min_value=0, max_value=len(packed) - 1))
    assert read_command(io.BytesIO(packed[:cut])) is None


def test_the_engine_takes_no_frame_over_the_limit() -> None:
    with pytest.raises(FrameError, match="over the limit"):
        read_command(io.BytesIO(struct.pack(">I", MAX_FRAME + 1)))


async def test_the_worker_takes_nothing_that_is_no_reply() -> None:
    body = b'{"type":"exec","code":"secret prompt"}'
    with pytest.raises(FrameError) as error:
        await read_reply(_reader(struct.pack(">I", len(body)) + body))
    assert "secret" not in str(error.value)


def _reader(packed: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(packed)
    reader.feed_eof()
    return reader
