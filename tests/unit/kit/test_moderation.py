"""Moderators: a list of words, an address elsewhere, and all of them together."""

import json

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import Unavailable
from services.kit.moderation import HttpModerator, Strictness, Verdict, WordList, Words, moderators

WORDS = Words.model_validate(
    {
        "categories": {
            "violence": {"words": ["blood bath", "gore"]},
            "hate": {"words": ["slur"], "always": True},
        }
    }
)
AUTO, LOW = Strictness.AUTO, Strictness.LOW
URL = "http://moderation.test/v1/moderations"


@pytest.mark.parametrize(
    ("prompt", "categories"),
    [
        ("a red fox", ()),
        ("GORE", ("violence",)),
        ("a blood  bath", ("violence",)),
        ("go\u0308re", ("violence",)),
        ("\uff27\uff2f\uff32\uff25", ("violence",)),
        ("go\u200bre", ("violence",)),
        ("a slur, and gore", ("violence", "hate")),
        ("a gorefest", ()),
        ("slurs", ()),
    ],
)
async def test_whole_words_are_found_however_they_are_spelt(
    prompt: str, categories: tuple[str, ...]
) -> None:
    assert (await WordList(WORDS).prompt(prompt, AUTO)).categories == categories


async def test_low_passes_what_is_not_always_refused() -> None:
    assert not (await WordList(WORDS).prompt("gore", LOW)).refused
    assert (await WordList(WORDS).prompt("a slur", LOW)).refused


@given(st.text(max_size=50))
def test_any_text_can_be_read(text: str) -> None:
    coroutine = WordList(WORDS).prompt(text, AUTO)
    with pytest.raises(StopIteration):
        coroutine.send(None)


def answering(status: int, body: object) -> tuple[HttpModerator, list[httpx2.Request]]:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(status, json=body)

    return HttpModerator(URL, seconds=1, transport=httpx2.MockTransport(answer)), asked


async def test_an_address_that_speaks_openais_moderations_is_asked() -> None:
    flagged = {"results": [{"flagged": True, "categories": {"violence": True, "hate": False}}]}
    moderator, asked = answering(200, flagged)
    assert await moderator.prompt("a fox", AUTO) == Verdict(("violence",))
    assert await moderator.picture(b"PNG", "image/png") == Verdict(("violence",))
    text, picture = (json.loads(request.content)["input"] for request in asked)
    assert text == "a fox"
    assert picture[0]["image_url"]["url"] == "data:image/png;base64,UE5H"


async def test_flagged_under_no_name_is_refused_all_the_same() -> None:
    moderator, _ = answering(200, {"results": [{"flagged": True}]})
    assert (await moderator.prompt("a fox", AUTO)).refused


@pytest.mark.parametrize(("status", "body"), [(500, {}), (200, {"results": "?"}), (200, [])])
async def test_one_that_cannot_say_is_unavailable(status: int, body: object) -> None:
    moderator, _ = answering(status, body)
    with pytest.raises(Unavailable):
        await moderator.prompt("a fox", AUTO)


async def test_all_are_asked_and_none_passes_everything() -> None:
    remote, _ = answering(200, {"results": [{"flagged": True, "categories": {"spam": True}}]})
    both = moderators(WordList(WORDS), None, remote)
    assert (await both.prompt("gore", AUTO)).categories == ("violence", "spam")
    assert not (await moderators(None).prompt("gore", AUTO)).refused
    assert not (await WordList(WORDS).picture(b"", "image/png")).refused
