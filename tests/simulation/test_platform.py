"""The laws of delivery, held against a world that keeps none of its promises.

Gateway, quota, notify, render's intake and controller, and its workers run in memory: their own
cores, handlers, repositories, documents, relays, lanes, commits, leases, sweeps and attempts. In
place of the database, the bus, the blob store, the engine and time stand models of them. Each call
to the outside waits, so that a process can die, be cut off or be overtaken between any two awaits.
When the world has come to rest, `laws.py` says what must hold.

Tried at random, not proved: law 1 (compare-and-set), law 2 (state and event in one write), law 3
(offsets follow outcomes), law 4 (handlers are idempotent; order between streams), law 5 (leases,
attempts, fences), law 6 (one end, one charge), law 10 in so far as nothing is buried.
`test_mutants.py` breaks each of them but the last on purpose, in twelve ways; all are found.

Left out: reports of load and demand, quota's controller, live pushes, webhooks, uploads, erasures,
and what real parts do otherwise than their models (`tests/integration`, `tests/chaos`).
"""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.machine import STEPS, problems_of

_EXAMPLES = int(os.environ.get("HEATSINK_MACHINE_EXAMPLES", "500"))
"""Runs, some 45 seconds of one core; set it higher for a night."""

_STEP = st.integers(0, 2**32 - 1)


@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(numbers=st.lists(_STEP, min_size=STEPS, max_size=STEPS))
def test_every_job_ends_once_whatever_dies_or_comes_twice(quiet: None, numbers: list[int]) -> None:
    """A list that fails is made shorter by zeros: steps at which nothing happens."""
    problems = problems_of(numbers)
    assert not problems, "\n".join(problems)
