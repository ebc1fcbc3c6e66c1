"""Rows S: the store of the pictures is away, or full."""

import asyncio

import pytest

from tests.chaos.row import Row


@pytest.mark.row("S-01")
async def test_pictures_that_can_not_be_stored_wait_until_they_can(row: Row) -> None:
    client = await row.client()
    async with row.load(client):
        await asyncio.sleep(1)
        async with row.faults.blobs_away():
            await asyncio.sleep(3)
        await asyncio.sleep(1)
    verdict = await row.passes()
    assert set(verdict["ends"]) <= {"completed", "cancelled"}


@pytest.mark.whole
@pytest.mark.row("S-02")
async def test_a_full_store_of_pictures_fails_no_job_once_there_is_room_again(row: Row) -> None:
    client = await row.client()
    async with row.load(client):
        await asyncio.sleep(1)
        async with row.faults.blobs_full():
            await asyncio.sleep(3)
        await asyncio.sleep(1)
    verdict = await row.passes()
    assert set(verdict["ends"]) <= {"completed", "cancelled"}
