"""Batches: many prompts as one order, drawn as the limits allow."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts import JobId
from services.contracts.events import (
    AccountStatus,
    FailureCode,
    JobCancelRequested,
    JobRequested,
    Rule,
)
from services.gateway.core.batch import ItemStatus
from services.kit.errors import Unavailable
from tests.unit.gateway import stories
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import Story

FOXES = [f"fox number {number}" for number in range(5)]
SECOND = timedelta(seconds=1)


async def ordered(who: Tenant, prompts: list[str] = FOXES, **more: Any) -> str:
    answer = await who.post("/v1/batches", {"prompts": prompts, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def looked(house: House, times: int = 1) -> None:
    for _ in range(times):
        await house.clock.advance(SECOND)
        await house.feeder.look()


async def seen(who: Tenant, batch: str) -> dict[str, Any]:
    body: dict[str, Any] = (await who.get(f"/v1/batches/{batch}")).json()
    return body


def story(asked: JobRequested) -> Story:
    return Story(asked.job, asked.account)


@pytest.fixture
def house() -> House:
    house = House()
    house.limits["free/default"] = stories.limits(concurrency=3)
    return house


async def test_every_prompt_becomes_a_job_a_few_at_a_time(house: House, ada: Tenant) -> None:
    batch = await ordered(ada, seed=10, n=2)
    await looked(house, 3)
    assert [asked.spec.prompt for asked in house.requested] == FOXES[:2], "one seat is left"
    house.hear(story(house.requested[0]).completed(), story(house.requested[1]).completed())
    await looked(house)
    assert [asked.spec.prompt for asked in house.requested] == FOXES[:4]
    assert [asked.spec.seed for asked in house.requested] == [10, 12, 14, 16]
    told = await seen(ada, batch)
    assert (told["status"], told["progress"], told["total"]) == ("running", 0.4, 5)
    assert (told["counts"]["completed"], told["counts"]["open"]) == (2, 2)


async def test_a_batch_ends_when_its_last_job_does_and_forgets_its_prompts(
    house: House, ada: Tenant
) -> None:
    batch = await ordered(ada)
    for number in range(5):
        await looked(house)
        asked = house.requested[number]
        failure = FailureCode.OUT_OF_MEMORY
        one = story(asked)
        house.hear(one.failed(code=failure) if number == 3 else one.completed())
    await looked(house)
    told = await seen(ada, batch)
    assert (told["status"], told["counts"]["completed"], told["counts"]["failed"]) == (
        "ended",
        4,
        1,
    )
    assert (await house.batches.page(ada.account, limit=1))[0].prompts == ()
    assert len({asked.job for asked in house.requested}) == 5


async def test_a_full_window_holds_it_until_quota_said(house: House, ada: Tenant) -> None:
    batch = await ordered(ada)
    await looked(house)
    house.hear(*(story(asked).rejected() for asked in house.requested))
    await looked(house)
    told = await seen(ada, batch)
    assert told["counts"]["waiting"] == 5
    assert told["held"]["rule"] == Rule.WINDOW
    assert told["held"]["until"] == stories.later(3600).isoformat().replace("+00:00", "Z")
    await looked(house, 5)
    assert len(house.requested) == 2, "nothing is asked for before"
    await house.clock.advance(timedelta(hours=1))
    await looked(house)
    again = house.requested[2]
    assert again.spec.prompt == FOXES[0]
    assert again.job not in {asked.job for asked in house.requested[:2]}


async def test_seats_that_others_take_are_waited_for(house: House, ada: Tenant) -> None:
    """Nobody can say when one is free: it is asked again soon."""
    batch = await ordered(ada)
    await looked(house)
    full = {"rule": Rule.CONCURRENCY, "retry_at": None}
    house.hear(*(story(asked).rejected(**full) for asked in house.requested))
    await looked(house)
    assert (await seen(ada, batch))["held"]["rule"] == Rule.CONCURRENCY
    await looked(house, 11)
    assert len(house.requested) == 4


@pytest.mark.parametrize(
    ("rule", "retry_at"),
    [(Rule.REQUEST_TOO_LARGE, None), (Rule.UNKNOWN_PLAN, None), (Rule.WINDOW, 90_000)],
)
async def test_what_never_fits_in_time_is_rejected_at_once(
    house: House, ada: Tenant, rule: Rule, retry_at: float | None
) -> None:
    batch = await ordered(ada, hours=24)
    await looked(house)
    when = stories.later(retry_at) if retry_at else None
    house.hear(*(story(asked).rejected(rule=rule, retry_at=when) for asked in house.requested))
    await looked(house)
    told = await seen(ada, batch)
    assert (told["status"], told["counts"]["rejected"]) == ("ended", 5)
    items = (await ada.get(f"/v1/batches/{batch}/items")).json()["data"]
    assert items[4]["detail"] == "3 of 3 images are used."


async def test_after_its_hours_what_has_not_begun_is_given_up(house: House, ada: Tenant) -> None:
    batch = await ordered(ada, hours=0.5)
    await looked(house)
    assert house.requested[0].start_by == stories.NOW + timedelta(hours=0.5)
    await house.clock.advance(timedelta(hours=1))
    house.hear(*(story(asked).cancelled() for asked in house.requested))
    await looked(house)
    counts = (await seen(ada, batch))["counts"]
    assert (counts["cancelled"], counts["rejected"]) == (2, 3)


async def test_cancelling_drops_what_waits_and_cancels_what_is_open(
    house: House, ada: Tenant
) -> None:
    batch = await ordered(ada)
    await looked(house)
    told = (await ada.post(f"/v1/batches/{batch}/cancel")).json()
    assert told["status"] == "cancelling"
    await looked(house)
    wished = [
        event for event in house.job_documents.events if isinstance(event, JobCancelRequested)
    ]
    assert {event.job for event in wished} == {asked.job for asked in house.requested}
    house.hear(*(story(asked).cancelled() for asked in house.requested))
    await looked(house)
    told = await seen(ada, batch)
    assert (told["status"], told["counts"]["cancelled"]) == ("ended", 5)
    assert (await ada.post(f"/v1/batches/{batch}/cancel")).status_code == 409


async def test_two_replicas_at_once_make_one_job_of_each_prompt(house: House, ada: Tenant) -> None:
    await ordered(ada)
    await house.clock.advance(SECOND)
    batch = (await house.batches.due(house.clock.now()))[0]
    await house.feeder._feed(batch)
    await house.feeder._feed(batch)
    assert len(house.requested) == 2


async def test_only_one_of_two_replicas_claims_a_batch(house: House, ada: Tenant) -> None:
    await ordered(ada)
    await house.clock.advance(SECOND)
    (batch,) = await house.batches.due(house.clock.now())
    claims = [await house.feeder._claimed(batch) for _ in range(2)]
    assert [claim is not None for claim in claims] == [True, False]


async def test_a_database_that_fails_after_the_job_makes_no_second_one(
    house: House, ada: Tenant
) -> None:
    await ordered(ada)
    await house.clock.advance(SECOND)

    async def tear() -> None:
        house.batch_documents.fail_next(Unavailable("database", "torn"))

    house.job_documents.interrupt_next(tear)
    with pytest.raises(Unavailable):
        await house.feeder.look()
    assert len(house.requested) == 2
    await house.clock.advance(timedelta(seconds=20))
    await looked(house)
    assert [asked.spec.prompt for asked in house.requested] == FOXES[:2]


async def test_what_a_moderator_refuses_fails_alone(house: House, ada: Tenant) -> None:
    batch = await ordered(ada, ["a red fox", "a blood bath", "a blue fox"])
    await looked(house)
    house.hear(*(story(asked).completed() for asked in house.requested))
    await looked(house)
    house.hear(*(story(asked).completed() for asked in house.requested))
    await looked(house)
    assert [asked.spec.prompt for asked in house.requested] == ["a red fox", "a blue fox"]
    items = (await ada.get(f"/v1/batches/{batch}/items")).json()["data"]
    assert [item["status"] for item in items] == ["completed", "failed", "completed"]
    assert "violence" in items[1]["detail"]


async def test_a_suspended_accounts_batch_ends(house: House, ada: Tenant) -> None:
    batch = await ordered(ada)
    await house.accounts.change(
        ada.account, lambda known: type(known)(**{**vars(known), "status": AccountStatus.SUSPENDED})
    )
    await looked(house)
    stored = (await house.batches.page(ada.account, limit=1))[0]
    assert (stored.id, stored.counts[ItemStatus.CANCELLED], house.requested) == (batch, 5, [])


async def test_a_deleted_job_is_not_waited_for(house: House, ada: Tenant) -> None:
    batch = await ordered(ada, FOXES[:1])
    await looked(house)
    await house.job_documents.delete(house.requested[0].job)
    await looked(house)
    told = await seen(ada, batch)
    assert (told["status"], told["counts"]["cancelled"]) == ("ended", 1)


async def test_items_come_in_pages_with_their_jobs(house: House, ada: Tenant) -> None:
    batch = await ordered(ada)
    await looked(house)
    first = (await ada.get(f"/v1/batches/{batch}/items?limit=3")).json()
    assert [item["index"] for item in first["data"]] == [0, 1, 2]
    assert JobId(first["data"][0]["job"]["id"]) == house.requested[0].job
    assert first["data"][2]["job"] is None
    cursor = first["next_cursor"]
    rest = (await ada.get(f"/v1/batches/{batch}/items?limit=3&cursor={cursor}")).json()
    assert ([item["index"] for item in rest["data"]], rest["has_more"]) == ([3, 4], False)


async def test_batches_are_listed_newest_first_and_only_to_their_account(
    house: House, ada: Tenant
) -> None:
    first = await ordered(ada)
    await house.clock.advance(SECOND)
    second = await ordered(ada)
    eve = await house.open()
    listed = (await ada.get("/v1/batches?limit=1")).json()
    assert [one["id"] for one in listed["data"]] == [second]
    rest = (await ada.get(f"/v1/batches?cursor={listed['next_cursor']}")).json()
    assert [one["id"] for one in rest["data"]] == [first]
    assert (await eve.get("/v1/batches")).json()["data"] == []
    assert (await eve.get(f"/v1/batches/{first}")).status_code == 404


async def test_the_same_order_twice_is_one_batch(house: House, ada: Tenant) -> None:
    key = {"idempotency-key": "once"}
    body = {"prompts": FOXES}
    first = await ada.post("/v1/batches", body, headers=key)
    second = await ada.post("/v1/batches", body, headers=key)
    other = await ada.post("/v1/batches", {"prompts": FOXES[:1]}, headers=key)
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_an_account_has_ten_batches_at_a_time(house: House, ada: Tenant) -> None:
    for _ in range(10):
        await ordered(ada, FOXES[:1])
    answer = await ada.post("/v1/batches", {"prompts": FOXES})
    assert (answer.status_code, answer.json()["code"]) == (429, "concurrency_limit")


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"prompts": []}, "invalid_value", "#/prompts"),
        ({"prompts": ["x"] * 1001}, "too_long", "#/prompts"),
        ({"prompts": ["a fox", " "]}, "prompt_empty", "#/prompts/1"),
        ({"prompts": ["a fox"], "hours": 169}, "out_of_range", "#/hours"),
        ({"prompts": ["a fox"], "steps": 51}, "out_of_range", "#/steps"),
        (
            {"prompts": ["a fox"], "image": "upl_" + "0" * 32, "hours": 37},
            "out_of_range",
            "#/hours",
        ),
        ({"prompts": ["a fox"], "prompt": "a fox"}, "unknown_field", "#/prompt"),
    ],
)
async def test_a_bad_order_is_refused_by_name(
    house: House, ada: Tenant, fields: dict[str, Any], code: str, pointer: str
) -> None:
    answer = await ada.post("/v1/batches", fields)
    told = answer.json()
    assert (answer.status_code, told["code"], told["errors"][0]["pointer"]) == (422, code, pointer)
    assert await house.batches.page(ada.account, limit=1) == []
