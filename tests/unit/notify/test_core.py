import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import event_classes
from services.contracts.events import (
    JobCompleted,
    JobProgressed,
    JobRejected,
    LimitsChanged,
    UsageChanged,
)
from services.contracts.examples import example_envelopes
from services.notify.core import (
    Resume,
    Start,
    live_notice,
    next_sequence,
    notice,
    parse_position,
    start,
)

EXAMPLES = {type(envelope.data): envelope for envelope in example_envelopes()}


def test_every_step_of_a_jobs_life_is_news_and_nothing_else_is() -> None:
    told = {notice(envelope).type for envelope in EXAMPLES.values() if notice(envelope)}  # type: ignore[union-attr]  # asked for
    assert told == {
        "job.admitted",
        "job.rejected",
        "job.queued",
        "job.started",
        "job.requeued",
        "job.deferred",
        "job.completed",
        "job.failed",
        "job.cancelled",
    }


def test_a_finished_picture_is_told_without_where_it_lies() -> None:
    news = notice(EXAMPLES[JobCompleted])
    assert news
    assert news.facts["images"][0]["seed"] == 42
    assert "blob" not in news.facts["images"][0]
    assert news.facts["status"] == "completed"


def test_a_refusal_says_rule_reason_and_when_to_come_back() -> None:
    news = notice(EXAMPLES[JobRejected])
    assert news
    assert {"rule", "reason", "quota", "resets_at", "retry_at"} <= set(news.facts)


def test_no_prompt_is_ever_news() -> None:
    for envelope in EXAMPLES.values():
        news, live = notice(envelope), live_notice(envelope.data)
        assert "fox" not in repr(news) + repr(live)


def test_progress_and_usage_go_to_their_account_and_limits_to_their_plan() -> None:
    progress = live_notice(EXAMPLES[JobProgressed].data)
    usage = live_notice(EXAMPLES[UsageChanged].data)
    limits = live_notice(EXAMPLES[LimitsChanged].data)
    assert progress and progress.account and progress.facts["step"] == 5  # noqa: PT018 - one story
    assert progress.facts["preview"] is False
    assert usage and usage.account  # noqa: PT018 - one story
    assert limits and limits.account is None and limits.plan == "free"  # noqa: PT018 - one story


def test_nothing_is_both_stored_and_live() -> None:
    for event in event_classes():
        envelope = EXAMPLES[event]
        assert not (notice(envelope) and live_notice(envelope.data))


def test_sequences_begin_at_one() -> None:
    assert next_sequence(None) == 1
    assert next_sequence(41) == 42


@pytest.mark.parametrize("text", ["", "-1", "1.5", "abc", "٣", "1" * 19, "1 ", "0x1"])
def test_positions_that_we_never_gave_out_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Last-Event-ID"):
        parse_position(text)


@pytest.mark.parametrize(
    ("position", "oldest", "newest", "expected"),
    [
        (0, 1, 7, Start(0, Resume.REPLAY)),
        (5, 1, 7, Start(5, Resume.REPLAY)),
        (7, 1, 7, Start(7, Resume.REPLAY)),
        (3, 4, 7, Start(3, Resume.REPLAY)),
        (2, 4, 7, Start(3, Resume.RESET)),
        (8, 1, 7, Start(0, Resume.RESET)),
        (8, 4, 7, Start(3, Resume.RESET)),
        (0, None, None, Start(0, Resume.REPLAY)),
        (9, None, None, Start(0, Resume.RESET)),
        (7, None, 7, Start(7, Resume.REPLAY)),
        (3, None, 7, Start(7, Resume.RESET)),
    ],
)
def test_a_client_goes_on_where_it_was_or_is_told_that_some_is_gone(
    position: int, oldest: int | None, newest: int | None, expected: Start
) -> None:
    assert start(position, oldest, newest) == expected


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 30))
def test_whatever_the_position_nothing_kept_is_skipped_unasked(
    position: int, oldest: int, length: int
) -> None:
    newest = oldest + length
    begin = start(position, oldest, newest)
    first_sent = begin.after + 1
    assert first_sent >= oldest
    if begin.resume is Resume.REPLAY:
        assert first_sent == position + 1
    else:
        assert first_sent == oldest
