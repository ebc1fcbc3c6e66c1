"""The few rules that all services share: the limit in force, the order of events, the topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import (
    END_RANK,
    STREAMS,
    Catalogue,
    JobStatus,
    Stream,
    effective_limit,
    event_class,
    job_rank,
    job_status,
    topics,
)
from services.contracts.events import (
    JobAdmitted,
    JobCompleted,
    JobProgressed,
    JobQueued,
    JobRejected,
    JobRequested,
    JobRequeued,
    JobStarted,
    QuotaFacts,
)
from services.contracts.examples import example_events

EXAMPLES = {type(event): event for event in example_events()}
shares = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 10_000), st.floats(0, 1), shares)
def test_the_limit_in_force_never_exceeds_the_plans_own(limit: int, m: float, h: float) -> None:
    assert 0 <= effective_limit(limit, m, h) <= limit


@given(st.integers(0, 10_000), shares)
def test_a_cool_fleet_gives_the_whole_limit(limit: int, h: float) -> None:
    assert effective_limit(limit, 1.0, h) == limit


@given(st.integers(0, 100), st.floats(0, 1), st.floats(0, 1), shares)
def test_a_tighter_multiplier_never_gives_more(limit: int, a: float, b: float, h: float) -> None:
    low, high = sorted((a, b))
    assert effective_limit(limit, low, h) <= effective_limit(limit, high, h)


def test_a_fractional_quota_is_shared_out_by_the_hash_offset() -> None:
    admitted = [effective_limit(3, 0.5, h / 100) for h in range(100)]
    assert set(admitted) == {1, 2}
    assert sum(admitted) == 150
    assert effective_limit(3, 1 / 3, 0.0) == 1


@pytest.mark.parametrize(("m", "h"), [(-0.1, 0), (1.1, 0), (float("nan"), 0), (1, 1), (1, -0.5)])
def test_nonsense_multipliers_are_refused(m: float, h: float) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        effective_limit(3, m, h)


def test_a_jobs_events_rank_in_the_order_of_its_life() -> None:
    life = [
        EXAMPLES[JobRequested],
        EXAMPLES[JobAdmitted],
        EXAMPLES[JobQueued],
        EXAMPLES[JobStarted],
        EXAMPLES[JobRequeued],
        EXAMPLES[JobProgressed],
        EXAMPLES[JobCompleted],
    ]
    ranks = [job_rank(event) for event in life]
    assert None not in ranks
    assert ranks == sorted(ranks)  # type: ignore[type-var]  # none of them is None


def test_ends_are_final_and_equal() -> None:
    assert job_rank(EXAMPLES[JobRejected]) == job_rank(EXAMPLES[JobCompleted]) == END_RANK


@pytest.mark.parametrize("event", example_events(), ids=lambda e: type(e).__name__)
def test_rank_and_status_agree_on_what_is_a_jobs_event(event: object) -> None:
    rank, status = job_rank(event), job_status(event)  # type: ignore[arg-type]  # parametrised
    assert (rank is None) == (status is None)
    if status is not None:
        assert (rank == END_RANK) == status.is_end


def test_every_status_but_none_is_reached_by_some_event() -> None:
    assert {job_status(event) for event in example_events()} - {None} == set(JobStatus)


def test_every_stream_has_a_topic_and_a_dead_letter_topic() -> None:
    names = {spec.name for spec in topics("melt")}
    assert set(STREAMS) == set(Stream)
    assert names == {f"melt.{stream}.v1{suffix}" for stream in Stream for suffix in ("", ".dlq")}


def test_only_submissions_are_written_by_strangers() -> None:
    assert [spec.stream for spec in STREAMS.values() if not spec.ours] == [Stream.SUBMISSIONS]


def test_an_event_knows_its_key_and_its_type() -> None:
    for event in example_events():
        assert event.key
        assert event_class(event.type()) is type(event)
    assert event_class("heatsink.renders.JobMelted.v1") is None


def test_what_is_left_is_never_negative() -> None:
    facts = QuotaFacts(plan="free", window_seconds=60, limit=1, limit_normally=3, used=2, units=1)
    assert facts.left == 0


def test_seeds_of_a_job_count_up_and_wrap() -> None:
    event = EXAMPLES[JobRequested]
    assert isinstance(event, JobRequested)
    spec = event.spec.model_copy(update={"seed": 2**32 - 1, "n": 3})
    assert spec.seeds == (2**32 - 1, 0, 1)


ENTRY = {
    "id": "tiny",
    "title": "Tiny",
    "path": "tiny",
    "sizes": [{"width": 64, "height": 32}],
    "steps": {"minimum": 1, "maximum": 50, "default": 20},
    "guidance": {"minimum": 1, "maximum": 10, "default": 2.5},
    "licence": "Apache-2.0",
}


def test_a_catalogue_finds_its_models_and_has_a_default() -> None:
    catalogue = Catalogue.model_validate({"models": [ENTRY, {**ENTRY, "id": "other"}]})
    assert catalogue.default.id == "tiny"
    assert str(catalogue.default.default_size) == "64x32"
    assert catalogue.find("other")
    assert catalogue.find("none") is None


@pytest.mark.parametrize(
    "models",
    [
        [],
        [ENTRY, ENTRY],
        [{**ENTRY, "id": "../x"}],
        [{**ENTRY, "unknown": 1}],
        [{**ENTRY, "steps": {"minimum": 1, "maximum": 5, "default": 9}}],
    ],
)
def test_a_wrong_catalogue_is_refused(models: list[object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Catalogue.model_validate({"models": models})
