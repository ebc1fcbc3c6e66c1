"""From a key as it came to the account that it speaks for."""

from dataclasses import dataclass

from pydantic import SecretStr

from services.contracts import AccountId, KeyId
from services.contracts.events import AccountStatus
from services.gateway.core.account import Account, ApiKey, Caller, KeyStanding, standing
from services.gateway.repository import Accounts
from services.kit import keys
from services.kit.clock import Clock
from services.kit.http import Code
from services.kit.remembered import Remembered

__all__ = ["KeyRefused", "Keyring"]


class KeyRefused(Exception):
    """The key opens nothing; `code` is of the error table."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.summary)
        self.code = code


@dataclass(frozen=True)
class _Looked:
    account: Account | None
    until: float


class Keyring:
    """Looks accounts up by key, and remembers them (and that there is none) for a few seconds.

    A revoked key stops at once on the replica that revoked it, within `remember` seconds elsewhere.
    """

    def __init__(
        self,
        accounts: Accounts,
        pepper: SecretStr,
        clock: Clock,
        *,
        remember: float = 5.0,
        capacity: int = 10_000,
    ) -> None:
        self._accounts = accounts
        self._pepper = pepper
        self._clock = clock
        self._remember = remember
        self._looked: Remembered[KeyId, _Looked] = Remembered(capacity)

    async def identify(self, plain: str) -> Caller:
        """Who calls with this key. Raises KeyRefused and Unavailable.

        An unknown id costs as much time as a wrong secret, and is refused with the same words.
        """
        try:
            parsed = keys.parse(plain)
        except keys.MalformedKey as error:
            raise KeyRefused(Code.INVALID_API_KEY) from error
        account = await self._account(parsed.id)
        key = account.key(parsed.id) if account else None
        if not keys.verify(self._pepper, parsed.secret, key.secret_hash if key else None):
            raise KeyRefused(Code.INVALID_API_KEY)
        return self._caller(account, key)

    async def holder(self, id: KeyId) -> Caller:
        """For whom a key speaks that was shown before. Raises KeyRefused and Unavailable."""
        account = await self._account(id)
        return self._caller(account, account.key(id) if account else None)

    def _caller(self, account: Account | None, key: ApiKey | None) -> Caller:
        if not account or not key or account.status is AccountStatus.ERASED:
            raise KeyRefused(Code.INVALID_API_KEY)
        found = standing(key, self._clock.now())
        if found is KeyStanding.REVOKED:
            raise KeyRefused(Code.API_KEY_REVOKED)
        if found is KeyStanding.EXPIRED:
            raise KeyRefused(Code.API_KEY_EXPIRED)
        if account.status is AccountStatus.SUSPENDED:
            raise KeyRefused(Code.ACCOUNT_SUSPENDED)
        return Caller(account.id, account.plan, account.version, key.id, key.scopes)

    def forget(self, account: AccountId) -> None:
        """Looks the account's keys up again at their next use: it has changed."""
        self._looked.forget_where(
            lambda looked: looked.account is None or looked.account.id == account
        )

    async def _account(self, id: KeyId) -> Account | None:
        looked = self._looked.get(id)
        if looked is None or looked.until <= self._clock.monotonic():
            account = await self._accounts.with_key(id)
            looked = _Looked(account, self._clock.monotonic() + self._remember)
            self._looked[id] = looked
        return looked.account
