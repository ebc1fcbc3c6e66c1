"""What services' answers come to, and how everything is shown."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from services.cli.doctor import Outcome, show
from services.cli.doctor.asking import Answer, ask
from services.cli.doctor.places import Place
from services.cli.doctor.services import answer_findings, builds_finding
from services.cli.exits import Exit
from services.kit.build import BuildInfo
from services.kit.clock import ManualClock
from services.kit.diagnosis import Finding, Mark, Report, Section, bad, ok, warn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OURS = BuildInfo("1.2.3", "abcdef0123", "3.11")
FOUR = ("gateway", "quota", "render", "notify")


def report(service: str, replica: str = "0", **changes: object) -> Report:
    facts: dict[str, object] = {
        "service": service,
        "replica": replica,
        "version": OURS.version,
        "commit": OURS.commit,
        "now": NOW,
        "live": {},
        "ready": True,
        "reasons": {},
        "findings": (),
    }
    return Report.model_validate(facts | changes)


def answer(service: str, replica: str = "0", **changes: object) -> Answer:
    return Answer(service, NOW, NOW, report(service, replica, **changes))


def first(answers: list[Answer], data: Path | None = None) -> Finding:
    return answer_findings(answers, data)[0]


def test_services_that_are_well_say_so() -> None:
    found = answer_findings([answer(name) for name in FOUR], None)
    assert [one.mark for one in found] == [Mark.OK] * 4


@pytest.mark.parametrize(
    ("reasons", "advice"),
    [
        ({"group:quota": "topic_missing:heatsink.requests.v1"}, "heatsink topics apply"),
        ({"group:quota": "fuse_blown:heatsink.requests.v1"}, "heatsink dlq list"),
        ({"producer": "bus_unavailable"}, "mend Kafka first"),
        ({"database": "no answer in time"}, "mend the database first"),
        ({"outbox": "nothing published"}, "outbox (below)"),
        ({"workers": "no worker is ready"}, "see the workers"),
        ({"service": "draining"}, "wait"),
        ({"riddle": "unheard of"}, "see its log"),
    ],
)
def test_each_reason_that_blocks_comes_with_what_to_do(
    reasons: dict[str, str], advice: str
) -> None:
    finding = first([answer("quota", ready=False, reasons=reasons)])
    assert finding.mark is Mark.BAD
    assert finding.figure.startswith("not ready: ")
    assert advice in (finding.advice or "")


def test_reasons_that_only_degrade_are_a_warning_and_each_is_said_once() -> None:
    reasons = {"tail": "bus_unavailable", "producer": "bus_unavailable"}
    finding = first([answer("notify", reasons=reasons)])
    assert (finding.mark, finding.figure) == (
        Mark.WARN,
        "ready, but bus_unavailable (tail, producer)",
    )


def test_a_service_that_hangs_is_bad() -> None:
    finding = first([answer("render", live={"loop": "no sign of life for 20 s"})])
    assert (finding.mark, finding.advice) == (Mark.BAD, "start it anew")


def test_a_service_that_does_not_answer_is_bad_and_its_log_is_named(tmp_path: Path) -> None:
    silent = Answer("quota", NOW, NOW, problem="nothing listens there")
    assert str(tmp_path / "logs" / "quota.log") in (first([silent], tmp_path).advice or "")
    assert "kubectl logs" in (first([silent]).advice or "")
    assert first([silent]).mark is Mark.BAD


def test_a_service_nobody_asked_is_a_warning() -> None:
    found = {one.what: one for one in answer_findings([answer("gateway")], None)}
    assert found["quota"].mark is Mark.WARN
    assert "--service" in (found["quota"].advice or "")


def test_what_a_service_found_bears_its_name_and_its_replica_where_there_are_more() -> None:
    own = (ok(Section.OUTBOX, "oldest event", "nothing waits"),)
    alone = answer_findings([answer("quota", findings=own)], None)
    assert [one.source for one in alone if one.section == "outbox"] == ["quota"]
    two = [answer("quota", "0", findings=own), answer("quota", "1", findings=own)]
    sources = [one.source for one in answer_findings(two, None) if one.section == "outbox"]
    assert sources == ["quota/0", "quota/1"]


def test_builds_that_differ_are_told_apart() -> None:
    assert builds_finding([answer(name) for name in FOUR], OURS).figure == "all 1.2.3 (abcdef012)"
    mixed = builds_finding([answer("quota"), answer("render", version="1.2.4")], OURS)
    assert mixed.mark is Mark.WARN
    assert mixed.figure == "doctor, quota 1.2.3 (abcdef012); render 1.2.4 (abcdef012)"


async def test_who_does_not_answer_rightly_is_an_answer_too() -> None:
    def serve(request: httpx2.Request) -> httpx2.Response:
        match request.url.host:
            case "well":
                return httpx2.Response(200, text=report("quota").model_dump_json())
            case "other":
                return httpx2.Response(404, text="<html>")
            case "slow":
                raise httpx2.ReadTimeout("")
            case _:
                raise httpx2.ConnectError("")

    places = [Place(f"http://{host}:1") for host in ("well", "other", "slow", "gone")]
    answers = await ask(places, ManualClock(NOW), httpx2.MockTransport(serve))
    assert [one.name for one in answers] == [
        "quota",
        "http://other:1",
        "http://slow:1",
        "http://gone:1",
    ]
    assert [one.problem for one in answers] == [
        "",
        "answers 404, which is no diagnosis",
        "no answer in time",
        "nothing listens there",
    ]


WELL = ok(Section.OUTBOX, "oldest event", "nothing waits")
OFF = bad(Section.KAFKA, "brokers", "none answers", "start Kafka")
LATE = warn(Section.LAG, "quota", "12 events behind", "see its log")


@pytest.mark.parametrize(
    ("findings", "reached", "code"),
    [
        ([WELL], {"kafka"}, Exit.OK),
        ([WELL, LATE], {"kafka"}, Exit.OK),
        ([WELL, LATE, OFF], {"quota"}, Exit.FAILED),
        ([OFF], set(), Exit.UNAVAILABLE),
    ],
)
def test_the_exit_code_tells_bad_from_unreachable(
    findings: list[Finding], reached: set[str], code: Exit
) -> None:
    assert Outcome(findings, frozenset(reached)).exit_code is code


def shown(*findings: Finding, reached: str = "kafka") -> str:
    out = io.StringIO()
    show(Outcome(findings, frozenset({reached})), Console(file=out, width=100))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def by(source: str, finding: Finding) -> Finding:
    return finding.model_copy(update={"source": source})


def test_causes_come_before_effects_and_advice_beneath_its_finding() -> None:
    assert shown(LATE, WELL, OFF).splitlines() == [
        "kafka",
        "BAD   brokers       none answers",
        "                    → start Kafka",
        "outbox",
        "ok    oldest event  nothing waits",
        "lag",
        "warn  quota         12 events behind",
        "                    → see its log",
        "1 fault, 1 warning",
    ]


def test_what_several_services_say_is_one_line() -> None:
    slower = ok(Section.OUTBOX, "oldest event", "1 document")
    screen = shown(by("gateway", WELL), by("quota", WELL), by("render", slower))
    assert "oldest event  nothing waits (gateway, quota); 1 document (render)" in screen
    assert screen.endswith("all well")


def test_the_same_trouble_of_several_checks_is_one_line() -> None:
    trouble = [
        by(service, bad(Section.DATABASE, what, "database unavailable", "mend it"))
        for service in ("gateway", "quota")
        for what in ("durable write", "indexes")
    ]
    screen = shown(*trouble)
    assert screen.count("database unavailable (gateway, quota)") == 1
    assert "durable write, indexes" in screen
    assert screen.endswith("4 faults")


def test_a_section_that_only_a_newer_service_knows_is_shown_last() -> None:
    newer = Finding(section="webhooks", what="sinks", mark=Mark.OK, figure="3")
    outcome = Outcome([newer, LATE, OFF], frozenset({"kafka"}))
    assert list(outcome.sections) == ["kafka", "lag", "webhooks"]


def test_the_object_for_scripts_holds_everything() -> None:
    body = json.loads(json.dumps(Outcome([LATE, OFF], frozenset({"quota"})).as_json()))
    assert (body["verdict"], body["reached"]) == ("bad", ["quota"])
    assert body["findings"][0] == {
        "section": "kafka",
        "what": "brokers",
        "mark": "bad",
        "figure": "none answers",
        "advice": "start Kafka",
        "source": "",
    }
