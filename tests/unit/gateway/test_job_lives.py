"""A job's bounds: until when it may begin, how long one waits for it, and when it is forgotten."""

from datetime import timedelta

from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import Story, later


async def test_a_job_that_must_begin_by_a_moment_says_so_to_quota(
    house: House, ada: Tenant
) -> None:
    body = {"prompt": "a red fox", "start_by": "2026-01-01T12:05:00Z"}
    assert (await ada.post("/v1/jobs", body)).status_code == 202
    assert house.requested[-1].start_by == later(300)
    passed = await ada.post("/v1/jobs", {**body, "start_by": "2026-01-01T11:59:00Z"})
    assert (passed.status_code, passed.json()["code"]) == (422, "out_of_range")


async def test_a_job_may_be_waited_for_later(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    house.hear(story.admitted(), story.completed())
    job = (await ada.get(f"/v1/jobs/{job_id}", headers={"prefer": "wait=5"})).json()
    assert job["status"] == "completed"


async def test_an_ended_job_can_be_deleted_with_its_pictures(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    await house.project(story.admitted(), story.completed())
    picture = story.completed().images[0].blob
    await house.blobs.put(picture, PNG, media_type="image/png")
    assert (await ada.call("DELETE", f"/v1/jobs/{job_id}")).status_code == 204
    assert (await ada.get(f"/v1/jobs/{job_id}")).status_code == 404
    assert not await house.blobs.exists(picture)


async def test_a_job_without_an_end_is_not_deleted(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    answer = await ada.call("DELETE", f"/v1/jobs/{job_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_terminal")
    stranger = await house.open()
    assert (await stranger.call("DELETE", f"/v1/jobs/{job_id}")).status_code == 404


async def test_jobs_are_listed_by_model_and_by_time(house: House, ada: Tenant) -> None:
    first = await ada.draw()
    house.clock.move(timedelta(hours=1))
    answer = await ada.post("/v1/jobs", {"prompt": "a red fox", "model": "coal"})
    second = answer.json()["id"]

    async def listed(query: str) -> list[str]:
        page = (await ada.get(f"/v1/jobs?{query}")).json()
        return [job["id"] for job in page["data"]]

    assert await listed("model=coal") == [second]
    assert await listed("created_after=2026-01-01T12:30:00Z") == [second]
    assert await listed("created_before=2026-01-01T12:30:00Z") == [first]
    assert await listed("created_after=1960-01-01T00:00:00Z&status=submitted") == [second, first]
    assert (await ada.get("/v1/jobs?created_after=yesterday")).status_code == 422
