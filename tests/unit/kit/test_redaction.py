import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.telemetry import is_private, mask, redact


@pytest.mark.parametrize(
    "name",
    [
        *("prompt", "negative_prompt", "negativePrompt", "Authorization", "access_token"),
        *("secret", "client-secret", "pepper", "set-cookie", "X-Signature", "key", "api_key"),
        *("idempotency_key", "PASSWORD", "job.prompt", "apiKey"),
    ],
)
def test_private_names(name: str) -> None:
    assert is_private(name)


@pytest.mark.parametrize(
    "name", ["key_id", "prompt_length", "secret_id", "job", "keyboard", "monkey", "", "token_count"]
)
def test_harmless_names(name: str) -> None:
    assert not is_private(name)


def test_values_that_are_fit_stay_as_they_are() -> None:
    fields = {"job": "job_1", "n": 3, "share": 0.5, "on": True, "gone": None, "many": ["a", 1]}
    assert redact(fields) == fields


def test_a_private_field_without_a_value_says_so() -> None:
    assert redact({"negative_prompt": None}) == {"negative_prompt": None}


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=8))
def test_no_secret_of_a_key_survives_in_a_text(secret: str) -> None:
    ascii_secret = "".join(letter for letter in secret if letter.isascii()) + "tail5tail5"
    masked = mask(f"got hs_live_abcdefgh_{ascii_secret} from a client")
    assert ascii_secret not in masked
    assert masked == "got hs_live_*** from a client"


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_redacting_never_fails(value: object) -> None:
    redact({"field": value, 3: value})
