"""The ledger's rows as the law's wishes."""

from services.contracts import Lane, hash_offset
from services.contracts.events import Rule
from services.quota.core.law import Wish, critical_multiplier
from services.quota.core.ledger import LedgerRow, Operation
from services.quota.core.plan import Plans

__all__ = ["wish_of"]

_WEIGHED = (None, Rule.LOAD, Rule.FLEET_FULL)
"""Rules under which a request was within its plan's own limit."""


def wish_of(row: LedgerRow, plans: Plans) -> Wish | None:
    """None for what says nothing of the load: past its own plan's limit, or without its cost."""
    quota = row.quota
    if quota is None or row.cost is None or row.rule not in _WEIGHED:
        return None
    plan = plans.find(quota.plan)
    if plan is None or row.lane is Lane.DEFERRED:
        return None
    wanted = quota.used + quota.units
    return Wish(
        account=row.account,
        wanted=wanted,
        at=row.at,
        lane=plan.lane,
        cost=row.cost,
        critical=_critical(row, wanted, plan.images) if plan.adaptive else None,
    )


def _critical(row: LedgerRow, wanted: int, images: int) -> float:
    """0 where it was promised: no multiplier keeps that out."""
    assert row.quota is not None
    h = hash_offset(row.account, row.at)
    if row.light:
        return row.light.critical(images, h, row.quota.used, row.quota.units)
    critical = critical_multiplier(wanted, images, h)
    kept = row.operation is Operation.RESERVE and critical > row.quota.m + 1e-6
    return 0.0 if kept else critical
