import asyncio

import pytest

from services.kit.documents.turns import Turns
from services.kit.errors import Unavailable


async def test_turns_of_one_key_come_one_after_the_other() -> None:
    turns, inside, most = Turns(), 0, 0

    async def act() -> None:
        nonlocal inside, most
        async with turns.of("a", 1):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(act() for _ in range(20)))
    assert most == 1


async def test_keys_do_not_wait_for_each_other() -> None:
    turns = Turns()
    async with turns.of("a", 1), turns.of("b", 1):
        pass


async def test_who_waits_too_long_is_told() -> None:
    turns = Turns()
    async with turns.of("a", 1):
        with pytest.raises(Unavailable):
            async with turns.of("a", 0.001):
                pass


async def test_a_turn_ends_with_its_holders_failure() -> None:
    turns = Turns()
    with pytest.raises(LookupError):
        async with turns.of("a", 1):
            raise LookupError
    async with turns.of("a", 0.001):
        pass
