"""`POST /v1/images/generations`, as OpenAI's clients use it."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import httpx2

from services.contracts import Event, Lane, LighterRender
from services.contracts.events import FailureCode, Rule
from services.kit.errors import Unavailable
from tests.unit.gateway import stories
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import Story, later

PATH = "/v1/images/generations"

ADMIT: Callable[[Story], Event] = Story.admitted
DONE: Callable[[Story], Event] = Story.completed


async def drawn(house: House, who: Tenant, **body: Any) -> httpx2.Response:
    async with house.answering(ADMIT, DONE):
        return await who.post(PATH, {"prompt": "a red fox", **body})


def error(response: httpx2.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    return found


async def test_a_prompt_becomes_a_picture(house: House, ada: Tenant) -> None:
    response = await drawn(house, ada)
    assert response.status_code == 200
    body = response.json()
    assert base64.b64decode(body["data"][0]["b64_json"]) == PNG
    assert body["created"] == int(later(20).timestamp())
    assert (body["size"], body["quality"], body["output_format"], body["background"]) == (
        "128x128",
        "medium",
        "png",
        "opaque",
    )
    assert body["usage"]["total_tokens"] == 67
    assert body["data"][0]["heatsink"]["seed"] == 7


async def test_the_answer_tells_the_job_and_what_is_left(house: House, ada: Tenant) -> None:
    response = await drawn(house, ada)
    told = response.json()["heatsink"]
    (asked,) = house.requested
    assert told["job"] == asked.job
    assert told["seeds"] == [asked.spec.seed]
    assert (told["model"], told["seconds"]) == ("ember", 1.5)
    assert told["quota"] == {
        "plan": "free",
        "window_seconds": 86400,
        "used": 1,
        "left": 2,
        "limit": 3,
        "limit_normally": 3,
        "resets_at": "2026-01-02T12:00:00Z",
    }
    assert response.headers["x-ratelimit-remaining-images"] == "2"
    assert response.headers["ratelimit"] == '"images";r=2;t=86400'
    assert response.headers["x-request-id"]


async def test_when_the_window_resets_is_taken_from_quotas_own_account(
    house: House, ada: Tenant
) -> None:
    async def tell(story: Story) -> None:
        grants = [stories.grant(500).model_copy(update={"job": house.requested[0].job})]
        house.usage[ada.account] = stories.usage(*grants)

    async with house.answering(ADMIT, DONE):
        task = asyncio.create_task(ada.post(PATH, {"prompt": "fox"}))
        await house.until(lambda: bool(house.requested))
        await tell(Story())
        response = await task
    assert response.headers["x-ratelimit-reset-images"] == "8m20s"


async def test_a_picture_that_comes_before_the_news_of_its_admission_is_answered(
    house: House, ada: Tenant
) -> None:
    async with house.answering(DONE):
        response = await ada.post(PATH, {"prompt": "a red fox"})
    assert response.status_code == 200
    assert "quota" not in response.json()["heatsink"]
    assert "x-ratelimit-limit-images" not in response.headers


async def test_the_request_reaches_quota_whole(house: House, ada: Tenant) -> None:
    await drawn(
        house,
        ada,
        model="ember",
        n=2,
        size="160x128",
        quality="high",
        background="opaque",
        output_format="png",
        moderation="low",
        stream=False,
        user="u-1",
        heatsink={"seed": 11, "guidance": 4, "negative_prompt": "rain"},
    )
    (asked,) = house.requested
    spec = asked.spec
    assert (spec.n, spec.width, spec.height, spec.steps) == (2, 160, 128, 30)
    assert (spec.seed, spec.guidance, spec.negative_prompt) == (11, 4.0, "rain")
    assert (asked.units, asked.plan, asked.account_version) == (2, "free", 1)
    assert asked.account == ada.account


async def test_nulls_are_as_good_as_nothing(house: House, ada: Tenant) -> None:
    names = ("model", "n", "size", "quality", "stream", "style", "svg", "response_format")
    response = await drawn(house, ada, **dict.fromkeys(names))
    assert response.status_code == 200


async def test_a_price_of_two_counts_twice(house: House, ada: Tenant) -> None:
    await drawn(house, ada, model="coal")
    assert house.requested[0].units == 2
    assert house.requested[0].spec.pool == "big"


async def test_pictures_come_as_links_when_asked_for(house: House, ada: Tenant) -> None:
    response = await drawn(house, ada, response_format="url", safety_identifier="u-2")
    (image,) = response.json()["data"]
    assert "b64_json" not in image
    assert image["heatsink"]["expires_at"] == "2026-01-01T12:15:00Z"
    picture = await house.client.get(image["url"])
    assert (picture.status_code, picture.content) == (200, PNG)
    assert response.json()["safety_identifier"] == "u-2"


async def test_the_fourth_image_of_a_day_is_refused_with_all_there_is_to_know(
    house: House, ada: Tenant
) -> None:
    async with house.answering(Story.rejected):
        response = await ada.post(PATH, {"prompt": "a red fox"})
    assert response.status_code == 429
    told = error(response)
    assert told["code"] == "rate_limit_exceeded"
    assert told["type"] == "images"
    assert told["problem"] == "quota_exhausted"
    assert told["message"] == "3 of 3 images are used."
    expected = {"rule": "window", "used": 3, "limit": 3, "limit_normally": 3, "plan": "free"}
    assert {name: told[name] for name in expected} == expected
    assert told["resets_at"] == "2026-01-02T12:00:00Z"
    assert told["retry_at"] == "2026-01-01T13:00:00Z"
    assert response.headers["retry-after"] == "3600"
    assert response.headers["x-should-retry"] == "false"
    assert response.headers["x-ratelimit-limit-images"] == "3"
    assert response.headers["x-ratelimit-remaining-images"] == "0"
    assert response.headers["x-ratelimit-reset-images"] == "24h0m0s"
    assert response.headers["ratelimit-policy"] == '"images";q=3;w=86400'


async def test_a_busy_account_may_try_again_soon(house: House, ada: Tenant) -> None:
    async with house.answering(lambda story: story.rejected(rule=Rule.CONCURRENCY, retry_at=None)):
        response = await ada.post(PATH, {"prompt": "a red fox"})
    assert error(response)["problem"] == "concurrency_limit"
    assert response.headers["x-should-retry"] == "true"
    assert 2 <= int(response.headers["retry-after"]) <= 5


async def test_a_failed_render_says_so_and_that_it_cost_nothing(house: House, ada: Tenant) -> None:
    async with house.answering(ADMIT, lambda story: story.failed(FailureCode.POISON)):
        response = await ada.post(PATH, {"prompt": "a red fox"})
    assert response.status_code == 500
    told = error(response)
    assert (told["code"], told["failure"]) == ("render_failed", "render_poison")
    assert told["job"] == house.requested[0].job
    assert response.headers["x-should-retry"] == "false"


async def test_a_cancelled_job_gives_no_picture(house: House, ada: Tenant) -> None:
    async with house.answering(ADMIT, Story.cancelled):
        response = await ada.post(PATH, {"prompt": "a red fox"})
    assert (response.status_code, error(response)["code"]) == (409, "job_cancelled")
    assert response.headers["x-should-retry"] == "false"


async def test_an_idempotency_key_works_here_too(house: House, ada: Tenant) -> None:
    key = {"Idempotency-Key": "k-1"}
    async with house.answering(ADMIT, DONE):
        first = await ada.post(PATH, {"prompt": "a red fox"}, headers=key)
        second = await ada.post(PATH, {"prompt": "a red fox"}, headers=key)
        other = await ada.post(PATH, {"prompt": "a blue fox"}, headers=key)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert error(other)["code"] == "idempotency_key_reused"
    assert len(house.requested) == 1


async def test_a_picture_that_was_deleted_is_gone(house: House, ada: Tenant) -> None:
    key = {"Idempotency-Key": "k-1"}
    async with house.answering(ADMIT, DONE):
        await ada.post(PATH, {"prompt": "a red fox"}, headers=key)
    story = Story(house.requested[0].job)
    await house.blobs.delete(story.completed().images[0].blob)
    response = await ada.post(PATH, {"prompt": "a red fox"}, headers=key)
    assert (response.status_code, error(response)["code"]) == (410, "gone")


async def test_a_store_that_does_not_answer_is_told_and_the_job_kept(
    house: House, ada: Tenant
) -> None:
    key = {"Idempotency-Key": "k-1"}
    async with house.answering(ADMIT, DONE):
        await ada.post(PATH, {"prompt": "a red fox"}, headers=key)
    house.blobs.fail_next(Unavailable("blobs"))
    refused = await ada.post(PATH, {"prompt": "a red fox"}, headers=key)
    assert (refused.status_code, error(refused)["code"]) == (503, "blob_store_unavailable")
    assert error(refused)["job"] == house.requested[0].job
    assert (await ada.post(PATH, {"prompt": "a red fox"}, headers=key)).status_code == 200


async def test_the_models_are_listed_in_openais_shape(house: House, ada: Tenant) -> None:
    body = (await ada.get("/v1/models")).json()
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == ["ember", "coal", "ash", "brush"]
    assert body["data"][0]["sizes"] == ["128x128", "160x128"]
    one = (await ada.get("/v1/models/coal")).json()
    assert (one["object"], one["owned_by"], one["price"]) == ("model", "heatsink", 2)
    unknown = await ada.get("/v1/models/gpt-image-1")
    assert (unknown.status_code, error(unknown)["code"]) == (404, "model_not_found")


async def test_a_deferred_picture_is_promised_at_once_and_waited_for_elsewhere(
    house: House, ada: Tenant
) -> None:
    def put_off(story: Story) -> Event:
        return story.admitted(lane=Lane.DEFERRED, expected_at=later(900))

    async with house.answering(put_off):
        response = await ada.post(
            PATH, {"prompt": "a red fox", "heatsink": {"allow_deferred": True}}
        )
    assert response.status_code == 202
    body = response.json()
    assert (body["data"], body["heatsink"]["deferred"]) == ([], True)
    assert body["heatsink"]["expected_at"] == "2026-01-01T12:15:00Z"
    assert body["heatsink"]["job"] == house.requested[-1].job


async def test_a_picture_that_may_be_lighter_says_what_it_became(house: House, ada: Tenant) -> None:
    def lighter(story: Story) -> Event:
        return story.admitted(degraded=True)

    body = {"prompt": "a red fox", "heatsink": {"steps": 15, "allow_degraded": True}}
    async with house.answering(lighter, DONE):
        answer = (await ada.post(PATH, body)).json()
    asked = house.requested[-1]
    assert asked.lighter == LighterRender(steps=8, width=128, height=128)
    assert (answer["heatsink"]["degraded"], answer["heatsink"]["steps"]) == (True, 8)


async def test_a_prompt_that_is_not_allowed_is_refused_before_anything_counts(
    house: House, ada: Tenant
) -> None:
    response = await ada.post(PATH, {"prompt": "a Blood Bath"})
    assert response.status_code == 400
    told = error(response)
    assert (told["code"], told["type"]) == ("moderation_blocked", "image_generation_user_error")
    assert told["moderation_details"] == {"moderation_stage": "input", "categories": ["violence"]}
    assert response.headers["x-should-retry"] == "false"
    assert house.requested == []
    assert (await ada.post("/v1/jobs", {"prompt": "a slur"})).json()["code"] == "content_refused"


async def test_moderation_low_passes_what_is_not_always_refused(house: House, ada: Tenant) -> None:
    assert (await drawn(house, ada, prompt="a blood bath", moderation="low")).status_code == 200
    assert (await ada.post(PATH, {"prompt": "slur", "moderation": "low"})).status_code == 400


async def test_a_picture_that_is_refused_says_so_and_that_it_cost_nothing(
    house: House, ada: Tenant
) -> None:
    def refuse(story: Story) -> Event:
        failed = story.failed(FailureCode.CONTENT_REFUSED)
        return failed.model_copy(update={"categories": ("violence",)})

    async with house.answering(ADMIT, refuse):
        response = await ada.post(PATH, {"prompt": "a red fox"})
    told = error(response)
    assert (response.status_code, told["code"]) == (400, "moderation_blocked")
    assert told["moderation_details"]["moderation_stage"] == "output"
