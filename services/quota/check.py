"""The proof that the ledger's equations hold for every account, on a running service too."""

from dataclasses import dataclass

from services.contracts import AccountId
from services.contracts.events import AccountStatus
from services.kit.clock import Clock
from services.quota.core import AccountQuota, Finding, LedgerRow, findings
from services.quota.repository import Accounts

__all__ = ["Proof", "check", "check_account"]

_LOOKS = 4
_BETWEEN_SECONDS = 1.0


@dataclass(frozen=True)
class Proof:
    """How many accounts were looked at, and all that does not hold."""

    accounts: int
    findings: tuple[Finding, ...]


async def check(accounts: Accounts, clock: Clock) -> Proof:
    """Looks at every account. Reads only. Raises Unavailable."""
    count, found = 0, list[Finding]()
    async for account in accounts.everyone():
        count += 1
        found.extend(await check_account(accounts, account, clock))
    return Proof(count, tuple(found))


async def check_account(accounts: Accounts, account: AccountId, clock: Clock) -> list[Finding]:
    """What does not hold for one account, look after look: only what stays broken is a finding."""
    found = await _look(accounts, account)
    for _ in range(_LOOKS - 1):
        if not found:
            break
        await clock.sleep(_BETWEEN_SECONDS)
        found = await _look(accounts, account)
    return found


async def _look(accounts: Accounts, account: AccountId) -> list[Finding]:
    before = await accounts.load(account)
    # In this order: a row leaves the outbox only after it is filed.
    rows = await accounts.rows(account, unfiled_of=before)
    after = await accounts.load(account)
    if before and before.state.status is AccountStatus.ERASED:
        return []  # its rows are on their way out
    if before is None or after is None:
        return findings(account, rows, after.state if after else None)
    return findings(account, _until(rows, before.state, after.state), before.state)


def _until(rows: list[LedgerRow], before: AccountQuota, after: AccountQuota) -> list[LedgerRow]:
    """Without the rows of turns that were taken while we read."""
    meanwhile = range(before.turn + 1, after.turn + 1)
    return [row for row in rows if row.turn not in meanwhile]
