"""The rest of gateway's pure core."""

import string
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.contracts import Event, JobStatus, Lane, PictureFormat
from services.contracts.events import LaneLoad, Rule
from services.gateway.core.cursor import CursorInvalid, CursorSealer
from services.gateway.core.headers import QuotaView, quota_headers
from services.gateway.core.idempotency import Verdict, body_digest, is_valid_key, may_join, verdict
from services.gateway.core.job import Job, project
from services.gateway.core.limits import allowance, plan_limit
from services.gateway.core.links import Link, LinkExpired, LinkInvalid, LinkSigner
from services.gateway.core.pricing import token_usage, units
from services.gateway.core.queueing import Prospect, prospect
from services.gateway.core.refusal import RefusalCode, refusal
from tests.unit.gateway import stories
from tests.unit.gateway.catalogue import CATALOGUE
from tests.unit.gateway.stories import JOB, NOW, later


def test_a_job_costs_its_images_times_the_models_price() -> None:
    model = CATALOGUE.default.model_copy(update={"price": 3})
    assert units(stories.spec(n=2), model) == 6


def test_tokens_are_estimated_from_characters_and_pixels() -> None:
    usage = token_usage(stories.spec(prompt="x" * 9, n=2, width=128, height=160))
    assert (usage.text_in, usage.images_out, usage.total) == (3, 160, 163)


def test_an_account_has_what_its_plan_gives_until_it_uses_it() -> None:
    mine = allowance(stories.limits(), stories.ACCOUNT, None, NOW)
    assert (mine.used, mine.left, mine.terms.limit, mine.running) == (0, 3, 3, 0)
    assert (mine.resets_at, mine.frees_at) == (None, None)


def test_what_is_used_counts_until_it_leaves_the_window() -> None:
    usage = stories.usage(
        stories.grant(10), stories.grant(500, 1, open=True), stories.grant(-1), stories.grant(0)
    )
    mine = allowance(stories.limits(), stories.ACCOUNT, usage, NOW)
    assert (mine.used, mine.left, mine.running) == (2, 1, 1)
    assert (mine.frees_at, mine.resets_at) == (later(10), later(500))


def test_a_tightened_plan_says_what_it_gives_now_and_normally() -> None:
    terms = plan_limit(stories.limits(m=0.4), h=0.0)
    assert (terms.limit, terms.limit_normally, terms.m) == (1, 3, 0.4)
    assert plan_limit(stories.limits(m=0.4), h=0.9).limit == 2


def test_a_plan_that_does_not_adapt_keeps_its_limit() -> None:
    terms = plan_limit(stories.limits(m=0.1, adaptive=False))
    assert (terms.limit, terms.m) == (3, 1.0)


def test_nothing_is_left_when_more_is_used_than_a_tightened_limit() -> None:
    usage = stories.usage(stories.grant(10, 3))
    assert allowance(stories.limits(m=0.4), stories.ACCOUNT, usage, NOW).left == 0


PNG = PictureFormat.PNG
SIGNER = LinkSigner([b"new", b"old"])


def test_a_link_opens_its_picture_until_it_expires() -> None:
    link = SIGNER.sign(JOB, 0, PNG, later(60))
    SIGNER.check(link, later(60))
    with pytest.raises(LinkExpired):
        SIGNER.check(link, later(200))


def test_a_link_of_the_secret_before_still_opens() -> None:
    SIGNER.check(LinkSigner([b"old"]).sign(JOB, 0, PNG, later(60)), NOW)
    with pytest.raises(LinkInvalid):
        SIGNER.check(LinkSigner([b"older"]).sign(JOB, 0, PNG, later(60)), NOW)


@given(st.text(max_size=80), st.text(max_size=10), st.integers(), st.integers())
def test_an_altered_link_is_invalid_even_after_its_time(
    signature: str, key: str, index: int, expires: int
) -> None:
    link = SIGNER.sign(JOB, 0, PNG, later(60))
    other = Link(JOB, index, PNG, expires, key, link.signature)
    assume(other != link)
    for forged in (other, Link(JOB, 0, PNG, link.expires, link.key, signature)):
        with pytest.raises(LinkInvalid):
            SIGNER.check(forged, NOW)


def test_a_link_to_one_format_opens_no_other() -> None:
    link = replace(SIGNER.sign(JOB, 0, PNG, later(60)), format=PictureFormat.WEBP)
    with pytest.raises(LinkInvalid):
        SIGNER.check(link, NOW)


def test_a_signer_without_secrets_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        LinkSigner([])


SEALER = CursorSealer(b"secret")


@given(st.text(), st.text())
def test_a_cursor_opens_the_listing_that_gave_it(scope: str, position: str) -> None:
    assume("\n" not in scope)
    assert SEALER.open(scope, SEALER.seal(scope, position)) == position


@given(st.text(alphabet=string.printable))
def test_a_made_up_cursor_is_invalid(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        SEALER.open("jobs", cursor)


@pytest.mark.parametrize("cursor", ["é", "\udc80", "=", "AAAA", "/" * 40])
def test_junk_is_no_cursor(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        SEALER.open("jobs", cursor)


def test_a_cursor_of_another_account_is_invalid() -> None:
    with pytest.raises(CursorInvalid):
        SEALER.open("jobs b", SEALER.seal("jobs a", "x"))


def test_the_same_json_has_the_same_digest_however_it_is_spelt() -> None:
    first = body_digest("/v1/jobs", {"prompt": "fox", "n": 1})
    assert first == body_digest("/v1/jobs", {"n": 1, "prompt": "fox"})
    assert first != body_digest("/v1/images/generations", {"n": 1, "prompt": "fox"})
    assert first != body_digest("/v1/jobs", {"n": 2, "prompt": "fox"})


@pytest.mark.parametrize("key", ["a", "x" * 255, "0191-ab cd", '"quoted"'])
def test_printable_idempotency_keys_are_good(key: str) -> None:
    assert is_valid_key(key)


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\n", " a", "a\0"])
def test_other_idempotency_keys_are_not(key: str) -> None:
    assert not is_valid_key(key)


def test_an_idempotency_key_means_the_job_it_made() -> None:
    job = stories.job()
    assert verdict(job, "d") is Verdict.REPLAY
    assert verdict(job, "e") is Verdict.OTHER_BODY
    assert verdict(project(job, stories.Story().rejected()), "e") is Verdict.FREED


@pytest.mark.parametrize(
    ("end", "joins"),
    [
        (None, True),
        (stories.Story().started(), True),
        (stories.Story().completed(), True),
        (stories.Story().failed(), False),
        (stories.Story().rejected(), False),
        (stories.Story().cancelled(), False),
    ],
)
def test_a_retry_joins_a_job_that_will_give_or_gave_a_picture(
    end: Event | None, joins: bool
) -> None:
    job = stories.job()
    assert may_join(project(job, end) if end else job) is joins


def test_a_retry_does_not_join_a_job_that_is_being_cancelled() -> None:
    assert not may_join(stories.job(cancel_requested_at=NOW))


def rejected(rule: Rule = Rule.WINDOW, **fields: object) -> Job:
    return project(stories.job(), stories.Story().rejected(rule=rule, **fields))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule.WINDOW, RefusalCode.QUOTA_EXHAUSTED),
        (Rule.LOAD, RefusalCode.LOAD_SHED),
        (Rule.CONCURRENCY, RefusalCode.CONCURRENCY_LIMIT),
        (Rule.REQUEST_TOO_LARGE, RefusalCode.REQUEST_TOO_LARGE),
        (Rule.ACCOUNT_INACTIVE, RefusalCode.ACCOUNT_SUSPENDED),
        (Rule.UNKNOWN_PLAN, RefusalCode.UNKNOWN_PLAN),
    ],
)
def test_each_rule_has_its_code(rule: Rule, code: RefusalCode) -> None:
    assert refusal(rejected(rule), NOW).code is code


def test_a_quota_for_the_day_tells_the_time_and_stops_the_clients_own_retries() -> None:
    told = refusal(rejected(), NOW)
    assert (told.retry_after, told.again) == (3600, False)


@pytest.mark.parametrize(
    ("ticket", "head", "backlog", "earliest"),
    [(4, 4, 8, 0), (6, 4, 8, 2.5), (12, 4, 8, 10), (99, 4, 8, 10), (4, None, 0, 0), (1, 4, 8, 0)],
)
def test_a_job_starts_no_sooner_than_what_lies_before_its_ticket(
    ticket: float, head: float | None, backlog: float, earliest: float
) -> None:
    lane = LaneLoad(
        lane=Lane.FREE,
        waiting=2,
        backlog=backlog,
        head_ticket=head,
        drain_rate=1,
        wait_seconds=10,
    )
    seen = prospect(stories.load(lane), Lane.FREE, ticket, stories.NOW)
    assert seen == Prospect(2, stories.later(earliest), stories.later(10))


def test_a_wait_of_a_minute_is_worth_a_retry() -> None:
    told = refusal(rejected(retry_at=later(59.2)), NOW)
    assert (told.retry_after, told.again) == (60, True)


def test_a_busy_account_may_come_back_in_a_few_seconds() -> None:
    told = refusal(rejected(Rule.CONCURRENCY, retry_at=None), NOW)
    assert told.retry_after
    assert 2 <= told.retry_after <= 5
    assert told.again


def test_what_never_fits_is_not_worth_a_retry() -> None:
    told = refusal(rejected(Rule.REQUEST_TOO_LARGE, retry_at=None), NOW)
    assert (told.retry_after, told.again) == (None, False)


def test_a_time_that_has_passed_means_soon() -> None:
    assert refusal(rejected(retry_at=later(-5)), NOW).retry_after == 1


def test_a_job_that_was_not_rejected_has_no_refusal() -> None:
    with pytest.raises(ValueError, match="not rejected"):
        refusal(stories.job(status=JobStatus.COMPLETED), NOW)


def test_quota_headers_count_what_was_just_granted() -> None:
    view = QuotaView.of(stories.facts(used=1), granted=True, resets_at=None, now=NOW)
    assert quota_headers(view) == {
        "x-ratelimit-limit-images": "3",
        "x-ratelimit-remaining-images": "1",
        "x-ratelimit-reset-images": "24h0m0s",
        "ratelimit-policy": '"images";q=3;w=86400',
        "ratelimit": '"images";r=1;t=86400',
    }


@pytest.mark.parametrize(
    ("seconds", "written"), [(-5, "0s"), (59, "59s"), (61, "1m1s"), (3600, "1h0m0s")]
)
def test_durations_are_written_as_openai_writes_them(seconds: float, written: str) -> None:
    at = later(seconds)
    view = QuotaView.of(stories.facts(used=3), granted=False, resets_at=at, now=NOW)
    assert quota_headers(view)["x-ratelimit-reset-images"] == written
    assert view.remaining == 0


def test_an_unused_window_is_reset_already() -> None:
    assert QuotaView.of(stories.facts(), granted=False, resets_at=None, now=NOW).reset == 0


def test_links_name_when_they_expire() -> None:
    link = SIGNER.sign(JOB, 2, PNG, NOW + timedelta(seconds=60))
    assert link.expires_at == later(60)
    assert link.path.startswith(f"/v1/files/{JOB}/2.png?expires=")
