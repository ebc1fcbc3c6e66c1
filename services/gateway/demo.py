"""Accounts to try the service with: one of each plan, their keys in a file that only we read."""

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import SecretStr

from services.contracts import AccountId
from services.contracts.events import Scope
from services.gateway.core.account import ApiKey, KeyStanding, open_account, standing
from services.gateway.repository import Accounts
from services.kit import keys
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.errors import Duplicate, Unavailable
from services.kit.pause import pause

__all__ = ["DEMO", "DemoAccounts"]

DEMO: Mapping[str, tuple[Scope, ...]] = {
    "free": (Scope.JOBS_READ, Scope.JOBS_WRITE),
    "plus": (Scope.JOBS_READ, Scope.JOBS_WRITE),
    "pro": (Scope.JOBS_READ, Scope.JOBS_WRITE),
    "operator": (Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.OPERATOR),
}
"""Name of the account and of its plan, and what its key may do."""

_RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class DemoAccounts:
    """Sees at its start to it that every key in the file opens its account.

    Keys in the file stay, also when the database is new; a key that is missing, broken, revoked or
    of another pepper is replaced.
    """

    name = "demo accounts"

    def __init__(
        self,
        accounts: Accounts,
        file: Path,
        pepper: SecretStr,
        clock: Clock,
        readiness: Readiness,
    ) -> None:
        self._accounts = accounts
        self._file = file
        self._pepper = pepper
        self._clock = clock
        self._readiness = readiness
        readiness.block(self.name, "starting")

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.ensure()
            except Unavailable:
                await pause(self._clock, _RETRY_SECONDS, stop)
            else:
                self._readiness.clear(self.name)
                await stop.wait()

    async def ensure(self) -> None:
        kept = await asyncio.to_thread(_read, self._file)
        plain = {name: await self._key(name, kept.get(name)) for name in DEMO}
        if plain != kept:
            await asyncio.to_thread(_write, self._file, plain)
            log.info("demo keys written", file=str(self._file))

    async def _key(self, name: str, kept: str | None) -> str:
        if kept is not None and await self._is_good(name, kept):
            return kept
        made = keys.new_key()
        await self._open(name, keys.parse(made.plain))
        return made.plain

    async def _is_good(self, name: str, kept: str) -> bool:
        """Whether a kept key opens an account, a new one if nobody knows it."""
        try:
            parsed = keys.parse(kept)
        except keys.MalformedKey:
            return False
        if await self._accounts.with_key(parsed.id) is None:
            await self._open(name, parsed)
        account = await self._accounts.with_key(parsed.id)
        key = account.key(parsed.id) if account else None
        known = keys.verify(self._pepper, parsed.secret, key.secret_hash if key else None)
        return known and key is not None and _is_good_now(key, self._clock.now())

    async def _open(self, name: str, parsed: keys.ParsedKey) -> None:
        now = self._clock.now()
        key = ApiKey(
            id=parsed.id,
            name="demo",
            secret_hash=keys.hash_secret(self._pepper, parsed.secret),
            scopes=DEMO[name],
            created_at=now,
        )
        account = open_account(AccountId.new(now), f"demo {name}", name, now, [key])
        with suppress(Duplicate):  # another replica was faster with the same key
            await self._accounts.open(account)


def _is_good_now(key: ApiKey, now: datetime) -> bool:
    return standing(key, now) is KeyStanding.GOOD


def _read(file: Path) -> dict[str, str]:
    """The keys in a file; none where it is missing or broken."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: key for name, key in found.items() if isinstance(key, str)}


def _write(file: Path, plain: Mapping[str, str]) -> None:
    """Whole or not at all, and never readable by anybody else."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(plain, out, indent=2)
        out.write("\n")
    draft.replace(file)
