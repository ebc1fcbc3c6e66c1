"""Who there is, and on what terms: limits that are small enough for a short run to meet."""

from services.contracts import AccountId, KeyId, Lane
from services.quota.core import Plan, Plans

__all__ = ["ACCOUNT_IDS", "KEY", "PLANS"]

ACCOUNT_IDS = tuple(AccountId(f"acc_{number:032x}") for number in (1, 2))
KEY = KeyId("key_abcdefgh")

PLANS = Plans(
    plans=(
        Plan(
            id="free",
            title="Free",
            images=3,
            window_seconds=40,
            lane=Lane.FREE,
            adaptive=True,
            concurrency=2,
        ),
        Plan(
            id="plus",
            title="Plus",
            images=6,
            window_seconds=20,
            lane=Lane.PAID,
            adaptive=False,
            concurrency=3,
            rounding_seconds=1,
        ),
    )
)
