from tests.chaos.knobs import Knobs


def test_knobs_are_taken_from_the_environment_and_are_gone_for_services() -> None:
    environ = {
        "HEATSINK_CHAOS_SCALE": "10",
        "HEATSINK_CHAOS_SEED": "7",
        "HEATSINK_CHAOS_VICTIMS": "kafka, database",
        "PATH": "/bin",
    }
    knobs = Knobs.taken(environ)
    assert (knobs.scale, knobs.seed, knobs.victims) == (10, 7, ("kafka", "database"))
    assert (knobs.times(3), knobs.times(0.01)) == (30, 1)
    assert environ == {"PATH": "/bin"}
