"""`python -m benchmarks.fixed_peer MONGO_URL COUNT`: decisions per second of the `limits` library.

A moving window of 100,000 in a day, as the plan of our side, for 64 accounts and 16 at once, on the
same database. Runs in a process of its own, with the library on its path.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from limits import RateLimitItemPerDay  # type: ignore[import-not-found,unused-ignore]
from limits.storage import MongoDBStorage  # type: ignore[import-not-found,unused-ignore]
from limits.strategies import (  # type: ignore[import-not-found,unused-ignore]
    MovingWindowRateLimiter,
)

__all__ = ["main"]

_ACCOUNTS = 64
_AT_ONCE = 16


def main(url: str, count: int) -> None:
    limiter = MovingWindowRateLimiter(MongoDBStorage(url, database_name="bench_limits"))
    item = RateLimitItemPerDay(100_000)
    limiter.hit(item, "warm")
    began = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        admitted = sum(
            pool.map(lambda number: limiter.hit(item, str(number % _ACCOUNTS)), range(count))
        )
    took = time.monotonic() - began
    if admitted != count:
        raise SystemExit(f"{count - admitted} of {count} were refused")
    sys.stdout.write(f"{count / took}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
