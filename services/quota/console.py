"""What every command of quota's console shares: the database, and what is said without it."""

import sys
from collections.abc import Awaitable, Callable

from services.kit.clock import Clock, SystemClock
from services.kit.errors import KitError
from services.kit.plumbing import open_store
from services.kit.store import Store
from services.quota.settings import QuotaSettings
from services.quota.wiring import NAME

__all__ = ["UNAVAILABLE", "on_database"]

UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h: the database did not answer, nothing is known or changed."""


async def on_database(
    settings: QuotaSettings, act: Callable[[Store, Clock], Awaitable[int]]
) -> int:
    """Answers the exit status of `act`, or UNAVAILABLE."""
    store = open_store(settings, NAME)
    try:
        return await act(store, SystemClock())
    except KitError as error:
        sys.stderr.write(f"heatsink: quota's database can't be read: {error}\n")
        return UNAVAILABLE
    finally:
        store.close()
