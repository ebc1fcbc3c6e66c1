"""Accounts change by versions; keys open them until they are revoked or expire."""

import pytest

from services.contracts import KeyId
from services.contracts.events import AccountStatus, Scope
from services.gateway.core.account import (
    MAX_KEYS,
    AccountIsErased,
    ApiKey,
    KeyStanding,
    NoSuchKey,
    TooManyKeys,
    announcement,
    open_account,
    standing,
    with_key,
    with_key_revoked,
    with_terms,
)
from tests.unit.gateway.stories import ACCOUNT, KEY, NOW, later

KEY_OF_ACCOUNT = ApiKey(KEY, "first", "hash", (Scope.JOBS_READ,), NOW)


def test_an_account_grows_a_version_with_each_change() -> None:
    account = open_account(ACCOUNT, "Ada", "free", NOW, [KEY_OF_ACCOUNT])
    plus = with_terms(account, plan="plus", status=None)
    revoked = with_key_revoked(plus, KEY, later(1))
    assert [each.version for each in (account, plus, revoked)] == [1, 2, 3]
    assert announcement(revoked, NOW).keys[0].revoked_at == later(1)
    assert announcement(plus, NOW).plan == "plus"


def test_a_change_to_the_same_is_none() -> None:
    account = open_account(ACCOUNT, "Ada", "free", NOW, [KEY_OF_ACCOUNT])
    assert with_terms(account, plan="free", status=AccountStatus.ACTIVE) is account
    revoked = with_key_revoked(account, KEY, NOW)
    assert with_key_revoked(revoked, KEY, later(9)) is revoked


def test_a_key_is_good_until_revoked_or_expired() -> None:
    limited = ApiKey(KEY, "k", "h", (), NOW, expires_at=later(10))
    assert standing(limited, later(9)) is KeyStanding.GOOD
    assert standing(limited, later(10)) is KeyStanding.EXPIRED
    account = with_key_revoked(open_account(ACCOUNT, "A", "free", NOW, [limited]), KEY, NOW)
    assert standing(account.keys[0], NOW) is KeyStanding.REVOKED


def test_only_keys_of_the_account_can_be_revoked() -> None:
    with pytest.raises(NoSuchKey):
        with_key_revoked(open_account(ACCOUNT, "A", "free", NOW), KEY, NOW)


def test_an_erased_account_stays_as_it_is() -> None:
    account = open_account(ACCOUNT, "A", "free", NOW)
    erased = with_terms(account, plan=None, status=AccountStatus.ERASED)
    with pytest.raises(AccountIsErased):
        with_terms(erased, plan="pro", status=None)
    with pytest.raises(AccountIsErased):
        with_key(erased, KEY_OF_ACCOUNT)


def test_an_account_holds_so_many_keys_and_no_more() -> None:
    account = open_account(ACCOUNT, "A", "free", NOW)
    for number in range(MAX_KEYS):
        account = with_key(account, ApiKey(KeyId(f"key_{number:08d}"), "k", "h", (), NOW))
    with pytest.raises(TooManyKeys):
        with_key(account, KEY_OF_ACCOUNT)
