"""The laws of delivery, held against a world that keeps none of its promises.

All four services run in memory: real cores, handlers, repositories, documents, relays, lanes,
leases, sweeps and workers. Only the database's and the bus's far ends, the engine and time itself
are stood in for. Each call to the outside waits, so that a process can die, be cut off or be
overtaken between any two awaits. When the world has come to rest, `laws.py` says what must hold.

Guarded: law 1 (compare-and-set), law 2 (state and event in one write, published in order), law 3
(offsets follow outcomes), law 4 (handlers are idempotent; order between streams), law 5 (leases,
attempts, fences), law 6 (one end, one charge), law 10 (nothing is buried).
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import PlatformMachine

_EXAMPLES = int(os.environ.get("HEATSINK_MACHINE_EXAMPLES", "300"))
"""Runs; set it higher for a night."""


def test_every_job_ends_once_whatever_dies_or_comes_twice(quiet: None) -> None:
    run_state_machine_as_test(
        PlatformMachine,
        settings=settings(
            max_examples=_EXAMPLES,
            stateful_step_count=30,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
