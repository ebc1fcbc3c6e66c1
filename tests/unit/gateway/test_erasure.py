"""Operators erase accounts: keys stop at once, and in the end nothing is left with gateway."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from services.contracts import JobId
from services.contracts.events import (
    AccountChanged,
    AccountErased,
    AccountForgotten,
    AccountStatus,
    JobCancelRequested,
    Scope,
)
from services.gateway.erasing import OTHERS, Erasing, Holdings, says
from services.gateway.handlers import Handlers
from services.kit.erasures import Eraser
from services.kit.errors import Unavailable
from tests.unit.gateway.house import BOTH, PNG, House, Tenant
from tests.unit.gateway.stories import Story

ACCOUNTS = "/v1/operator/accounts"
QUIET = timedelta(seconds=15)


@pytest.fixture
async def operator(house: House) -> Tenant:
    return await house.open("operator", scopes=(*BOTH, Scope.OPERATOR))


@pytest.fixture
def eraser(house: House) -> Eraser:
    erasing = Erasing(
        Holdings(
            house.accounts,
            house.jobs,
            house.batches,
            house.acts,
            house.turned_away,
            house.blobs,
        ),
        house.clock,
        quiet=QUIET,
        forget=house.keyring.forget,
    )
    return Eraser(house.erasures, erasing, says, house.clock)


async def erase(operator: Tenant, tenant: Tenant) -> dict[str, Any]:
    response = await operator.call("DELETE", f"{ACCOUNTS}/{tenant.account}")
    assert response.status_code == 202, response.text
    body: dict[str, Any] = response.json()
    return body


async def state(operator: Tenant, tenant: Tenant) -> dict[str, Any]:
    response = await operator.get(f"{ACCOUNTS}/{tenant.account}/erasure")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def others_are_done(house: House, tenant: Tenant) -> None:
    handlers = Handlers(house.projection, house.erasures)
    for service in OTHERS:
        event = AccountErased(at=house.clock.now(), account=tenant.account, service=service)
        await handlers(house.envelope(event))


async def everything(house: House) -> str:
    parts = (house.job_documents, house.account_documents, house.gone)
    return repr([await part.find() for part in parts])


async def completed(house: House, tenant: Tenant) -> str:
    """A finished job's picture."""
    story = Story(await tenant.draw(), tenant.account)
    picture = story.completed().images[0].blob
    await house.blobs.put(picture, PNG, media_type="image/png")
    await house.project(story.completed())
    return picture


async def test_its_keys_stop_at_once_and_everybody_is_told(
    house: House, operator: Tenant, ada: Tenant
) -> None:
    assert (await ada.get("/v1/jobs")).status_code == 200
    body = await erase(operator, ada)
    assert (body["status"], body["waiting_for"]) == ("erasing", list(OTHERS))
    refused = await ada.get("/v1/jobs")
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_api_key")
    told = house.account_documents.events[-1]
    assert isinstance(told, AccountChanged)
    assert (told.status, told.keys, told.version) == (AccountStatus.ERASED, (), 2)


async def test_nothing_is_left_once_jobs_have_ended_and_the_others_are_done(
    house: House, operator: Tenant, ada: Tenant, eraser: Eraser
) -> None:
    eve = await house.open()
    mine, hers = await completed(house, ada), await completed(house, eve)
    open_job = await ada.draw()
    await erase(operator, ada)
    assert await eraser.look()
    assert house.job_documents.events[-1] == JobCancelRequested(
        at=house.clock.now(), account=ada.account, job=open_job
    )
    assert [info.key for info in await house.blobs.list()] == [hers]
    assert mine != hers
    assert (await state(operator, ada))["jobs_left"] == 1

    await house.project(Story(open_job, ada.account).cancelled())
    await others_are_done(house, ada)
    assert await eraser.look(), "another replica may remember a key for a moment"
    late = JobId.new(house.clock.now())
    assert (await state(operator, ada))["waiting_for"] == []
    house.clock.move(QUIET)
    assert not await eraser.look()
    await house.project(Story(late, ada.account).completed())

    done = await state(operator, ada)
    assert (done["status"], done["jobs_left"]) == ("done", 0)
    left = await everything(house)
    assert ada.account not in left
    assert "Ada" in left, "that is eve's"
    assert eve.account in left
    assert house.gone.events[-1] == AccountForgotten(at=house.clock.now(), account=ada.account)


async def test_the_account_stays_until_the_last_service_is_done(
    house: House, operator: Tenant, ada: Tenant, eraser: Eraser
) -> None:
    await erase(operator, ada)
    house.clock.move(QUIET)
    assert await eraser.look()
    found = (await operator.get(f"{ACCOUNTS}/{ada.account}")).json()
    assert (found["status"], found["name"], found["keys"]) == ("erased", "", [])
    await others_are_done(house, ada)
    assert not await eraser.look()
    assert (await operator.get(f"{ACCOUNTS}/{ada.account}")).status_code == 404


async def test_asking_again_changes_nothing(
    house: House, operator: Tenant, ada: Tenant, eraser: Eraser
) -> None:
    first = await erase(operator, ada)
    house.clock.move(QUIET)
    again = await erase(operator, ada)
    assert again == first
    await others_are_done(house, ada)
    await eraser.look()
    done = await erase(operator, ada)
    assert done["status"] == "done"
    assert [type(event) for event in house.account_documents.events[-1:]] == [AccountChanged]


async def test_a_request_that_died_half_way_is_finished(
    house: House, operator: Tenant, ada: Tenant, eraser: Eraser
) -> None:
    house.account_documents.fail_next(Unavailable("database"), applied=True)
    response = await operator.call("DELETE", f"{ACCOUNTS}/{ada.account}")
    assert response.status_code == 503
    await eraser.look()
    assert (await ada.get("/v1/jobs")).json()["code"] == "invalid_api_key"
    assert (await erase(operator, ada))["status"] == "erasing"


@pytest.mark.parametrize("where", ["job_documents", "account_documents", "blobs", "gone"])
async def test_an_erasure_that_was_cut_off_goes_on(
    house: House, operator: Tenant, ada: Tenant, eraser: Eraser, where: str
) -> None:
    await completed(house, ada)
    await erase(operator, ada)
    await others_are_done(house, ada)
    house.clock.move(QUIET)
    getattr(house, where).fail_next(Unavailable("a part"))
    with pytest.raises(Unavailable):
        await eraser.look()
    assert not await eraser.look()
    assert ada.account not in await everything(house)
    assert await house.blobs.list() == []


async def test_one_record_says_who_erased_what_and_no_secret(
    house: House, operator: Tenant, ada: Tenant, logged: io.StringIO
) -> None:
    await ada.draw()
    await erase(operator, ada)
    await erase(operator, ada)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    [record] = [line for line in lines if line["event"] == "account_erasure_requested"]
    assert record["account"] == ada.account
    assert (record["by_account"], record["by_key_id"]) == (operator.account, operator.key)
    assert [word for word in ("Ada", "fox", ada.plain) if word in logged.getvalue()] == []
    kept = await house.erasures.find(ada.account)
    assert kept
    assert kept.by == f"{operator.account}/{operator.key}"


async def test_an_operator_can_not_lock_itself_out(operator: Tenant) -> None:
    response = await operator.call("DELETE", f"{ACCOUNTS}/{operator.account}")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert (await operator.get(ACCOUNTS)).status_code == 200


async def test_only_operators_erase_and_only_what_is_there(operator: Tenant, ada: Tenant) -> None:
    for method, path in (("DELETE", ""), ("GET", "/erasure")):
        refused = await ada.call(method, f"{ACCOUNTS}/{ada.account}{path}")
        assert (refused.status_code, refused.json()["scope"]) == (403, "operator")
        for unknown in ("x", "acc_" + "f" * 32):
            missing = await operator.call(method, f"{ACCOUNTS}/{unknown}{path}")
            assert missing.status_code == 404
