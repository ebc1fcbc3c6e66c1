from services.kit.bus.backoff import Backoff


def test_waits_double_up_to_the_longest_and_keep_apart() -> None:
    backoff = Backoff(first=1, longest=4)
    waits = [backoff.next() for _ in range(4)]

    for wait, full in zip(waits, (1, 2, 4, 4), strict=True):
        assert full / 2 <= wait <= full


def test_it_begins_anew_after_a_reset() -> None:
    backoff = Backoff(first=1, longest=100)
    for _ in range(50):
        backoff.next()
    backoff.reset()

    assert backoff.next() <= 1
