"""Prompts go before their jobs, and pictures that no job has go after a grace."""

import io
from datetime import timedelta

import pytest

from services.contracts import JobId
from services.gateway.core.job import Job, project
from services.gateway.repository import JOBS, Jobs
from services.gateway.sweeps import PictureSweep, PromptSweep
from services.kit.blobs import MemoryBlobs
from services.kit.clock import ManualClock, SystemClock
from services.kit.documents import MemoryDocuments
from services.kit.errors import Unavailable
from tests.unit.gateway import stories
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import JOB, Story

GRACE = timedelta(hours=24)
OTHER = JobId("job_" + "2" * 32)


class Store:
    """A store of pictures whose age is told by a clock that tests hold."""

    def __init__(self) -> None:
        self.clock = ManualClock(SystemClock().now())
        self.documents = MemoryDocuments(JOBS, self.clock, "gateway")
        self.jobs = Jobs(self.documents)
        self.blobs = MemoryBlobs()
        self.sweep = PictureSweep(self.jobs, self.blobs, self.clock, GRACE)

    async def has(self, job: Job) -> None:
        await self.jobs.insert(job, Story().started())

    async def pictures(self, *keys: str) -> None:
        for key in keys:
            await self.blobs.put(key, PNG, media_type="image/png")

    async def left(self) -> list[str]:
        return [info.key for info in await self.blobs.list()]

    async def swept(self) -> list[str]:
        """What is left after a whole sweep, a day and an hour later."""
        self.clock.move(GRACE + timedelta(hours=1))
        while await self.sweep.portion():
            pass
        return await self.left()


@pytest.fixture
def store() -> Store:
    return Store()


def completed() -> Job:
    job = stories.job()
    return project(job, Story().completed())


async def test_a_jobs_pictures_stay_and_those_of_its_lost_attempts_go(store: Store) -> None:
    job = completed()
    named = [image.blob for image in job.images]
    lost = f"images/{JOB}/9-0.png"
    await store.has(job)
    await store.pictures(*named, lost)
    assert await store.swept() == named


async def test_an_open_job_may_yet_name_any_of_its_pictures(store: Store) -> None:
    await store.has(stories.job())
    await store.pictures(f"images/{JOB}/1-0.png")
    assert await store.swept() == [f"images/{JOB}/1-0.png"]


async def test_pictures_go_after_their_job_has_gone(store: Store) -> None:
    job = completed()
    await store.has(job)
    await store.pictures(job.images[0].blob, f"images/{OTHER}/1-0.png")
    await store.documents.delete(JOB)
    assert await store.swept() == []


async def test_a_picture_of_a_failed_job_goes(store: Store) -> None:
    await store.has(project(stories.job(), Story().failed()))
    await store.pictures(f"images/{JOB}/1-0.png")
    assert await store.swept() == []


async def test_what_is_younger_than_the_grace_stays(store: Store) -> None:
    await store.pictures(f"images/{OTHER}/1-0.png")
    store.clock.move(GRACE - timedelta(hours=1))
    assert not await store.sweep.portion()
    assert await store.left() == [f"images/{OTHER}/1-0.png"]


async def test_what_is_no_picture_is_left_alone(store: Store) -> None:
    keys = ["images/readme.txt", "images/x/1-0.png", f"models/{OTHER}/1-0.png"]
    await store.pictures(*keys)
    assert await store.swept() == sorted(keys)


async def test_a_large_store_is_swept_in_portions(store: Store) -> None:
    await store.pictures(*(f"images/job_{number:032x}/1-0.png" for number in range(501)))
    store.clock.move(GRACE + timedelta(hours=1))
    assert await store.sweep.portion()
    assert len(await store.left()) == 1
    assert not await store.sweep.portion()
    assert await store.left() == []


async def test_a_sweep_that_was_cut_off_goes_on(store: Store) -> None:
    await store.pictures(f"images/{OTHER}/1-0.png")
    store.documents.fail_next(Unavailable("database"))
    store.clock.move(GRACE + timedelta(hours=1))
    with pytest.raises(Unavailable):
        await store.sweep.portion()
    assert await store.swept() == []


async def test_an_ended_jobs_prompt_goes_and_the_job_stays(
    house: House, ada: Tenant, logged: io.StringIO
) -> None:
    wish = {"prompt": "a secret fox", "negative_prompt": "a secret dog", "steps": 5}
    key = {"idempotency-key": "k"}
    made = (await ada.post("/v1/jobs", wish, headers=key)).json()
    open_job = await ada.draw()
    await house.project(Story(JobId(made["id"]), ada.account).completed())
    sweep = PromptSweep(house.jobs, house.clock, timedelta(days=7))
    assert not await sweep.portion()
    assert (await ada.get(f"/v1/jobs/{made['id']}")).json()["prompt"] == "a secret fox"

    house.clock.move(timedelta(days=7))
    assert not await sweep.portion()
    body = (await ada.get(f"/v1/jobs/{made['id']}")).json()
    assert (body["prompt"], body["negative_prompt"], body["steps"]) == (None, None, 5)
    assert body["images"]
    assert "secret" not in repr(await house.jobs.get(ada.account, JobId(made["id"])))
    assert (await ada.get(f"/v1/jobs/{open_job}")).json()["prompt"] == "a red fox"
    assert '"prompts_removed"' in logged.getvalue()

    replayed = await ada.post("/v1/jobs", wish, headers=key)
    assert replayed.json()["id"] == made["id"], "its key still makes no second job"
