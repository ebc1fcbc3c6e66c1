from services.kit.documents.backlog import Backlog, Key
from services.kit.documents.items import Outbox

A, B, C = ("books", "a"), ("books", "b"), ("notes", "c")


def outbox(version: int) -> Outbox:
    return Outbox(version, ({"id": f"e{version}"},))


def keys(backlog: Backlog, width: int, now: float) -> list[Key]:
    return [waiting.key for waiting in backlog.take(width, now)]


def test_documents_are_taken_in_the_order_of_coming() -> None:
    backlog = Backlog()
    for now, key in enumerate((B, A, C)):
        backlog.put(key, None, now)
    assert keys(backlog, 2, 9) == [B, A]
    backlog.done()
    assert keys(backlog, 2, 9) == [C]
    assert backlog.next_due(9) is None


def test_a_document_waits_once_with_its_newest_outbox() -> None:
    backlog = Backlog()
    for version in (1, 3, 2):
        backlog.put(A, outbox(version), version)
    (waiting,) = backlog.take(9, 9)
    assert waiting.outbox == outbox(3)
    assert waiting.since == 1


def test_what_is_read_first_stays_so() -> None:
    """A sweep knows that there is more than what a later change tells."""
    backlog = Backlog()
    backlog.put(A, None, 0)
    backlog.put(A, outbox(2), 0)
    (waiting,) = backlog.take(9, 9)
    assert waiting.outbox is None


def test_what_failed_together_is_tried_again_at_once_behind_the_others() -> None:
    backlog = Backlog()
    backlog.put(A, outbox(1), 0)
    backlog.put(B, outbox(1), 0)
    backlog.put(C, outbox(1), 0)
    backlog.take(2, 1)
    backlog.failed(1)
    again = backlog.take(9, 1)
    assert [waiting.key for waiting in again] == [C, A, B]
    assert [waiting.outbox for waiting in again[1:]] == [None, None]


def test_what_failed_alone_waits_longer_each_time() -> None:
    backlog = Backlog()
    backlog.put(A, None, 0)
    waits = []
    now = 0.0
    for _ in range(8):
        assert keys(backlog, 1, now) == [A]
        backlog.failed(now)
        wait = backlog.next_due(now)
        assert wait is not None
        waits.append(wait)
        assert keys(backlog, 1, now) == []
        now += wait
    assert waits == [0.5, 1, 2, 4, 8, 10, 10, 10]


def test_what_comes_while_its_document_is_taken_is_not_lost() -> None:
    backlog = Backlog()
    backlog.put(A, outbox(1), 0)
    backlog.take(1, 0)
    backlog.put(A, outbox(2), 5)
    backlog.failed(5)
    assert len(backlog) == 1
    assert backlog.oldest(10) == 10
    (waiting,) = backlog.take(1, 6)
    assert waiting.outbox is None


def test_the_oldest_counts_while_it_is_taken() -> None:
    backlog = Backlog()
    assert backlog.oldest(7) == 0
    backlog.put(A, None, 2)
    backlog.take(1, 3)
    backlog.put(B, None, 4)
    assert (len(backlog), backlog.oldest(7), backlog.count("books")) == (2, 5, 1)
    backlog.done()
    assert (len(backlog), backlog.oldest(7)) == (1, 3)


def test_a_full_backlog_leaves_the_rest_to_the_sweep() -> None:
    backlog = Backlog(capacity=2)
    for key in (A, B, C):
        backlog.put(key, None, 0)
    assert keys(backlog, 9, 0) == [A, B]
