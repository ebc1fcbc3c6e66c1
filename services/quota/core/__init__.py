"""Quota's decisions as pure functions: state, event and moment in; new state and events out."""

from services.quota.core.account import AccountQuota, Forgotten, Grant, Promise, Spent
from services.quota.core.admission import refuse_erased, reserve
from services.quota.core.announcement import announce, steer
from services.quota.core.asking import wish_of
from services.quota.core.degrading import Light
from services.quota.core.doorway import OPEN, Doorway
from services.quota.core.equations import Equation, Finding, findings
from services.quota.core.explaining import explain
from services.quota.core.ledger import DECIDING, LEDGER, LedgerRow, Operation, row_id
from services.quota.core.outcome import Outcome, Verdict
from services.quota.core.plan import Plan, Plans
from services.quota.core.pool import DEFAULT_POOL, Hold, HoldKind, PoolLimits, limits_id
from services.quota.core.recall import forget, is_crowded, to_forget
from services.quota.core.reminder import tell_again
from services.quota.core.settlement import JobEnd, settle, write_off
from services.quota.core.standing import change_account, shut
from services.quota.core.terms import Book, Terms

__all__ = [
    "DECIDING",
    "DEFAULT_POOL",
    "LEDGER",
    "OPEN",
    "AccountQuota",
    "Book",
    "Doorway",
    "Equation",
    "Finding",
    "Forgotten",
    "Grant",
    "Hold",
    "HoldKind",
    "JobEnd",
    "LedgerRow",
    "Light",
    "Operation",
    "Outcome",
    "Plan",
    "Plans",
    "PoolLimits",
    "Promise",
    "Spent",
    "Terms",
    "Verdict",
    "announce",
    "change_account",
    "explain",
    "findings",
    "forget",
    "is_crowded",
    "limits_id",
    "refuse_erased",
    "reserve",
    "row_id",
    "settle",
    "shut",
    "steer",
    "tell_again",
    "to_forget",
    "wish_of",
    "write_off",
]
