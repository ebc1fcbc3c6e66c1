import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.contracts import KeyId
from services.kit.keys import MalformedKey, hash_secret, new_key, parse, verify

PEPPER = SecretStr("a pepper nobody should ever see")
PLAIN = new_key().plain
LETTERS = string.ascii_letters + string.digits + "_-é "


def test_a_new_key_has_the_agreed_form() -> None:
    made = new_key()
    assert made.plain.startswith("hs_live_")
    _, _, letters, secret, checksum = made.plain.split("_")
    assert (len(letters), len(secret), len(checksum)) == (8, 43, 6)
    assert made.id == KeyId(f"key_{letters}")
    assert made.secret == secret


def test_a_key_parses_to_what_it_was_made_of() -> None:
    made = new_key()
    parsed = parse(made.plain)
    assert (parsed.id, parsed.secret) == (made.id, made.secret)


def test_no_two_keys_are_alike() -> None:
    made = [new_key() for _ in range(50)]
    assert len({key.id for key in made}) == 50
    assert len({key.secret for key in made}) == 50


@given(st.integers(0, len(PLAIN) - 1), st.sampled_from(LETTERS))
def test_any_typo_of_one_character_is_refused(place: int, letter: str) -> None:
    typo = PLAIN[:place] + letter + PLAIN[place + 1 :]
    if typo == PLAIN:
        parse(typo)
    else:
        with pytest.raises(MalformedKey):
            parse(typo)


@given(st.integers(0, len(PLAIN) - 2))
def test_two_neighbours_swapped_are_refused(place: int) -> None:
    typo = PLAIN[:place] + PLAIN[place + 1] + PLAIN[place] + PLAIN[place + 2 :]
    if typo != PLAIN:
        with pytest.raises(MalformedKey):
            parse(typo)


@given(st.integers(0, len(PLAIN) - 1))
def test_a_torn_key_is_refused(length: int) -> None:
    with pytest.raises(MalformedKey):
        parse(PLAIN[:length])


@given(st.text())
def test_parsing_raises_nothing_but_malformed_key(text: str) -> None:
    with pytest.raises(MalformedKey):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["", f"{PLAIN}\n", f" {PLAIN}", PLAIN.upper(), f"{PLAIN}{PLAIN}"],
    ids=["empty", "a line more", "a space more", "in capitals", "twice"],
)
def test_what_only_looks_like_a_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        parse(text)


def test_the_checksum_is_crc32_in_base62() -> None:
    signed, _, checksum = PLAIN.rpartition("_")
    letters = string.digits + string.ascii_uppercase + string.ascii_lowercase
    value = 0
    for letter in checksum:
        value = value * 62 + letters.index(letter)
    assert value == zlib.crc32(signed.encode())


def test_the_right_secret_verifies_and_no_other() -> None:
    made = new_key()
    stored = hash_secret(PEPPER, made.secret)
    assert verify(PEPPER, made.secret, stored)
    assert not verify(PEPPER, new_key().secret, stored)
    assert not verify(SecretStr("another pepper altogether"), made.secret, stored)


def test_a_key_that_nobody_knows_never_verifies() -> None:
    assert not verify(PEPPER, new_key().secret, None)


def test_the_hash_is_hmac_sha256_in_hexadecimal() -> None:
    # RFC 4231, test case 2
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hash_secret(SecretStr("Jefe"), "what do ya want for nothing?") == expected


def test_neither_form_shows_its_secret() -> None:
    made = new_key()
    assert made.secret not in repr(made)
    assert made.secret not in repr(parse(made.plain))
