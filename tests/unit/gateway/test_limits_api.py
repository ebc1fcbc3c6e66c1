"""`GET /v1/limits`: the heat for everyone, the account's own with a key."""

from services.contracts import effective_limit, hash_offset
from services.contracts.events import Heat, LoadReported, WorkerLoad, WorkerPhase
from services.contracts.events.load import LaneLoad
from services.contracts.jobs import Lane
from tests.unit.gateway import stories
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import NOW, later

LOAD = LoadReported(
    at=NOW,
    pool="default",
    reporter="c",
    fence=1,
    capacity=2.0,
    workers=(
        WorkerLoad(id="w-1", phase=WorkerPhase.READY, running=1),
        WorkerLoad(id="w-2", phase=WorkerPhase.STARTING, running=0),
    ),
    lanes=(LaneLoad(lane=Lane.FREE, waiting=3, backlog=9, drain_rate=1, wait_seconds=12.5),),
    running=1,
    heat=Heat.HOT,
)


def tightened(house: House) -> None:
    told = stories.limits(
        m=0.4, heat=Heat.HOT, cause="Many ask.", since=later(-60), expected_end=later(600)
    )
    house.limits["free/default"] = told
    house.limits["pro/default"] = stories.limits(plan="pro", images=2000, adaptive=False)
    house.limits["free/big"] = stories.limits(pool="big", images=1)
    house.load["default"] = LOAD


async def test_anyone_may_see_the_heat_and_the_plans(house: House) -> None:
    tightened(house)
    body = (await house.client.get("/v1/limits")).json()
    assert (body["heat"], body["plan"], body["used"]) == ("hot", None, None)
    assert [(plan["plan"], plan["limit"]) for plan in body["plans"]] == [("free", 1), ("pro", 2000)]
    (pool,) = body["pools"]
    assert (pool["heat"], pool["workers"], pool["running"]) == ("hot", 1, 1)
    assert pool["lanes"] == [{"lane": "free", "waiting": 3, "wait_seconds": 12.5}]


async def test_with_a_key_an_account_sees_what_is_left_and_why(house: House, ada: Tenant) -> None:
    tightened(house)
    house.usage[ada.account] = stories.usage(stories.grant(300, open=True))
    body = (await ada.get("/v1/limits")).json()
    limit = effective_limit(3, 0.4, hash_offset(ada.account, NOW))
    assert limit in {1, 2}, "1.2 images: two for a fifth of the accounts"
    expected = {
        "plan": "free",
        "pool": "default",
        "window_seconds": 86400,
        "used": 1,
        "left": limit - 1,
        "limit": limit,
        "limit_normally": 3,
        "resets_at": "2026-01-01T12:05:00Z",
        "frees_at": "2026-01-01T12:05:00Z",
        "m": 0.4,
        "heat": "hot",
        "cause": "Many ask.",
        "since": "2026-01-01T11:59:00Z",
        "until": "2026-01-01T12:10:00Z",
        "running": 1,
        "concurrency": 1,
    }
    assert {name: body[name] for name in expected} == expected


async def test_an_exempt_plan_is_not_tightened(house: House) -> None:
    tightened(house)
    pro = await house.open("pro")
    body = (await pro.get("/v1/limits")).json()
    assert (body["limit"], body["left"], body["m"]) == (2000, 2000, 1.0)


async def test_another_pool_has_limits_of_its_own(house: House, ada: Tenant) -> None:
    tightened(house)
    body = (await ada.get("/v1/limits?pool=big")).json()
    assert (body["pool"], body["limit"], body["heat"]) == ("big", 1, "cool")


async def test_what_quota_has_not_told_is_null(house: House, ada: Tenant) -> None:
    body = (await ada.get("/v1/limits")).json()
    assert (body["plan"], body["limit"], body["heat"], body["plans"]) == ("free", None, None, [])


async def test_a_bad_key_is_refused_here_too(house: House, ada: Tenant) -> None:
    headers = {"authorization": f"Bearer {ada.plain[:-1]}"}
    response = await house.client.get("/v1/limits", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "invalid_api_key")
