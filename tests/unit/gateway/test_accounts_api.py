"""Operators open accounts, put them on plans, and make and revoke keys."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts import KeyId
from services.contracts.events import AccountChanged, AccountStatus, Scope
from tests.unit.gateway import stories
from tests.unit.gateway.house import BOTH, House, Tenant

ACCOUNTS = "/v1/operator/accounts"


@pytest.fixture
async def operator(house: House) -> Tenant:
    return await house.open("operator", scopes=(*BOTH, Scope.OPERATOR))


def told(house: House) -> AccountChanged:
    event = house.account_documents.events[-1]
    assert isinstance(event, AccountChanged)
    return event


async def opened(operator: Tenant, plan: str = "free") -> dict[str, Any]:
    response = await operator.post(ACCOUNTS, {"name": "Bea", "plan": plan})
    assert response.status_code == 201
    found: dict[str, Any] = response.json()
    return found


async def keyed(operator: Tenant, account: str, **body: Any) -> Tenant:
    response = await operator.post(f"{ACCOUNTS}/{account}/keys", body)
    assert response.status_code == 201, response.text
    made = response.json()
    return Tenant(operator.house, operator.account, made["id"], made["key"])


async def test_an_account_is_opened_and_told(house: House, operator: Tenant) -> None:
    account = await opened(operator)
    assert (account["plan"], account["status"], account["version"]) == ("free", "active", 1)
    assert (told(house).account, told(house).version) == (account["id"], 1)
    found = await operator.get(f"{ACCOUNTS}/{account['id']}")
    assert found.json() == account


async def test_a_key_is_shown_once_and_opens_the_account(house: House, operator: Tenant) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"], name="laptop")
    await bea.draw()
    assert house.requested[0].account == account["id"]
    assert house.requested[0].account_version == 2
    body = (await operator.get(f"{ACCOUNTS}/{account['id']}")).text
    assert bea.plain not in body
    assert bea.key in body
    grant = told(house).keys[0]
    assert (grant.id, grant.scopes) == (bea.key, BOTH)
    assert bea.plain.split("_")[3] not in repr(told(house))


async def test_a_revoked_key_stops_at_once_on_this_replica(operator: Tenant) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"])
    assert (await bea.get("/v1/jobs")).status_code == 200
    path = f"{ACCOUNTS}/{account['id']}/keys/{bea.key}/revoke"
    revoked = await operator.post(path)
    assert revoked.status_code == 200
    assert revoked.json()["keys"][0]["revoked_at"] == "2026-01-01T12:00:00Z"
    response = await bea.get("/v1/jobs")
    assert (response.status_code, response.json()["code"]) == (401, "api_key_revoked")
    again = await operator.post(path)
    assert again.json() == revoked.json()


async def test_a_rotated_key_goes_on_beside_its_successor_and_then_expires(
    house: House, operator: Tenant
) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"])
    path = f"{ACCOUNTS}/{account['id']}/keys/{bea.key}/rotate"
    made = (await operator.post(path, {"overlap_hours": 2})).json()
    new = Tenant(house, bea.account, KeyId(made["id"]), made["key"])
    assert (await bea.get("/v1/jobs")).status_code == 200
    assert (await new.get("/v1/jobs")).status_code == 200
    assert made["scopes"] == ["jobs:read", "jobs:write"]
    house.clock.move(timedelta(hours=2))
    assert (await bea.get("/v1/jobs")).json()["code"] == "api_key_expired"
    assert (await new.get("/v1/jobs")).status_code == 200
    assert (await operator.post(path, {})).status_code == 404, "it has expired"


async def test_rotation_never_lengthens_a_keys_life(house: House, operator: Tenant) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"], expires_in_days=1)
    path = f"{ACCOUNTS}/{account['id']}/keys/{bea.key}/rotate"
    assert (await operator.post(path, {"overlap_hours": 720})).status_code == 201
    house.clock.move(timedelta(days=1))
    assert (await bea.get("/v1/jobs")).json()["code"] == "api_key_expired"


async def test_a_key_expires(house: House, operator: Tenant) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"], expires_in_days=1)
    house.clock.move(timedelta(days=1))
    assert (await bea.get("/v1/jobs")).json()["code"] == "api_key_expired"


async def test_a_key_may_do_what_its_scopes_say(operator: Tenant) -> None:
    account = await opened(operator)
    reader = await keyed(operator, account["id"], scopes=["jobs:read"])
    assert (await reader.get("/v1/jobs")).status_code == 200
    response = await reader.post("/v1/jobs", {"prompt": "fox"})
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert response.json()["scope"] == "jobs:write"


async def test_an_account_goes_to_another_plan(house: House, operator: Tenant) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"])
    path = f"{ACCOUNTS}/{account['id']}"
    changed = await operator.call("PATCH", path, {"plan": "plus"})
    assert (changed.json()["plan"], changed.json()["version"]) == ("plus", 3)
    assert (told(house).plan, told(house).version) == ("plus", 3)
    await bea.draw()
    assert (house.requested[0].plan, house.requested[0].account_version) == ("plus", 3)
    same = await operator.call("PATCH", path, {"plan": "plus"})
    assert same.json()["version"] == 3


async def test_a_suspended_account_is_refused_until_it_may_go_on(operator: Tenant) -> None:
    account = await opened(operator)
    bea = await keyed(operator, account["id"])
    path = f"{ACCOUNTS}/{account['id']}"
    await operator.call("PATCH", path, {"status": "suspended"})
    response = await bea.get("/v1/jobs")
    assert (response.status_code, response.json()["code"]) == (403, "account_suspended")
    await operator.call("PATCH", path, {"status": "active"})
    assert (await bea.get("/v1/jobs")).status_code == 200


async def test_a_plan_that_quota_does_not_know_is_refused(house: House, operator: Tenant) -> None:
    house.limits["free/default"] = stories.limits()
    response = await operator.post(ACCOUNTS, {"name": "Bea", "plan": "gold"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_value")
    assert response.json()["allowed"] == ["free"]
    account = await opened(operator)
    changed = await operator.call("PATCH", f"{ACCOUNTS}/{account['id']}", {"plan": "gold"})
    assert changed.status_code == 422


async def test_accounts_are_listed_newest_first(house: House, operator: Tenant) -> None:
    made = []
    for _ in range(3):
        house.clock.move(timedelta(seconds=1))
        made.append((await opened(operator))["id"])
    first = (await operator.get(f"{ACCOUNTS}?limit=2")).json()
    second = (await operator.get(f"{ACCOUNTS}?limit=2&cursor={first['next_cursor']}")).json()
    ids = [account["id"] for page in (first, second) for account in page["data"]]
    assert ids == [*made[::-1], operator.account]
    assert second["has_more"] is False


async def test_only_operators_come_in(ada: Tenant) -> None:
    for method, path in (
        ("POST", ACCOUNTS),
        ("GET", ACCOUNTS),
        ("GET", f"{ACCOUNTS}/{ada.account}"),
        ("PATCH", f"{ACCOUNTS}/{ada.account}"),
        ("POST", f"{ACCOUNTS}/{ada.account}/keys"),
        ("POST", f"{ACCOUNTS}/{ada.account}/keys/{ada.key}/revoke"),
    ):
        response = await ada.call(method, path, {})
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
        assert response.json()["scope"] == "operator"


@pytest.mark.parametrize("account", ["x", "acc_" + "f" * 32])
async def test_an_unknown_account_is_not_found(operator: Tenant, account: str) -> None:
    path = f"{ACCOUNTS}/{account}"
    for response in (
        await operator.get(path),
        await operator.call("PATCH", path, {"plan": "free"}),
        await operator.post(f"{path}/keys", {}),
        await operator.post(f"{path}/keys/key_abcd1234/revoke"),
    ):
        assert response.status_code == 404


@pytest.mark.parametrize("key", ["x", "key_abcd1234"])
async def test_an_unknown_key_is_not_found(operator: Tenant, key: str) -> None:
    response = await operator.post(f"{ACCOUNTS}/{operator.account}/keys/{key}/revoke")
    assert response.status_code == 404


async def test_an_account_holds_so_many_keys(operator: Tenant) -> None:
    account = await opened(operator)
    for _ in range(50):
        await keyed(operator, account["id"])
    response = await operator.post(f"{ACCOUNTS}/{account['id']}/keys", {})
    assert (response.status_code, response.json()["code"]) == (422, "out_of_range")


async def test_an_erased_account_is_gone(house: House, operator: Tenant) -> None:
    erased = await house.open(status=AccountStatus.ERASED)
    assert (await erased.get("/v1/jobs")).json()["code"] == "invalid_api_key"
    response = await operator.call("PATCH", f"{ACCOUNTS}/{erased.account}", {"plan": "pro"})
    assert (response.status_code, response.json()["code"]) == (410, "gone")
