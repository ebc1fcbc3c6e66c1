"""The job API: ask, look, list, cancel."""

from datetime import timedelta
from typing import Any

from services.contracts import JobId
from services.contracts.events import JobCancelRequested, Offer, Rule
from services.contracts.events.load import LaneLoad, WorkerLoad, WorkerPhase
from services.contracts.jobs import Lane
from services.kit.errors import Unavailable
from tests.unit.gateway import stories
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.stories import Story, later


async def look(who: Tenant, job: str) -> dict[str, Any]:
    response = await who.get(f"/v1/jobs/{job}")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


async def test_a_job_is_answered_at_once(house: House, ada: Tenant) -> None:
    response = await ada.post("/v1/jobs", {"prompt": "a red fox", "n": 2, "seed": 4294967295})
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["status"], job["created_at"]) == ("submitted", "2026-01-01T12:00:00Z")
    assert (job["prompt"], job["model"], job["size"], job["n"]) == (
        "a red fox",
        "ember",
        "128x128",
        2,
    )
    assert job["seeds"] == [4294967295, 0]
    assert job["expires_at"] == "2026-01-31T12:00:00Z"
    assert job["links"] == {
        "self": f"http://heatsink.test/v1/jobs/{job['id']}",
        "cancel": f"http://heatsink.test/v1/jobs/{job['id']}/cancel",
        "events": "http://events.test/v1/events",
    }
    (asked,) = house.requested
    assert (asked.job, asked.units, asked.account) == (job["id"], 2, ada.account)


async def test_a_job_is_stored_with_its_event_in_one_write(house: House, ada: Tenant) -> None:
    house.job_documents.fail_next(Unavailable("database"))
    response = await ada.post("/v1/jobs", {"prompt": "a red fox"})
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert response.headers["retry-after"] in {"2", "3"}
    assert house.requested == []


async def test_what_a_client_was_just_told_is_never_taken_back(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    house.hear(story.admitted(), story.queued(), story.started(), story.step(7))
    job = await look(ada, job_id)
    assert job["status"] == "running"
    assert job["progress"] == {"step": 7, "steps": 20, "seconds_left": 1.0, "preview": None}
    house.hear(story.completed())
    assert (await look(ada, job_id))["status"] == "completed"
    await house.project(story.admitted(), story.queued())
    assert (await look(ada, job_id))["status"] == "completed"


async def test_another_replica_tells_the_same_from_the_database(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    await house.project(story.admitted(), story.queued(), story.started(), story.completed())
    job = await look(ada, job_id)
    assert (job["status"], job["seconds"], job["attempt"]) == ("completed", 1.5, 1)
    assert job["images"][0]["seed"] == 7
    assert job["images"][0]["url"].startswith(f"http://heatsink.test/v1/files/{job_id}/0.png?")
    assert job["ended_at"] == "2026-01-01T12:00:20Z"


async def test_events_of_a_job_that_was_forgotten_are_passed_over(house: House) -> None:
    await house.project(Story().completed())
    assert await house.job_documents.count() == 0


async def test_a_waiting_job_tells_its_place(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    house.hear(Story(job_id, ada.account).queued())
    assert (await look(ada, job_id))["queue"] == {
        "lane": "free",
        "ticket": 4.0,
        "waiting": None,
        "starts_earliest": None,
        "starts_latest": None,
    }
    lane = LaneLoad(
        lane=Lane.FREE, waiting=3, backlog=9, head_ticket=1, drain_rate=1, wait_seconds=12
    )
    load = stories.load(lane)
    house.load["default"] = load
    told = (await look(ada, job_id))["queue"]
    assert told["waiting"] == 3
    assert told["starts_earliest"] == "2026-01-01T12:00:04Z", "a third of the backlog is before it"
    assert told["starts_latest"] == "2026-01-01T12:00:12Z"

    leaving = WorkerLoad(id="w-1", phase=WorkerPhase.DRAINING, running=1)
    for workers in ((), (leaving,)):
        house.load["default"] = load.model_copy(update={"workers": workers})
        told = (await look(ada, job_id))["queue"]
        assert (told["ticket"], told["starts_latest"]) == (4.0, None), "nobody is there to draw"
    house.load["default"] = load
    house.clock.move(timedelta(seconds=31))
    told = (await look(ada, job_id))["queue"]
    assert (told["ticket"], told["starts_latest"]) == (4.0, None), "nobody has reported lately"


async def test_a_rejected_job_tells_rule_and_time(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    house.hear(Story(job_id, ada.account).rejected())
    job = await look(ada, job_id)
    assert job["status"] == "rejected"
    assert job["rejection"] == {
        "rule": "window",
        "reason": "3 of 3 images are used.",
        "used": 3,
        "limit": 3,
        "limit_normally": 3,
        "window_seconds": 86400,
        "resets_at": "2026-01-02T12:00:00Z",
        "retry_at": "2026-01-01T13:00:00Z",
        "offers": [],
    }


async def test_a_failed_job_tells_why(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    house.hear(Story(job_id, ada.account).failed())
    assert (await look(ada, job_id))["error"] == {
        "code": "render_failed",
        "reason": "render_error",
        "detail": "it broke",
    }


async def test_another_accounts_job_is_not_there(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    eve = await house.open()
    for response in (
        await eve.get(f"/v1/jobs/{job_id}"),
        await eve.post(f"/v1/jobs/{job_id}/cancel"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert (await eve.get("/v1/jobs")).json()["data"] == []
    assert not [event for event in house.job_documents.events if "Cancel" in type(event).__name__]


async def test_jobs_are_listed_newest_first_page_by_page(house: House, ada: Tenant) -> None:
    made = []
    for _ in range(5):
        made.append(await ada.draw())
        house.clock.move(timedelta(seconds=1))
    seen: list[str] = []
    cursor = ""
    for expected in (2, 2, 1):
        page = (await ada.get(f"/v1/jobs?limit=2{cursor}")).json()
        assert len(page["data"]) == expected
        seen += [job["id"] for job in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    assert (page["has_more"], page["next_cursor"]) == (False, None)


async def test_jobs_are_listed_by_status(house: House, ada: Tenant) -> None:
    first, second = await ada.draw(), await ada.draw()
    await house.project(Story(first, ada.account).completed())
    done = (await ada.get("/v1/jobs?status=completed")).json()["data"]
    waiting = (await ada.get("/v1/jobs?status=submitted")).json()["data"]
    assert [job["id"] for job in done] == [first]
    assert [job["id"] for job in waiting] == [second]


async def test_a_cursor_is_good_for_its_own_listing_only(house: House, ada: Tenant) -> None:
    eve = await house.open()
    for _ in range(2):
        await ada.draw()
    cursor = (await ada.get("/v1/jobs?limit=1")).json()["next_cursor"]
    for who, path in (
        (eve, f"/v1/jobs?cursor={cursor}"),
        (ada, f"/v1/jobs?cursor={cursor}&status=completed"),
        (ada, f"/v1/jobs?cursor={cursor}x"),
    ):
        response = await who.get(path)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def wishes(house: House) -> list[JobCancelRequested]:
    return [event for event in house.job_documents.events if isinstance(event, JobCancelRequested)]


async def test_a_job_is_cancelled_once_however_often_one_asks(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    first = await ada.post(f"/v1/jobs/{job_id}/cancel")
    second = await ada.post(f"/v1/jobs/{job_id}/cancel")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert first.json()["cancel_requested"] is True
    (wish,) = wishes(house)
    assert (wish.job, wish.account) == (job_id, ada.account)


async def test_an_ended_job_is_not_cancelled(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    house.hear(Story(job_id, ada.account).completed())
    response = await ada.post(f"/v1/jobs/{job_id}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "job_already_terminal")
    assert response.json()["job_status"] == "completed"
    assert wishes(house) == []


async def test_cancelling_what_never_was_is_not_found(ada: Tenant) -> None:
    response = await ada.post("/v1/jobs/job_" + "f" * 32 + "/cancel")
    assert response.status_code == 404


async def test_a_cancel_that_races_with_the_end_loses(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    house.job_documents.interrupt_next(lambda: house.project(story.completed()))
    response = await ada.post(f"/v1/jobs/{job_id}/cancel")
    assert response.status_code == 409
    assert wishes(house) == []


async def test_a_deferred_job_says_when(house: House, ada: Tenant) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    deferred = story.deferred().model_copy(update={"expected_at": later(900)})
    house.hear(story.admitted(), story.queued(), deferred)
    job = await look(ada, job_id)
    assert (job["status"], job["expected_at"]) == ("deferred", "2026-01-01T12:15:00Z")
    assert job["queue"]["lane"] == "free"


async def test_a_job_that_may_wait_says_so_to_quota_and_shows_when_it_should_be_drawn(
    house: House, ada: Tenant
) -> None:
    answer = await ada.post("/v1/jobs", {"prompt": "a red fox", "allow_deferred": True})
    job_id = JobId(answer.json()["id"])
    await ada.draw()
    assert [event.allow_deferred for event in house.requested] == [True, False]
    story = Story(job_id, ada.account)
    house.hear(story.admitted(lane=Lane.DEFERRED, expected_at=later(900)))
    job = await look(ada, job_id)
    assert (job["status"], job["expected_at"]) == ("deferred", "2026-01-01T12:15:00Z")
    assert job["rejection"] is None


async def test_a_refusal_by_load_offers_what_its_caller_did_not_allow(
    house: House, ada: Tenant
) -> None:
    job_id = await ada.draw()
    story = Story(job_id, ada.account)
    house.hear(story.rejected(rule=Rule.FLEET_FULL, offers=(Offer.DEFERRED,), retry_at=later(30)))
    rejection = (await look(ada, job_id))["rejection"]
    assert (rejection["rule"], rejection["offers"]) == ("fleet_full", ["deferred"])
