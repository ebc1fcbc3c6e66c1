"""Pages of other origins: only those that the operator named, and never with cookies."""

from dataclasses import replace

import httpx2

from services.gateway.api import create_app
from tests.unit.gateway.house import House

OURS, OTHER = "https://app.example", "https://other.example"
ASKING = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
}


async def preflight(house: House, origins: tuple[str, ...], origin: str) -> httpx2.Response:
    gateway = house.app.state.gateway
    settings = replace(gateway.settings, cors_origins=origins)
    app = create_app(replace(gateway, settings=settings))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://heatsink.test") as client:
        return await client.options("/v1/jobs", headers={"origin": origin, **ASKING})


async def test_a_named_origin_may_call(house: House) -> None:
    answer = await preflight(house, (OURS,), OURS)
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


async def test_another_may_not_and_without_the_setting_nobody(house: House) -> None:
    assert "access-control-allow-origin" not in (await preflight(house, (OURS,), OTHER)).headers
    assert "access-control-allow-origin" not in (await preflight(house, (), OURS)).headers
