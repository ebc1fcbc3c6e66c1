"""Pictures by signed link."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from services.contracts import JobId
from services.kit.errors import Unavailable
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import Story


async def link_of(house: House, who: Tenant) -> str:
    """The signed link of a completed job's picture."""
    job_id = await who.draw()
    story = Story(job_id, who.account)
    await house.blobs.put(story.completed().images[0].blob, PNG, media_type="image/png")
    await house.project(story.completed())
    url: str = (await who.get(f"/v1/jobs/{job_id}")).json()["images"][0]["url"]
    return url


async def test_whoever_holds_the_link_gets_the_picture(house: House, ada: Tenant) -> None:
    response = await house.client.get(await link_of(house, ada))
    assert (response.status_code, response.content) == (200, PNG)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["content-disposition"].startswith('inline; filename="job_')
    assert response.headers["cache-control"] == "private, max-age=900, immutable"


async def test_a_link_ends(house: House, ada: Tenant) -> None:
    url = await link_of(house, ada)
    house.clock.move(timedelta(minutes=15, seconds=61))
    response = await house.client.get(url)
    assert (response.status_code, response.json()["code"]) == (410, "link_expired")


def altered(url: str, **changes: str | None) -> str:
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **changes}
    kept = {name: value for name, value in query.items() if value is not None}
    return parts._replace(query=urlencode(kept)).geturl()


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": None},
        {"signature": "ü"},
        {"expires": "9999999999"},
        {"expires": "-1"},
        {"expires": "1e9"},
        {"expires": "\u0661"},
        {"expires": "9" * 30},
        {"key": "00000000"},
        {"download": "1"},
    ],
)
async def test_an_altered_link_is_invalid(
    house: House, ada: Tenant, changes: dict[str, str | None]
) -> None:
    response = await house.client.get(altered(await link_of(house, ada), **changes))
    assert (response.status_code, response.json()["code"]) == (403, "link_invalid")


async def test_a_parameter_twice_is_invalid(house: House, ada: Tenant) -> None:
    url = await link_of(house, ada)
    response = await house.client.get(f"{url}&key=00000000")
    assert response.status_code == 403


@pytest.mark.parametrize("index", ["1", "00", "-0", "%30%30", "\u0661", "999999"])
async def test_a_link_is_for_one_picture(house: House, ada: Tenant, index: str) -> None:
    url = (await link_of(house, ada)).replace("/0.png", f"/{index}.png")
    assert (await house.client.get(url)).status_code == 403


@pytest.mark.parametrize("job", ["job_x", "..%2f..%2fx", "%00"])
async def test_a_link_to_no_job_is_invalid_or_unknown(house: House, ada: Tenant, job: str) -> None:
    url = await link_of(house, ada)
    made = url.replace(url.split("/")[-2], job)
    assert (await house.client.get(made)).status_code in {403, 404}


async def test_a_picture_that_is_no_longer_kept_is_gone(house: House, ada: Tenant) -> None:
    url = await link_of(house, ada)
    job_id = JobId(url.split("/")[-2])
    await house.blobs.delete(Story(job_id).completed().images[0].blob)
    assert (await house.client.get(url)).json()["code"] == "gone"
    await house.job_documents.delete(job_id)
    response = await house.client.get(url)
    assert (response.status_code, response.json()["code"]) == (410, "gone")


async def test_a_store_that_does_not_answer_is_told(house: House, ada: Tenant) -> None:
    url = await link_of(house, ada)
    house.blobs.fail_next(Unavailable("blobs"))
    assert (await house.client.get(url)).json()["code"] == "blob_store_unavailable"
