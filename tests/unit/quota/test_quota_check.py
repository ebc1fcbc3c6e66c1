"""The check finds what is broken, and lets a ledger that is only behind catch up."""

import asyncio
from datetime import timedelta

from services.contracts import AccountId
from services.quota.check import Proof, check, check_account
from services.quota.core import Equation
from tests.unit.quota.cases import ACCOUNT, completed, requested
from tests.unit.quota.house import House

OTHER = AccountId("acc_" + "b" * 32)


async def busy_house() -> House:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    await house.hear(requested(2, units=4))
    await house.hear(requested(3, account=OTHER))
    return house


async def proof_of(house: House) -> Proof:
    """Time passes while the check looks again."""
    checking = asyncio.ensure_future(check(house.accounts, house.clock))
    for _ in range(200):
        if checking.done():
            break
        await house.clock.advance(timedelta(seconds=1))
    return await checking


async def test_a_sound_house_has_no_findings() -> None:
    house = await busy_house()
    house.file_rows()
    assert await proof_of(house) == Proof(2, ())
    assert await proof_of(House()) == Proof(0, ())


async def test_rows_that_were_never_filed_are_found() -> None:
    house = await busy_house()
    for row in house.documents.rows[1:]:
        house.ledger.put(row.id, row.fields)
    found = (await proof_of(house)).findings
    assert Equation.CLOSING_HAS_RESERVE in {finding.equation for finding in found}
    assert {finding.account for finding in found} == {ACCOUNT}


async def test_a_document_that_was_lost_is_found() -> None:
    house = await busy_house()
    house.file_rows()
    await house.documents.delete(OTHER)
    (finding,) = (await proof_of(house)).findings
    assert (finding.equation, finding.account) == (Equation.TURN_AGREES, OTHER)


async def test_a_ledger_that_is_behind_is_waited_for() -> None:
    house = await busy_house()
    house.file_rows()
    await house.hear(completed(3, account=OTHER))
    checking = asyncio.ensure_future(check_account(house.accounts, OTHER, house.clock))
    await house.clock.advance(timedelta(0))
    assert not checking.done()
    house.file_rows()
    await house.clock.advance(timedelta(seconds=1))
    assert await checking == []


async def test_turns_taken_while_it_reads_are_left_for_the_next_look() -> None:
    house = await busy_house()
    house.file_rows()
    checking = asyncio.ensure_future(check_account(house.accounts, OTHER, house.clock))
    await asyncio.sleep(0)
    await house.hear(completed(3, account=OTHER))
    house.file_rows()
    assert await checking == []
