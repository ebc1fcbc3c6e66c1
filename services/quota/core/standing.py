"""An account's plan and status, from whichever of its two sources is newer."""

from dataclasses import replace
from datetime import datetime

from services.contracts.events import AccountChanged, AccountStatus, JobRequested
from services.kit.documents import Change
from services.quota.core.account import AccountQuota
from services.quota.core.usage import told

__all__ = ["as_requested", "change_account", "shut"]


def as_requested(state: AccountQuota | None, request: JobRequested, now: datetime) -> AccountQuota:
    """The account at `now`, on the plan of the request if that knows a newer version of it.

    Gateway accepts requests of active accounts only, so a newer version was active.
    """
    if state is None:
        return AccountQuota(
            account=request.account,
            plan=request.plan,
            account_version=request.account_version,
            as_of=now,
        )
    account = state.at(now)
    if request.account_version <= account.account_version:
        return account
    return replace(
        account,
        plan=request.plan,
        account_version=request.account_version,
        status=AccountStatus.ACTIVE,
    )


def change_account(
    state: AccountQuota | None, event: AccountChanged, now: datetime
) -> Change[AccountQuota] | None:
    """Takes over plan and status, unless what is known is newer. Grants stay as they are.

    One of the same version is taken too: the version may be known from a request, which does not
    say the status.
    """
    if state is None:
        fresh = AccountQuota(
            account=event.account,
            plan=event.plan,
            account_version=event.version,
            status=event.status,
            as_of=now,
        )
        return _tell(fresh)
    changed = replace(state, plan=event.plan, account_version=event.version, status=event.status)
    if event.version < state.account_version or changed == state:
        return None
    return _tell(changed.at(now)) if event.plan != state.plan else Change(changed)


def shut(state: AccountQuota | None) -> Change[AccountQuota] | None:
    """An account that is to be erased gets nothing more."""
    if state is None or state.status is AccountStatus.ERASED:
        return None
    return Change(replace(state, status=AccountStatus.ERASED))


def _tell(account: AccountQuota) -> Change[AccountQuota]:
    after, usage = told(account)
    return Change(after, (usage,))
