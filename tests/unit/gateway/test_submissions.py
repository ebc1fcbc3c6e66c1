"""Event producers: a message on Kafka is treated like an HTTP call, and trusted as little."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from services.contracts import (
    AccountId,
    DecodeError,
    Event,
    Origin,
    SubmissionId,
    TaskKind,
    UploadId,
    WireRecord,
    upload_key,
)
from services.contracts.events import (
    AccountStatus,
    CancelSubmitted,
    JobCancelRequested,
    JobSubmitted,
    Scope,
    SubmissionRefused,
)
from services.kit.errors import Unavailable
from tests.unit.gateway.house import BOTH, House, Tenant
from tests.unit.gateway.stories import NOW, Story

ORDER = SubmissionId("order-4711")


async def token(who: Tenant, hours: float = 1) -> SecretStr:
    answer = await who.post("/v1/submission-tokens", {"hours": hours})
    assert answer.status_code == 201, answer.text
    assert answer.json()["account"] == who.account
    return SecretStr(answer.json()["token"])


async def submitted(who: Tenant, submission: str = ORDER, **more: Any) -> None:
    given: dict[str, Any] = {"prompt": "a red fox", "token": None} | more
    given["token"] = given["token"] or await token(who)
    event = JobSubmitted(at=NOW, account=who.account, submission=SubmissionId(submission), **given)
    await heard(who.house, event)


async def heard(house: House, event: Event) -> None:
    await house.submissions(house.envelope(event))


def refusals(house: House) -> list[tuple[str, str]]:
    events = house.turned_away_documents.events
    return [(one.submission, one.code) for one in events if isinstance(one, SubmissionRefused)]


async def test_a_submission_becomes_a_job_that_names_it(house: House, ada: Tenant) -> None:
    await submitted(ada, n=2, seed=7, allow_deferred=True)
    (asked,) = house.requested
    assert (asked.submission, asked.origin, asked.account) == (ORDER, Origin.KAFKA, ada.account)
    assert (asked.spec.prompt, asked.spec.n, asked.spec.seed) == ("a red fox", 2, 7)
    assert asked.allow_deferred
    job = (await ada.get(f"/v1/jobs/{asked.job}")).json()
    assert job["status"] == "submitted", "and is to be seen like any other"


async def test_the_same_submission_twice_is_one_job(house: House, ada: Tenant) -> None:
    for _ in range(3):
        await submitted(ada)
    assert len(house.requested) == 1
    assert refusals(house) == []


async def test_a_rejected_submission_that_comes_again_has_no_second_outcome(
    house: House, ada: Tenant
) -> None:
    await submitted(ada)
    await house.project(Story(house.requested[0].job, ada.account).rejected())
    await submitted(ada)
    assert len(house.requested) == 1


async def test_its_producer_sees_what_became_of_it_without_reading_a_topic(
    house: House, ada: Tenant
) -> None:
    await submitted(ada, "taken")
    await submitted(ada, "order/47_11?#%", model="no-such-model")
    taken = (await ada.get("/v1/submissions/taken")).json()
    assert (taken["job"]["submission"], taken["refusal"]) == ("taken", None)
    assert taken["job"]["id"] == house.requested[0].job
    refused = (await ada.get("/v1/submissions/order%2F47_11%3F%23%25")).json()
    assert (refused["submission"], refused["job"]) == ("order/47_11?#%", None)
    assert refused["refusal"]["code"] == "model_not_found"


async def test_of_what_was_never_read_or_is_anothers_nothing_is_told(
    house: House, ada: Tenant
) -> None:
    eve = await house.open()
    await submitted(ada)
    assert (await eve.get(f"/v1/submissions/{ORDER}")).status_code == 404
    assert (await ada.get("/v1/submissions/never-read")).status_code == 404


async def test_a_submission_that_was_taken_and_refused_later_tells_both(
    house: House, ada: Tenant
) -> None:
    await submitted(ada)
    await submitted(ada, prompt="a blue fox")
    told = (await ada.get(f"/v1/submissions/{ORDER}")).json()
    assert told["job"]["prompt"] == "a red fox"
    assert told["refusal"]["code"] == "idempotency_key_reused"


async def test_another_job_under_the_same_name_is_refused(house: House, ada: Tenant) -> None:
    await submitted(ada)
    await submitted(ada, prompt="a blue fox")
    assert refusals(house) == [(ORDER, "idempotency_key_reused")]


async def test_two_accounts_may_use_the_same_name(house: House, ada: Tenant) -> None:
    eve = await house.open()
    await submitted(ada)
    await submitted(eve)
    assert {asked.account for asked in house.requested} == {ada.account, eve.account}


async def test_a_photo_is_an_upload_of_the_same_account(house: House, ada: Tenant) -> None:
    upload = UploadId.new(NOW)
    await submitted(ada, "no-photo", model="brush", images=(upload,))
    await house.blobs.put(upload_key(ada.account, upload), b"x", media_type="image/png")
    await submitted(ada, "photo", model="brush", images=(upload,), strength=0.4)
    assert refusals(house) == [("no-photo", "invalid_value")]
    spec = house.requested[0].spec
    assert (spec.task, spec.images, spec.strength) == (TaskKind.IMAGE_TO_IMAGE, (upload,), 0.4)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"steps": 51}, "out_of_range"),
        ({"model": "../x"}, "invalid_model_id"),
        ({"model": "unknown"}, "model_not_found"),
        ({"size": "1x1"}, "invalid_size"),
        ({"prompt": " "}, "prompt_empty"),
        ({"prompt": "a blood bath"}, "content_refused"),
        ({"mask": "upl_" + "0" * 32}, "invalid_value"),
        ({"images": ("upl_" + "0" * 32, "upl_" + "1" * 32)}, "invalid_value"),
    ],
)
async def test_what_can_not_be_drawn_is_refused_in_public_once(
    house: House, ada: Tenant, fields: dict[str, Any], code: str
) -> None:
    await submitted(ada, **fields)
    await submitted(ada, **fields)
    assert refusals(house) == [(ORDER, code)]
    assert house.requested == []


async def test_a_token_speaks_for_its_own_account_alone(house: House, ada: Tenant) -> None:
    eve = await house.open()
    await submitted(ada, token=await token(eve))
    assert refusals(house) == [(ORDER, "invalid_token")]


@pytest.mark.parametrize("spoilt", ["", "x", "{token}x", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_token_that_is_not_ours_is_refused(house: House, ada: Tenant, spoilt: str) -> None:
    good = (await token(ada)).get_secret_value()
    await submitted(ada, token=SecretStr(spoilt.format(token=good) or " "))
    assert refusals(house) == [(ORDER, "invalid_token")]


async def test_a_token_has_an_end(house: House, ada: Tenant) -> None:
    old = await token(ada, hours=1)
    await house.clock.advance(timedelta(hours=1, seconds=61))
    await submitted(ada, token=old)
    assert refusals(house) == [(ORDER, "invalid_token")]


async def test_a_token_ends_with_the_key_that_made_it(house: House, ada: Tenant) -> None:
    made = await token(ada)
    operator = await house.open("operator", scopes=(*BOTH, Scope.OPERATOR))
    await operator.post(f"/v1/operator/accounts/{ada.account}/keys/{ada.key}/revoke")
    await submitted(ada, token=made)
    assert refusals(house) == [(ORDER, "api_key_revoked")]


async def test_a_suspended_account_submits_nothing(house: House) -> None:
    ada = await house.open()
    made = await token(ada)
    await house.accounts.change(
        ada.account, lambda known: type(known)(**{**vars(known), "status": AccountStatus.SUSPENDED})
    )
    house.keyring.forget(ada.account)
    await submitted(ada, token=made)
    assert refusals(house) == [(ORDER, "account_suspended")]


async def test_a_key_that_only_reads_makes_no_token(house: House) -> None:
    reader = await house.open(scopes=(Scope.JOBS_READ,))
    assert (await reader.post("/v1/submission-tokens", {})).status_code == 403


async def test_one_account_that_floods_is_refused_and_holds_nobody_up(
    house: House, ada: Tenant
) -> None:
    eve = await house.open()
    made = await token(ada)
    for number in range(7):
        await submitted(ada, f"order-{number}", token=made)
    await submitted(eve)
    assert len(house.requested) == 5 + 1
    assert refusals(house) == [("order-5", "too_many_requests"), ("order-6", "too_many_requests")]


async def test_a_flood_of_lies_is_told_a_hundred_times_and_then_only_counted(
    house: House, ada: Tenant
) -> None:
    for number in range(120):
        await submitted(ada, f"lie-{number}", token=SecretStr("x"))
    assert len(refusals(house)) == 100


async def test_a_stranger_who_names_ever_other_accounts_is_told_so_often_and_no_more(
    house: House,
) -> None:
    for number in range(520):
        who = AccountId(f"acc_{number:032x}")
        token, name = SecretStr("x"), SubmissionId(f"lie-{number}")
        lie = JobSubmitted(at=NOW, account=who, submission=name, token=token, prompt="a fox")
        await heard(house, lie)
    assert len(refusals(house)) == 500


async def test_what_is_away_holds_the_submission_up_and_loses_nothing(
    house: House, ada: Tenant
) -> None:
    made = await token(ada)
    house.job_documents.fail_next(Unavailable("database", "away"))
    with pytest.raises(Unavailable):
        await submitted(ada, token=made)
    await submitted(ada, token=made)
    assert len(house.requested) == 1


@pytest.mark.parametrize("by", ["submission", "job"])
async def test_a_job_is_cancelled_by_a_message_too(house: House, ada: Tenant, by: str) -> None:
    await submitted(ada)
    job = house.requested[0].job
    named: dict[str, Any] = {"cancels": ORDER} if by == "submission" else {"job": job}
    own = {"at": NOW, "account": ada.account, "token": await token(ada)}
    cancel = CancelSubmitted(submission=SubmissionId("c"), **own, **named)
    await heard(house, cancel)
    await heard(house, cancel)
    told = [one for one in house.job_documents.events if isinstance(one, JobCancelRequested)]
    assert [one.job for one in told] == [job]
    await house.project(Story(job, ada.account).cancelled())
    await heard(house, cancel)
    assert refusals(house) == [], "a job that has ended needs no cancelling"


async def test_what_is_not_there_can_not_be_cancelled(house: House, ada: Tenant) -> None:
    own = {"at": NOW, "account": ada.account, "token": await token(ada)}
    await heard(house, CancelSubmitted(submission=SubmissionId("c"), cancels=ORDER, **own))
    assert refusals(house) == [("c", "not_found")]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b'{"account": "ACCOUNT", "submission": "o-1", "prompt": 3}', True),
        (b'{"account": "ACCOUNT", "prompt": "a fox"}', False),
        (b'{"account": "nobody", "submission": "o-1"}', False),
        (b"no json", False),
        (b"[1]", False),
        (None, False),
    ],
)
async def test_what_is_no_submission_is_refused_where_it_says_whose_it_is(
    house: House, ada: Tenant, value: bytes | None, told: bool
) -> None:
    value = value and value.replace(b"ACCOUNT", ada.account.encode())
    error = DecodeError("invalid_data", "prompt: string_type", WireRecord(None, value, ()))
    assert await house.submissions.unreadable(error) is told
    assert refusals(house) == ([("o-1", "invalid_value")] if told else [])


async def test_no_refusal_holds_the_prompt_or_the_token(house: House, ada: Tenant) -> None:
    await submitted(ada, prompt="a secret blood bath")
    events = [one.model_dump(mode="json") for one in house.turned_away_documents.events]
    assert "secret" not in json.dumps(events)
