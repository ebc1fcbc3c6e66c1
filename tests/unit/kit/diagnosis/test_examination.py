import asyncio
from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from services.kit.diagnosis import Check, Diagnosis, Finding, Mark, Section, examine, ok
from services.kit.errors import Unavailable

SECRET = "mongodb://root:hunter2@db"


def check(what: str, look: object) -> Check:
    async def answer() -> Sequence[Finding]:
        if isinstance(look, Exception):
            raise look
        if isinstance(look, asyncio.Event):
            await look.wait()
        return (ok(Section.KAFKA, what, "well"),)

    return Check(Section.KAFKA, what, answer, "mend it")


async def test_a_broken_check_is_a_finding_and_hides_no_other() -> None:
    away = Unavailable("database", "no answer in time")
    found = await examine([check("a", away), check("b", None)], within=5)
    assert [(one.what, one.mark) for one in found] == [("a", Mark.BAD), ("b", Mark.OK)]
    assert found[0].figure == "database unavailable"
    assert found[0].advice == "mend it"


async def test_a_fault_of_ours_tells_its_kind_and_none_of_its_words() -> None:
    (found,) = await examine([check("a", ValueError(SECRET))], within=5)
    assert found.figure == "fails with ValueError"
    assert SECRET not in found.model_dump_json()


async def test_a_check_that_hangs_ends_at_its_deadline() -> None:
    found = await examine([check("a", asyncio.Event()), check("b", None)], within=0.01)
    assert [one.figure for one in found] == ["no answer within 0.01 s", "well"]


async def test_a_check_that_does_not_let_go_is_left_behind() -> None:
    free = asyncio.Event()

    async def clings() -> Sequence[Finding]:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue
        return ()

    stubborn = Check(Section.KAFKA, "a", clings, "mend it")
    async with asyncio.timeout(5):
        (found,) = await examine([stubborn], within=0.01)
    assert found.mark is Mark.BAD
    free.set()


async def test_those_who_ask_together_share_one_look() -> None:
    looks = 0

    async def look() -> Sequence[Finding]:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return (ok(Section.KAFKA, "a", f"look {looks}"),)

    diagnosis = Diagnosis()
    diagnosis.add(Check(Section.KAFKA, "a", look, "mend it"))
    one, other = await asyncio.gather(diagnosis.findings(), diagnosis.findings())
    assert one == other
    (later,) = await diagnosis.findings()
    assert later.figure == "look 2"


@pytest.mark.parametrize(("mark", "advice"), [("ok", "do this"), ("warn", None), ("bad", None)])
def test_trouble_comes_with_advice_and_nothing_else_does(mark: str, advice: str | None) -> None:
    with pytest.raises(ValidationError, match="advice"):
        Finding(section="kafka", what="a", mark=Mark(mark), figure="b", advice=advice)
