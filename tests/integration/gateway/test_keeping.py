"""Jobs leave the real database by its TTL index, and their pictures a real folder after them."""

from datetime import timedelta
from pathlib import Path

from services.gateway.core.job import project
from services.gateway.repository import JOBS, Jobs
from services.gateway.sweeps import PictureSweep, PromptSweep
from services.kit.blobs import Blobs
from services.kit.clock import ManualClock, SystemClock
from services.kit.documents.mongo import MongoDocuments
from services.kit.store import Store
from tests.unit.gateway import stories
from tests.unit.gateway.house import PNG
from tests.unit.gateway.stories import JOB, Story
from tests.waiting import eventually

DAY = timedelta(days=1)


async def test_a_job_a_prompt_and_its_pictures_go_when_their_time_is_over(
    mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    store = Store.connect(mongo_url, database_name)
    await store.ensure(JOBS)
    clock = ManualClock(SystemClock().now())
    jobs = Jobs(MongoDocuments(store, JOBS, clock, "gateway"))
    blobs = Blobs.open(tmp_path / "blobs")
    pictures = PictureSweep(jobs, blobs, clock, DAY)
    prompts = PromptSweep(jobs, clock, DAY)
    now = clock.now()
    made = project(stories.job(prompt_since=now, expires_at=now + 2 * DAY), Story().completed())
    await jobs.insert(made, Story().started())
    [picture] = [image.blob for image in made.images]
    await blobs.put(picture, PNG, media_type="image/png")
    await blobs.put(f"images/{JOB}/7-0.png", PNG, media_type="image/png")

    clock.move(DAY + timedelta(minutes=1))
    assert not await prompts.portion()
    assert not await pictures.portion()
    kept = await jobs.get_for_link(JOB)
    assert kept
    assert not kept.has_prompt
    assert [info.key for info in await blobs.list()] == [picture], "only what the job names"
    assert await jobs.with_prompt_before(clock.now(), now - DAY, 10) == []

    # The index goes by the database's own clock.
    await store.collection("jobs").update_one({"_id": JOB}, {"$set": {"state.expires_at": now}})

    async def is_gone() -> bool:
        return await jobs.get_for_link(JOB) is None

    await eventually(is_gone, within=150, every=0.5)
    assert not await pictures.portion()
    assert list((tmp_path / "blobs").iterdir()) == []
    store.close()
