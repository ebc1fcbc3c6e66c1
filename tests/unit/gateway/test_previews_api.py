"""Early looks at a picture, by the API."""

from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import Story

WEBP = b"RIFF1234WEBP"


async def shown(house: House, who: Tenant, attempt: int = 1) -> Story:
    """A job whose seventh step had a preview."""
    story = Story(await who.draw(), who.account)
    key = f"images/{story.of['job']}/{attempt}-preview-7.webp"
    await house.blobs.put(key, WEBP, media_type="image/webp")
    house.hear(story.queued(), story.started(attempt), story.step(7, attempt, preview=key))
    return story


async def test_a_job_asks_for_previews(house: House, ada: Tenant) -> None:
    response = await ada.post("/v1/jobs", {"prompt": "a red fox", "previews": 3})
    assert response.status_code == 202
    assert house.requested[-1].spec.previews == 3


async def test_more_previews_than_ten_are_out_of_range(ada: Tenant) -> None:
    response = await ada.post("/v1/jobs", {"prompt": "a red fox", "previews": 11})
    assert (response.status_code, response.json()["code"]) == (422, "out_of_range")


async def test_progress_tells_where_the_latest_preview_is(house: House, ada: Tenant) -> None:
    story = await shown(house, ada)
    progress = (await ada.get(f"/v1/jobs/{story.of['job']}")).json()["progress"]
    response = await ada.get(progress["preview"].partition("test")[2])
    assert (response.status_code, response.content) == (200, WEBP)
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["cache-control"] == "no-store"


async def test_a_preview_stays_while_further_steps_have_none(house: House, ada: Tenant) -> None:
    story = await shown(house, ada)
    house.hear(story.step(8))
    job = (await ada.get(f"/v1/jobs/{story.of['job']}")).json()
    assert job["progress"]["step"] == 8
    assert job["progress"]["preview"]


async def test_a_new_attempt_has_no_preview_of_the_last(house: House, ada: Tenant) -> None:
    story = await shown(house, ada)
    house.hear(story.requeued(), story.started(2), story.step(1, 2))
    assert (await ada.get(f"/v1/jobs/{story.of['job']}/preview")).status_code == 404


async def test_a_job_without_a_preview_has_none_to_show(house: House, ada: Tenant) -> None:
    job = await ada.draw()
    house.hear(Story(job, ada.account).step(1))
    response = await ada.get(f"/v1/jobs/{job}/preview")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_a_preview_is_its_accounts_alone(house: House, ada: Tenant) -> None:
    story = await shown(house, ada)
    bob = await house.open()
    assert (await bob.get(f"/v1/jobs/{story.of['job']}/preview")).status_code == 404


async def test_a_preview_that_was_swept_away_is_not_there(house: House, ada: Tenant) -> None:
    story = await shown(house, ada)
    await house.blobs.delete(f"images/{story.of['job']}/1-preview-7.webp")
    assert (await ada.get(f"/v1/jobs/{story.of['job']}/preview")).status_code == 404
