"""Pictures are looked at before they are stored: what is refused never is."""

from dataclasses import dataclass

from services.contracts.events import FailureCode, JobFailed
from services.kit.moderation import Strictness, Verdict
from tests.unit.render.bench import Bench, House


@dataclass
class Prude:
    """Refuses the second picture that it sees."""

    seen: int = 0

    async def prompt(self, text: str, strictness: Strictness) -> Verdict:
        del text, strictness
        raise AssertionError("prompts are gateway's")

    async def picture(self, content: bytes, media_type: str) -> Verdict:
        assert content
        assert media_type == "image/png"
        self.seen += 1
        return Verdict(("nudity",) if self.seen > 1 else ())


async def test_a_refused_picture_ends_its_job_and_none_of_it_is_stored() -> None:
    house = House(moderator=Prude())
    bench = Bench(house, automatic=True)
    await house.admit(n=2)
    async with bench.at_work():
        pass
    failed = house.events[-1]
    assert isinstance(failed, JobFailed)
    assert (failed.code, failed.categories) == (FailureCode.CONTENT_REFUSED, ("nudity",))
    assert failed.attempt == 1, "another attempt would draw the same"
    assert house.shelf.blobs == {}


async def test_a_picture_that_is_allowed_is_stored() -> None:
    house = House(moderator=Prude())
    bench = Bench(house, automatic=True)
    job = await house.admit()
    async with bench.at_work():
        pass
    assert house.names(job)[-1] == "Completed"
