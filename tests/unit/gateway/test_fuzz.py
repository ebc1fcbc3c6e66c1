"""What nobody would send on purpose: torn forms, bent photos, odd keys. No answer is a 5xx.

`HEATSINK_FUZZ=100` makes a hundred times as many.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway.photos.decoder import Decoder, Photo, PhotoError
from services.kit import keys
from services.kit.http import Code
from tests.unit.gateway.house import House
from tests.unit.gateway.photographs import jpeg_with_secrets, photo

TIMES = int(os.environ.get("HEATSINK_FUZZ", "1"))
EASY = settings(deadline=None, suppress_health_check=list(HealthCheck))
PHOTOS = (photo(), photo(hole=True), photo(format="WEBP"), jpeg_with_secrets())
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na fox\r\n'
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
    + photo((32, 32))
    + b"\r\n--b--\r\n"
)
CUTS = st.tuples(st.integers(0, len(FORM)), st.integers(0, 40), st.binary(max_size=40))


@settings(EASY, max_examples=300 * TIMES)
@given(st.text() | st.from_regex(r"hs_live_[0-9a-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}"))
def test_any_text_is_a_key_or_is_malformed(text: str) -> None:
    try:
        assert keys.parse(text).id
    except keys.MalformedKey:
        return


@pytest.mark.parametrize("sent", PHOTOS, ids=("png", "alpha", "webp", "jpeg"))
@settings(EASY, max_examples=4 * TIMES)
@given(data=st.data())
async def test_a_bent_photo_is_read_or_refused(sent: bytes, data: st.DataObject) -> None:
    bent = bytearray(sent)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(bent) - 1))
        bent[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(bent)) | st.just(len(bent)))
    assert await outcome(bytes(bent[:cut])) in {200, 415, 422}


async def outcome(content: bytes) -> int:
    try:
        return 200 if isinstance(await Decoder().read(content), Photo) else 500
    except PhotoError as refused:
        return Code.named(refused.code).status


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(EASY, max_examples=20 * TIMES)
@given(cut=CUTS, boundary=st.sampled_from(["b", "c", "", "b\u00e9", "b" * 200]))
async def test_a_torn_form_is_read_or_refused(cut: tuple[int, int, bytes], boundary: str) -> None:
    house = House()
    ada = await house.open()
    start, length, instead = cut
    body = FORM[:start] + instead + FORM[start + length :]
    headers = [
        (b"authorization", f"Bearer {ada.plain}".encode()),
        (b"content-type", f"multipart/form-data; boundary={boundary}".encode("latin-1")),
    ]
    async with house.client, house.answering():
        answer = await house.client.post(
            "/v1/images/edits",
            content=body + b"x",
            headers=headers,
        )
    assert answer.status_code in {400, 413, 415}, answer.text
