"""The shells around the core: what they store, remember and measure."""

import pytest

from services.contracts import JobId
from services.gateway.core.account import Caller
from services.gateway.core.idempotency import body_digest
from services.gateway.desk import Order
from services.gateway.failures import AuthFailures
from services.gateway.settings import GatewaySettings
from services.gateway.waiters import Waiters
from services.kit.clock import ManualClock
from services.kit.errors import Duplicate, Unavailable
from services.kit.settings import read
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics, recorded_spans
from tests.unit.gateway import stories
from tests.unit.gateway.house import BOTH, House, Tenant
from tests.unit.gateway.stories import ACCOUNT, KEY, Story

ENVIRON = {
    "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "HEATSINK_MONGO_URL": "mongodb://127.0.0.1",
    "HEATSINK_PEPPER": "a pepper for tests",
}


def job_id(number: int) -> JobId:
    return JobId(f"job_{number:032x}")


def test_only_the_jobs_heard_of_last_are_remembered(house: House) -> None:
    waiters = Waiters(ManualClock(), capacity=2)
    house.waiters = waiters
    for number in (1, 2, 1, 3):
        house.hear(Story(job_id(number)).queued())
    assert [bool(waiters.heard(job_id(number))) for number in (1, 2, 3)] == [True, False, True]


def test_of_a_jobs_steps_only_the_last_is_remembered(house: House) -> None:
    house.hear(Story().step(3), Story().step(9), Story().step(5))
    (kept,) = house.waiters.heard(stories.JOB)
    assert kept == Story().step(9)


def test_what_is_no_jobs_is_not_remembered(house: House) -> None:
    house.hear(stories.limits())
    assert house.waiters.fold(stories.job()) == stories.job()


async def test_the_time_of_a_job_is_measured_once_when_it_ends(house: House, ada: Tenant) -> None:
    with recorded_metrics() as figures:
        story = Story(await ada.draw(), ada.account)
        await house.project(story.queued(), story.completed(), story.completed(), story.failed())
    assert figures.of(metrics.JOBS_SUBMITTED, plan="free", origin="http") == 1
    assert figures.of(metrics.JOB_SECONDS, plan="free", status="completed") == 20
    assert figures.count(metrics.JOB_SECONDS, plan="free", status="completed") == 1


async def test_the_request_is_published_within_a_span_that_names_its_job(ada: Tenant) -> None:
    with recorded_spans() as spans:
        job = await ada.draw()
    [stored] = [span for span in spans.get_finished_spans() if span.name == "gateway.store_job"]
    assert stored.attributes
    assert stored.attributes["job"] == job


async def test_events_that_are_no_jobs_are_passed_over(house: House) -> None:
    await house.project(stories.limits())
    assert await house.job_documents.count() == 0


async def test_nobody_is_left_waiting_for_a_job_without_watchers(house: House) -> None:
    with house.waiters.watch(stories.JOB) as first, house.waiters.watch(stories.JOB) as second:
        house.hear(Story().queued())
        assert await first.news(60)
        assert await second.news(60)
    house.hear(Story().started())
    assert house.waiters._watches == {}


async def test_an_idempotency_key_that_everybody_fights_for_is_given_up(house: House) -> None:
    caller = Caller(ACCOUNT, "free", 1, KEY, BOTH)
    digest = body_digest("/v1/jobs", {})
    order = Order(caller, stories.spec(), 1, digest, idempotency_key="k")
    desk = house.app.state.gateway.desk

    async def refuse() -> None:
        raise Duplicate("idempotency")

    for _ in range(3):
        house.job_documents.interrupt_next(refuse)
    with pytest.raises(Unavailable):
        await desk.take(order)


async def test_a_job_that_was_forgotten_can_not_be_waited_for_for_ever(
    house: House, ada: Tenant
) -> None:
    asked = await ada.draw()
    await house.job_documents.delete(asked)
    assert (await ada.get(f"/v1/jobs/{asked}")).status_code == 404


def test_failures_of_the_source_that_failed_longest_ago_are_forgotten() -> None:
    failures = AuthFailures(ManualClock(), allowed=1, sources=2)
    assert [failures.count(source) for source in "abc"] == [None, None, None]
    assert failures.count("c") == 60
    assert failures.count("a") is None


def test_settings_say_where_links_lead() -> None:
    assert read(GatewaySettings, ENVIRON).reached_at == "http://127.0.0.1:8000"
    own = {"HEATSINK_GATEWAY_PUBLIC_URL": "https://draw.example/", **ENVIRON}
    assert read(GatewaySettings, own).reached_at == "https://draw.example"
    everywhere = {"HEATSINK_GATEWAY_HOST": "0.0.0.0", "HEATSINK_GATEWAY_PORT": "80", **ENVIRON}
    assert read(GatewaySettings, everywhere).reached_at == "http://127.0.0.1:80"
    other = {"HEATSINK_GATEWAY_HOST": "::1", **ENVIRON}
    assert read(GatewaySettings, other).reached_at == "http://[::1]:8000"


def test_links_are_signed_with_the_pepper_unless_told_otherwise() -> None:
    plain = [secret.get_secret_value() for secret in read(GatewaySettings, ENVIRON).link_secrets]
    assert plain == ["a pepper for tests"]
    rotated = {
        "HEATSINK_GATEWAY_LINK_SECRET": "a new secret for links",
        "HEATSINK_GATEWAY_LINK_SECRET_BEFORE": "the secret before this",
        **ENVIRON,
    }
    assert len(read(GatewaySettings, rotated).link_secrets) == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HEATSINK_GATEWAY_PORT", "0"),
        ("HEATSINK_GATEWAY_PORT", "eighty"),
        ("HEATSINK_GATEWAY_WAIT_SECONDS", "-1"),
        ("HEATSINK_GATEWAY_PUBLIC_URL", "draw.example"),
        ("HEATSINK_GATEWAY_KEY_SECONDS", "31"),
        ("HEATSINK_GATEWAY_POST", "8000"),
        ("HEATSINK_PEPPER", "short"),
    ],
)
def test_a_bad_setting_stops_the_process_with_one_line(
    variable: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        read(GatewaySettings, {**ENVIRON, variable: value})
    assert stopped.value.code == 78
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert variable in line
