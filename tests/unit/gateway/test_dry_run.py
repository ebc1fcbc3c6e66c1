"""`POST /v1/jobs/dry-run`: a forecast that draws nothing and counts nothing."""

import pytest

from services.contracts.events import Rule
from services.gateway.core.foresight import foresee
from services.gateway.core.limits import allowance
from tests.unit.gateway import stories
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import ACCOUNT, NOW

PATH = "/v1/jobs/dry-run"


async def test_it_says_price_admission_and_what_is_left(house: House, ada: Tenant) -> None:
    house.limits["free/default"] = stories.limits(concurrency=2)
    told = (await ada.post(PATH, {"prompt": "a red fox", "n": 2, "steps": 10})).json()
    assert (told["units"], told["admitted"], told["rule"], told["left_after"]) == (2, True, None, 1)
    assert told["cost"] == pytest.approx(128 * 128 / 1e6 * 10 * 2 * 2)
    assert told["wait_seconds"] is None, "nobody has told of a fleet"
    assert house.requested == []


async def test_without_news_of_the_limits_nobody_knows(house: House, ada: Tenant) -> None:
    told = (await ada.post(PATH, {"prompt": "a red fox"})).json()
    assert (told["admitted"], told["left_after"]) == (None, None)


async def test_bad_input_is_refused_as_by_the_real_thing(house: House, ada: Tenant) -> None:
    answer = await ada.post(PATH, {"prompt": "a red fox", "steps": 51})
    assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")


@pytest.mark.parametrize(
    ("used", "running", "units", "m", "rule"),
    [
        (0, 0, 3, 1.0, None),
        (0, 0, 4, 1.0, Rule.REQUEST_TOO_LARGE),
        (2, 0, 2, 1.0, Rule.WINDOW),
        (0, 0, 3, 0.0, Rule.LOAD),
        (1, 1, 1, 1.0, Rule.CONCURRENCY),
    ],
)
def test_the_rules_come_in_quotas_own_order(
    used: int, running: int, units: int, m: float, rule: Rule | None
) -> None:
    grants = [stories.grant(3600, open=number < running) for number in range(used)]
    mine = allowance(stories.limits(m=m), ACCOUNT, stories.usage(*grants), NOW)
    assert foresee(mine, units).rule is rule
