"""Whether the machine is sharp: it finds each of the faults that `mutants.py` makes.

Not in every run of the tests, because it takes minutes: `-m mutants` asks for it.
"""

from random import Random

import pytest

from tests.simulation.machine import STEPS, problems_of
from tests.simulation.mutants import MUTANTS, Mutant

_RUNS = 400


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.__name__ for mutant in MUTANTS])
def test_the_machine_finds_a_fault_made_on_purpose(
    quiet: None, monkeypatch: pytest.MonkeyPatch, mutant: Mutant
) -> None:
    mutant(monkeypatch)
    assert any(_breaks_something(seed) for seed in range(_RUNS))


def _breaks_something(seed: int) -> bool:
    dice = Random(seed)
    try:
        return bool(problems_of([dice.randrange(2**32) for _ in range(STEPS)]))
    except AssertionError:
        return True  # it never came to rest
