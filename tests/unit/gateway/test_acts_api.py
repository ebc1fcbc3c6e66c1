"""The audit trail: what operators did to accounts, and which of them."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts.events import Scope
from services.gateway.core.account import erased
from tests.unit.gateway.house import BOTH, House, Tenant

ACCOUNTS = "/v1/operator/accounts"
ACTS = "/v1/operator/acts"


@pytest.fixture
async def operator(house: House) -> Tenant:
    return await house.open("operator", scopes=(*BOTH, Scope.OPERATOR))


async def acts(operator: Tenant, query: str = "") -> list[dict[str, Any]]:
    answer = await operator.get(f"{ACTS}{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def opened(operator: Tenant) -> str:
    answer = await operator.post(ACCOUNTS, {"name": "Ada Lovelace", "plan": "free"})
    return str(answer.json()["id"])


async def test_everything_done_to_an_account_is_there_with_who_did_it(
    house: House, operator: Tenant
) -> None:
    account = await opened(operator)
    own = f"{ACCOUNTS}/{account}"
    first = (await operator.post(f"{own}/keys", {"name": "first"})).json()
    second = (await operator.post(f"{own}/keys/{first['id']}/rotate", {})).json()
    await operator.post(f"{own}/keys/{first['id']}/revoke")
    await operator.call("PATCH", own, {"plan": "pro", "status": "suspended"})
    await operator.call("PATCH", own, {"plan": "pro"})
    await operator.call("DELETE", own)
    told = [(one["deed"], one["detail"]) for one in await acts(operator, f"?account={account}")]
    assert sorted(told) == [
        ("account_changed", "plan free -> pro, status active -> suspended"),
        ("account_erased", ""),
        ("account_opened", "plan free"),
        ("key_made", f"{first['id']}: jobs:read, jobs:write"),
        ("key_revoked", first["id"]),
        ("key_rotated", f"{first['id']}, followed by {second['id']}"),
    ]
    one, *_ = everything = await acts(operator)
    assert (one["by_account"], one["by_key"]) == (operator.account, operator.key)
    assert not any(word in str(everything) for word in ("Ada", first["key"]))


async def test_acts_come_newest_first_in_pages(house: House, operator: Tenant) -> None:
    accounts = []
    for _ in range(3):
        accounts.append(await opened(operator))
        house.clock.move(timedelta(seconds=1))
    page = (await operator.get(f"{ACTS}?limit=2")).json()
    assert [one["account"] for one in page["data"]] == accounts[:0:-1]
    rest = await acts(operator, f"?limit=2&cursor={page['next_cursor']}")
    assert [one["account"] for one in rest] == accounts[:1]


async def test_what_the_service_does_itself_is_no_act(house: House, operator: Tenant) -> None:
    account = await house.open()
    await house.accounts.change(account.account, erased)
    assert await acts(operator) == []


async def test_acts_are_for_operators(ada: Tenant) -> None:
    assert (await ada.get(ACTS)).status_code == 403
