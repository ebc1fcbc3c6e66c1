"""Photos of JSON jobs: uploaded once and named by their id, or in the body itself."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from services.contracts import TaskKind, UploadId, upload_key
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.photographs import photo
from tests.unit.gateway.test_edits_api import file

WISH = {"prompt": "as a stained glass window", "model": "brush"}
A_DAY_AND_A_HALF = timedelta(hours=36)


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def uploaded(who: Tenant, content: bytes) -> dict[str, Any]:
    answer = await who.send("/v1/uploads", {}, [file(content)])
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def asked(who: Tenant, **more: Any) -> None:
    answer = await who.post("/v1/jobs", {**WISH, **more})
    assert answer.status_code == 202, answer.text


async def test_an_uploaded_photo_serves_as_many_jobs_as_one_likes(
    house: House, ada: Tenant
) -> None:
    upload = await uploaded(ada, photo())
    assert (upload["width"], upload["height"], upload["mask"]) == (96, 64, None)
    for _ in range(2):
        await asked(ada, image=upload["id"], strength=0.3)
    first, second = (each.spec for each in house.requested)
    assert first.images == second.images == (upload["id"],)
    assert (first.task, first.strength) == (TaskKind.IMAGE_TO_IMAGE, 0.3)
    assert await house.blobs.exists(upload_key(ada.account, UploadId(upload["id"])))


async def test_where_an_upload_is_transparent_is_its_mask(house: House, ada: Tenant) -> None:
    upload = await uploaded(ada, photo(hole=True))
    await asked(ada, image=upload["id"], mask=upload["mask"])
    spec = house.requested[-1].spec
    assert (spec.task, spec.mask) == (TaskKind.INPAINT, upload["mask"])


@pytest.mark.parametrize("before", ["", "data:image/png;base64,"])
async def test_a_small_photo_may_be_in_the_body(house: House, ada: Tenant, before: str) -> None:
    await asked(ada, image=before + in_base64(photo()))
    job = house.requested[-1]
    assert await house.blobs.exists(upload_key(job.account, job.spec.images[0]))


async def test_photo_and_mask_may_both_be_in_the_body(house: House, ada: Tenant) -> None:
    await asked(ada, image=in_base64(photo()), mask=in_base64(photo(hole=True)))
    assert house.requested[-1].spec.task is TaskKind.INPAINT


async def test_a_retry_with_its_photo_is_the_same_job(house: House, ada: Tenant) -> None:
    for _ in range(2):
        body = {**WISH, "image": in_base64(photo())}
        answer = await ada.post("/v1/jobs", body, headers={"idempotency-key": "once"})
        assert answer.status_code == 202
    assert len(house.requested) == 1
    assert len(await house.blobs.list("uploads")) == 1, "the second photo is gone again"


async def test_another_accounts_upload_is_not_there(house: House, ada: Tenant) -> None:
    upload = await uploaded(await house.open(), photo())
    answer = await ada.post("/v1/jobs", {**WISH, "image": upload["id"]})
    assert (answer.status_code, answer.json()["detail"]) == (422, "image: There is no such upload.")


async def test_an_upload_expires_before_it_is_removed(house: House, ada: Tenant) -> None:
    upload = await uploaded(ada, photo())
    await house.clock.advance(A_DAY_AND_A_HALF)
    answer = await ada.post("/v1/jobs", {**WISH, "image": upload["id"]})
    assert "has expired" in answer.json()["detail"]


async def test_a_dry_run_reads_the_photo_and_keeps_nothing(house: House, ada: Tenant) -> None:
    body = {**WISH, "image": in_base64(photo()), "strength": 0.5}
    answer = await ada.post("/v1/jobs/dry-run", body)
    assert answer.status_code == 200, answer.text
    assert await house.blobs.list("uploads") == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"mask": in_base64(photo(hole=True))}, (422, "invalid_value", "#/mask")),
        ({"image": "no photo at all"}, (422, "invalid_value", "#/image")),
        ({"image": "upl_1"}, (422, "invalid_value", "#/image")),
        ({"image": f"upl_{'0' * 32}"}, (422, "invalid_value", "#/image")),
        ({"image": f"upl_{'f' * 32}"}, (422, "invalid_value", "#/image")),
        ({"image": in_base64(b"no picture")}, (422, "image_unreadable", "#/image")),
        ({"image": in_base64(b"GIF89a....")}, (415, "image_type_not_allowed", "#/image")),
        (
            {"image": in_base64(photo()), "mask": in_base64(photo((48, 48), hole=True))},
            (422, "invalid_value", "#/mask"),
        ),
        ({"image": in_base64(photo()), "strength": 2.0}, (422, "out_of_range", "#/strength")),
        ({"image": in_base64(photo()), "model": "ember"}, (422, "invalid_value", "#/model")),
    ],
)
async def test_a_bad_photo_is_refused_by_name(
    house: House, ada: Tenant, fields: dict[str, Any], told: tuple[int, str, str]
) -> None:
    answer = await ada.post("/v1/jobs", {**WISH, **fields})
    body = answer.json()
    assert (answer.status_code, body["code"], body["errors"][0]["pointer"]) == told
    assert house.requested == []


async def test_masks_of_another_size_are_refused_as_uploads_too(ada: Tenant) -> None:
    image, other = await uploaded(ada, photo()), await uploaded(ada, photo((48, 48), hole=True))
    body = {**WISH, "image": image["id"], "mask": other["mask"]}
    assert (await ada.post("/v1/jobs", body)).status_code == 422


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([file(photo()), file(photo())], "invalid_value"),
        ([file(photo(), "photo")], "unknown_field"),
        ([file(b"no picture")], "image_unreadable"),
    ],
)
async def test_a_bad_upload_is_refused_by_name(
    house: House, ada: Tenant, files: list[tuple[str, Any]], code: str
) -> None:
    answer = await ada.send("/v1/uploads", {}, files)
    assert answer.json()["code"] == code
    assert await house.blobs.list("uploads") == []


async def test_a_form_with_a_path_instead_of_a_file_says_what_is_missing(ada: Tenant) -> None:
    boundary = {"content-type": "multipart/form-data; boundary=b"}
    body = b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nfox.png\r\n--b--\r\n'
    headers = {**boundary, "authorization": f"Bearer {ada.plain}"}
    answer = await ada.house.client.post("/v1/uploads", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "missing_field")
