"""What must be had back lies in the database sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.notify.sealing import Sealer, Unsealable
from tests.unit.notify.hooks import Hooks

SEALER = Sealer(SecretStr("a pepper of the tests"))


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_is_had_back(text: str) -> None:
    assert SEALER.unseal(SEALER.seal(text)) == text


def test_under_another_pepper_it_is_not() -> None:
    with pytest.raises(Unsealable):
        Sealer(SecretStr("another pepper, of others")).unseal(SEALER.seal("whsec_x"))


async def test_no_secret_of_a_webhook_and_no_private_key_is_stored_in_the_clear() -> None:
    hooks = Hooks()
    endpoint = await hooks.endpoint()
    stored = await hooks.seen(endpoint)
    assert hooks.secret(stored).startswith("whsec_")
    assert "whsec_" not in str(stored)
