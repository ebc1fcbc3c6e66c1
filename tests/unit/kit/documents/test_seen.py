from services.kit.documents.seen import Seen


def test_what_was_seen_is_there_once() -> None:
    seen = Seen()
    seen.note("b", {"_id": "b"})
    assert "b" in seen
    assert seen.take("b") == {"_id": "b"}
    assert "b" not in seen


def test_that_there_was_nothing_is_seen_too() -> None:
    seen = Seen()
    seen.note("b", None)
    assert "b" in seen
    assert seen.take("b") is None


def test_only_the_last_ones_are_kept() -> None:
    seen = Seen(capacity=2)
    for name in "abca":
        seen.note(name, {})
    assert [name for name in "abc" if name in seen] == ["a", "c"]
